"""How statements are found again (1.0.3 Communication 2.1.3): ranges of the index table, read in order.

A filter is a range of (key, position). One leads, the others are looked up beside it in the same table; the rarest
leads, so that a page of something rare is not sought among something frequent.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from .models import IndexEntry, Statement
from .references import Keys

FREQUENT = 2000
LAST_POSITION = 2**63 - 1

_statement = Statement.__table__
_index = IndexEntry.__table__


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
    """The statements that are not voided and meet every filter, `query.limit` of them at most."""
    filters = query.filters
    if len(filters) > 1:
        filters = sorted(filters, key=lambda keys: _frequency(session, keys))
    leading: list[int] | list[None] = filters[0] if filters else [None]
    found: dict[int, bytes] = {}
    for key in leading:
        rows = session.connection().execute(_ordered(tenant_id, query, key, filters[1:]))
        found.update((position, payload) for position, payload in rows)
    positions = sorted(found, reverse=not query.ascending)
    page = positions[: query.limit]
    return Page([found[position] for position in page], page[-1] if len(positions) > query.limit else None)


def _ordered(tenant_id: UUID, query: Query, key: int | None, others: list[list[int]]) -> Select[Any]:
    position = _statement.c.position if key is None else _index.c.position
    selected = (
        select(_statement.c.position, _statement.c.payload)
        .where(_statement.c.tenant_id == tenant_id, _statement.c.voided.is_(False), *_within(query, position))
        .order_by(position if query.ascending else position.desc())
        .limit(query.limit + 1)
    )
    if key is not None:
        joined = _index.join(_statement, _statement.c.position == _index.c.position)
        selected = selected.select_from(joined).where(_index.c.key == key)
    for number, keys in enumerate(others):
        beside = _index.alias(f"beside_{number}")
        selected = selected.where(
            exists().where(beside.c.key.in_(keys), beside.c.position == position).correlate_except(beside)
        )
    return selected


def _within(query: Query, position: ColumnElement[int]) -> list[ColumnElement[bool]]:
    conditions = []
    if query.first > 0:
        conditions.append(position >= query.first)
    if query.last < LAST_POSITION:
        conditions.append(position <= query.last)
    return conditions


def _frequency(session: Session, keys: list[int]) -> int:
    """How many statements a filter has, up to FREQUENT: enough to tell rare from frequent."""
    some = select(_index.c.position).where(_index.c.key.in_(keys)).limit(FREQUENT).subquery()
    return session.connection().scalar(select(func.count()).select_from(some)) or 0


def find_statement(session: Session, tenant_id: UUID, statement_id: UUID) -> tuple[int, bytes, bool] | None:
    """(position, payload, voided) of one statement, or None."""
    row = (
        session.connection()
        .execute(
            select(_statement.c.position, _statement.c.payload, _statement.c.voided).where(
                _statement.c.statement_id == statement_id, _statement.c.tenant_id == tenant_id
            )
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1], row[2])


def has_key(session: Session, position: int, key: int) -> bool:
    """Whether the statement at this position is found by this key."""
    found = select(_index.c.key).where(_index.c.key == key, _index.c.position == position)
    return session.connection().scalar(found) is not None
