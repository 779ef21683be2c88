"""Messages leave: signed as Standard Webhooks says (standardwebhooks.com), tried again later and later, then given up.

An address that has failed for days is disabled, and the administrator sees it; so is one that says 410 (gone).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from ..db import utcnow
from ..errors import N_, Told, Unavailable
from ..outgoing import OutgoingError
from ..vault import Vault
from ..web.app import Bridge
from .events import SEND
from .models import ACTIVE, DISABLED, FAILED, SENT, WAITING, Delivery, Webhook

PREFIX = "whsec_"
CLAIM = timedelta(minutes=2)
WAITS = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
WAITS += [timedelta(hours=h) for h in (2, 5, 10, 14, 20, 24)]
PATIENCE = timedelta(days=5)
OVERLAP = timedelta(days=1)
"""How long a replaced secret signs too."""


def new_secret() -> str:
    """A secret as the receiver's library takes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """v1: HMAC-SHA256 over id, timestamp and body with dots between, by the secret's bytes."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(vault: Vault, webhook: Webhook, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Signed by the secret, and by the one before it while that still counts."""
    sealed = [webhook.secret]
    if webhook.former_secret and webhook.former_until and webhook.former_until > utcnow():
        sealed.append(webhook.former_secret)
    signatures = (signature(vault.open(one).decode(), message_id, timestamp, body) for one in sealed)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


@dataclass(frozen=True)
class _Answer:
    status: int | None
    problem: Told | None


def send(app: Bridge, tenant_id: uuid.UUID, delivery_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Sends a message that waits, and writes down how it went. Nothing is open in the database meanwhile.

    `job_id`: the job that this is, which may have begun it before and been killed.
    """
    claimed = _claim(app, tenant_id, delivery_id, job_id)
    if claimed is None:
        return
    delivery, webhook = claimed
    answer = _post(app, webhook, delivery)
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Delivery, delivery_id)
        owner = session.get(Webhook, webhook.id, with_for_update=True)
        if row is not None and owner is not None and row.state == WAITING:
            _settle(app, session, row, owner, answer)


def _claim(
    app: Bridge, tenant_id: uuid.UUID, delivery_id: uuid.UUID, job_id: uuid.UUID
) -> tuple[Delivery, Webhook] | None:
    now = utcnow()
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Delivery, delivery_id, with_for_update=True)
        if row is None or row.state != WAITING:
            return None
        if row.claimed_until and row.claimed_until > now and row.claimed_by != job_id:
            return None
        webhook = session.get_one(Webhook, row.webhook_id)
        if webhook.state != ACTIVE:
            return None
        row.claimed_until, row.claimed_by = now + CLAIM, job_id
        row.attempts += 1
        return row, webhook


def _post(app: Bridge, webhook: Webhook, delivery: Delivery) -> _Answer:
    body, message_id, timestamp = delivery.body.encode(), f"msg_{delivery.id.hex}", int(time.time())
    try:
        given = headers(app.vault, webhook, message_id, timestamp, body)
        answer = app.outgoing.request("POST", webhook.address, headers=given, body=body, most=65_536)
    except (OutgoingError, Unavailable) as error:
        return _Answer(None, error)
    if 200 <= answer.status < 300:
        return _Answer(answer.status, None)
    return _Answer(answer.status, Told(N_("it answered %(status)s"), status=answer.status))


def _settle(app: Bridge, session: Session, row: Delivery, webhook: Webhook, answer: _Answer) -> None:
    now = utcnow()
    row.claimed_until, row.status = None, answer.status
    row.problem = answer.problem.plain() if answer.problem else None
    if answer.problem is None:
        row.state, row.finished, row.due, row.body = SENT, now, None, ""
        webhook.failing_since, webhook.last_success = None, now
        return
    webhook.failing_since = webhook.failing_since or now
    if answer.status == 410 or now - webhook.failing_since > PATIENCE:
        webhook.state = DISABLED
    if row.attempts > len(WAITS):
        row.state, row.finished, row.due, row.body = FAILED, now, None, ""
    else:
        row.due = now + WAITS[row.attempts - 1]
        app.jobs.enqueue(session, SEND, delay=WAITS[row.attempts - 1], delivery_id=str(row.id))
