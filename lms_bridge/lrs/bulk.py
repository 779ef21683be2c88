"""Many rows in one statement: arrays unnested on PostgreSQL, executemany on SQLite."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from . import partitions
from .blocks import BITS, REACH, has

if TYPE_CHECKING:
    from .store import New

PLACE_TAKEN = (psycopg.errors.UniqueViolation, sqlite3.IntegrityError)
_AT_ONCE = 500  # SQLite takes so many parameters, and some

_IDS = "SELECT * FROM unnest(%b::bytea[], %b::bigint[])"
_STATEMENTS = (
    "SELECT %s, position, false, payload FROM unnest(%b::bigint[], %b::bytea[]) AS new (position, payload)"
)
_KEYS = "SELECT * FROM unnest(%b::bigint[], %b::bigint[])"


Definitions = list[tuple[int, int, int, str, bytes]]
"""An activity's key, a digest, the position of the statement that brought it, the activity's id, a definition."""


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def insert_all(session: Session, tenant_id: UUID, new: "list[New]") -> set[int] | None:
    """Stores the statements with their ids and keys if all of the ids are free: None. Otherwise only the ids that
    are free are taken; returns the positions of those.

    Raises `PLACE_TAKEN` when a position is another statement's.
    """
    ordered = sorted(new, key=lambda item: item.key)  # no circle of waiting for each other's ids
    if is_postgresql(session):
        return _insert_all_at_once(session, tenant_id, ordered)
    take = "INSERT INTO lrs_statement_id (key, position) VALUES (?, ?) ON CONFLICT DO NOTHING"
    if _execute(session, take, [(item.key, item.position) for item in ordered]) == len(new):
        insert_statements(session, tenant_id, new)
        return None
    found = find_ids(session, [item.key for item in new])
    return {item.position for item in new if found[item.key] == item.position}


def _insert_all_at_once(session: Session, tenant_id: UUID, ordered: "list[New]") -> set[int] | None:
    """PostgreSQL: one statement, one way there and back."""
    places = [item.position for item in ordered]
    entries = _entries(ordered)
    all_at_once = _all_at_once(*tables_of(session, places))
    with driver(session) as connection:
        rows = connection.execute(
            all_at_once,
            (
                *([item.key for item in ordered], places),
                *(tenant_id, places, [item.payload for item in ordered], len(places)),
                *(*_columns(entries), len(places)),
            ),
        )
        free = [row[0] for row in rows]
    return None if len(free) == len(places) else set(free)


@lru_cache(maxsize=32)
def _all_at_once(statements: str, index: str) -> str:
    only_if_all = "WHERE (SELECT count(*) FROM taken) = %s"
    return (
        f"WITH taken AS (INSERT INTO lrs_statement_id (key, position) {_IDS} ON CONFLICT DO NOTHING "
        f"RETURNING position), kept AS (INSERT INTO {statements} (tenant_id, position, voided, payload) "
        f"{_STATEMENTS} {only_if_all}), found AS (INSERT INTO {index} (key, position) {_KEYS} {only_if_all}) "
        "SELECT position FROM taken"
    )


def insert_statements(session: Session, tenant_id: UUID, new: "list[New]") -> None:
    """Statements whose ids are taken for them, with their keys. Raises `PLACE_TAKEN`."""
    entries = _entries(new)
    if is_postgresql(session):
        places = [item.position for item in new]
        statements, index = tables_of(session, places)
        insert = f"INSERT INTO {statements} (tenant_id, position, voided, payload) {_STATEMENTS}"
        _execute(session, insert, (tenant_id, places, [item.payload for item in new]))
        _execute(session, f"INSERT INTO {index} (key, position) {_KEYS}", _columns(entries))
    else:
        insert = "INSERT INTO lrs_statement (tenant_id, position, voided, payload) VALUES (?, ?, 0, ?)"
        tenant = tenant_id.hex
        _execute(session, insert, [(tenant, item.position, item.payload) for item in new])
        _execute(session, "INSERT INTO lrs_index (key, position) VALUES (?, ?)", entries)


def _entries(new: "list[New]") -> list[tuple[int, int]]:
    entries = [(key, item.position) for item in new for key in item.keys]
    entries.sort()
    return entries


def _columns(entries: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [key for key, _ in entries], [position for _, position in entries]


def tables_of(session: Session, places: list[int]) -> tuple[str, str]:
    """Where statements and index entries of these positions go."""
    month = partitions.known.month_of(session, min(places), max(places)) if places else None
    if month is None:
        return "lrs_statement", "lrs_index"
    return partitions.name_of("lrs_statement", month), partitions.name_of("lrs_index", month)


# --- ids ----------------------------------------------------------------------------------------------------------


def await_ids(session: Session, keys: list[bytes]) -> None:
    """Notes that statements with these ids are spoken of, where they are not there."""
    keys = sorted(set(keys))
    if is_postgresql(session):
        new = "SELECT key, NULL FROM unnest(%b::bytea[]) AS new (key)"
        take = f"INSERT INTO lrs_statement_id (key, position) {new} ON CONFLICT DO NOTHING"
        _execute(session, take, (keys,))
    else:
        take = "INSERT INTO lrs_statement_id (key, position) VALUES (?, NULL) ON CONFLICT DO NOTHING"
        _execute(session, take, [(key,) for key in keys])


def claim_ids(session: Session, awaited: "list[New]") -> None:
    """Statements that were spoken of have come. Raises `PLACE_TAKEN` if one comes twice at this moment."""
    mark = "%s" if is_postgresql(session) else "?"
    claim = f"UPDATE lrs_statement_id SET position = {mark} WHERE key = {mark} AND position IS NULL"
    rows = sorted(((item.position, item.key) for item in awaited), key=lambda row: row[1])
    if rows and _execute(session, claim, rows) != len(rows):
        raise PLACE_TAKEN[0]


def find_ids(session: Session, keys: list[bytes]) -> dict[bytes, int | None]:
    """{key: position} of the ids that are taken; None for a statement that is only spoken of."""
    return {bytes(key): at for key, at in _find(session, "lrs_statement_id", "bytea", keys)}


def free_ids(session: Session, keys: list[bytes], *, for_good: bool) -> None:
    """These statements are gone. Unless it is for good, others may still speak of them."""
    mark = "%s" if is_postgresql(session) else "?"
    change = "DELETE FROM lrs_statement_id" if for_good else "UPDATE lrs_statement_id SET position = NULL"
    _execute(session, f"{change} WHERE key = {mark}", [(key,) for key in sorted(keys)])


def find_keys(session: Session, keys: list[int]) -> list[tuple[int, int]]:
    """The (key, position) pairs of these keys."""
    entries = (
        f"(SELECT key, position + bit.column1 AS position FROM lrs_index, {BITS} WHERE {has('lrs_index')})"
    )
    return _find(session, f"{entries} AS entry", "bigint", keys)


def _find(session: Session, table: str, kind: str, keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    if not keys:
        return []
    query = f"SELECT key, position FROM {table} WHERE key"
    with driver(session) as connection:
        if is_postgresql(session):
            return list(connection.execute(f"{query} = ANY(%b::{kind}[])", (list(keys),)))
        found: list[tuple[Any, Any]] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = tuple(keys[start : start + _AT_ONCE])
            found += connection.execute(f"{query} IN ({', '.join('?' * len(some))})", some)
        return found


# --- the index and definitions ------------------------------------------------------------------------------------


def insert_keys(session: Session, entries: list[tuple[int, int]]) -> None:
    """(key, position) pairs; those that are there already are passed over."""
    if not entries:
        return
    entries.sort()
    if is_postgresql(session):
        insert = f"INSERT INTO lrs_index (key, position) {_KEYS} ON CONFLICT DO NOTHING"
        _execute(session, insert, _columns(entries))
    else:
        _execute(session, "INSERT OR IGNORE INTO lrs_index (key, position) VALUES (?, ?)", entries)


def spread_blocks(session: Session) -> None:
    """For SQLite, which has none, when the index comes from PostgreSQL: a row for each statement."""
    for change in (
        "INSERT INTO lrs_index (key, position) SELECT key, position + bit.column1 FROM lrs_index CROSS JOIN "
        f"{BITS} WHERE bit.column1 > 0 AND {has('lrs_index')}",
        "DELETE FROM lrs_index WHERE mask & 1 = 0",
        "UPDATE lrs_index SET mask = NULL WHERE mask IS NOT NULL",
    ):
        _execute(session, change, ())


def delete_keys(session: Session, entries: list[tuple[int, int]]) -> None:
    """Takes (key, position) pairs away."""
    entries.sort()
    if is_postgresql(session):
        for change in (_DELETE_BLOCKS, _CLEAR_BITS):
            _execute(session, change, _columns(entries))
    else:
        _execute(session, "DELETE FROM lrs_index WHERE key = ? AND position = ?", entries)


_CLEARED = f"""
WITH cleared AS (
    SELECT block.key, block.position, bit_or(1::bigint << (said.place - block.position)::int) AS bits
    FROM unnest(%b::bigint[], %b::bigint[]) AS said (key, place) JOIN lrs_index AS block
    ON block.key = said.key AND block.position BETWEEN said.place - {REACH} AND said.place GROUP BY 1, 2
)
"""
_SAME = "lrs_index.key = cleared.key AND lrs_index.position = cleared.position"
_DELETE_BLOCKS = (
    f"{_CLEARED} DELETE FROM lrs_index USING cleared WHERE {_SAME} AND coalesce(mask, 1) & ~bits = 0"
)
_CLEAR_BITS = f"{_CLEARED} UPDATE lrs_index SET mask = coalesce(mask, 1) & ~bits FROM cleared WHERE {_SAME}"


def insert_definitions(session: Session, tenant_id: UUID, rows: Definitions) -> None:
    """Those that are there already are passed over."""
    if is_postgresql(session):
        arrays = "unnest(%b::bigint[], %b::bigint[], %b::bigint[], %s::text[], %b::bytea[])"
        insert = f"{DEFINITIONS} SELECT %s, new.* FROM {arrays} AS new ON CONFLICT DO NOTHING"
        _execute(session, insert, (tenant_id, *map(list, zip(*sorted(rows), strict=True))))
    else:
        _execute(session, DEFINITION_IN_SQLITE, [(tenant_id.hex, *row) for row in sorted(rows)])


DEFINITIONS = (
    "INSERT INTO lrs_activity_definition (tenant_id, key, digest, position, activity_id, definition)"
)
DEFINITION_IN_SQLITE = f"{DEFINITIONS} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def _execute(session: Session, sql: str, parameters: Any) -> int:
    with driver(session) as connection, closing(connection.cursor()) as cursor:
        if type(parameters) is list:
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
        return int(cursor.rowcount)


@contextmanager
def driver(session: Session) -> Iterator[Any]:
    """The driver's own connection, in the session's transaction: a tenth of what a statement costs through
    SQLAlchemy, and here it is the same few statements with every request.
    """
    connection: Any = session.connection().connection.driver_connection
    try:
        yield connection
    except psycopg.OperationalError:
        if connection.broken:  # the session does not know, and would try to roll back
            session.connection().invalidate()
        raise
