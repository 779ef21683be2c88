"""Launching an AU: its address, the documents it finds, its token, and visits that were left (cmi5 8, 10)."""

import base64
import hashlib
import json
import secrets
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import utcnow
from ..errors import Conflict, Invalid, NotFound, PreconditionFailed
from ..jobs import job
from ..lrs import documents
from ..lrs.documents import Condition, Place
from ..lrs.identity import identity
from ..web.app import Bridge
from ..web.i18n import N_
from . import statements
from . import vocabulary as v
from .models import Course, LaunchSession, Node, Progress, Registration

MODES = ("Normal", "Browse", "Review")
HOURS = 12
TOKEN_USER = "cmi5"  # noqa: S105 - the user name that a launch's token comes with
_SALT = "cmi5-content"


def launch(
    app: Bridge,
    session: Session,
    course: Course,
    registration: Registration,
    node: Node,
    *,
    mode: str,
    language: str,
) -> str:
    """A new session of this AU: the address to send the browser to (8.1). What was open before is abandoned (9.3.6).

    `language` is the learner's, for the preferences. Raises Invalid for a mode that there is not.
    """
    if mode not in MODES:
        raise Invalid(N_("The way of opening must be Normal, Browse or Review."))
    session.refresh(
        registration, with_for_update=True
    )  # two launches of a registration come one after the other
    _abandon_open(session, registration)
    secret, now = secrets.token_urlsafe(32), utcnow()
    visit = LaunchSession(
        registration_id=registration.id,
        node_id=node.id,
        mode=mode,
        fetch_hash=_hash(secret),
        launched=now,
        expires=now + timedelta(hours=HOURS),
        said=[],
    )
    session.add(visit)
    session.flush()
    _note_launch(session, registration, node)
    _prepare_documents(app, session, registration, node, visit, language)
    address = content_address(app, node)
    told = statements.launched(registration, node, visit, address, course.language)
    statements.store(session, registration, told)
    left = app.jobs.enqueue(session, "cmi5.abandon", session_id=str(visit.id))
    left.due = visit.expires
    return _launch_url(app, registration, node, address, secret)


def _note_launch(session: Session, registration: Registration, node: Node) -> None:
    progress = session.get(Progress, (registration.id, node.id))
    if progress is None:
        progress = Progress(registration_id=registration.id, node_id=node.id)
        session.add(progress)
    progress.launched = utcnow()


def _launch_url(app: Bridge, registration: Registration, node: Node, address: str, secret: str) -> str:
    """8.1: the AU's own query is kept, the parameters follow it."""
    base = app.settings.base_url
    parameters = {
        "endpoint": f"{base}/xapi/",
        "fetch": f"{base}/cmi5/fetch/{secret}",
        "actor": json.dumps(registration.actor, ensure_ascii=False, separators=(",", ":")),
        "registration": str(registration.id),
        "activityId": node.activity_id,
    }
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(parameters, quote_via=quote)) if part)
    return urlunsplit(parts._replace(query=query))


def content_address(app: Bridge, node: Node) -> str:
    """Where the AU itself lies: at its own absolute address, or on the content origin under a signed one."""
    if urlsplit(node.url).scheme:
        return node.url
    signed = _serializer(app).dumps([str(node.tenant_id), str(node.course_id)])
    return f"{app.settings.content_url}/c/{signed}/{node.url.removeprefix('./')}"


def opened(app: Bridge, signed: str) -> tuple[uuid.UUID, uuid.UUID]:
    """(tenant, course) of a signed address. Raises NotFound for a forged or old one."""
    try:
        tenant_id, course_id = _serializer(app).loads(signed, max_age=24 * 3600)
        return uuid.UUID(tenant_id), uuid.UUID(course_id)
    except (BadData, ValueError, TypeError):
        raise NotFound(N_("This address is no longer valid. Open the course again from your list.")) from None


def _prepare_documents(
    app: Bridge, session: Session, registration: Registration, node: Node, visit: LaunchSession, language: str
) -> None:
    """10.1: LMS.LaunchData; 11.0: the learner's preferences, where there are none yet."""
    who = identity(registration.actor) or ""
    place = Place("state", who, node.activity_id, str(registration.id), v.LAUNCH_DATA)
    _put(session, place, launch_data(app, node, visit))
    place = Place("agent", who, name=v.PREFERENCES)
    with suppress(PreconditionFailed):
        _put(session, place, {"languagePreference": language, "audioPreference": "on"}, only_if_none=True)


def _put(session: Session, place: Place, content: dict[str, Any], *, only_if_none: bool = False) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    condition = Condition(if_none_match="*" if only_if_none else None)
    documents.put_document(session, place, body, "application/json", condition, guarded=False)


def launch_data(app: Bridge, node: Node, visit: LaunchSession) -> dict[str, Any]:
    """LMS.LaunchData (10.2)."""
    data: dict[str, Any] = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"objectType": "Activity", "id": node.publisher_id}]},
            "extensions": {v.SESSION_ID: str(visit.id)},
        },
        "launchMode": visit.mode,
        "moveOn": node.move_on,
        "returnURL": f"{app.settings.base_url}/cmi5/courses/{node.course_id}",
    }
    if node.mastery_score is not None:
        data["masteryScore"] = node.mastery_score
    if node.launch_parameters:
        data["launchParameters"] = node.launch_parameters
    if node.entitlement_key:
        data["entitlementKey"] = {"courseStructure": node.entitlement_key}
    return data


# --- the token (8.2) ----------------------------------------------------------------------------------------------

USED = {
    "error-code": "1",
    "error-text": "The authorization token has already been returned, or the session is over.",
}
UNKNOWN = {"error-code": "2", "error-text": "This address belongs to no launch."}


def fetch(session: Session, secret: str) -> dict[str, str]:
    """What the fetch address answers: the token the first time (8.2.2), an error after that (8.2.3)."""
    visit = session.scalars(
        select(LaunchSession).where(LaunchSession.fetch_hash == _hash(secret)).with_for_update()
    ).first()
    if visit is None:
        return UNKNOWN
    if visit.token_hash is not None or visit.ended or visit.expires <= utcnow():
        return USED
    token = secrets.token_urlsafe(32)
    visit.token_hash = _hash(token)
    return {"auth-token": basic(token)}


def basic(token: str) -> str:
    """What stands after `Basic ` in the AU's requests (8.2.1)."""
    return base64.b64encode(f"{TOKEN_USER}:{token}".encode()).decode()


def by_token(session: Session, token: str) -> LaunchSession | None:
    """The session that a token was given to."""
    return session.scalars(select(LaunchSession).where(LaunchSession.token_hash == _hash(token))).first()


def _hash(secret: str) -> bytes:
    """The secrets are long and random, so a fast hash keeps them."""
    return hashlib.blake2b(secret.encode(), key=b"cmi5", digest_size=32).digest()


# --- visits that were left (9.3.6) --------------------------------------------------------------------------------


def open_session(session: Session, registration_id: uuid.UUID) -> LaunchSession | None:
    """The session that a registration has open."""
    return session.scalars(_open(registration_id)).first()


def _open(registration_id: uuid.UUID) -> Any:
    return select(LaunchSession).where(
        LaunchSession.registration_id == registration_id,
        LaunchSession.terminated.is_(None),
        LaunchSession.abandoned.is_(None),
    )


def _abandon_open(session: Session, registration: Registration) -> None:
    for visit in session.scalars(_open(registration.id).with_for_update()).all():
        _abandon(session, registration, visit)


def abandon(session: Session, session_id: uuid.UUID) -> LaunchSession:
    """Ends a session in the AU's stead. Raises NotFound, Conflict for one that is over."""
    visit = session.scalars(
        select(LaunchSession).where(LaunchSession.id == session_id).with_for_update()
    ).first()
    if visit is None:
        raise NotFound
    if visit.ended:
        raise Conflict(N_("This visit is over already."))
    registration = session.scalars(select(Registration).where(Registration.id == visit.registration_id)).one()
    _abandon(session, registration, visit)
    return visit


def _abandon(session: Session, registration: Registration, visit: LaunchSession) -> None:
    node = session.scalars(select(Node).where(Node.id == visit.node_id)).one()
    visit.abandoned = utcnow()
    session.flush()
    statements.store(session, registration, statements.abandoned(registration, node, visit))


@job("cmi5.abandon")
def abandon_left(session: Session, session_id: str) -> None:
    """A session whose token has expired can only be left."""
    visit = session.scalars(select(LaunchSession).where(LaunchSession.id == uuid.UUID(session_id))).first()
    if visit is not None and not visit.ended:
        abandon(session, visit.id)


def _serializer(app: Bridge) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.signing_keys, salt=_SALT)
