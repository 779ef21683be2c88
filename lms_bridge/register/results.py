"""Turns xAPI statements about published modules, and about activities that a mapping names, into evidence, in the
transaction that stores them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..lrs.signals import StoredStatement
from . import identities, mappings, privacy
from .models import ModuleCompetence
from .service import XAPI, NewEvidence, record_evidence, retract
from .status import Result

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
OWN_WORDS = ("completed", "passed", "failed")
"""What a module's own statements say; the other words are only heard of activities that a mapping names."""


def take_statements(
    session: Session, statements: Iterable[StoredStatement], own_address: str, key: Callable[[], bytes]
) -> int:
    """Records what new statements give; returns how many rows of evidence that made. `key` gives that of the
    hashes by which erased people are known; nothing more is taken in on them.
    """
    told, voided = [], []
    for item in statements:
        if voids := item.voids:
            voided.append(str(voids))
        elif one := told_by(item):
            told.append(one)
    added = record_evidence(session, evidence_of(session, told, own_address, key)) if told else 0
    if voided:
        retract(session, XAPI, voided)
    return added


@dataclass(slots=True)
class Told:
    """A statement that may give evidence: what it says, of what."""

    stored: StoredStatement
    word: str
    names: list[str]
    modules: list[uuid.UUID]

    @property
    def record(self) -> str:
        """Under which its evidence is kept: the statement's id."""
        return str(self.stored.id)

    @property
    def statement(self) -> Mapping[str, Any]:
        return self.stored.statement


def told_by(stored: StoredStatement) -> Told | None:
    """What a statement says that may give evidence; None where it says nothing of the kind."""
    statement = stored.statement
    word = mappings.WORDS.get(statement["verb"]["id"])
    if word is None or statement["object"].get("objectType", "Activity") != "Activity":
        return None
    names = _names(statement)
    modules = [found for name in names if (found := module_of(name))] if word in OWN_WORDS else []
    return Told(stored, word, names, modules)


def evidence_of(
    session: Session,
    told: Sequence[Told],
    own_address: str,
    key: Callable[[], bytes],
    *,
    afresh: bool = False,
) -> list[NewEvidence]:
    """What these statements give; of modules of our own by what was published, of all else by the mappings, which
    are asked for `afresh` or remembered. The `key` is fetched only where somebody was erased.
    """
    modules = {module for one in told for module in one.modules}
    given = published_competences(session, modules) if modules else defaultdict(list)
    own = [next((given[module] for module in one.modules if given[module]), None) for one in told]
    rules = mappings.rules(session, remembered=not afresh) if not all(own) else []
    if not given and not rules:
        return []
    found = []
    for one, rows in zip(told, own, strict=True):
        gained: Sequence[ModuleCompetence | mappings.Gain] = (
            of_version(rows, _revision(one.statement)) if rows else _mapped(rules, one)
        )
        identity = identities.of_actor(one.statement["actor"], own_address) if gained else None
        if identity:
            found.append((one, gained, identity))
    erased = privacy.erased_hashes(session) if found else set()
    if erased:
        hashed_by = key()
        found = [row for row in found if not privacy.is_erased(erased, hashed_by, row[2].value)]
    links = identities.resolve(session, [identity for *_, identity in found])
    return [_evidence(one, gain, links[identity.key]) for one, gained, identity in found for gain in gained]


def _mapped(rules: Sequence[mappings.Rule], one: Told) -> list[mappings.Gain]:
    result = one.statement.get("result", {})
    refuted = result.get("success") is False or result.get("completion") is False
    return mappings.gained(rules, one.names, one.word, refuted=refuted)


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


def _names(statement: Mapping[str, Any]) -> list[str]:
    """What a statement is about: its activity; where that is an LMS's own id of a cmi5 unit, as in every cmi5
    defined statement, also what the unit's publisher calls it (cmi5 9.6.2.1, 9.6.2.3).
    """
    names = [statement["object"]["id"]]
    around = statement.get("context", {}).get("contextActivities", {})
    categories = around.get("category")
    if categories and any(activity["id"] == CMI5 for activity in categories):
        return [activity["id"] for activity in around.get("grouping", ())] + names
    return names


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


def _evidence(one: Told, gain: ModuleCompetence | mappings.Gain, link: identities.Link) -> NewEvidence:
    common: dict[str, Any] = {
        "source": XAPI,
        "record": one.record,
        "score": one.statement.get("result", {}).get("score", {}).get("scaled"),
        "occurred": _timestamp(one.statement, one.stored.stored),
        "person_id": link.person_id,
        "link_id": link.id,
    }
    if isinstance(gain, mappings.Gain):
        return gain.evidence(note=_name_of(one.statement["object"]), **common)
    return of_module(gain, word=one.word, **common)


def _name_of(activity: Mapping[str, Any]) -> str:
    """What its sender calls an activity, for people; its id where it has no name."""
    names = activity.get("definition", {}).get("name", {})
    return str(next(iter(names.values()), activity["id"]))[:300]


def _timestamp(statement: Mapping[str, Any], stored: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(statement.get("timestamp", "")))
    except ValueError:
        return stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
