"""Competences, what is required, and who meets it until when, for other programs: a rota, an HR system."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Row, Select, or_, select, tuple_
from sqlalchemy.orm import Session

from ..accounts.audit import record_read
from ..errors import Invalid, NotFound
from ..register import figures, people
from ..register.models import Competence, Person, Position, Requirement, Standing
from ..register.privacy import EVERYBODY
from ..register.service import today
from . import paging
from .paging import Next, Paging
from .protocol import endpoint

SCOPE = "register/read"
StateName = Literal["exempt", "missing", "in_progress", "met", "expiring", "expired"]
Flag = Literal["overdue", "awaiting_approval", "renewing"]


class CompetenceFacts(msgspec.Struct, kw_only=True):
    """What somebody can."""

    uri: str
    version: Annotated[int, Meta(description="Of its meaning: raised when title or kind change.")]
    kind: Literal["knowledge", "skill", "attitude", "ability"]
    titles: Annotated[dict[str, str], Meta(description="Language → title.")]
    validity_months: Annotated[int | None, Meta(description="null: for good.")]


class CompetencePage(msgspec.Struct, kw_only=True):
    items: list[CompetenceFacts]
    next: Next


class RequirementFacts(msgspec.Struct, kw_only=True):
    """One version of a demand: it concerns who holds one of the roles in the unit or below it."""

    key: Annotated[UUID, Meta(description="The same in all its versions.")]
    policy_version: int
    title: str
    competence: Annotated[str, Meta(description="The competence's URI.")]
    roles: Annotated[list[str], Meta(description="Empty: every role.")]
    unit: Annotated[UUID | None, Meta(description="null: the whole municipality.")]
    level: int | None
    due_days: Annotated[int | None, Meta(description="Days from the start of the duty.")]
    validity_months: int | None
    effective_from: date
    effective_to: date | None


class RequirementPage(msgspec.Struct, kw_only=True):
    items: list[RequirementFacts]
    next: Next


class StandingFacts(msgspec.Struct, kw_only=True):
    """How a position stands to a competence that is asked of it, on the day that was asked for."""

    position: UUID
    person: UUID
    name: str
    employment_id: str
    unit: UUID
    competence: Annotated[str, Meta(description="The competence's URI.")]
    state: StateName
    flags: list[Flag]
    attained_on: date | None
    valid_until: Annotated[date | None, Meta(description="Through the end of this day; null: for good.")]
    due_on: date | None
    level: int | None
    policy_version: int
    evidence: Annotated[UUID | None, Meta(description="The evidence that decided.")]


class StandingPage(msgspec.Struct, kw_only=True):
    on: date
    items: list[StandingFacts]
    next: Next


class StandingsQuery(Paging, kw_only=True):
    on: Annotated[date | None, Meta(description="The day; without it, today.")] = None
    unit: Annotated[UUID | None, Meta(description="Only in this unit and its parts.")] = None
    person: Annotated[UUID | None, Meta(description="Only of this person.")] = None
    competence: Annotated[str, Meta(max_length=500, description="Only for the competence with this URI.")] = (
        ""
    )
    state: Annotated[StateName | None, Meta(description="Only these; `missing` and `expired` are gaps.")] = (
        None
    )


@endpoint("GET", "/competences", scope=SCOPE, query=Paging, answer=CompetencePage)
def list_competences(session: Session, query: Paging) -> CompetencePage:
    """The competences that the municipality keeps track of."""
    wanted = select(Competence).order_by(Competence.id).limit(query.limit + 1)
    if after := paging.read(query.cursor, UUID):
        wanted = wanted.where(Competence.id > after[0])
    rows = list(session.scalars(wanted))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    items = [msgspec.convert(row, CompetenceFacts, from_attributes=True) for row in rows]
    return CompetencePage(items=items, next=paging.write(rows[-1].id) if more else None)


@endpoint("GET", "/requirements", scope=SCOPE, query=Paging, answer=RequirementPage)
def list_requirements(session: Session, query: Paging) -> RequirementPage:
    """What is required now or from a day to come, and of whom."""
    wanted = (
        select(Requirement, Competence.uri)
        .join(Competence, Competence.id == Requirement.competence_id)
        .where(or_(Requirement.effective_to.is_(None), Requirement.effective_to >= today(session)))
        .order_by(Requirement.id)
        .limit(query.limit + 1)
    )
    if after := paging.read(query.cursor, UUID):
        wanted = wanted.where(Requirement.id > after[0])
    rows = session.execute(wanted).tuples().all()
    more, rows = len(rows) > query.limit, rows[: query.limit]
    items = [
        RequirementFacts(
            key=row.key,
            policy_version=row.policy_version,
            title=row.title,
            competence=uri,
            roles=row.roles,
            unit=row.unit_id,
            level=row.level,
            due_days=row.due_days,
            validity_months=row.validity_months,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
        )
        for row, uri in rows
    ]
    return RequirementPage(items=items, next=paging.write(rows[-1][0].id) if more else None)


@endpoint("GET", "/standings", scope=SCOPE, query=StandingsQuery, answer=StandingPage)
def list_standings(session: Session, query: StandingsQuery) -> StandingPage:
    """Who meets what on a day, and what is missing: of a unit with its parts, a person, a competence, or of all.

    Those who may do something that day are `met`, `expiring` and `exempt`.
    """
    day = query.on or today(session)
    if not 1970 <= day.year <= 2200:
        raise Invalid("The parameter 'on' is a day from 1970 to 2200.")
    wanted = _standings(session, query, day).limit(query.limit + 1)
    if after := paging.read(query.cursor, UUID, UUID):
        wanted = wanted.where(tuple_(Standing.position_id, Standing.competence_id) > after)
    rows = session.execute(wanted).all()
    more, rows = len(rows) > query.limit, rows[: query.limit]
    if query.person and rows:
        record_read(session, f"person:{rows[0].person_id}")
    elif rows:
        record_read(session, f"unit:{query.unit.hex}" if query.unit else EVERYBODY)
    last = (rows[-1].position_id, rows[-1].competence_id) if more else None
    items = [_standing(row, day) for row in rows]
    return StandingPage(on=day, items=items, next=paging.write(*last) if last else None)


def _standings(session: Session, query: StandingsQuery, day: date) -> Select[Any]:
    wanted = (
        select(*figures.COLUMNS, Person.name, Position.employment_id, Standing.unit_id, Competence.uri)
        .join(Person, Person.id == Standing.person_id)
        .join(Position, Position.id == Standing.position_id)
        .join(Competence, Competence.id == Standing.competence_id)
        .where(figures.in_force(day))
        .order_by(Standing.position_id, Standing.competence_id)
    )
    if query.unit:
        wanted = wanted.where(Standing.unit_id.in_(_units_below(session, query.unit)))
    if query.person:
        wanted = wanted.where(Standing.person_id == query.person)
    if query.competence:
        wanted = wanted.where(Competence.uri == query.competence)
    if query.state:
        wanted = wanted.where(figures.state_on(day) == query.state)
    return wanted


def _units_below(session: Session, unit_id: UUID) -> set[UUID]:
    units = people.tree(session)
    if unit_id not in units.units:
        raise NotFound
    return units.below([unit_id])


def _standing(row: Row[Any], day: date) -> StandingFacts:
    cell = figures.cell(row, day)
    return StandingFacts(
        position=row.position_id,
        person=row.person_id,
        name=row.name,
        employment_id=row.employment_id,
        unit=row.unit_id,
        competence=row.uri,
        state=cell.state.value,  # type: ignore[arg-type]  # never not_required: the standing is in force
        flags=sorted(flag.value for flag in cell.flags),
        attained_on=cell.attained_on,
        valid_until=cell.valid_until,
        due_on=cell.due_on,
        level=cell.level,
        policy_version=cell.policy_version,
        evidence=cell.evidence_id,
    )
