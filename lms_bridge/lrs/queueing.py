"""SQLite writes for one at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine


class Queue:
    """A file beside the database at which threads and processes queue up to write (or for what `name` says), each by a
    Queue of its own; SQLite itself lets them sleep for a while and look again, ten times as long.
    """

    def __init__(self, engine: Engine, name: str = "queue") -> None:
        self._file = Path(f"{engine.url.database}-{name}").open("ab")  # noqa: SIM115 - until close()

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def transaction(self, connection: Any) -> Iterator[None]:
        """In its turn, committed at the end."""
        with self.turn():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
