"""SQLite: beside those who write, pending keys are brought into the index, and the write-ahead log (WAL) into the
database, and begins anew.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy.exc import TimeoutError

from lms_bridge.db import Database
from lms_bridge.lrs import housekeeping
from lms_bridge.lrs.housekeeping import Housekeeping

from .conftest import EXPERIENCED, Sender, statement


@pytest.fixture
def path(database: Database) -> str:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has processes of its own for this")
    return str(database.engine.url.database)


@pytest.fixture
def known(lrs: Sender) -> Sender:
    """A sender whose statements go the direct way."""
    lrs.post(statement())
    return lrs


def send(lrs: Sender, count: int) -> None:
    sent = [statement(verb={"id": EXPERIENCED}) for _ in range(count)]
    assert lrs.request("POST", "statements", json=sent).status_code == 200


def in_the_database_itself(path: str) -> int:
    """How many statements the file has, whatever the WAL has; none while it is written to."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM lrs_statement").fetchone()[0]
        except sqlite3.DatabaseError:
            return 0


def pages_of_the_log(path: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]


def until(true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 20
    while not true() and time.monotonic() < ends:
        time.sleep(0.01)
    return true()


def pending(path: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM lrs_pending").fetchone()[0]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with many is done with fifty."""
    for name in ("SOME", "MANY", "FOLDED_AFTER"):
        monkeypatch.setattr(housekeeping, name, 50)


def test_the_keys_of_many_go_into_the_index_at_once(known: Sender, path: str, monkeypatch):
    monkeypatch.setattr(housekeeping, "SOME", 50)
    monkeypatch.setattr(housekeeping, "MANY", 100)
    monkeypatch.setattr(housekeeping, "A_WHILE", 1000)
    send(known, 60)
    assert pending(path) == 60
    send(known, 60)
    assert until(lambda: pending(path) == 0)
    assert len(known.ids(verb=EXPERIENCED, limit="500")) == 120


def test_the_keys_of_some_go_into_the_index_after_a_while_though_no_more_come(
    known: Sender, path: str, monkeypatch
):
    monkeypatch.setattr(housekeeping, "SOME", 50)
    monkeypatch.setattr(housekeeping, "A_WHILE", 0.3)
    for _ in range(2):
        send(known, 60)
        assert until(lambda: pending(path) == 0)


def test_the_keys_of_few_wait(known: Sender, path: str, monkeypatch):
    monkeypatch.setattr(housekeeping, "A_WHILE", 0)
    send(known, 60)
    time.sleep(0.1)
    assert pending(path) == 60


def test_what_comes_in_gets_into_the_database_without_anybodys_doing(known: Sender, path: str, soon):
    for _ in range(3):
        before = in_the_database_itself(path)
        send(known, 60)
        assert until(lambda before=before: in_the_database_itself(path) >= before + 60)
    assert len(known.ids(limit="500")) == 181


def test_little_is_left_where_it_is(known: Sender, path: str):
    send(known, 60)
    time.sleep(0.1)
    assert in_the_database_itself(path) == 0


def test_the_log_begins_anew(known: Sender, database: Database, path: str, monkeypatch):
    send(known, 480)  # too few for the thread to write something meanwhile
    assert pages_of_the_log(path) > 100
    monkeypatch.setattr(housekeeping, "LONGEST", 100)
    Housekeeping(database.engine).fold()
    send(known, 1)
    assert pages_of_the_log(path) < 40


def test_who_reads_meanwhile_holds_nobody_up_and_sees_what_was(known: Sender, database: Database, path: str):
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM lrs_statement"
        assert reader.execute(count).fetchone() == (1,)
        send(known, 200)
        Housekeeping(database.engine).fold()
        send(known, 200)
        assert reader.execute(count).fetchone() == (1,)
    Housekeeping(database.engine).fold()
    assert in_the_database_itself(path) == len(known.ids(limit="500")) == 401


@pytest.mark.parametrize(
    "fault", [sqlite3.OperationalError("database or disk is full"), TimeoutError("no connection is free")]
)
def test_what_failed_for_a_moment_is_tried_again(
    known: Sender, path: str, soon, monkeypatch, fault: Exception
):
    tried, fold = [], Housekeeping.fold

    def fails_at_first(housekeeper: Housekeeping) -> None:
        tried.append(housekeeper)
        if len(tried) == 1:
            raise fault
        fold(housekeeper)

    monkeypatch.setattr(Housekeeping, "fold", fails_at_first)
    send(known, 60)
    assert until(lambda: len(tried) == 1)
    send(known, 60)
    assert until(lambda: in_the_database_itself(path) == 121)
