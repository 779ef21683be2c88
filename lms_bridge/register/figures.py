"""What the register's pages show: states counted and listed in few queries, whatever the size."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from ..publishing.models import ModuleVersion
from . import status
from .models import Competence, Evidence, ModuleCompetence, Person, Position, Standing, Unit
from .status import Flag, State

PAGE = 30
ATTENTION = (State.EXPIRED, State.MISSING, State.IN_PROGRESS, State.EXPIRING)
"""States that somebody has to do something about, the worst first."""

ORDER = (*ATTENTION, State.EXEMPT, State.MET, State.NOT_REQUIRED)
COLUMNS = (
    Standing.position_id,
    Standing.person_id,
    Standing.competence_id,
    Standing.required_from,
    Standing.required_to,
    Standing.exempt,
    Standing.due_on,
    Standing.attained_on,
    Standing.valid_until,
    Standing.window_days,
    Standing.started,
    Standing.awaiting_approval,
    Standing.evidence_id,
    Standing.policy_version,
    Standing.level,
)


def in_force(day: date) -> ColumnElement[bool]:
    """The condition that a standing speaks of this day."""
    return and_(
        Standing.required_from <= day, or_(Standing.required_to.is_(None), Standing.required_to >= day)
    )


def state_on(day: date) -> ColumnElement[str]:
    """`status.state` in SQL, for standings in force."""
    attained = and_(Standing.attained_on.is_not(None), Standing.attained_on <= day)
    return case(
        (Standing.exempt, State.EXEMPT.value),
        (and_(attained, Standing.valid_until.is_(None)), State.MET.value),
        (and_(attained, Standing.valid_until < day), State.EXPIRED.value),
        (and_(attained, Standing.expiring_from <= day), State.EXPIRING.value),
        (attained, State.MET.value),
        (Standing.started, State.IN_PROGRESS.value),
        else_=State.MISSING.value,
    )


@dataclass(frozen=True)
class Cell:
    """A person's state for a competence on a day."""

    state: State
    flags: frozenset[Flag]
    valid_until: date | None
    due_on: date | None
    attained_on: date | None
    competence_id: uuid.UUID
    evidence_id: uuid.UUID | None
    policy_version: int
    level: int | None

    @property
    def urgency(self) -> tuple[int, date]:
        return ORDER.index(self.state), self.valid_until or self.due_on or date.max


def cell(row: Row[Any], day: date) -> Cell:
    found, flags = status.state(row, day)  # type: ignore[arg-type]  # a row has a standing's attributes
    return Cell(
        found,
        flags,
        row.valid_until,
        row.due_on,
        row.attained_on,
        row.competence_id,
        row.evidence_id,
        row.policy_version,
        row.level,
    )


def of_person(session: Session, person_id: uuid.UUID, day: date) -> list[Cell]:
    """What is asked of a person, one cell a competence (the strictest of several positions), the worst first."""
    rows = session.execute(select(*COLUMNS).where(Standing.person_id == person_id, in_force(day)))
    worst: dict[uuid.UUID, Cell] = {}
    for row in rows:
        one = cell(row, day)
        if row.competence_id not in worst or one.urgency < worst[row.competence_id].urgency:
            worst[row.competence_id] = one
    return sorted(worst.values(), key=lambda c: c.urgency)


@dataclass(frozen=True)
class Line:
    """A person in a unit with a cell a competence."""

    person_id: uuid.UUID
    name: str
    unit: str
    roles: list[str]
    cells: dict[uuid.UUID, Cell]


@dataclass(frozen=True)
class Matrix:
    """People × competences of some units, one page of people; counts are of all pages."""

    lines: list[Line]
    competences: list[Competence]
    counts: dict[uuid.UUID, Counter[str]]
    people: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.people // PAGE))


def matrix(
    session: Session,
    units: Collection[uuid.UUID],
    day: date,
    *,
    state: str = "",
    competence_id: uuid.UUID | None = None,
    text: str = "",
    page: int = 1,
    size: int | None = PAGE,
) -> Matrix:
    """Who in these units meets what. `state` and `competence_id` keep those with such a standing; `size` None: all."""
    here = _people_in(units, day)
    if state or competence_id:
        here = here.where(_has_standing(day, state, competence_id))
    if text.strip():
        like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        here = here.where(Person.name.ilike(like, escape="\\"))
    total = session.scalar(select(func.count()).select_from(here.subquery())) or 0
    page = max(1, min(page, -(-total // PAGE)))
    listed = here.order_by(Person.name, Position.id)
    if size is not None:
        listed = listed.limit(size).offset((page - 1) * size)
    rows = session.execute(listed).all()
    cells = _cells(session, [row.id for row in rows], day, everything=size is None, units=units)
    counts = count_by_competence(session, day, units)
    lines = [Line(r.person_id, r.name, r.unit, r.roles, cells[r.id]) for r in rows]
    return Matrix(lines, _competences(session, counts), counts, total, page)


def _people_in(units: Collection[uuid.UUID], day: date) -> Select[Any]:
    return (
        select(Position.id, Position.person_id, Person.name, Unit.name.label("unit"), Position.roles)
        .join(Person, Person.id == Position.person_id)
        .join(Unit, Unit.id == Position.unit_id)
        .where(
            Position.unit_id.in_(units),
            Position.starts_on <= day,
            or_(Position.ends_on.is_(None), Position.ends_on >= day),
        )
    )


def _has_standing(day: date, state: str, competence_id: uuid.UUID | None) -> ColumnElement[bool]:
    conditions = [Standing.position_id == Position.id, in_force(day)]
    if competence_id:
        conditions.append(Standing.competence_id == competence_id)
    if state == "attention":
        conditions.append(state_on(day).in_([s.value for s in ATTENTION]))
    elif state == "overdue":
        conditions += [state_on(day).in_(["missing", "in_progress", "expired"]), Standing.due_on < day]
    elif state:
        conditions.append(state_on(day) == state)
    return exists().where(*conditions)


def _cells(
    session: Session,
    positions: Sequence[uuid.UUID],
    day: date,
    *,
    everything: bool,
    units: Collection[uuid.UUID],
) -> defaultdict[uuid.UUID, dict[uuid.UUID, Cell]]:
    where = Standing.unit_id.in_(units) if everything else Standing.position_id.in_(positions)
    found: defaultdict[uuid.UUID, dict[uuid.UUID, Cell]] = defaultdict(dict)
    for row in session.execute(select(*COLUMNS).where(where, in_force(day))):
        found[row.position_id][row.competence_id] = cell(row, day)
    return found


def _competences(session: Session, ids: Iterable[uuid.UUID]) -> list[Competence]:
    rows = session.scalars(select(Competence).where(Competence.id.in_(list(ids)))).all()
    return sorted(rows, key=lambda c: next(iter(c.titles.values()), c.uri).casefold())


def count_states(
    session: Session,
    day: date,
    *,
    units: Collection[uuid.UUID] | None = None,
    competence_id: uuid.UUID | None = None,
) -> Counter[str]:
    """state → how many positions × competences."""
    state = state_on(day).label("state")
    query = select(state, func.count()).where(in_force(day)).group_by(state)
    if units is not None:
        query = query.where(Standing.unit_id.in_(units))
    if competence_id is not None:
        query = query.where(Standing.competence_id == competence_id)
    return Counter(dict(session.execute(query).tuples().all()))


def count_by_competence(
    session: Session, day: date, units: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, Counter[str]]:
    """competence → state → how many positions."""
    state = state_on(day).label("state")
    query = select(Standing.competence_id, state, func.count()).where(in_force(day))
    if units is not None:
        query = query.where(Standing.unit_id.in_(units))
    found: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for competence_id, name, count in session.execute(query.group_by(Standing.competence_id, state)):
        found[competence_id][name] = count
    return found


def count_by_unit(session: Session, day: date) -> dict[uuid.UUID, Counter[str]]:
    """unit → state → how many positions × competences, of the unit itself without its parts."""
    state = state_on(day).label("state")
    query = select(Standing.unit_id, state, func.count()).where(in_force(day))
    found: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for unit_id, name, count in session.execute(query.group_by(Standing.unit_id, state)):
        found[unit_id][name] = count
    return found


def expiring_by_month(session: Session, day: date, months: int = 12) -> list[tuple[date, int]]:
    """The coming months (their first days) and how much runs out in each."""
    firsts = [day.replace(day=1)]
    while len(firsts) <= months:
        firsts.append((firsts[-1] + timedelta(days=32)).replace(day=1))
    query = (
        select(Standing.valid_until, func.count())
        .where(
            in_force(day),
            Standing.exempt.is_(False),
            Standing.valid_until >= day,
            Standing.valid_until < firsts[-1],
        )
        .group_by(Standing.valid_until)
    )
    counts: Counter[date] = Counter()
    for until, count in session.execute(query):
        counts[until.replace(day=1)] += count
    return [(first, counts[first]) for first in firsts[:-1]]


@dataclass(frozen=True)
class Expiry:
    """Something that runs out soon."""

    person_id: uuid.UUID
    name: str
    unit: str
    competence_id: uuid.UUID
    valid_until: date


def expiring(
    session: Session, units: Collection[uuid.UUID], day: date, *, within: int = 90, limit: int | None = 100
) -> list[Expiry]:
    """What runs out in these units within so many days, the soonest first."""
    query = (
        select(Standing.person_id, Person.name, Unit.name, Standing.competence_id, Standing.valid_until)
        .join(Person, Person.id == Standing.person_id)
        .join(Unit, Unit.id == Standing.unit_id)
        .where(
            Standing.unit_id.in_(units),
            in_force(day),
            Standing.exempt.is_(False),
            Standing.valid_until >= day,
            Standing.valid_until <= day + timedelta(days=within),
        )
        .order_by(Standing.valid_until, Person.name)
        .limit(limit)
    )
    return [Expiry(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class Shown:
    """A piece of evidence as its person reads it; the same completion told by several sources is one, and each
    document is one.
    """

    evidence: Evidence
    sources: list[str] = field(default_factory=list)


def evidence_of(session: Session, person_id: uuid.UUID) -> Sequence[Evidence]:
    """Every revision of all that is known of a person."""
    return session.scalars(select(Evidence).where(Evidence.person_id == person_id)).all()


def shown(rows: Iterable[Evidence]) -> list[Shown]:
    """A person's evidence, the newest first: the last revision of each record."""
    latest: dict[tuple[str, str, uuid.UUID], Evidence] = {}
    for row in rows:
        key = (row.source, row.record, row.competence_id)
        if key not in latest or row.revision > latest[key].revision:
            latest[key] = row
    found: dict[tuple[object, ...], Shown] = {}
    for row in sorted(latest.values(), key=lambda e: (e.received, e.id)):
        if row.result == status.Result.RETRACTED:
            continue
        document = row.record if row.method == status.Method.UPLOAD else None
        same = (
            row.competence_id,
            row.day,
            row.method,
            row.result,
            row.level,
            row.awaiting_approval,
            document,
        )
        found.setdefault(same, Shown(row)).sources.append(row.source)
    return sorted(found.values(), key=lambda s: (s.evidence.day, s.evidence.id), reverse=True)


@dataclass(frozen=True)
class Course:
    """A published module to take; `module_id` is the one in its address on this service."""

    title: str
    module_id: uuid.UUID


def courses_giving(session: Session, competence_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Course]]:
    """competence → the published modules that give it."""
    rows = session.execute(
        select(ModuleCompetence.competence_id, ModuleVersion.title, ModuleVersion.module_id)
        .join(
            ModuleVersion,
            and_(
                ModuleVersion.identity == ModuleCompetence.module_id,
                ModuleVersion.number == ModuleCompetence.version,
            ),
        )
        .where(ModuleCompetence.competence_id.in_(list(competence_ids)))
        .order_by(ModuleVersion.number)
    )
    newest = {(row.competence_id, row.module_id): row.title for row in rows}
    found: dict[uuid.UUID, list[Course]] = defaultdict(list)
    for (competence_id, module_id), title in newest.items():
        found[competence_id].append(Course(title, module_id))
    return found


def without_small_cells(counts: Sequence[int], least: int = 3) -> list[int | None]:
    """Counts with those hidden (None) that would show one or two people, and one more where the rest would tell.

    With a total beside them, a single hidden cell can be reckoned: then the next smallest is hidden too.
    """
    hidden = {n for n, count in enumerate(counts) if 0 < count < least}
    if len(hidden) == 1:
        others = [n for n, count in enumerate(counts) if count and n not in hidden]
        hidden |= {min(others, key=lambda n: counts[n])} if others else set()
    return [None if n in hidden else count for n, count in enumerate(counts)]
