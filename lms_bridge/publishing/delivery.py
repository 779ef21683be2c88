"""Showing a version to learners from the content origin: signed addresses, attempts, and who takes what.

An address on the content origin says which version of which municipality it opens, signed and for a day; no
cookie is needed there. What the learner does comes back as statements, with a token for that attempt only.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import content
from content import render
from scorm import runtime

from ..db import utcnow
from ..errors import NotFound
from ..lrs.credentials import issue_launch_token
from ..lrs.signals import StoredStatement
from ..web.app import Bridge
from ..web.i18n import N_
from . import limits
from .models import Enrolment, Learner, ModuleVersion
from .package import activity_id
from .service import get_version, newest_versions

HOURS = 12
_VERBS = "http://adlnet.gov/expapi/verbs/"
OUTCOMES = {_VERBS + outcome: outcome for outcome in ("completed", "passed", "failed")}
_SALT = "content-origin"
LMS = "lms"
DRAFT, PREVIEW, LIVE = "draft", "preview", "live"
_ORDER = {"started": 0, "failed": 1, "new": 2, "passed": 3}


@dataclass(frozen=True)
class Course:
    """A module on somebody's list: the version they are on, and how far they came."""

    version: ModuleVersion
    enrolment: Enrolment | None

    @property
    def state(self) -> str:
        """new, started, passed or failed."""
        if self.enrolment is None:
            return "new"
        if self.enrolment.finished is None:
            return "failed" if self.enrolment.passed is False else "started"
        return "passed"


def erase_learner(session: Session, learner: Learner) -> None:
    """Removes a learner's attempts."""
    session.execute(
        delete(Enrolment).where(Enrolment.issuer == learner.issuer, Enrolment.subject == learner.subject)
    )


def courses(session: Session, learner: Learner) -> list[Course]:
    """Every published module, with this learner's newest attempt at it; what they have begun comes first."""
    latest: dict[uuid.UUID, Enrolment] = {}
    attempts = session.execute(
        select(ModuleVersion.module_id, Enrolment)
        .join(ModuleVersion, ModuleVersion.id == Enrolment.version_id)
        .where(Enrolment.issuer == learner.issuer, Enrolment.subject == learner.subject)
        .order_by(Enrolment.started)
    )
    for module_id, enrolment in attempts.tuples():
        latest[module_id] = enrolment
    offered = [version for version in newest_versions(session) if not version.has_ended]
    found = [Course(version, latest.get(version.module_id)) for version in offered]
    return sorted(found, key=lambda course: _ORDER[course.state])


def enrol(session: Session, learner: Learner, module_id: uuid.UUID) -> Enrolment:
    """The attempt to go on with: the one that is open, on its version; else a new one on the newest version.

    Raises NotFound, and Forbidden for a new learner where as many have begun as the newest version's agreement lets.
    """
    version = get_version(session, module_id)
    rows = attempts(session, learner, module_id)
    if not rows and version.most_learners is not None:
        limits.one_after_the_other(session, module_id)
        rows = attempts(session, learner, module_id)  # begun in another window meanwhile
        if not rows:
            limits.refuse_if_full(session, version)
    open_ones = [row for row in rows if row.finished is None]
    if open_ones:
        open_ones[0].last_seen = utcnow()
        return open_ones[0]
    before = [row for row in rows if row.version_id == version.id]
    enrolment = Enrolment(
        issuer=learner.issuer, subject=learner.subject, version_id=version.id, attempt=len(before) + 1
    )
    session.add(enrolment)
    session.flush()
    return enrolment


def attempts(session: Session, learner: Learner, module_id: uuid.UUID) -> Sequence[Enrolment]:
    """The learner's attempts at any version of the module, newest first."""
    return session.scalars(
        select(Enrolment)
        .join(ModuleVersion, ModuleVersion.id == Enrolment.version_id)
        .where(
            Enrolment.issuer == learner.issuer,
            Enrolment.subject == learner.subject,
            ModuleVersion.module_id == module_id,
        )
        .order_by(Enrolment.started.desc())
    ).all()


def launch_url(app: Bridge, session: Session, enrolment: Enrolment, *, framed_by_lms: bool = False) -> str:
    """Where the learner's browser takes the version, with what the player needs to report (TinCan launch).

    Raises NotFound, and Forbidden after the last day of an agreement that the version rests on.
    """
    version = session.get(ModuleVersion, enrolment.version_id)
    if version is None:
        raise NotFound
    version.refuse_if_ended()
    actor = actor_of(app, Learner(enrolment.issuer, enrolment.subject))
    activity = activity_id(version.identity)
    token = issue_launch_token(
        session,
        actor=actor,
        activity_id=activity,
        registration=enrolment.registration,
        expires=utcnow() + timedelta(hours=HOURS),
    )
    query = {
        "endpoint": f"{app.settings.base_url}/xapi/",
        "auth": f"Bearer {token}",
        "actor": json.dumps(actor, ensure_ascii=False, separators=(",", ":")),
        "registration": str(enrolment.registration),
        "activity_id": activity,
    }
    address = version_url(app, version, "xapi", framed_by_lms=framed_by_lms)
    return f"{address}?{urlencode(query)}"


def version_url(app: Bridge, version: ModuleVersion, standard: str, *, framed_by_lms: bool = False) -> str:
    """The version's page on the content origin; with the standard `none` nothing is reported (a preview)."""
    subject = [str(version.tenant_id), str(version.id), standard, *([LMS] if framed_by_lms else [])]
    signed = _serializer(app).dumps(subject)
    return f"{app.settings.content_url}/v/{signed}/index.html"


def draft_url(app: Bridge, tenant_id: uuid.UUID, module_id: uuid.UUID, *, page: str = "") -> str:
    """The draft as learners would see it, for its authors; opened at a `page` of it."""
    signed = _serializer(app).dumps([str(tenant_id), str(module_id), DRAFT])
    return f"{app.settings.content_url}/v/{signed}/index.html" + (f"#{quote(page)}" if page else "")


def preview_url(app: Bridge, tenant_id: uuid.UUID, version_id: uuid.UUID) -> str:
    """A municipality's version as learners see it; nothing is kept."""
    signed = _serializer(app).dumps([str(tenant_id), str(version_id), PREVIEW])
    return f"{app.settings.content_url}/v/{signed}/index.html"


def opened(app: Bridge, signed: str) -> tuple[uuid.UUID, uuid.UUID, str, bool]:
    """(tenant, version or module, standard, whether an LMS may frame it) of a signed address.

    Raises NotFound for a forged or old one.
    """
    try:
        tenant_id, subject_id, standard, *framed = _serializer(app).loads(signed, max_age=24 * 3600)
        return uuid.UUID(tenant_id), uuid.UUID(subject_id), standard, framed == [LMS]
    except (BadData, ValueError, TypeError):
        raise NotFound(N_("This address is no longer valid. Open the course again from your list.")) from None


def actor_of(app: Bridge, learner: Learner) -> dict[str, object]:
    """The learner as an xAPI agent (section 4.1.2.1), without more of the person than is needed."""
    return {
        "objectType": "Agent",
        "account": {"homePage": learner.issuer or app.settings.base_url, "name": learner.subject},
    }


@lru_cache(maxsize=64)
def player_files(version_id: uuid.UUID, standard: str, document: str, revision: str) -> dict[str, bytes]:
    """The generated files of a version, kept for the next learner; `document` is its JSON text.

    What is only looked at has no runtime: nothing is kept, and who looks again begins anew.
    """
    module = content.Module.from_json(json.loads(document))
    return dict(
        render.player_files(
            module,
            runtime=b"" if standard in (DRAFT, PREVIEW) else runtime.script(standard),
            revision=revision,
        )
    )


def outcomes_of(statements: Sequence[StoredStatement]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """By registration, those of newly stored statements that say how an attempt at one of our modules went.
    All else is passed over without a query: LMSs may send thousands.
    """
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for stored in statements:
        statement = stored.statement
        ours = statement["object"].get("id", "").startswith("urn:uuid:")  # as every module of ours is named
        if ours and statement["verb"]["id"] in OUTCOMES:
            registration = statement.get("context", {}).get("registration")
            if registration:
                found.setdefault(uuid.UUID(registration), []).append(statement)
    return found


def note_outcomes(session: Session, statements: Sequence[StoredStatement]) -> None:
    """Brings attempts on the service itself up to date with statements that were just stored."""
    outcomes = outcomes_of(statements)
    if not outcomes:
        return
    rows = session.execute(
        select(Enrolment, ModuleVersion)
        .join(ModuleVersion, ModuleVersion.id == Enrolment.version_id)
        .where(Enrolment.registration.in_(outcomes))
    )
    for enrolment, version in rows.tuples():
        for statement in outcomes[enrolment.registration]:
            if statement["object"].get("id") == activity_id(version.identity):
                _note(enrolment, version, OUTCOMES[statement["verb"]["id"]], statement.get("result", {}))


def _note(enrolment: Enrolment, version: ModuleVersion, outcome: str, result: dict[str, Any]) -> None:
    """An attempt that was passed stays passed, and keeps its best score."""
    enrolment.last_seen = utcnow()
    scaled = result.get("score", {}).get("scaled")
    if scaled is not None:
        enrolment.score = max(scaled, enrolment.score or 0)
    if outcome != "completed" and enrolment.passed is not True:
        enrolment.passed = outcome == "passed"
    finishing = "passed" if version.pass_mark is not None else "completed"
    if enrolment.finished is None and outcome == finishing:
        enrolment.finished = utcnow()


def _serializer(app: Bridge) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.signing_keys, salt=_SALT)
