"""Many rows in one statement: arrays unnested on PostgreSQL, executemany on SQLite."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from . import partitions
from .prepared import bigints, byteas

if TYPE_CHECKING:
    from .store import New
    from .writers import Writers

PLACE_TAKEN = (psycopg.errors.UniqueViolation, sqlite3.IntegrityError)
_AT_ONCE = 500  # SQLite takes so many parameters, and some
_ROWS = 100

_IDS = "SELECT * FROM unnest(%b::bytea[], %b::bigint[])"
_STATEMENTS = (
    "SELECT %s, position, false, payload FROM unnest(%b::bigint[], %b::bytea[]) AS new (position, payload)"
)
_KEYS = "SELECT * FROM unnest(%b::bigint[], %b::bigint[])"


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
    all_at_once = _all_at_once(*_tables(session, places))
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
        f"WITH taken AS (INSERT INTO lrs_statement_id (key, position) {_IDS} ON CONFLICT DO NOTHING "  # noqa: S608
        f"RETURNING position), kept AS (INSERT INTO {statements} (tenant_id, position, voided, payload) "
        f"{_STATEMENTS} {only_if_all}), found AS (INSERT INTO {index} (key, position) {_KEYS} {only_if_all}) "
        "SELECT position FROM taken"
    )


@contextmanager
def inserting_fresh(
    session: Session, writers: "Writers", tenant_id: UUID, *, in_parts: bool
) -> Iterator[Callable[[list["New"]], None]]:
    """Stores statements none of which may be there yet, in a transaction of their own on this thread's connection;
    what is given takes them part by part, and PostgreSQL writes one while the next is made. Raises `PLACE_TAKEN`
    when one is there; then, and when the block is left by an exception, nothing is stored.
    """
    if not writers.is_postgresql:
        new: list[New] = []
        yield new.extend
        _insert_into_sqlite(writers, tenant_id, new)
        return
    prepared = writers.prepared()
    with prepared.together() if in_parts else nullcontext(prepared.run) as send:
        yield lambda some: send(*_fresh_values(session, tenant_id, some))


def _fresh_values(session: Session, tenant_id: UUID, new: "list[New]") -> tuple[str, list[bytes]]:
    """PostgreSQL's statement that inserts these, with its values."""
    ordered = sorted(new, key=lambda item: item.key)
    places = [item.position for item in ordered]
    keys = [key for item in new for key in item.keys]
    found_at = [item.position for item in new for _ in item.keys]
    return _fresh(*_tables(session, places)), [
        str(tenant_id).encode(),
        byteas([item.key for item in ordered]),
        bigints(places),
        byteas([item.payload for item in ordered]),
        bigints(keys),
        bigints(found_at),
    ]


ARRIVING = """
CREATE TEMP VIEW arriving (tenant_id, key, position, payload, keys) AS SELECT NULL, NULL, NULL, NULL, NULL;
CREATE TEMP TRIGGER arrive INSTEAD OF INSERT ON arriving BEGIN
    INSERT INTO lrs_statement_id (key, position) SELECT new.key, new.position WHERE new.key NOT NULL;
    INSERT INTO lrs_statement (tenant_id, position, voided, payload)
        VALUES (new.tenant_id, new.position, false, new.payload);
    INSERT INTO lrs_pending (position, keys) VALUES (new.position, new.keys);
END
"""
"""SQLite, for a connection that stores fresh statements: one insert for three tables. Each one more lets Python's other
threads go first, and ours has to wait its turn again. Of many the ids go ahead by themselves, in their order.
"""


def _insert_into_sqlite(writers: "Writers", tenant_id: UUID, new: "list[New]") -> None:
    tenant, many = tenant_id.hex, len(new) > _ROWS
    rows = [
        (
            tenant,
            None if many else item.key,
            item.position,
            item.payload,
            f",{','.join(map(str, item.keys))},",
        )
        for item in new  # the keys as pending.py has them
    ]
    with writers.transaction(len(rows), at_once=not many) as connection:
        if many:
            ids = sorted((item.key, item.position) for item in new)
            _insert_rows(connection, "lrs_statement_id (key, position)", "(?, ?)", ids)
        _insert_rows(connection, "arriving", "(?, ?, ?, ?, ?)", rows)


def _insert_rows(connection: Any, table: str, marks: str, rows: list[Any]) -> None:
    """SQLite: many rows a step."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        connection.execute(_insert_many(table, marks, len(some)), tuple(chain.from_iterable(some)))


@lru_cache(maxsize=500)
def _insert_many(table: str, marks: str, count: int) -> str:
    return f"INSERT INTO {table} VALUES {', '.join([marks] * count)}"  # noqa: S608 - our own names


@lru_cache(maxsize=32)
def _fresh(statements: str, index: str) -> str:
    """The tenant is told first (row-level security): the ids wait for it, and the statements for the ids."""
    return (
        "WITH told AS MATERIALIZED (SELECT set_config('app.tenant', $1::text, true)), taken AS "  # noqa: S608
        "(INSERT INTO lrs_statement_id (key, position) SELECT new.* FROM told, "
        "unnest($2::bytea[], $3::bigint[]) AS new (key, position) RETURNING 1), "
        f"kept AS (INSERT INTO {statements} (tenant_id, position, voided, payload) SELECT $1::text::uuid, position, "
        "false, payload FROM unnest($3::bigint[], $4::bytea[]) AS new (position, payload) "
        "WHERE (SELECT count(*) FROM taken) > 0) "
        f"INSERT INTO {index} (key, position) SELECT * FROM unnest($5::bigint[], $6::bigint[])"
    )


def insert_statements(session: Session, tenant_id: UUID, new: "list[New]") -> None:
    """Statements whose ids are taken for them, with their keys. Raises `PLACE_TAKEN`."""
    entries = _entries(new)
    if is_postgresql(session):
        places = [item.position for item in new]
        statements, index = _tables(session, places)
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


def _tables(session: Session, places: list[int]) -> tuple[str, str]:
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
    claim = f"UPDATE lrs_statement_id SET position = {mark} WHERE key = {mark} AND position IS NULL"  # noqa: S608
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
    return _find(session, "lrs_index", "bigint", keys)


def _find(session: Session, table: str, kind: str, keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    if not keys:
        return []
    query = f"SELECT key, position FROM {table} WHERE key"  # noqa: S608 - our own names
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


def delete_keys(session: Session, entries: list[tuple[int, int]]) -> None:
    """Takes (key, position) pairs away."""
    entries.sort()
    if is_postgresql(session):
        pairs = "SELECT * FROM unnest(%b::bigint[], %b::bigint[])"
        delete = f"DELETE FROM lrs_index WHERE (key, position) IN ({pairs})"  # noqa: S608
        _execute(session, delete, _columns(entries))
    else:
        _execute(session, "DELETE FROM lrs_index WHERE key = ? AND position = ?", entries)


def insert_definitions(
    session: Session, tenant_id: UUID, rows: dict[tuple[int, int], tuple[int, str, bytes]]
) -> None:
    """{(key, digest): (position, activity id, definition)}; those that are there already are passed over."""
    columns = (
        "INSERT INTO lrs_activity_definition (tenant_id, key, digest, position, activity_id, definition) "
    )
    conflict = " ON CONFLICT DO NOTHING"
    values: Any = [(key, digest, *rest) for (key, digest), rest in sorted(rows.items())]
    if is_postgresql(session):
        arrays = "unnest(%b::bigint[], %b::bigint[], %b::bigint[], %s::text[], %b::bytea[])"
        _execute(
            session,
            f"{columns}SELECT %s, new.* FROM {arrays} AS new{conflict}",  # noqa: S608 - constants
            (tenant_id, *map(list, zip(*values, strict=True))),
        )
    else:
        rows_with_tenant = [(tenant_id.hex, *row) for row in values]
        _execute(session, f"{columns}VALUES (?, ?, ?, ?, ?, ?){conflict}", rows_with_tenant)


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
