"""Where the plugin pushes results to: `/api/v1/sources/<connection>/push`, signed with the connection's secret.

The signature is an HMAC-SHA256 of `timestamp + "." + body`, at most five minutes old. A batch that comes twice
changes nothing. A Moodle that was disconnected is told so (410), and pushes no more.
"""

import hashlib
import hmac
import time
import uuid

import orjson
from flask import Blueprint, Response, jsonify, request
from sqlalchemy import select

from .. import db
from ..connectors.models import PAUSED, Connection
from ..connectors.runs import take
from ..connectors.service import secrets_of
from ..errors import Invalid, TooLarge, Unavailable, Untrusted
from ..throttle import Limit
from ..web.app import Bridge, bridge
from ..web.errors import problem
from ..web.i18n import N_
from .connecting import KIND, PUSH_SECRET
from .connector import reader_of
from .pulling import taken_of

blueprint = Blueprint("moodle_push", __name__)
WINDOW_SECONDS = 300
MOST_BYTES = 2_000_000
GUESSES = Limit("moodle.push", 30, 300)
Answer = Response | tuple[Response, int]


@blueprint.post("/api/v1/sources/<uuid:connection_id>/push")
def push(connection_id: uuid.UUID) -> Answer:
    """Takes a batch of rows, all or none: `{"issuer", "batch", "sent", "rows"}` → `{"received"}`."""
    app, sender = bridge(), f"{connection_id} {request.remote_addr}"
    with app.database.unit_of_work(write=False) as session:
        app.throttle.refuse(session, (GUESSES, sender))
        row = session.scalar(
            select(Connection).where(Connection.id == connection_id, Connection.kind == KIND)
        )
        secret = secrets_of(app.vault, row).get(PUSH_SECRET, "") if row else ""
    if row is None or not secret:
        return problem(410, "Gone", "This Moodle is not connected any more.")
    body = _body()
    if not _genuine(secret, body):
        app.throttle.count((GUESSES, sender))
        raise Untrusted(N_("The signature or its time is not right."))
    return jsonify(received=_take(row, body))


def _body() -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge(N_("Send at most 500 rows at a time."))
    body: bytes = request.stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(N_("Send at most 500 rows at a time."))
    return body


def _genuine(secret: str, body: bytes) -> bool:
    stamp = request.headers.get("X-Lmsbridge-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and abs(time.time() - int(stamp[:12])) <= WINDOW_SECONDS):
        return False
    wanted = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Lmsbridge-Signature", "")
    return hmac.compare_digest(f"v1={wanted}".encode(), given.encode())


def _take(connection: Connection, body: bytes) -> int:
    """Hands the batch on within the request's transaction, one at a time for each connection."""
    try:
        batch = orjson.loads(body)
        taken = taken_of(batch["rows"], reader_of(connection))
    except (ValueError, KeyError, TypeError):
        raise Invalid(N_("The batch is not what the plugin sends.")) from None
    if connection.state == PAUSED and batch["rows"]:
        raise Unavailable(N_("This connection is paused. Send it again later."))
    session = db.session()
    db.bind_tenant(session, connection.tenant_id)
    row = session.get_one(Connection, connection.id, with_for_update=True)
    new = take(session, row.id, taken.results)
    row.rows += new
    pushed = {"at": db.utcnow().isoformat(), "broken": taken.broken, "example": taken.example}
    row.settings = {**row.settings, "pushed": pushed}
    return len(batch["rows"])


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
