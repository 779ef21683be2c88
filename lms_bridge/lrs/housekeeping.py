"""What SQLite needs when much has come in, done by a thread beside those who write."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import structlog
from sqlalchemy import Engine

from . import pending
from .queueing import Queue

log = structlog.get_logger()
SOME, A_WHILE = 500, 1.0  # statements of a process, which are settled so many seconds later
MANY = 5_000  # at once
FOLDED_AFTER = 10_000  # pages that a process has put into the WAL, about
PAGES_OF_A_COMMIT = 5  # beside one a statement
LONGEST = 32_000  # pages of 4 kB in the WAL before it shall begin anew


class Housekeeping:
    """Brings keys that are pending into the index, and what is in the WAL into the database. Whoever else did it, at
    the end of some commit (db.py), would wait for the disk, and all writers with him.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending = self._unfolded = 0
        self._wanted, self._many = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, statements: int) -> None:
        """So many more were committed."""
        self._pending += statements
        self._unfolded += statements + PAGES_OF_A_COMMIT
        if self._pending >= MANY:
            self._many.set()
        if self._pending < SOME or self._wanted.is_set():
            return
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait():
            self._many.wait(A_WHILE)
            self._pending = 0
            self._wanted.clear()
            self._many.clear()
            try:
                self.settle()
                if self._unfolded >= FOLDED_AFTER:
                    self._unfolded = 0
                    self.fold()
            except Exception:  # whatever it is: without this thread the WAL would grow for ever
                log.exception("housekeeping failed")

    def settle(self) -> None:
        """What came in goes into the index; one process at a time."""
        own = self._connection()
        alone, queue = Queue(self._engine, "settling"), Queue(self._engine)
        with closing(alone), closing(queue), alone.turn(), own as connection:
            pending.settle_beside(connection, queue)

    def fold(self) -> None:
        """The WAL is begun anew only when all of it is folded in: for the last bit, the writers stand still."""
        with self._connection() as connection:
            _fold(connection)
            if _fold(connection) > LONGEST:
                with closing(Queue(self._engine)) as queue, queue.turn():
                    _fold(connection)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """One that does not fold when it commits."""
        with closing(self._engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            pooled.detach()
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            yield connection


def _fold(connection: Any) -> int:
    """What no reader holds up; returns how many pages the WAL has."""
    return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])
