"""Stores for Ralph of equal kind as ours: SQLite and PostgreSQL with the same guarantees and an index a filter. Run by
Ralph's own Python, and only for comparison in tests/benchmarks/lrs.py.
"""

import json
import os
import sqlite3
import threading

import psycopg
from ralph.backends.data.base import BaseDataBackendSettings, DataBackendStatus
from ralph.backends.lrs.base import BaseLRSBackend, StatementQueryResult

TABLE = """
CREATE TABLE IF NOT EXISTS statement
    (id TEXT PRIMARY KEY, stored TEXT, agent TEXT, verb TEXT, activity TEXT, registration TEXT, payload TEXT);
CREATE INDEX IF NOT EXISTS by_agent ON statement (agent, stored);
CREATE INDEX IF NOT EXISTS by_verb ON statement (verb, stored);
CREATE INDEX IF NOT EXISTS by_activity ON statement (activity, stored);
CREATE INDEX IF NOT EXISTS by_registration ON statement (registration, stored);
CREATE INDEX IF NOT EXISTS by_stored ON statement (stored);
"""


def row(statement):
    actor = statement["actor"]
    return (
        statement["id"],
        statement.get("stored"),
        json.dumps(actor.get("account") or actor.get("mbox")),
        statement["verb"]["id"],
        statement["object"].get("id"),
        statement.get("context", {}).get("registration"),
        json.dumps(statement),
    )


class Store(BaseLRSBackend):
    """Writes and ids only: what the benchmark uses. A connection a thread."""

    settings_class = BaseDataBackendSettings

    def __init__(self, settings=None):
        self.settings = settings
        self._local = threading.local()

    @property
    def connection(self):
        if not hasattr(self._local, "connection"):
            self._local.connection = self.connect(os.environ[self.address])
        return self._local.connection

    def status(self):
        return DataBackendStatus.OK

    def write(self, data, target=None, chunk_size=None, ignore_errors=False, operation_type=None, **_):
        rows = [row(one) for one in data]
        self.insert(rows)
        return len(rows)

    def query_statements_by_ids(self, ids, target=None):
        for (payload,) in self.payloads(list(ids)):
            yield json.loads(payload)

    def query_statements(self, params, target=None):
        rows = self.connection.execute("SELECT payload FROM statement ORDER BY stored DESC LIMIT 100")
        return StatementQueryResult(statements=[json.loads(payload) for (payload,) in rows])

    def close(self):
        pass


class SQLiteStore(Store):
    """Waits for the disk as ours: at checkpoints."""

    name = "sqlite"
    address = "SQLITE_FILE"

    def connect(self, file):
        connection = sqlite3.connect(file, timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(TABLE)
        return connection

    def insert(self, rows):
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def payloads(self, ids):
        marks = ", ".join("?" * len(ids))
        return self.connection.execute(f"SELECT payload FROM statement WHERE id IN ({marks})", ids)


class PostgreSQLStore(Store):
    """One prepared statement a batch, which commits by itself."""

    name = "postgresql"
    address = "POSTGRESQL_URL"

    def connect(self, url):
        connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        connection.execute("SET enable_seqscan = off")  # nobody has analysed the table yet
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(1)")  # the processes start together
            connection.execute(TABLE, prepare=False)
        return connection

    def insert(self, rows):
        arrays = ", ".join(["%b::text[]"] * 7)
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.connection.execute(f"INSERT INTO statement SELECT * FROM unnest({arrays})", columns)

    def payloads(self, ids):
        return self.connection.execute("SELECT payload FROM statement WHERE id = ANY(%s)", [ids])


SQLiteStore.__abstractmethods__ = frozenset()  # reading files and the like: never asked for here
PostgreSQLStore.__abstractmethods__ = frozenset()
