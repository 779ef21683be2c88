"""PostgreSQL's prepared statements by libpq itself (psycopg.pq), their values in PostgreSQL's binary form. For the few
statements with which nearly everything comes in: what psycopg does beside, for any value and any statement, takes
longer than the server takes to store a row.
"""

import itertools
import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from struct import Struct
from typing import Any

from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from lms_bridge.lookout import Lookout

_BYTEA, _BIGINT = 17, 20  # pg_type.oid

Filled = tuple[str, Sequence[bytes]]
"""A statement that gives no rows, and its values: $1 and so on."""
Send = Callable[[Sequence[Filled]], None]


def bigints(values: Sequence[int]) -> bytes:
    """A bigint[]."""
    items = [8] * (2 * len(values))
    items[1::2] = values
    return _head(_BIGINT, len(values)) + _with_lengths(len(values)).pack(*items)


@lru_cache(maxsize=256)
def _with_lengths(count: int) -> Struct:
    return Struct(">" + "iq" * count)


def byteas(values: Sequence[bytes]) -> bytes:
    """A bytea[]."""
    parts = [_head(_BYTEA, len(values))]
    for value in values:
        parts += (len(value).to_bytes(4, "big"), value)
    return b"".join(parts)


@lru_cache(maxsize=1024)
def _head(kind: int, count: int) -> bytes:
    """One dimension, no nulls, counted from one."""
    return b"".join([number.to_bytes(4, "big") for number in (1, 0, kind, count, 1)])


class Prepared:
    """What one connection, which commits by itself, has prepared. Errors are psycopg's own."""

    def __init__(self, connection: Any) -> None:
        self._libpq: PGconn = connection.pgconn
        self._names: dict[str, bytes] = {}
        self._numbers = itertools.count()
        self._lookout = Lookout()

    @contextmanager
    def together(self) -> Iterator[Send]:
        """All that is sent in the block is one transaction; PostgreSQL begins with it while more is made. Nothing is
        kept where the block is left by an exception.
        """
        libpq, known = self._libpq, dict(self._names)

        def send(statements: Sequence[Filled]) -> None:
            for sql, values in statements:
                if sql not in self._names:
                    self._names[sql] = b"lms_bridge_%d" % next(self._numbers)
                    libpq.send_prepare(self._names[sql], sql.encode())
                libpq.send_query_prepared(self._names[sql], values, [Format.BINARY] * len(values))
            libpq.flush()

        libpq.enter_pipeline_mode()
        try:
            yield send
        except BaseException:
            with suppress(errors.OperationalError):  # the connection is lost, and with it the transaction
                libpq.send_query_params(b"ROLLBACK", [])
            raise
        finally:
            fault = self._ended()
            if fault:
                self._names = known
        if fault:
            raise fault

    def _ended(self) -> Exception | None:
        """Ends the transaction, and waits for all answers. The first fault."""
        libpq, fault = self._libpq, None
        libpq.pipeline_sync()
        while libpq.status == ConnStatus.OK:
            result = self._answer()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                break
            if result.status == ExecStatus.FATAL_ERROR and fault is None:
                fault = errors.error_from_result(result)
        else:
            return fault or errors.OperationalError("The connection was lost.")
        libpq.exit_pipeline_mode()
        return fault

    def _answer(self) -> PGresult | None:
        """The next one; Python's other threads go on while there is none."""
        libpq = self._libpq
        while libpq.is_busy():
            unsent = libpq.flush()
            self._lookout.wait(libpq.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
            libpq.consume_input()
        return libpq.get_result()
