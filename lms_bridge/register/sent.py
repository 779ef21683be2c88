"""Evidence that another system sends, record by record: sent again it changes nothing, changed it is a new revision."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Conflict, Invalid
from . import identities, privacy
from .identities import Identity
from .lms_learners import people_by_employment
from .models import Competence, Evidence, Person
from .service import NewEvidence, record_evidence
from .status import Method, Result

AT_ONCE = 500


@dataclass(frozen=True)
class Whom:
    """One of: a person of the register, an employment id, or an account (issuer and subject)."""

    person_id: uuid.UUID | None = None
    employment_id: str = ""
    issuer: str = ""
    subject: str = ""
    name: str = ""
    email: str = ""

    @property
    def identity(self) -> Identity:
        if self.employment_id:
            return Identity(identities.HR, identities.EMPLOYMENT, self.employment_id, self.name, self.email)
        return Identity(self.issuer, identities.ACTOR, self.subject, self.name, self.email)


@dataclass(frozen=True)
class Sent:
    """What the other system says in a record: who has, or has lost, which competence (`competence` is a URI)."""

    record: str
    whom: Whom
    competence: str
    occurred: datetime
    result: Result = Result.ATTAINED
    method: Method = Method.LMS
    level: int | None = None
    score: float | None = None
    valid_until: date | None = None
    note: str = ""


class State(StrEnum):
    """What became of a record."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # stored; a coordinator will say who it is
    ERASED = "erased"  # not stored: the person was erased from the register


_SAME = ("result", "method", "level", "score", "valid_until", "note")


def take(session: Session, source: str, sent: Sequence[Sent], key: bytes) -> list[State]:
    """Takes all records or none; what became of each. `key` is that of the hashes by which the erased are known.

    Raises Invalid with a field for each record that names an unknown competence or person, Conflict where the same
    record is being written by another request.
    """
    competences = _competences(session, sent)
    people, links = _people(session, sent, key)
    latest = _latest(session, source, [one.record for one in sent])
    states, rows = [], []
    for one in sent:
        if one.whom not in people:
            states.append(State.ERASED)
            continue
        link_id = links.get(one.whom)
        new = NewEvidence(
            source=source,
            record=one.record,
            competence_id=competences[one.competence],
            occurred=one.occurred,
            result=one.result,
            method=one.method,
            person_id=people[one.whom],
            link_id=link_id,
            level=one.level,
            score=one.score,
            valid_until=one.valid_until,
            note=one.note,
        )
        before = latest[one.record]
        changed = _changes(new, before)
        rows += changed
        waits = State.WAITING if new.person_id is None else State.STORED
        states.append(waits if changed else State.UNCHANGED)
    if record_evidence(session, rows) != len(rows):
        raise Conflict("The same record is being written by another request. Send it again.")
    return states


def _changes(new: NewEvidence, before: list[Evidence]) -> list[NewEvidence]:
    """The revisions that this makes of what the record said before (its last revision for each competence)."""
    same = next((row for row in before if row.competence_id == new.competence_id), None)
    if same is None and new.result is Result.RETRACTED and not before:
        return []  # nothing to take back
    found = []
    if same is None or not _says_the_same(same, new):
        found.append(replace(new, revision=same.revision + 1 if same else 1))
    for row in before:  # the record was about another competence
        if row.competence_id != new.competence_id and row.result != Result.RETRACTED:
            found.append(
                replace(
                    new,
                    competence_id=row.competence_id,
                    result=Result.RETRACTED,
                    revision=row.revision + 1,
                    person_id=row.person_id,
                    link_id=row.link_id,
                )
            )
    return found


def _says_the_same(row: Evidence, new: NewEvidence) -> bool:
    occurred = min(new.occurred, row.received)  # as record_evidence keeps it
    return occurred == row.occurred and all(getattr(row, name) == getattr(new, name) for name in _SAME)


def _competences(session: Session, sent: Sequence[Sent]) -> dict[str, uuid.UUID]:
    wanted = {one.competence for one in sent}
    query = select(Competence.uri, Competence.id).where(Competence.uri.in_(wanted))
    found = dict(session.execute(query).tuples().all())
    unknown = {
        f"evidence[{number}].competence": "The register has no competence with this URI."
        for number, one in enumerate(sent)
        if one.competence not in found
    }
    if unknown:
        raise Invalid("Some records name a competence that the register does not have.", unknown)
    return found


def _people(
    session: Session, sent: Sequence[Sent], key: bytes
) -> tuple[dict[Whom, uuid.UUID | None], dict[Whom, uuid.UUID]]:
    """(whom → the person, None while nobody knows; whom → the identity link). The erased are in neither."""
    erased = privacy.erased_hashes(session)
    whom = {one.whom for one in sent if not _was_erased(one.whom, erased, key)}
    ids = {one.person_id for one in whom if one.person_id}
    known = set(session.scalars(select(Person.id).where(Person.id.in_(ids)))) if ids else set()
    if ids - known:
        raise Invalid(
            "Some records name a person that the register does not have.",
            {
                f"evidence[{number}].person": "The register has no such person."
                for number, one in enumerate(sent)
                if one.whom.person_id and one.whom.person_id not in known
            },
        )
    numbered = people_by_employment(session, {one.employment_id for one in whom if one.employment_id})
    people: dict[Whom, uuid.UUID | None] = {}
    for one in whom:
        matched = {one.person_id} if one.person_id else numbered.get(one.employment_id, set())
        if len(matched) == 1:
            people[one] = next(iter(matched))
    found = identities.resolve(session, [one.identity for one in whom if one not in people])
    links = {one: found[one.identity.key] for one in whom if one not in people}
    people |= {one: link.person_id for one, link in links.items()}
    return people, {one: link.id for one, link in links.items()}


def _was_erased(one: Whom, erased: set[str], key: bytes) -> bool:
    values = (one.employment_id, one.subject, one.email)
    return any(value and privacy.is_erased(erased, key, value) for value in values)


def _latest(session: Session, source: str, records: Iterable[str]) -> defaultdict[str, list[Evidence]]:
    """The last revision of each record, for each competence that it was about."""
    wanted = sorted(set(records))
    newest: dict[tuple[str, uuid.UUID], Evidence] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.scalars(
            select(Evidence)
            .where(Evidence.source == source, Evidence.record.in_(wanted[start : start + AT_ONCE]))
            .order_by(Evidence.revision)
        )
        newest |= {(row.record, row.competence_id): row for row in rows}
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for row in newest.values():
        found[row.record].append(row)
    return found
