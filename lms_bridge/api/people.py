"""People and units for other programs. Who has left is kept, with the last day; who was erased is gone."""

from collections import defaultdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..accounts.audit import record_read
from ..errors import NotFound
from ..register.models import Person, Position, Unit
from ..register.privacy import EVERYBODY
from . import paging
from .paging import Next, Paging
from .protocol import Nothing, endpoint

SCOPE = "register/read"


class PositionFacts(msgspec.Struct, kw_only=True):
    """What a person works, or worked, as; a change of unit or roles ends one and begins the next."""

    id: UUID
    source: Annotated[str, Meta(description="The system that told of it.")]
    employment_id: str
    unit: UUID
    unit_code: Annotated[str, Meta(description="What the HR system calls the unit.")]
    unit_name: str
    roles: list[str]
    starts_on: date
    ends_on: date | None


class PersonFacts(msgspec.Struct, kw_only=True):
    """Somebody who works for the municipality, or has."""

    id: Annotated[UUID, Meta(description="Stays the same for good: also for who leaves and comes back.")]
    name: str
    email: str
    positions: Annotated[list[PositionFacts], Meta(description="The earliest first.")]


class PersonPage(msgspec.Struct, kw_only=True):
    items: list[PersonFacts]
    next: Next


class PeopleQuery(Paging, kw_only=True):
    employment_id: Annotated[str, Meta(max_length=80, description="Only who has or had this number.")] = ""


class UnitFacts(msgspec.Struct, kw_only=True):
    """A part of the municipality."""

    id: UUID
    source: str
    code: str
    name: str
    parent: Annotated[UUID | None, Meta(description="The unit it is a part of.")]
    starts_on: date
    ends_on: date | None


class UnitPage(msgspec.Struct, kw_only=True):
    items: list[UnitFacts]
    next: Next


@endpoint("GET", "/people", scope=SCOPE, query=PeopleQuery, answer=PersonPage)
def list_people(session: Session, query: PeopleQuery) -> PersonPage:
    """Everybody in the register with all positions, those who have left too.

    A person who is no longer in the list was erased, and is to be erased by who copied it.
    """
    wanted = select(Person).order_by(Person.id).limit(query.limit + 1)
    if query.employment_id:
        numbered = select(Position.person_id).where(Position.employment_id == query.employment_id)
        wanted = wanted.where(Person.id.in_(numbered))
    if after := paging.read(query.cursor, UUID):
        wanted = wanted.where(Person.id > after[0])
    rows = list(session.scalars(wanted))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    items = _with_positions(session, rows)
    if query.employment_id:
        for one in items:
            record_read(session, f"person:{one.id}")
    elif items:
        record_read(session, EVERYBODY)
    return PersonPage(items=items, next=paging.write(rows[-1].id) if more else None)


@endpoint("GET", "/people/<uuid:person_id>", scope=SCOPE, answer=PersonFacts)
def get_person(session: Session, _query: Nothing, person_id: UUID) -> PersonFacts:
    """One person with all positions."""
    person = session.scalar(select(Person).where(Person.id == person_id))
    if person is None:
        raise NotFound
    record_read(session, f"person:{person_id}")
    return _with_positions(session, [person])[0]


@endpoint("GET", "/units", scope=SCOPE, query=Paging, answer=UnitPage)
def list_units(session: Session, query: Paging) -> UnitPage:
    """The units, those that are no more too."""
    wanted = select(Unit).order_by(Unit.id).limit(query.limit + 1)
    if after := paging.read(query.cursor, UUID):
        wanted = wanted.where(Unit.id > after[0])
    rows = list(session.scalars(wanted))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    items = [
        UnitFacts(
            id=row.id,
            source=row.source,
            code=row.code,
            name=row.name,
            parent=row.parent_id,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in rows
    ]
    return UnitPage(items=items, next=paging.write(rows[-1].id) if more else None)


def _with_positions(session: Session, people: list[Person]) -> list[PersonFacts]:
    found: defaultdict[UUID, list[PositionFacts]] = defaultdict(list)
    for position, unit in session.execute(_positions([person.id for person in people])).tuples():
        found[position.person_id].append(
            PositionFacts(
                id=position.id,
                source=position.source,
                employment_id=position.employment_id,
                unit=unit.id,
                unit_code=unit.code,
                unit_name=unit.name,
                roles=position.roles,
                starts_on=position.starts_on,
                ends_on=position.ends_on,
            )
        )
    return [
        PersonFacts(id=person.id, name=person.name, email=person.email, positions=found[person.id])
        for person in people
    ]


def _positions(people: list[UUID]) -> Select[Any]:
    return (
        select(Position, Unit)
        .join(Unit, Unit.id == Position.unit_id)
        .where(Position.person_id.in_(people))
        .order_by(Position.starts_on, Position.id)
    )
