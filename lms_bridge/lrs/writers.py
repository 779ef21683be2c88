"""The driver's own connections, for the direct way in: each thread of a process has one, and writes in its turn."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import structlog
from sqlalchemy import Engine, PoolProxiedConnection

from lms_bridge.db import Database

from .prepared import Prepared

log = structlog.get_logger()
FOLDED_AFTER = 40_000  # rows of a process; up to a page each
LONGEST = 32_000  # pages of 4 kB in the WAL before it shall begin anew


class Folding:
    """SQLite: brings what is in the WAL into the database, by a thread of its own. Whoever else does it, at the end of
    some commit (db.py), waits for the disk, and all writers with him.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows = 0
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, rows: int) -> None:
        """So many more were committed."""
        self._rows += rows
        if self._rows < FOLDED_AFTER:
            return
        self._rows = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="folding", daemon=True)
            self._thread.start()
        self._wanted.set()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            try:
                self.fold()
            except Exception:  # whatever it is: without this thread the WAL would grow for ever
                log.exception("folding failed")

    def fold(self) -> None:
        """The WAL is begun anew only when all of it is folded in: for the last bit, the writers stand still."""
        with closing(self._engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            _fold(connection)
            if _fold(connection) > LONGEST:
                with _queue_of(self._engine) as queue, _turn(queue):
                    _fold(connection)


def _fold(connection: Any) -> int:
    """What no reader holds up; returns how many pages the WAL has."""
    return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


def _queue_of(engine: Engine) -> IO[bytes]:
    """The file beside the database at which threads and processes queue up to write; SQLite itself lets them sleep
    for a while and look again, ten times as long.
    """
    return Path(f"{engine.url.database}-queue").open("ab")


@contextmanager
def _turn(queue: IO[bytes]) -> Iterator[None]:
    fcntl.flock(queue, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(queue, fcntl.LOCK_UN)


class Writers(threading.local):
    """This thread's connection. What it begins it ends at once; on PostgreSQL it commits by itself."""

    def __init__(self, database: Database, folding: Folding) -> None:
        self._engine, self._folding = database.engine, folding
        self.is_postgresql = self._engine.dialect.name == "postgresql"
        self._pooled: PoolProxiedConnection | None = None
        self._driver: Any = None
        self._prepared: Prepared | None = None
        self._queue: IO[bytes] | None = None

    def connection(self) -> Any:
        if self._driver is None:
            self._pooled = self._engine.raw_connection()
            self._driver = self._pooled.driver_connection
            self._pooled.detach()
            if self.is_postgresql:
                self._driver.autocommit = True
                self._driver.execute("SET plan_cache_mode = auto")  # the same insert every time
            else:
                self._driver.execute("PRAGMA wal_autocheckpoint = 0")
        return self._driver

    def prepared(self) -> Prepared:
        """PostgreSQL: the connection's prepared statements."""
        if self._prepared is None:
            self._prepared = Prepared(self.connection())
        return self._prepared

    @contextmanager
    def transaction(self, rows: int) -> Iterator[Any]:
        """SQLite: the connection in a transaction for so many rows, committed at the end."""
        connection = self.connection()
        if self._queue is None:
            self._queue = _queue_of(self._engine)
        with _turn(self._queue):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        self._folding.note(rows)

    def drop_broken(self) -> None:
        """PostgreSQL may have gone away; SQLite does not."""
        if self._pooled is not None and getattr(self._driver, "broken", False):
            self._pooled.close()
            self._pooled = self._driver = self._prepared = None
