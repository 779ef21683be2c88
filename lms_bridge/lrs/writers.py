"""The driver's own connections, for the direct way in: each thread of a process has one, and writes in its turn."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import PoolProxiedConnection

from lms_bridge.db import Database

from .prepared import Prepared


class Writers(threading.local):
    """This thread's connection. What it begins it ends at once; on PostgreSQL it commits by itself."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
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
        return self._driver

    def prepared(self) -> Prepared:
        """PostgreSQL: the connection's prepared statements."""
        if self._prepared is None:
            self._prepared = Prepared(self.connection())
        return self._prepared

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """SQLite: the connection in a transaction, committed at the end. Threads and processes queue up for it at a
        file beside the database; SQLite itself lets them sleep for a while and look again, ten times as long.
        """
        connection = self.connection()
        if self._queue is None:
            self._queue = Path(f"{self._engine.url.database}-queue").open("ab")  # noqa: SIM115 - kept
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)

    def drop_broken(self) -> None:
        """PostgreSQL may have gone away; SQLite does not."""
        if self._pooled is not None and getattr(self._driver, "broken", False):
            self._pooled.close()
            self._pooled = self._driver = self._prepared = None
