"""SQLite: the keys of the statements that came last, not yet in the index.

A statement's keys lie all over the index, and each costs a page of the log at its commit. So they are first put down
side by side in one row, as PostgreSQL does for its GIN indexes (fastupdate), and some thousand statements' keys go into
the index together, in its order (housekeeping.py). Whoever asks meanwhile looks through both, this first: a statement
is wholly in the one or the other, or for a moment in both, and never goes back. None of these refers to another
statement, or has attachments.
"""

import time
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from .bulk import driver, is_postgresql
from .queueing import Queue

FEW = 8  # keys of a filter: so many are looked for one by one
SOME = 5_000  # keys of a transaction
BETWEEN = 0.001  # seconds: whoever waits to write shall wake up

_INTO_THE_INDEX = {
    "sqlite": "INSERT OR IGNORE INTO lrs_index (key, position) SELECT value, position FROM lrs_pending, "
    "json_each('[' || trim(keys, ',') || ']') ORDER BY 1, 2",
    "postgresql": "INSERT INTO lrs_index (key, position) "  # out of a backup of SQLite
    "SELECT unnest(string_to_array(trim(keys, ','), ',')::bigint[]), position FROM lrs_pending "
    "ON CONFLICT DO NOTHING",
}


_IN_ORDER = """
PRAGMA temp_store = MEMORY;
BEGIN;
CREATE TEMP TABLE taken AS SELECT position FROM lrs_pending;
CREATE TEMP TABLE in_order AS SELECT value AS key, position
    FROM lrs_pending, json_each('[' || trim(keys, ',') || ']') ORDER BY 1, 2;
COMMIT
"""
_IS_THERE = "SELECT EXISTS (SELECT 1 FROM lrs_pending WHERE position = (SELECT min(position) FROM taken))"
_SOME_INTO_THE_INDEX = """
INSERT OR IGNORE INTO lrs_index (key, position) SELECT key, position FROM in_order WHERE rowid BETWEEN ? AND ?
"""


def settle(session: Session) -> None:
    """All of it goes into the index, in the session's transaction: for who changes what is there."""
    with driver(session) as connection:
        connection.execute(_INTO_THE_INDEX["postgresql" if is_postgresql(session) else "sqlite"])
        connection.execute("DELETE FROM lrs_pending")


def settle_beside(connection: Any, queue: Queue) -> None:
    """What is there now goes into the index, by a connection of SQLite's that is closed afterwards, in many short
    transactions: nobody who writes waits for long. Where somebody else settles meanwhile, the rest is left: by then
    it may have been erased.
    """
    connection.executescript(_IN_ORDER)
    (count,) = connection.execute("SELECT count(*) FROM in_order").fetchone()
    for first in range(1, count + 1, SOME):
        with queue.transaction(connection):
            if not connection.execute(_IS_THERE).fetchone()[0]:
                return
            connection.execute(_SOME_INTO_THE_INDEX, (first, first + SOME - 1))
            if first + SOME > count:
                connection.execute("DELETE FROM lrs_pending WHERE position IN (SELECT position FROM taken)")
        time.sleep(BETWEEN)


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
