"""SQLite: a statement whose keys are not in the index yet is a statement like any other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from lms_bridge.backup import restore_backup, write_backup
from lms_bridge.db import Database, utcnow
from lms_bridge.lrs import erasing, pending, retention
from lms_bridge.lrs.housekeeping import Housekeeping
from lms_bridge.lrs.models import IndexEntry, PendingKeys, Statement
from lms_bridge.lrs.query import Query, find_statements
from lms_bridge.lrs.references import ACTIVITY, AGENT, VERB, Keys
from lms_bridge.web.app import Bridge
from tests.people import DAVID, EMMA, FJORDVIK, STORSJO

from .conftest import EMMA_AGENT, EXPERIENCED, HYGIENE, VOIDED, Sender, statement

# nothing that the register takes in: then all goes into one transaction with its evidence, and nothing is pending
READ, ANSWERED = (f"http://adlnet.gov/expapi/verbs/{verb}" for verb in ("read", "answered"))
DAVIDS = {"mbox": f"mailto:{DAVID.email}"}
EMMA_IS = f"mbox:mailto:{EMMA.email}"


@pytest.fixture(autouse=True)
def on_sqlite(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL writes its index at once")


@pytest.fixture
def known(lrs: Sender) -> Sender:
    """A sender whose statements go the direct way; one of David's is there."""
    lrs.post(seen(EXPERIENCED, actor=DAVIDS))
    return lrs


@pytest.fixture
def sent(known: Sender, database: Database) -> list[str]:
    """The ids of three statements, which are pending: Emma read, David read, Emma answered."""
    made = [seen(READ), seen(READ, actor=DAVIDS), seen(ANSWERED)]
    known.post(*made)
    assert count(database, PendingKeys) == 3
    return [one["id"] for one in made]


def seen(verb: str, **more: Any) -> dict[str, Any]:
    return statement(verb={"id": verb}, **more)


def count(database: Database, table: type) -> int:
    with database.unit_of_work(write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def settle(database: Database) -> None:
    with database.unit_of_work() as session:
        pending.settle(session)


class Between:
    """Housekeeping that brings the keys into the index two by two, and does something else between."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.housekeeping, self.times = Housekeeping(database.engine), 0
        monkeypatch.setattr(pending, "SOME", 2)
        monkeypatch.setattr(pending, "time", self)

    def settle(self, does: Callable[[], None]) -> int:
        """How often it was between."""
        self.does = does
        self.housekeeping.settle()
        return self.times

    def sleep(self, _seconds: float) -> None:
        self.times += 1
        self.does()


@pytest.fixture
def between(database: Database, monkeypatch: pytest.MonkeyPatch) -> Between:
    return Between(database, monkeypatch)


def test_it_is_found_once_while_it_goes_into_the_index(
    known: Sender, database: Database, sent: list[str], between: Between, tenant_id: Callable[..., UUID]
):
    def find() -> None:
        assert known.ids(agent=EMMA_AGENT, ascending="true") == [sent[0], sent[2]]
        assert known.ids(agent=EMMA_AGENT, verb=READ) == [sent[0]]
        assert known.ids(activity=HYGIENE, limit="2") == [sent[2], sent[1]]
        with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
            assert erasing.traces_of(session, tenant_id(FJORDVIK), EMMA_IS).statements == 2

    assert between.settle(find) > 3
    assert count(database, PendingKeys) == 0
    find()


def test_what_comes_while_others_go_into_the_index_stays(
    known: Sender, database: Database, sent: list[str], between: Between
):
    made = [seen(READ) for _ in range(100)]
    times = between.settle(lambda: known.post(made.pop()))
    assert count(database, PendingKeys) == times
    assert len(known.ids(agent=EMMA_AGENT, limit="500")) == times + 2
    settle(database)
    assert len(known.ids(agent=EMMA_AGENT, limit="500")) == times + 2


def test_who_is_erased_while_they_go_into_the_index_is_not_in_it(
    known: Sender, database: Database, sent: list[str], between: Between, tenant_id: Callable[..., UUID]
):
    def erase() -> None:
        with database.unit_of_work(tenant_id(FJORDVIK)) as session:
            erasing.erase_person(session, tenant_id(FJORDVIK), EMMA_IS)

    assert between.settle(erase) == 1
    with database.unit_of_work(write=False) as session:
        places = set(session.scalars(select(IndexEntry.position)))
        assert places == set(session.scalars(select(Statement.position)))
    assert len(known.ids(agent=DAVIDS)) == 2


def test_what_stopped_half_way_is_found_and_goes_on(
    known: Sender, database: Database, sent: list[str], between: Between
):
    def stop() -> None:
        if between.times == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        between.settle(stop)
    assert known.ids(agent=EMMA_AGENT) == [sent[2], sent[0]]
    assert count(database, PendingKeys) == 3
    between.settle(lambda: None)
    assert count(database, PendingKeys) == 0
    assert known.ids(agent=EMMA_AGENT) == [sent[2], sent[0]]


def test_it_is_found_before_and_after(known: Sender, database: Database, sent: list[str]):
    for _ in range(2):
        assert known.ids(agent=EMMA_AGENT, ascending="true") == [sent[0], sent[2]]
        assert known.ids(agent=EMMA_AGENT, verb=READ) == [sent[0]]
        assert known.ids(activity=HYGIENE, limit="2") == [sent[2], sent[1]]
        assert known.ids(verb=VOIDED) == []
        settle(database)
    assert count(database, PendingKeys) == 0


def test_what_came_before_is_in_order_with_it(known: Sender, sent: list[str]):
    davids = known.ids(agent=DAVIDS)
    assert len(davids) == 2
    assert davids[0] == sent[1]
    page = known.get(agent=DAVIDS, limit="1").json
    assert [one["id"] for one in page["statements"]] == davids[:1]
    more = known.client.get(page["more"], headers=known.headers).json
    assert [one["id"] for one in more["statements"]] == davids[1:]


def test_another_municipality_does_not_find_it(sender: Callable[..., Sender], sent: list[str]):
    assert sender(STORSJO).ids(agent=EMMA_AGENT) == []


def test_who_may_only_read_their_own_reads_it(sender: Callable[..., Sender]):
    own = sender(scopes=("statements/write", "statements/read/mine"))
    other = sender(scopes=("statements/write", "statements/read/mine"))
    own.post(seen(READ))
    made = seen(READ)
    own.post(made)
    assert own.get(statementId=made["id"]).status_code == 200
    assert other.get(statementId=made["id"]).status_code == 404
    assert made["id"] in own.ids()
    assert other.ids() == []


def test_it_is_voided_and_referred_to(known: Sender, sent: list[str]):
    for verb, target in ((VOIDED, sent[0]), (EXPERIENCED, sent[2])):
        known.post(seen(verb, actor=DAVIDS, object={"objectType": "StatementRef", "id": target}))
    found = known.ids(agent=EMMA_AGENT)
    assert sent[2] in found
    assert sent[0] not in found
    assert len(found) == 3  # the two that refer to Emma's are about her, too


def test_however_many_keys_a_filter_has(
    known: Sender, database: Database, sent: list[str], tenant_id: Callable[..., UUID]
):
    keys = Keys(tenant_id(FJORDVIK))
    verbs = [keys(VERB, f"https://fjordvik.example/verbs/{number}") for number in range(2_000)]
    for own in ([ANSWERED], [], [ANSWERED, READ]):
        asked = Query([[keys(ACTIVITY, HYGIENE)], [*verbs, *(keys(VERB, verb) for verb in own)]])
        with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
            found = find_statements(session, tenant_id(FJORDVIK), asked).payloads
        assert len(found) == {0: 0, 1: 1, 2: 3}[len(own)]


@pytest.mark.parametrize("key", [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1])
def test_a_key_goes_into_the_index_to_the_last_digit(database: Database, key: int):
    with database.unit_of_work() as session:
        session.add(PendingKeys(position=7, keys=f",12,{key},"))
    settle(database)
    with database.unit_of_work(write=False) as session:
        assert set(session.scalars(select(IndexEntry.key).where(IndexEntry.position == 7))) == {12, key}


def test_a_person_is_erased_with_it(
    known: Sender, database: Database, sent: list[str], tenant_id: Callable[..., UUID]
):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert erasing.traces_of(session, tenant_id(FJORDVIK), EMMA_IS).statements == 2
        assert erasing.erase_person(session, tenant_id(FJORDVIK), EMMA_IS).statements == 2
    assert (count(database, Statement), count(database, PendingKeys)) == (2, 0)
    with database.unit_of_work(write=False) as session:
        about_emma = Keys(tenant_id(FJORDVIK))(AGENT, EMMA_IS)
        assert session.scalars(select(IndexEntry).where(IndexEntry.key == about_emma)).all() == []
    assert len(known.ids(agent=DAVIDS)) == 2


def test_in_the_night_it_goes_into_the_index(app: Bridge, known: Sender, database: Database, sent: list[str]):
    with app.app_context():
        retention.tidy_up()
    assert count(database, PendingKeys) == 0
    assert known.ids(agent=EMMA_AGENT) == [sent[2], sent[0]]


def test_it_expires(
    database: Database, sent: list[str], tenant_id: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        retention.keep_for(session, tenant_id(FJORDVIK), 6)
    now = utcnow()
    assert not retention.expire(database, now)
    assert retention.expire(database, now.replace(year=now.year + 1))[tenant_id(FJORDVIK)] == 4
    assert [count(database, table) for table in (Statement, IndexEntry, PendingKeys)] == [0, 0, 0]


def test_it_comes_back_from_a_backup_on_either_database(
    app: Bridge, empty: Bridge, sent: list[str], tenant_id: Callable[..., UUID], tmp_path: Path
):
    write_backup(app, tmp_path / "backup.zip")
    restore_backup(empty, tmp_path / "backup.zip")
    asked = Query([[Keys(tenant_id(FJORDVIK))(AGENT, EMMA_IS)]])
    with empty.database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        found = find_statements(session, tenant_id(FJORDVIK), asked).payloads
    assert [one.decode().find(own) > 0 for one, own in zip(found, (sent[2], sent[0]), strict=True)] == [
        True
    ] * 2
    assert count(empty.database, PendingKeys) == 0
