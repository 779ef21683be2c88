"""The driver's own connections, for the direct way in: each thread of a process has one, and writes in its turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import PoolProxiedConnection

from lms_bridge.db import Database

from .fresh import ARRIVING
from .housekeeping import Housekeeping
from .prepared import Prepared
from .queueing import Queue


class Writers(threading.local):
    """This thread's connection. What it begins it ends at once; on PostgreSQL it commits by itself."""

    def __init__(self, database: Database, housekeeping: Housekeeping) -> None:
        self._engine, self._housekeeping = database.engine, housekeeping
        self.is_postgresql = self._engine.dialect.name == "postgresql"
        self._pooled: PoolProxiedConnection | None = None
        self._driver: Any = None
        self._prepared: Prepared | None = None
        self._queue: Queue | None = None

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
                self._driver.executescript(ARRIVING)
        return self._driver

    def prepared(self) -> Prepared:
        """PostgreSQL: the connection's prepared statements."""
        if self._prepared is None:
            self._prepared = Prepared(self.connection())
        return self._prepared

    @contextmanager
    def transaction(self, statements: int, *, at_once: bool) -> Iterator[Any]:
        """SQLite: the connection in a transaction for so many statements, committed at the end. Where one insert stores
        them at once, it is its own.
        """
        connection = self.connection()
        if self._queue is None:
            self._queue = Queue(self._engine)
        with self._queue.turn() if at_once else self._queue.transaction(connection):
            yield connection
        self._housekeeping.note(statements)

    def drop_broken(self) -> None:
        """PostgreSQL may have gone away; SQLite does not."""
        if self._pooled is not None and getattr(self._driver, "broken", False):
            self._pooled.close()
            self._pooled = self._driver = self._prepared = None
