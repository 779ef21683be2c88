"""How statements are found again (1.0.3 Communication 2.1.3): ranges of the index table, read in order.

A filter is a range of (key, position). One leads, the others are looked up beside it in the same table; the rarest
leads, so that a page of something rare is not sought among something frequent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import pending
from .asking import ask, tenant_in_sql
from .blocks import BITS, REACH, has
from .bulk import is_postgresql
from .models import Statement, StatementId
from .positions import LAST_POSITION
from .references import Keys

FREQUENT = 1000  # as far as is counted
AT_ONCE = 8  # keys of a filter that lead in one question
_PLACE = "position BETWEEN :first AND :last"
_ONE = (
    "SELECT statement.position, payload, voided FROM lrs_statement_id AS taken JOIN lrs_statement AS statement "
    "ON statement.position = taken.position WHERE taken.key = :key AND tenant_id = :tenant"
)

_statement = Statement.__table__
_id = StatementId.__table__


Row = tuple[int, bytes]  # position, payload


@dataclass
class Query:
    """Each filter is the keys of which one must be there: one, two for related_*, of the register's own many."""

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
    filters = query.filters if len(query.filters) < 2 else _rarest_first(session, query)
    place, wanted = {"first": query.first, "last": query.last}, query.limit + 1
    found: list[Row] = []
    while len(found) < wanted:
        asked: dict[str, Any] = {
            **place,
            "tenant": tenant_in_sql(session, tenant_id),
            "count": wanted - len(found),
        }
        rows = _next(session, filters, query.ascending, asked)
        found += [(position, payload) for position, payload in rows if payload is not None]
        if len(rows) < asked["count"]:
            break
        place |= {"first": rows[-1][0] + 1} if query.ascending else {"last": rows[-1][0] - 1}
    page = found[: query.limit]
    return Page([payload for _, payload in page], page[-1][0] if len(found) > query.limit else None)


def _next(session: Session, filters: list[list[int]], ascending: bool, asked: dict[str, Any]) -> list[Row]:
    """The next ones in order that meet every filter; voided ones have no payload."""
    first, others = (filters[0], filters[1:]) if filters else ([], [])
    rows: dict[int, bytes] = {}
    in_blocks = is_postgresql(session)
    if filters and not in_blocks:
        rows.update(ask(session, pending.page(_shape(filters), ascending), {**asked, **_named(filters)}))
    for start in range(0, max(len(first), 1), AT_ONCE):
        some = [first[start : start + AT_ONCE], *others] if filters else []
        rows.update(ask(session, _page(_shape(some), ascending, in_blocks), {**asked, **_named(some)}))
    return sorted(rows.items(), reverse=not ascending)[: asked["count"]]


def _rarest_first(session: Session, query: Query) -> list[list[int]]:
    """The filters, that with the fewest statements first; of frequent ones, the one whose statements lie farthest apart
    where the page begins. One of very many keys comes last.
    """
    filters = sorted(query.filters, key=len)
    few = [keys for keys in filters if len(keys) <= AT_ONCE]
    frequency = [(0, 0) if len(keys) <= AT_ONCE else (FREQUENT + 1, 0) for keys in filters]
    asked = {**_named(few), "first": query.first, "last": query.last}
    for at, count, farthest in ask(session, _counts(_shape(few), query.ascending), asked) if few else ():
        nearness = 0 if farthest is None else -farthest if query.ascending else farthest
        frequency[at] = max(frequency[at], (count, nearness))
    return [filters[at] for at in sorted(range(len(filters)), key=frequency.__getitem__)]


def _shape(filters: list[list[int]]) -> tuple[int, ...]:
    return tuple(map(len, filters))


def _named(filters: list[list[int]]) -> dict[str, int]:
    return {f"key_{at}_{n}": key for at, keys in enumerate(filters) for n, key in enumerate(keys)}


# --- the SQL: how many keys each filter has is all that differs -------------------------------------------------------


@lru_cache
def _counts(shape: tuple[int, ...], ascending: bool) -> str:
    """(number of the filter, how many there are up to FREQUENT, the farthest one's position or NULL) for each key."""
    farthest, way = ("max", "") if ascending else ("min", "DESC")
    return " UNION ALL ".join(
        f"SELECT {at}, count(*), {farthest}(position) FROM (SELECT position FROM lrs_index "
        f"WHERE key = :key_{at}_{n} AND {_PLACE} ORDER BY position {way} LIMIT {FREQUENT}) AS next_{at}_{n}"
        for at, count in enumerate(shape)
        for n in range(count)
    )


@lru_cache
def _page(shape: tuple[int, ...], ascending: bool, in_blocks: bool) -> str:
    """(position, payload) of the next statements that meet every filter; voided ones may be among them, as NULL."""
    end = f"ORDER BY position {'' if ascending else 'DESC'} LIMIT :count"
    if not shape:
        own = f"tenant_id = :tenant AND NOT voided AND {_PLACE}"
        return f"SELECT position, payload FROM lrs_statement WHERE {own} {end}"
    leads = [_lead(n, shape, ascending, in_blocks) for n in range(shape[0])]
    if len(leads) > 1:
        each = " UNION ".join(f"SELECT position FROM ({lead}) AS lead_{n}" for n, lead in enumerate(leads))
        leads = [f"SELECT position FROM ({each}) AS lead {end}"]
    return (
        f"SELECT found.position, payload FROM ({leads[0]}) AS found LEFT JOIN lrs_statement AS statement "
        "ON statement.position = found.position AND tenant_id = :tenant AND NOT voided"
    )


def _lead(number: int, shape: tuple[int, ...], ascending: bool, in_blocks: bool) -> str:
    """The positions that have a key of the first filter, and one of every other filter beside it."""
    way = "" if ascending else "DESC"
    source, place, reaching, order = "lrs_index AS lead", "lead.position", "", f"lead.position {way}"
    if in_blocks:
        source, place, order = (
            f"{source} CROSS JOIN {BITS}",
            f"{place} + bit.column1",
            f"{order}, bit.column1 {way}",
        )
        # a block that begins before the first place may reach it
        reaching = f"AND lead.position BETWEEN :first - {REACH} AND :last AND {has('lead')}"
    beside = "".join(_beside(at, count, in_blocks) for at, count in enumerate(shape) if at)
    return (
        f"SELECT {place} AS position FROM {source} WHERE key = :key_0_{number} {reaching} "
        f"AND {place} BETWEEN :first AND :last {beside} ORDER BY {order} LIMIT :count"
    )


def _beside(at: int, count: int, in_blocks: bool) -> str:
    """The offset keeps PostgreSQL from letting this filter lead instead."""
    keys = ", ".join(f":key_{at}_{n}" for n in range(count))
    at_the_place = "beside.position = lead.position" + (f" AND {has('beside')}" if in_blocks else "")
    return (
        f" AND EXISTS (SELECT 1 FROM lrs_index AS beside WHERE beside.key IN ({keys}) AND {at_the_place} "
        "LIMIT 1 OFFSET 0)"
    )


def find_statement(session: Session, tenant_id: UUID, statement_id: UUID) -> tuple[int, bytes, bool] | None:
    """(position, payload, voided) of one statement, or None."""
    asked = {
        "key": Keys(tenant_id).statement_id(str(statement_id)),
        "tenant": tenant_in_sql(session, tenant_id),
    }
    rows = ask(session, _ONE, asked)
    return (rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


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
    behind = has("lrs_index", "CAST(:position - position AS INTEGER)")
    found = (
        f"SELECT 1 FROM lrs_index WHERE key = :key_0_0 AND position BETWEEN :position - {REACH} AND :position "
        f"AND {behind}"
    )
    if not is_postgresql(session):
        found = (
            f"SELECT 1 FROM lrs_pending WHERE position = :position AND {pending.met(0, 1)} UNION ALL {found}"
        )
    return bool(ask(session, found, {"key_0_0": key, "position": position}))


def count_found(session: Session, keys: list[int]) -> int:
    """How many statements are found by these keys, one by two of them twice."""
    if not keys:
        return 0
    named = f"key IN ({', '.join(f':{name}' for name in _named([keys]))})"
    alone = f"SELECT count(*) FROM lrs_index WHERE {named} AND mask IS NULL"
    in_blocks = f"SELECT count(*) FROM lrs_index CROSS JOIN {BITS} WHERE {named} AND mask IS NOT NULL"
    found = ask(session, f"SELECT ({alone}) + ({in_blocks} AND {has('lrs_index')})", _named([keys]))
    return int(found[0][0]) + count_pending(session, keys)


def count_pending(session: Session, keys: list[int]) -> int:
    """How many statements are found by one of these keys and are not in the index yet."""
    if is_postgresql(session) or not keys:
        return 0
    named = ", ".join(f":{name}" for name in _named([keys]))
    in_the_index = (
        f"SELECT 1 FROM lrs_index AS found WHERE key IN ({named}) AND found.position = lrs_pending.position"
    )
    found = (
        f"SELECT count(*) FROM lrs_pending WHERE {pending.met(0, len(keys))} AND NOT EXISTS ({in_the_index})"
    )
    return int(ask(session, found, _named([keys]))[0][0])
