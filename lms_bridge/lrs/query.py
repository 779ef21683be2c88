"""How statements are found again (1.0.3 Communication 2.1.3): ranges of the index table, read in order.

A filter is a range of (key, position). One leads, the others are looked up beside it in the same table; the rarest
leads, so that a page of something rare is not sought among something frequent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from .models import IndexEntry, Statement, StatementId
from .positions import LAST_POSITION
from .references import Keys

FREQUENT = 2000

_statement = Statement.__table__
_index = IndexEntry.__table__
_id = StatementId.__table__


@dataclass
class Query:
    """Each filter is the keys of which one must be there: two for related_*, else one."""

    filters: list[list[int]] = field(default_factory=list)
    first: int = 0  # positions, both inclusive
    last: int = LAST_POSITION
    ascending: bool = False
    limit: int = 100

    def demand(self, keys: Keys, value: str, *roles: bytes) -> None:
        """Only statements that have this value in one of these roles."""
        self.filters.append([keys(role, value) for role in roles])


@dataclass(frozen=True)
class Page:
    """Payloads in order, and the position of the last one if there are more, else None."""

    payloads: list[bytes]
    last: int | None


def find_statements(session: Session, tenant_id: UUID, query: Query) -> Page:
    """The statements that are not voided and meet every filter, `query.limit` of them at most.

    In two steps, positions and then payloads: in one, PostgreSQL guesses far too few rows (row-level security, voided)
    and sorts all that a filter has for the sake of a page.
    """
    filters = query.filters
    if len(filters) > 1:
        filters = sorted(filters, key=lambda keys: _frequency(session, keys))
    wanted, first, last = query.limit + 1, query.first, query.last
    found: list[tuple[int, bytes]] = []
    while len(found) < wanted:
        asked = wanted - len(found)
        positions = _positions(session, tenant_id, filters, first, last, query.ascending, asked)
        if positions:
            found += _payloads(session, tenant_id, positions, query.ascending)
        if len(positions) < asked:
            break
        first, last = (positions[-1] + 1, last) if query.ascending else (first, positions[-1] - 1)
    page = found[: query.limit]
    return Page([payload for _, payload in page], page[-1][0] if len(found) > query.limit else None)


def _positions(
    session: Session,
    tenant_id: UUID,
    filters: list[list[int]],
    first: int,
    last: int,
    ascending: bool,
    limit: int,
) -> list[int]:
    """The next positions that meet every filter, voided statements among them."""
    connection = session.connection()
    if not filters:
        position = _statement.c.position
        statement = select(position).where(
            _statement.c.tenant_id == tenant_id, *_within(position, first, last)
        )
        return list(connection.scalars(_page(statement, position, ascending, limit)))
    position = _index.c.position
    found: set[int] = set()
    for key in filters[0]:
        statement = select(position).where(_index.c.key == key, *_within(position, first, last))
        for number, keys in enumerate(filters[1:]):
            beside = _index.alias(f"beside_{number}")
            there = exists().where(beside.c.key.in_(keys), beside.c.position == position)
            statement = statement.where(there.correlate_except(beside))
        found.update(connection.scalars(_page(statement, position, ascending, limit)))
    return sorted(found, reverse=not ascending)[:limit]


def _page(statement: Select[Any], position: Any, ascending: bool, limit: int) -> Select[Any]:
    return statement.order_by(position if ascending else position.desc()).limit(limit)


def _within(position: Any, first: int, last: int) -> list[ColumnElement[bool]]:
    conditions = []
    if first > 0:
        conditions.append(position >= first)
    if last < LAST_POSITION:
        conditions.append(position <= last)
    return conditions


def _payloads(
    session: Session, tenant_id: UUID, positions: list[int], ascending: bool
) -> list[tuple[int, bytes]]:
    """(position, payload) of those that are not voided, in order."""
    rows = session.connection().execute(
        select(_statement.c.position, _statement.c.payload).where(
            _statement.c.position.in_(positions),
            _statement.c.tenant_id == tenant_id,
            _statement.c.voided.is_(False),
        )
    )
    return sorted(((row[0], row[1]) for row in rows), key=lambda row: row[0], reverse=not ascending)


def _frequency(session: Session, keys: list[int]) -> int:
    """How many statements a filter has, up to FREQUENT: enough to tell rare from frequent."""
    some = select(_index.c.position).where(_index.c.key.in_(keys)).limit(FREQUENT).subquery()
    return session.connection().scalar(select(func.count()).select_from(some)) or 0


def find_statement(session: Session, tenant_id: UUID, statement_id: UUID) -> tuple[int, bytes, bool] | None:
    """(position, payload, voided) of one statement, or None."""
    key = Keys(tenant_id).statement_id(str(statement_id))
    row = (
        session.connection()
        .execute(
            select(_statement.c.position, _statement.c.payload, _statement.c.voided)
            .join(_id, _id.c.position == _statement.c.position)
            .where(_id.c.key == key, _statement.c.tenant_id == tenant_id)
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1], row[2])


def stored_ids(session: Session, tenant_id: UUID, ids: Iterable[str]) -> set[str]:
    """Those of these statement ids under which a statement is stored, in lower case."""
    keys = Keys(tenant_id)
    by_key = {keys.statement_id(one): one.lower() for one in ids}
    stored = select(_id.c.key).where(_id.c.key.in_(by_key), _id.c.position.is_not(None))
    return {by_key[bytes(key)] for key in session.connection().scalars(stored)}


def payloads_by_id(session: Session, tenant_id: UUID, ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """{id: payload} of the statements with these ids, voided ones among them."""
    keys = Keys(tenant_id)
    by_key = {keys.statement_id(str(one)): one for one in ids}
    rows = session.connection().execute(
        select(_id.c.key, _statement.c.payload)
        .join(_id, _id.c.position == _statement.c.position)
        .where(_id.c.key.in_(by_key), _statement.c.tenant_id == tenant_id)
    )
    return {by_key[bytes(row[0])]: row[1] for row in rows}


def payloads(session: Session, tenant_id: UUID, places: Iterable[int]) -> dict[int, bytes]:
    """{position: payload} of the statements at these positions, voided ones among them."""
    rows = session.connection().execute(
        select(_statement.c.position, _statement.c.payload).where(
            _statement.c.position.in_(places), _statement.c.tenant_id == tenant_id
        )
    )
    return {row[0]: row[1] for row in rows}


def has_key(session: Session, position: int, key: int) -> bool:
    """Whether the statement at this position is found by this key."""
    found = select(_index.c.key).where(_index.c.key == key, _index.c.position == position)
    return session.connection().scalar(found) is not None
