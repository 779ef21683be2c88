"""When a statement of a registration is voided, the learner's way is counted anew from the statements that stand.

An AU may void nothing (6.3); the LMS may, and so may whoever has a key for it. cmi5 does not say what follows, xAPI
does: a voided statement counts no more (1.0.3 Data 2.3.2). So the unit is open again where its moveOn criterion is
met no longer, and what the LMS itself said of it, that blocks and the course are satisfied (9.3.9), is voided too.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..lrs import values
from ..lrs.query import Query, find_statement, find_statements
from ..lrs.references import CREDENTIAL, Keys
from ..lrs.signals import StoredStatement
from . import statements
from . import vocabulary as v
from .models import Progress, Registration
from .satisfaction import nodes_of, progress_of, unmet_of

COUNTED = ("completed", "passed", "failed", "waived")
Statement = dict[str, Any]


def take(session: Session, tenant_id: uuid.UUID, stored: Iterable[StoredStatement]) -> None:
    """Counts anew where new statements void what counted."""
    voided: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    for item in stored:
        if item.voids and (statement := _counted(session, tenant_id, item.voids)):
            registration_id = uuid.UUID(statement["context"]["registration"])
            voided[registration_id].add(statement["object"]["id"])
    for registration_id in sorted(voided):
        registration = session.scalars(
            select(Registration).where(Registration.id == registration_id).with_for_update()
        ).first()
        if registration is not None:
            _count_anew(session, registration, voided[registration_id])


def _counted(session: Session, tenant_id: uuid.UUID, statement_id: uuid.UUID) -> Statement | None:
    """The statement with this id if it may have counted for a unit."""
    found = find_statement(session, tenant_id, statement_id)
    if found is None:
        return None
    statement: Statement = orjson.loads(found[1])
    registration = statement.get("context", {}).get("registration")
    return statement if registration and _name(statement) in COUNTED else None


def _count_anew(session: Session, registration: Registration, activities: set[str]) -> None:
    nodes = nodes_of(session, registration.course_id)
    known = progress_of(session, registration.id)
    standing = list(_standing(session, registration))
    for node in nodes:
        progress = known.get(node.id)
        if node.activity_id in activities and progress is not None:
            _count(progress, [one for one in standing if one["object"].get("id") == node.activity_id])
    session.flush()
    unmet = unmet_of(nodes, known)
    untrue = set()
    for node in nodes:
        progress = known.get(node.id)
        if node.id in unmet and progress is not None and progress.satisfied is not None:
            progress.satisfied = None
            untrue.add(node.activity_id)
    if None in unmet and registration.satisfied is not None:
        registration.satisfied = None
        untrue.add(f"urn:uuid:{registration.course_id}")
    session.flush()
    said = [one["id"] for one in standing if _name(one) == "satisfied" and one["object"]["id"] in untrue]
    statements.store(session, registration, *(statements.voiding(registration, one) for one in said))


def _count(progress: Progress, standing: list[Statement]) -> None:
    """What a unit's statements say that are left, as guard.py noted it when they came."""
    moments: dict[str, datetime] = {}
    scores = []
    for statement in standing:
        name = _name(statement)
        if name in COUNTED:
            moments[name] = values.parse_timestamp(statement["stored"])
            score = statement.get("result", {}).get("score", {}).get("scaled")
            if name in ("passed", "failed") and score is not None:
                scores.append(max(0, score))
    for name in COUNTED:
        setattr(progress, name, moments.get(name))
    progress.score = max(scores, default=None)


def _standing(session: Session, registration: Registration) -> Iterator[Statement]:
    """What the registration's launches and the LMS have stored for it, without what is voided, oldest first."""
    query = Query(ascending=True, limit=500)
    query.demand(Keys(registration.tenant_id), statements.reader(registration.id), CREDENTIAL)
    while True:
        page = find_statements(session, registration.tenant_id, query)
        yield from map(orjson.loads, page.payloads)
        if page.last is None:
            return
        query.first = page.last + 1


def _name(statement: Statement) -> str | None:
    """Which cmi5 defined statement this is; None for any other (9.6.2.1)."""
    around = statement.get("context", {}).get("contextActivities", {})
    defined = any(activity["id"] == v.CMI5 for activity in around.get("category", ()))
    return v.NAMES.get(statement["verb"]["id"]) if defined else None
