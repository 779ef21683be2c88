"""The HR system's list of people and their positions. An empty cell never erases what is there."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..errors import N_
from . import columns as headings
from . import derivation, identities, privacy
from .identities import EMPLOYMENT, HR, NATIONAL, Identity
from .models import IdentityLink, Import, JobRole, Person, Position, Unit
from .moments import read_day
from .plans import Cells, Plan, closing
from .service import time_zone, today
from .tables import Row, Table


@dataclass(frozen=True)
class Employment:
    """A row of the HR system's list, read and found sound."""

    row: Row
    employment_id: str
    name: str
    email: str
    national: str
    unit_id: uuid.UUID
    roles: list[str]
    leads: bool | None
    starts_on: date | None
    ends_on: date | None


@dataclass
class _Known:
    """What the register has of the HR system's people, to compare with."""

    units: dict[str, Unit]
    roles: dict[str, str]
    positions: dict[str, Position]
    people: dict[uuid.UUID, Person]
    erased: set[str]
    new_roles: dict[str, str] = field(default_factory=dict)


def plan(session: Session, row: Import, table: Table, key: bytes) -> Plan:
    """Reads a list of employments: number, name, unit, roles, first and last day."""
    made, day = Plan(), today(session)
    known = _what_is_known(session)
    wanted: dict[str, Employment] = {}
    unsafe: set[str] = set()
    for one in table.rows:
        cells = Cells(one, row.columns)
        employment = _employment(session, made, cells, known, key)
        number = cells["employment_id"]
        if employment is None:
            unsafe.add(number)
        elif number in wanted:
            made.wrong(
                one, N_("Employment %(number)s is in the list twice. Remove one of the rows."), number=number
            )
        else:
            wanted[number] = employment
    for number, one_employment in wanted.items():
        made.happens(_person_change(known, one_employment, day), one_employment.name, number)
    for title in known.new_roles.values():
        made.happens("roles", title)
    opened = [p for p in known.positions.values() if p.ends_on is None or p.ends_on >= day]
    gone = [p for p in opened if p.employment_id not in wanted and p.employment_id not in unsafe]
    if "" in unsafe and gone:
        gone = []
        made.counts["nothing_closed"] += 1
    to_close = closing(made, row, gone, len(opened), lambda p: known.people[p.person_id].name)
    made.apply = lambda: _write_people(session, wanted, known, to_close, day)
    return made


def _what_is_known(session: Session) -> _Known:
    positions = session.scalars(select(Position).where(Position.source == HR).order_by(Position.starts_on))
    return _Known(
        units={u.code: u for u in session.scalars(select(Unit).where(Unit.ends_on.is_(None)))},
        roles={
            name.casefold(): r.code for r in session.scalars(select(JobRole)) for name in (r.title, r.code)
        },
        positions={p.employment_id: p for p in positions},
        people={p.id: p for p in session.scalars(select(Person))},
        erased=privacy.erased_hashes(session),
    )


def _employment(session: Session, made: Plan, cells: Cells, known: _Known, key: bytes) -> Employment | None:
    row, number = cells.row, cells["employment_id"][:80]
    old = known.positions.get(number)
    national = identities.national_hash(cells["national_number"], key) if cells["national_number"] else ""
    if row.problem:
        made.wrong(row, row.problem.message, **row.problem.params)
    elif not number:
        made.wrong(row, N_("The employment number is missing."))
    elif privacy.is_erased(known.erased, key, number) or (national and national in known.erased):
        made.wrong(row, N_("This person was erased from the register and is not taken in again."))
    elif not cells.full_name and old is None:
        made.wrong(row, N_("The name is missing."))
    elif not cells["unit"] and old is None:
        made.wrong(row, N_("The unit's number is missing."))
    elif cells["unit"] and cells["unit"] not in known.units:
        made.wrong(row, N_("There is no unit with the number %(code)s."), code=cells["unit"][:80])
    else:
        days = _days(session, made, cells)
        if days is None:
            return None
        return Employment(
            row,
            number,
            cells.full_name or (known.people[old.person_id].name if old else ""),
            cells["email"].lower()[:254],
            national,
            known.units[cells["unit"]].id if cells["unit"] else _unit_of(old),
            _roles(cells["roles"], known),
            headings.read_yes(cells["leads"]) if cells["leads"] else None,
            *days,
        )
    return None


def _unit_of(position: Position | None) -> uuid.UUID:
    assert position is not None
    return position.unit_id


def _days(session: Session, made: Plan, cells: Cells) -> tuple[date | None, date | None] | None:
    found: list[date | None] = []
    for name in ("starts_on", "ends_on"):
        try:
            found.append(read_day(cells[name], time_zone(session)) if cells[name] else None)
        except (ValueError, OverflowError):
            made.wrong(
                cells.row,
                N_("A date cannot be read: “%(text)s”. Write it as 2026-03-25."),
                text=cells[name][:40],
            )
            return None
    starts_on, ends_on = found
    if starts_on and ends_on and ends_on < starts_on:
        made.wrong(cells.row, N_("The last day is before the first."))
        return None
    return starts_on, ends_on


def _roles(text: str, known: _Known) -> list[str]:
    """Role codes; a role that nobody has heard of is made, and shown in the preview."""
    codes = []
    for title in re.split(r"[,;/|]", text):
        title = " ".join(title.split())[:80]
        if not title:
            continue
        code = known.roles.get(title.casefold())
        if code is None:
            code = re.sub(r"[^\w]+", "-", title.casefold()).strip("-") or title
            known.roles[title.casefold()] = code
            known.new_roles[code] = title
        codes.append(code)
    return sorted(set(codes))


def _person_change(known: _Known, one: Employment, day: date) -> str:
    old = known.positions.get(one.employment_id)
    if old is None:
        return "added"
    if _has_ended(old, day) and not (one.ends_on and one.ends_on < day):
        return "returned"
    person = known.people[old.person_id]
    same_person = one.name == person.name and (not one.email or one.email == person.email)
    return "same" if same_person and not _has_moved(old, one) and not _ends(old, one) else "changed"


def _has_ended(position: Position, day: date) -> bool:
    return position.ends_on is not None and position.ends_on < day


def _has_moved(old: Position, one: Employment) -> bool:
    return (
        old.unit_id != one.unit_id
        or bool(one.roles and one.roles != sorted(old.roles))
        or set(_leads(old, one)) != set(old.leads)
    )


def _leads(old: Position | None, one: Employment) -> list[str]:
    """What is led from a position: the list speaks of its own unit, and of no other (people.set_led)."""
    own = [str(one.unit_id)] if one.leads else []
    if old is None or one.leads is None:
        return old.leads if old else own
    return own + [unit for unit in old.leads if unit not in {str(old.unit_id), str(one.unit_id)}]


def _ends(old: Position, one: Employment) -> bool:
    return one.ends_on is not None and one.ends_on != old.ends_on


def _write_people(
    session: Session, wanted: dict[str, Employment], known: _Known, to_close: list[Position], day: date
) -> None:
    session.add_all(JobRole(code=code, title=title) for code, title in known.new_roles.items())
    persons = _persons(session, wanted, known)
    for number, one in wanted.items():
        person = persons[number]
        person.name = one.name or person.name
        person.email = one.email or person.email
        _write_position(session, known.positions.get(number), one, person, day)
    for position in to_close:
        position.ends_on = max(position.starts_on, day - timedelta(days=1))
    session.flush()
    _land_what_waited(session, {number: person.id for number, person in persons.items()})
    touched = {person.id for person in persons.values()} | {position.person_id for position in to_close}
    derivation.refresh(session, touched)


def _persons(session: Session, wanted: dict[str, Employment], known: _Known) -> dict[str, Person]:
    """The person of each employment: by its number, by the national number, or new.

    Two new employments of one list are one person's where name and e-mail are both the same.
    """
    hashes = [(NATIONAL, NATIONAL, one.national) for one in wanted.values() if one.national]
    links = identities.find(session, hashes)
    found: dict[str, Person] = {}
    fresh: dict[tuple[str, str], Person] = {}
    to_link: list[tuple[str, Person]] = []
    for number, one in wanted.items():
        old, link = known.positions.get(number), links.get((NATIONAL, NATIONAL, one.national))
        if old is not None:
            person = known.people[old.person_id]
        elif link is not None and link.person_id is not None:
            person = known.people[link.person_id]
        else:
            key = (one.national, "") if one.national else (one.name, one.email or number)
            person = fresh.setdefault(key, Person(name=one.name, email=one.email))
        found[number] = person
        if one.national and link is None:
            to_link.append((one.national, person))
    session.add_all(fresh.values())
    session.flush()
    made = identities.resolve(session, [Identity(NATIONAL, NATIONAL, national) for national, _ in to_link])
    linked = {made[NATIONAL, NATIONAL, national].id: person.id for national, person in to_link}
    if linked:
        session.execute(update(IdentityLink), [{"id": id_, "person_id": to} for id_, to in linked.items()])
    return found


def _write_position(
    session: Session, old: Position | None, one: Employment, person: Person, day: date
) -> None:
    leads = _leads(old if old and not _has_ended(old, day) else None, one)
    new = Position(
        person_id=person.id,
        unit_id=one.unit_id,
        source=HR,
        employment_id=one.employment_id,
        roles=one.roles,
        leads=leads,
        starts_on=one.starts_on or day,
        ends_on=one.ends_on,
        due_from=one.starts_on or day,
    )
    if old is None:
        session.add(new)
    elif _has_ended(old, day):
        if not (one.ends_on and one.ends_on < day):
            first = (old.ends_on or day) + timedelta(days=1)
            new.starts_on = new.due_from = max(one.starts_on, first) if one.starts_on else max(day, first)
            new.roles = one.roles or old.roles
            session.add(new)
    elif not _has_moved(old, one):
        old.ends_on = one.ends_on or old.ends_on
    elif old.starts_on >= day:
        old.unit_id, old.roles, old.ends_on = one.unit_id, one.roles or old.roles, one.ends_on or old.ends_on
        old.leads = leads
    else:
        new.roles = one.roles or old.roles
        new.starts_on = day
        new.due_from = old.due_from if set(new.roles) <= set(old.roles) else day
        old.ends_on = day - timedelta(days=1)
        session.add(new)


def _land_what_waited(session: Session, people: dict[str, uuid.UUID]) -> None:
    """Evidence that came before its person did, by employment number, lands now."""
    keys = [(HR, EMPLOYMENT, number) for number in people]
    for link in identities.find(session, keys).values():
        if link.person_id is None:
            identities.link_to_person(session, link.id, people[link.value], None)
