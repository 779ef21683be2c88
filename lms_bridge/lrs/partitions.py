"""PostgreSQL keeps statements and their index by the month of storing, so that a month that nobody needs any more goes
at once. Positions are times (positions.py), so a month is a range of them.

Partitions are made ahead; what falls into none lies in the default one, which answers like the others and is merely
deleted from row by row.
"""

import re
import time
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, text
from sqlalchemy.orm import Session

from lms_bridge.db import enable_row_level_security, utcnow

from . import positions

TABLES = ("lrs_statement", "lrs_index")
AHEAD = 2  # months
LOOK_AGAIN = 60.0  # seconds

Month = tuple[int, int]  # year, month
_NAME = re.compile(r"lrs_index_part_(\d{4})_(\d\d)").fullmatch


def prepare(connection: Connection) -> list[Month]:
    """Makes the partitions of this month and the next ones that are not there; returns them. For the migration, and
    the nightly job.
    """
    if connection.dialect.name != "postgresql":
        return []
    there = months(connection)
    first = utcnow()
    wanted = [_later((first.year, first.month), number) for number in range(AHEAD + 1)]
    new = [month for month in wanted if month not in there and not _in_default(connection, month)]
    for month in new:
        make(connection, month)
    return new


def make(connection: Connection, month: Month) -> None:
    """The partitions of a month, which has none yet and nothing in the default one."""
    low, high = bounds(month)
    for table in TABLES:
        name = name_of(table, month)
        connection.execute(
            text(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high})")
        )
    enable_row_level_security(connection, name_of("lrs_statement", month))


def prepare_default(connection: Connection) -> None:
    """Makes the partition for what falls into no other. For the migration."""
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            connection.execute(text(f"CREATE TABLE {table}_part_default PARTITION OF {table} DEFAULT"))
        enable_row_level_security(connection, "lrs_statement_part_default")


def months(connection: Connection) -> list[Month]:
    """Those that have a partition, in order."""
    names = connection.scalars(
        text(
            "SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid "
            "WHERE inhparent = 'lrs_index'::regclass"
        )
    )
    return sorted((int(found[1]), int(found[2])) for name in names if (found := _NAME(name)))


def drop(connection: Connection, month: Month) -> None:
    """All statements of a month, of every municipality, with their index."""
    for table in TABLES:
        connection.execute(text(f"DROP TABLE {name_of(table, month)}"))


def bounds(month: Month) -> tuple[int, int]:
    """The first position of a month, and the first one after it."""
    low, high = (positions.first_from(datetime(*one, 1, tzinfo=UTC)) for one in (month, _later(month, 1)))
    return low, high


def name_of(table: str, month: Month) -> str:
    return f"{table}_part_{month[0]:04}_{month[1]:02}"


def _later(month: Month, number: int) -> Month:
    years, index = divmod(month[1] - 1 + number, 12)
    return month[0] + years, index + 1


def _in_default(connection: Connection, month: Month) -> bool:
    """A month that began without a partition stays in the default one."""
    low, high = bounds(month)
    return any(
        connection.scalar(
            text(
                f"SELECT EXISTS (SELECT FROM {table}_part_default "  # noqa: S608 - our own names
                f"WHERE position >= {low} AND position < {high})"
            )
        )
        for table in TABLES
    )


class _Known:
    """Where the newest positions go, by database: writing to a partition itself spares PostgreSQL the search."""

    def __init__(self) -> None:
        self._ranges: WeakKeyDictionary[Pool, tuple[float, list[tuple[int, int, Month]]]] = (
            WeakKeyDictionary()
        )

    def month_of(self, session: Session, first: int, last: int) -> Month | None:
        """The month whose partition takes both positions; None where there is none."""
        database = session.get_bind().engine.pool
        looked, ranges = self._ranges.get(database, (float("-inf"), []))
        for low, high, month in ranges:
            if low <= first and last < high:
                return month
        if time.monotonic() - looked > LOOK_AGAIN:
            ranges = [(*bounds(month), month) for month in reversed(months(session.connection()))]
            self._ranges[database] = time.monotonic(), ranges
            return self.month_of(session, first, last)
        return None

    def clear(self) -> None:
        self._ranges.clear()


known = _Known()
