"""SQLite: the keys of the statements that came last, not yet in the index.

A statement's keys lie all over the index, and each costs a page of the log at its commit. So they are first put down
side by side in one row, as PostgreSQL does for its GIN indexes (fastupdate), and some thousand statements' keys go into
the index at once, in its order (housekeeping.py). Whoever asks meanwhile looks through both, this first: a statement is
wholly in the one or the other, and never goes back. None of these refers to another statement, or has attachments.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from .bulk import driver, is_postgresql

FEW = 8  # keys of a filter: so many are looked for one by one

_INTO_THE_INDEX = {
    "sqlite": "INSERT OR IGNORE INTO lrs_index (key, position) SELECT value, position FROM lrs_pending, "
    "json_each('[' || trim(keys, ',') || ']') ORDER BY 1, 2",
    "postgresql": "INSERT INTO lrs_index (key, position) "  # out of a backup of SQLite
    "SELECT unnest(string_to_array(trim(keys, ','), ',')::bigint[]), position FROM lrs_pending "
    "ON CONFLICT DO NOTHING",
}


def settle(session: Session) -> None:
    """All of it goes into the index, in the session's transaction: for who changes what is there."""
    with driver(session) as connection:
        settle_by(connection, "postgresql" if is_postgresql(session) else "sqlite")


def settle_by(connection: Any, dialect: str = "sqlite") -> None:
    """As `settle`, by the driver's own connection, which is in a transaction."""
    connection.execute(_INTO_THE_INDEX[dialect])
    connection.execute("DELETE FROM lrs_pending")


@lru_cache
def page(shape: tuple[int, ...], ascending: bool) -> str:
    """(position, payload) of the next statements that meet every filter, as query.py asks the index for them."""
    all_met = " AND ".join(met(at, count) for at, count in enumerate(shape))
    return (
        "SELECT pending.position, payload FROM lrs_pending AS pending LEFT JOIN lrs_statement AS statement "  # noqa: S608
        "ON statement.position = pending.position AND tenant_id = :tenant AND NOT voided "
        f"WHERE pending.position BETWEEN :first AND :last AND {all_met} "
        f"ORDER BY pending.position {'' if ascending else 'DESC'} LIMIT :count"
    )


def met(at: int, count: int) -> str:
    """Whether one of the keys of a filter, the number `at`, is among a row's."""
    keys = [f":key_{at}_{n}" for n in range(count)]
    if count <= FEW:
        return "(" + " OR ".join(f"instr(keys, ',' || {key} || ',')" for key in keys) + ")"
    each = "json_each('[' || trim(keys, ',') || ']')"
    return f"EXISTS (SELECT 1 FROM {each} WHERE value IN ({', '.join(keys)}))"  # noqa: S608
