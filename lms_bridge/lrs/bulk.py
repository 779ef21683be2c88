"""Many rows in one statement: arrays unnested on PostgreSQL, executemany on SQLite."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from .store import New


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def insert_statements(session: Session, tenant_id: UUID, new: "list[New]") -> int:
    """How many were stored; of the others the id, or by chance the position, was there before."""
    if is_postgresql(session):
        ordered = sorted(new, key=lambda item: item.id)  # no circle of waiting for each other's ids
        return _execute(
            session,
            "INSERT INTO lrs_statement (tenant_id, position, statement_id, voided, payload) "
            "SELECT %s, position, statement_id, false, payload FROM unnest(%b::bigint[], %b::uuid[], %b::bytea[]) "
            "AS new (position, statement_id, payload) ON CONFLICT DO NOTHING",
            (
                tenant_id,
                [item.position for item in ordered],
                [item.id for item in ordered],
                [item.payload for item in ordered],
            ),
        )
    return _execute(
        session,
        "INSERT INTO lrs_statement (tenant_id, position, statement_id, voided, payload) VALUES (?, ?, ?, 0, ?) "
        "ON CONFLICT DO NOTHING",
        [(tenant_id.hex, item.position, item.id.hex, item.payload) for item in new],
    )


def insert_keys(session: Session, entries: list[tuple[int, int]]) -> None:
    """(key, position) pairs; those that are there already are passed over."""
    if not entries:
        return
    entries.sort()
    if is_postgresql(session):
        _execute(
            session,
            "INSERT INTO lrs_index (key, position) SELECT * FROM unnest(%b::bigint[], %b::bigint[]) "
            "ON CONFLICT DO NOTHING",
            ([key for key, _ in entries], [position for _, position in entries]),
        )
    else:
        _execute(session, "INSERT OR IGNORE INTO lrs_index (key, position) VALUES (?, ?)", entries)


def delete_keys(session: Session, entries: list[tuple[int, int]]) -> None:
    """Takes (key, position) pairs away."""
    mark = "%s" if is_postgresql(session) else "?"
    _execute(session, f"DELETE FROM lrs_index WHERE key = {mark} AND position = {mark}", entries)  # noqa: S608


def find_keys(session: Session, keys: list[int]) -> list[tuple[int, int]]:
    """The (key, position) pairs of these keys."""
    if not keys:
        return []
    cursor = _cursor(session)
    try:
        if is_postgresql(session):
            cursor.execute("SELECT key, position FROM lrs_index WHERE key = ANY(%b::bigint[])", (keys,))
            return list(cursor.fetchall())
        found: list[tuple[int, int]] = []
        for start in range(0, len(keys), 500):
            some = tuple(keys[start : start + 500])
            marks = ", ".join("?" * len(some))
            cursor.execute(f"SELECT key, position FROM lrs_index WHERE key IN ({marks})", some)  # noqa: S608
            found += cursor.fetchall()
        return found
    finally:
        cursor.close()


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
    cursor = _cursor(session)
    try:
        if type(parameters) is list:
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def _cursor(session: Session) -> Any:
    """The driver's own, in the session's transaction: a tenth of what a statement costs through SQLAlchemy, and
    here it is the same few statements with every request.
    """
    return session.connection().connection.cursor()
