"""Turns xAPI statements about published modules into evidence, in the transaction that stores them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import identities, privacy
from .models import ModuleCompetence
from .service import XAPI, NewEvidence, record_evidence, retract
from .status import Result

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
VERBS = {
    "http://adlnet.gov/expapi/verbs/completed": "completed",
    "http://adlnet.gov/expapi/verbs/passed": "passed",
    "http://adlnet.gov/expapi/verbs/failed": "failed",
}


def take_statements(
    session: Session, statements: Iterable[Mapping[str, Any]], own_address: str, key: bytes
) -> int:
    """Records what new statements say of published modules; returns how many rows of evidence that made.

    Each item: `id` (UUID), `stored` (datetime), `statement` (dict), `voids` (UUID or None). `key` is that of
    the hashes by which erased people are known; nothing more is taken in on them.
    """
    found, voided = [], []
    for item in statements:
        if item.get("voids"):
            voided.append(str(item["voids"]))
        elif result := _module_result(item):
            found.append(result)
    added = _record(session, found, own_address, key) if found else 0
    if voided:
        retract(session, XAPI, voided)
    return added


def outcome(word: str, pass_mark: int | None) -> Result:
    """What a verb means: a module with a pass mark needs `passed`, one without is done when `completed`."""
    if word == "passed" or (word == "completed" and pass_mark is None):
        return Result.ATTAINED
    return Result.ATTEMPTED


def module_of(activity_id: str) -> uuid.UUID | None:
    """The module behind an activity id `urn:uuid:<module id>`; None for its questions and for all else."""
    if not activity_id.startswith("urn:uuid:") or len(activity_id) != 45:
        return None
    try:
        return uuid.UUID(activity_id[9:])
    except ValueError:
        return None


def _module_result(item: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, uuid.UUID] | None:
    statement = item["statement"]
    verb = VERBS.get(statement["verb"]["id"])
    target = statement["object"]
    if verb is None or target.get("objectType", "Activity") != "Activity":
        return None
    module_id = next((found for name in _names(statement) if (found := module_of(name))), None)
    return (item, verb, module_id) if module_id else None


def _names(statement: Mapping[str, Any]) -> Iterator[str]:
    """What a statement is about: its activity; where that is an LMS's own id of a cmi5 unit, as in every cmi5
    defined statement, also what the unit's publisher calls it (cmi5 9.6.2.1, 9.6.2.3).
    """
    around = statement.get("context", {}).get("contextActivities", {})
    if any(activity["id"] == CMI5 for activity in around.get("category", ())):
        yield from (activity["id"] for activity in around.get("grouping", ()))
    yield statement["object"]["id"]


def _record(
    session: Session, found: list[tuple[Mapping[str, Any], str, uuid.UUID]], own_address: str, key: bytes
) -> int:
    given = published_competences(session, {module_id for _, _, module_id in found})
    erased = privacy.erased_hashes(session)
    known = [
        (item, verb, rows, identity)
        for item, verb, module_id in found
        if (rows := of_version(given[module_id], _revision(item["statement"])))
        and (identity := identities.of_actor(item["statement"]["actor"], own_address))
        and not privacy.is_erased(erased, key, identity.value)
    ]
    links = identities.resolve(session, [identity for *_, identity in known])
    records = []
    for item, verb, rows, identity in known:
        link = links[identity.key]
        for row in rows:
            records.append(_evidence(item, verb, row, link.id, link.person_id))
    return record_evidence(session, records)


def published_competences(
    session: Session, module_ids: set[uuid.UUID]
) -> defaultdict[uuid.UUID, list[ModuleCompetence]]:
    """What published versions of these modules give, the newest version first."""
    found: defaultdict[uuid.UUID, list[ModuleCompetence]] = defaultdict(list)
    for row in session.scalars(
        select(ModuleCompetence)
        .where(ModuleCompetence.module_id.in_(module_ids))
        .order_by(ModuleCompetence.version.desc(), ModuleCompetence.competence_id)
    ):
        found[row.module_id].append(row)
    return found


def of_version(rows: list[ModuleCompetence], version: str) -> list[ModuleCompetence]:
    """The rows of the version that is named; of the newest where none is, or none that is known."""
    named = [row for row in rows if str(row.version) == version]
    return named or [row for row in rows if row.version == rows[0].version]


def of_module(
    row: ModuleCompetence, *, source: str, record: str, word: str, score: float | None, **more: Any
) -> NewEvidence:
    """The evidence that `word` (completed, passed, failed) on a module gives of one of its competences.

    `score` is from 0 to 1; `more`: the other fields of NewEvidence.
    """
    return NewEvidence(
        source=source,
        record=record,
        competence_id=row.competence_id,
        result=outcome(word, row.pass_mark),
        level=row.level,
        score=round(float(score) * 100, 1) if score is not None else None,
        validity_months=row.validity_months,
        module_id=row.module_id,
        module_version=row.version,
        **more,
    )


def _revision(statement: Mapping[str, Any]) -> str:
    return str(statement.get("context", {}).get("revision", ""))


def _evidence(
    item: Mapping[str, Any],
    verb: str,
    row: ModuleCompetence,
    link_id: uuid.UUID,
    person_id: uuid.UUID | None,
) -> NewEvidence:
    statement = item["statement"]
    return of_module(
        row,
        source=XAPI,
        record=str(item["id"]),
        word=verb,
        score=statement.get("result", {}).get("score", {}).get("scaled"),
        occurred=_timestamp(statement, item["stored"]),
        person_id=person_id,
        link_id=link_id,
    )


def _timestamp(statement: Mapping[str, Any], stored: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(statement.get("timestamp", "")))
    except ValueError:
        return stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
