"""Units, people and positions, and who may read whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ..accounts import Account, audit
from ..errors import NotFound
from .identities import person_of_account
from .models import JobRole, Person, Position, Unit
from .service import today


@dataclass(frozen=True)
class Tree:
    """All units of the municipality, with what is below and above each."""

    units: dict[uuid.UUID, Unit]
    children: dict[uuid.UUID | None, list[Unit]]

    def below(self, unit_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """These units and all their parts."""
        found: set[uuid.UUID] = set()
        waiting = [unit_id for unit_id in unit_ids if unit_id in self.units]
        while waiting:
            unit_id = waiting.pop()
            if unit_id not in found:
                found.add(unit_id)
                waiting += [child.id for child in self.children.get(unit_id, [])]
        return found

    def above(self, unit_id: uuid.UUID | None) -> list[Unit]:
        """The way from the top down to and with the unit."""
        way: list[Unit] = []
        while unit_id is not None and unit_id in self.units and self.units[unit_id] not in way:
            way.insert(0, self.units[unit_id])
            unit_id = self.units[unit_id].parent_id
        return way

    def main_parts(self) -> list[Unit]:
        """What the municipality is divided into first: below its only top, if the list of units has one."""
        tops = self.children.get(None, [])
        return (self.children.get(tops[0].id) if len(tops) == 1 else None) or tops

    def in_order(self, parent_id: uuid.UUID | None = None, depth: int = 0) -> list[tuple[Unit, int]]:
        """Every unit with its depth, parts after what they are part of."""
        found = []
        for unit in self.children.get(parent_id, []):
            found.append((unit, depth))
            found += self.in_order(unit.id, depth + 1)
        return found


def tree(session: Session) -> Tree:
    """The units that there are today."""
    day = today(session)
    rows = session.scalars(
        select(Unit).where(or_(Unit.ends_on.is_(None), Unit.ends_on >= day)).order_by(Unit.code)
    ).all()
    units = {unit.id: unit for unit in rows}
    children: dict[uuid.UUID | None, list[Unit]] = defaultdict(list)
    for unit in rows:
        children[unit.parent_id if unit.parent_id in units else None].append(unit)
    return Tree(units, children)


@dataclass(frozen=True)
class Reach:
    """Whom an account may read: everybody, those in `units`, or the account's own person only."""

    everybody: bool
    units: frozenset[uuid.UUID]
    person_id: uuid.UUID | None

    def sees_unit(self, unit_id: uuid.UUID) -> bool:
        return self.everybody or unit_id in self.units

    @property
    def leads(self) -> bool:
        return self.everybody or bool(self.units)


def reach_of(session: Session, account: Account, units: Tree | None = None) -> Reach:
    """A coordinator reads everybody, a leader the units led today and their parts, others themselves."""
    person_id = person_of_account(session, account.id)
    if "coordinator" in account.roles:
        return Reach(True, frozenset(), person_id)
    led: set[uuid.UUID] = set()
    if "leader" in account.roles and person_id is not None:
        rows = session.scalars(
            select(Position.leads).where(Position.person_id == person_id, current(session))
        )
        led = {uuid.UUID(unit) for leads in rows for unit in leads}
    if not led:
        return Reach(False, frozenset(), person_id)
    return Reach(False, frozenset((units or tree(session)).below(led)), person_id)


def current(session: Session) -> ColumnElement[bool]:
    """The condition that a position holds today."""
    day = today(session)
    return and_(Position.starts_on <= day, or_(Position.ends_on.is_(None), Position.ends_on >= day))


def get_person(session: Session, reach: Reach, person_id: uuid.UUID) -> Person:
    """A person whom the reader may read; NotFound for all others, who might as well not exist."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    if reach.everybody or reach.person_id == person_id:
        return person
    positions = select(Position.unit_id).where(Position.person_id == person_id, current(session))
    if not any(reach.sees_unit(unit_id) for unit_id in session.scalars(positions)):
        raise NotFound()
    return person


def get_unit(session: Session, reach: Reach, units: Tree, unit_id: uuid.UUID) -> Unit:
    """A unit that the reader may read; NotFound for all others."""
    if unit_id not in units.units or not reach.sees_unit(unit_id):
        raise NotFound()
    return units.units[unit_id]


def search(session: Session, reach: Reach, text: str, limit: int = 50) -> list[Person]:
    """People whose name or employment number contains the text, among those whom the reader may read."""
    query: Select[tuple[Person]] = (
        select(Person).where(Person.merged_into.is_(None)).order_by(Person.name, Person.id).limit(limit)
    )
    if text.strip():
        like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        by_number = select(Position.person_id).where(Position.employment_id == text.strip())
        query = query.where(or_(Person.name.ilike(like, escape="\\"), Person.id.in_(by_number)))
    if not reach.everybody:
        here = select(Position.person_id).where(Position.unit_id.in_(reach.units), current(session))
        query = query.where(Person.id.in_(here))
    return list(session.scalars(query))


def everybody(session: Session, reach: Reach) -> list[tuple[str, Position, str]]:
    """(name, position, unit) of all current positions that the reader may read, by name."""
    query = (
        select(Person.name, Position, Unit.name)
        .join(Position, Position.person_id == Person.id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(current(session))
        .order_by(Person.name, Position.employment_id)
    )
    if not reach.everybody:
        query = query.where(Position.unit_id.in_(reach.units))
    return [(name, position, unit) for name, position, unit in session.execute(query)]


def positions_of(session: Session, person_id: uuid.UUID) -> list[tuple[Position, str]]:
    """A person's positions with their units' names, the latest first."""
    rows = session.execute(
        select(Position, Unit.name)
        .join(Unit, Unit.id == Position.unit_id)
        .where(Position.person_id == person_id)
        .order_by(Position.starts_on.desc(), Position.employment_id)
    )
    return [(position, name) for position, name in rows]


def open_positions(session: Session, person_id: uuid.UUID) -> list[Position]:
    """Those that hold today or begin later, the latest first."""
    open_ = or_(Position.ends_on.is_(None), Position.ends_on >= today(session))
    rows = select(Position).where(Position.person_id == person_id, open_)
    return list(session.scalars(rows.order_by(Position.starts_on.desc(), Position.employment_id)))


def set_led(session: Session, person_id: uuid.UUID, unit_ids: Collection[uuid.UUID]) -> None:
    """Says which units a person leads, from the next page on: each from the position that is held there, or from which
    it was led before, others from the latest one. Whoever works nowhere leads nothing.

    A list of people says it of the unit of a position, where it has such a column.
    """
    left = {str(unit_id) for unit_id in unit_ids}
    positions = open_positions(session, person_id)
    for position in positions:
        position.leads = [
            unit for unit in dict.fromkeys([str(position.unit_id), *position.leads]) if unit in left
        ]
        left.difference_update(position.leads)
    if positions and left:
        positions[0].leads = [*positions[0].leads, *sorted(left)]
    audit.record(session, "leads", f"person:{person_id}")


def role_titles(session: Session) -> dict[str, str]:
    """Role code → title, in the order of titles."""
    rows = session.execute(select(JobRole.code, JobRole.title).order_by(JobRole.title))
    return {row.code: row.title for row in rows}


def account_by_email(session: Session, email: str) -> Account | None:
    """The account that signs in with this e-mail."""
    return session.scalar(select(Account).where(func.lower(Account.email) == email.strip().lower()))
