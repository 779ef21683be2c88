"""Completion lists from an LMS: rows become evidence on the people they mean, once however often they come."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import utcnow
from ..errors import N_
from . import columns as headings
from . import identities, privacy
from .dates import local_day
from .identities import Identity
from .models import Evidence, Import, ModuleCompetence, Person, Position
from .moments import read_day, read_moment
from .plans import Cells, Plan
from .service import NewEvidence, record_evidence, time_zone
from .status import Method, Result
from .tables import Row, Table

EARLIEST = date(1970, 1, 1)


@dataclass(frozen=True)
class Completion:
    """A row that says that somebody has completed something."""

    row: Row
    identity: Identity
    employment_id: str
    occurred: datetime
    day: date
    valid_until: date | None


@dataclass(frozen=True)
class Gain:
    """A competence that a completion gives."""

    competence_id: uuid.UUID
    level: int | None = None
    validity_months: int | None = None
    module_id: uuid.UUID | None = None
    module_version: int | None = None


def gains(session: Session, options: dict[str, Any]) -> list[Gain]:
    """What completing gives: the chosen competence, or all that the chosen module's newest version gives."""
    if module := options.get("module_id"):
        rows = session.scalars(
            select(ModuleCompetence)
            .where(ModuleCompetence.module_id == uuid.UUID(module))
            .order_by(ModuleCompetence.version.desc())
        ).all()
        return [
            Gain(r.competence_id, r.level, r.validity_months, r.module_id, r.version)
            for r in rows
            if r.version == rows[0].version
        ]
    if competence := options.get("competence_id"):
        return [Gain(uuid.UUID(competence))]
    return []


def plan(session: Session, row: Import, table: Table, key: bytes) -> Plan:
    """Reads the list and says what it will do. `key` hashes national numbers."""
    made = Plan()
    source = str(row.options.get("source") or "list")[:100]
    completions = list(_completions(session, row, table, made, source, key))
    people = _people(session, completions)
    given = gains(session, row.options)
    known = _known(session, {p.id for p in people.values() if p}, [g.competence_id for g in given])
    sent = set(session.scalars(select(Evidence.record).where(Evidence.source == f"list:{source}")))
    records: list[tuple[NewEvidence, tuple[str, str, str]]] = []
    waiting: dict[tuple[str, str, str], Identity] = {}
    seen: set[tuple[tuple[str, str, str], date]] = set()
    for one in completions:
        person = people.get(one.identity.key)
        name = person.name if person else one.identity.name or one.identity.value
        twice = (one.identity.key, one.day) in seen
        seen.add((one.identity.key, one.day))
        new = [g for g in given if person is None or (person.id, g.competence_id, one.day) not in known]
        if twice or not new or _record_of(one) in sent:
            made.happens("duplicates", name, one.day.isoformat())
            continue
        _compare_names(made, one, person)
        made.happens("added" if person else "waiting", name, one.day.isoformat())
        if person is None:
            waiting[one.identity.key] = one.identity
        records += [(_evidence(row, source, one, gain, person), one.identity.key) for gain in new]
    made.apply = lambda: _write(session, records, waiting)
    return made


def _completions(
    session: Session, row: Import, table: Table, made: Plan, source: str, key: bytes
) -> Iterable[Completion]:
    zone, now = time_zone(session), utcnow()
    only, erased = str(row.options.get("course") or ""), privacy.erased_hashes(session)
    for one in table.rows:
        cells = Cells(one, row.columns)
        if one.problem:
            made.wrong(one, one.problem.message, **one.problem.params)
            continue
        if only and cells["course"] != only:
            made.counts["other_courses"] += 1
            continue
        identity = _identity(cells, source, key)
        word, when = cells["result"], cells["completed_at"]
        done = headings.read_result(word) if word else bool(when)
        if done is None and when and _is_date(word, zone):
            done = True
        if identity is None:
            made.wrong(
                one, N_("The row has no employment number, user name or e-mail to know the person by.")
            )
        elif identity.value in erased or privacy.is_erased(erased, key, identity.value):
            made.wrong(one, N_("This person was erased from the register and is not taken in again."))
        elif done is None:
            made.wrong(
                one,
                N_("“%(word)s” says neither done nor not done. Write Completed or Not completed."),
                word=word[:40],
            )
        elif not done:
            made.counts["unfinished"] += 1
        elif not when:
            made.wrong(one, N_("It is completed, but the date is missing."))
        else:
            try:
                moment = read_moment(when, zone)
                until = read_day(cells["valid_until"], zone) if cells["valid_until"] else None
            except (ValueError, OverflowError):
                made.wrong(
                    one,
                    N_("A date cannot be read: “%(text)s”. Write it as 2026-03-25."),
                    text=(when if not _is_date(when, zone) else cells["valid_until"])[:40],
                )
                continue
            if local_day(moment, zone) > local_day(now, zone):  # a day without a time is its noon
                made.wrong(one, N_("The date is in the future: %(text)s."), text=when[:40])
            elif local_day(moment, zone) < EARLIEST:
                made.wrong(one, N_("The date is too long ago: %(text)s."), text=when[:40])
            else:
                yield Completion(
                    one, identity, cells["employment_id"][:80], moment, local_day(moment, zone), until
                )


def _identity(cells: Cells, source: str, key: bytes) -> Identity | None:
    """Whom a row means: by employment id, then national number, then user name, then e-mail."""
    name, email = cells.full_name, cells["email"].lower()[:254]
    if cells["employment_id"]:
        return Identity(identities.HR, identities.EMPLOYMENT, cells["employment_id"][:80], name, email)
    if cells["national_number"]:
        hashed = identities.national_hash(cells["national_number"], key)
        return Identity(identities.NATIONAL, identities.NATIONAL, hashed, name, email)
    if cells["account"]:
        return Identity(source, identities.USERNAME, cells["account"][:500], name, email)
    return Identity(source, identities.EMAIL, email, name, email) if email else None


def _people(session: Session, completions: list[Completion]) -> dict[tuple[str, str, str], Person | None]:
    """The person of each identity; None where nobody is known, or an employment id is two people's."""
    by_id: dict[str, set[uuid.UUID]] = defaultdict(set)
    numbers = {c.employment_id for c in completions if c.employment_id}
    if numbers:
        query = select(Position.employment_id, Position.person_id).distinct()
        for number, person_id in session.execute(query):
            if number in numbers:
                by_id[number].add(person_id)
    links = identities.find(session, {c.identity.key for c in completions})
    found: dict[tuple[str, str, str], uuid.UUID] = {}
    for one in completions:
        matched = by_id.get(one.employment_id, set())
        link = links.get(one.identity.key)
        if len(matched) == 1:
            found[one.identity.key] = next(iter(matched))
        elif link is not None and link.person_id is not None:
            found[one.identity.key] = link.person_id
    people = {p.id: p for p in session.scalars(select(Person))} if found else {}
    return {key: people.get(person_id) for key, person_id in found.items()}


def _known(
    session: Session, people: set[uuid.UUID], competences: list[uuid.UUID]
) -> set[tuple[uuid.UUID, uuid.UUID, date]]:
    """(person, competence, day) of what the register has already, from whichever source."""
    if not people:
        return set()
    query = select(Evidence.person_id, Evidence.competence_id, Evidence.day).where(
        Evidence.competence_id.in_(competences),
        Evidence.result == Result.ATTAINED,
        Evidence.method == Method.LMS,
    )
    return {(p, c, day) for p, c, day in session.execute(query) if p in people}


def _compare_names(made: Plan, one: Completion, person: Person | None) -> None:
    theirs = set(one.identity.name.casefold().split())
    if person is not None and theirs and not theirs & set(person.name.casefold().split()):
        made.odd(
            one.row,
            N_("The list says %(theirs)s, the register says %(ours)s. Is it the right person?"),
            theirs=one.identity.name,
            ours=person.name,
        )


def _evidence(row: Import, source: str, one: Completion, gain: Gain, person: Person | None) -> NewEvidence:
    return NewEvidence(
        source=f"list:{source}",
        record=_record_of(one),
        competence_id=gain.competence_id,
        occurred=one.occurred,
        result=Result.ATTAINED,
        person_id=person.id if person else None,
        level=gain.level,
        validity_months=gain.validity_months,
        valid_until=one.valid_until,
        module_id=gain.module_id,
        module_version=gain.module_version,
        import_id=row.id,
    )


def _record_of(one: Completion) -> str:
    """The same person on the same day is the same record, in whichever export of the list."""
    told = "\n".join((*one.identity.key, one.day.isoformat()))
    return hashlib.sha256(told.encode()).hexdigest()


def _write(
    session: Session,
    records: list[tuple[NewEvidence, tuple[str, str, str]]],
    waiting: dict[tuple[str, str, str], Identity],
) -> None:
    links = identities.resolve(session, waiting.values())
    record_evidence(
        session,
        [
            replace(record, link_id=links[key].id, person_id=links[key].person_id) if key in links else record
            for record, key in records
        ],
    )


def _is_date(text: str, zone: Any) -> bool:
    try:
        read_moment(text, zone)
    except (ValueError, OverflowError):
        return False
    return True
