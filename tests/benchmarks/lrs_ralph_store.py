"""A store for Ralph of equal kind as ours: SQLite with the same guarantees and an index a filter. Run by Ralph's own
Python, and only for comparison in tests/benchmarks/lrs.py.
"""

import json
import os
import sqlite3
import threading

from ralph.backends.data.base import BaseDataBackendSettings, DataBackendStatus
from ralph.backends.lrs.base import BaseLRSBackend, StatementQueryResult


class SQLiteLRSBackend(BaseLRSBackend):
    """Writes and ids only: what the benchmark uses."""

    name = "sqlite"
    settings_class = BaseDataBackendSettings

    def __init__(self, settings=None):
        self.settings = settings
        self._local = threading.local()
        self._connection().executescript(
            "CREATE TABLE IF NOT EXISTS statement (id TEXT PRIMARY KEY, stored TEXT, agent TEXT, verb TEXT, "
            "activity TEXT, registration TEXT, payload TEXT);"
            + "".join(
                f"CREATE INDEX IF NOT EXISTS by_{name} ON statement ({name}, stored);"
                for name in ("agent", "verb", "activity", "registration")
            )
            + "CREATE INDEX IF NOT EXISTS by_stored ON statement (stored);"
        )

    def _connection(self):
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(os.environ["STORE_FILE"], timeout=30, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
        return self._local.connection

    def status(self):
        return DataBackendStatus.OK

    def write(self, data, target=None, chunk_size=None, ignore_errors=False, operation_type=None, **_):
        rows = [
            (
                one["id"],
                one.get("stored"),
                json.dumps(one["actor"].get("account") or one["actor"].get("mbox")),
                one["verb"]["id"],
                one["object"].get("id"),
                one.get("context", {}).get("registration"),
                json.dumps(one),
            )
            for one in data
        ]
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return len(rows)

    def query_statements_by_ids(self, ids, target=None):
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT payload FROM statement WHERE id IN ({marks})"
        for (payload,) in self._connection().execute(sql, list(ids)):
            yield json.loads(payload)

    def query_statements(self, params, target=None):
        rows = self._connection().execute("SELECT payload FROM statement ORDER BY stored DESC LIMIT 100")
        return StatementQueryResult(statements=[json.loads(payload) for (payload,) in rows])

    def close(self):
        pass


SQLiteLRSBackend.__abstractmethods__ = frozenset()  # reading files and the like: never asked for here
