"""Statements that came together share rows of PostgreSQL's index, and nobody can tell: each is found, read, counted,
erased and carried to another database as if it had come alone.
"""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from lms_bridge.backup import restore_backup, write_backup
from lms_bridge.db import Database
from lms_bridge.lrs import erasing
from lms_bridge.lrs.blocks import WIDTH, blocks
from lms_bridge.lrs.models import IndexEntry
from lms_bridge.lrs.query import count_found
from lms_bridge.lrs.references import AGENT, VERB, Keys
from lms_bridge.web.app import Bridge
from tests.people import EMMA, FJORDVIK

from .conftest import COMPLETED, EMMA_AGENT, EXPERIENCED, Sender, index_entries, statement

GRO = {"account": {"homePage": "https://fjordvik.example", "name": "1042"}}
EMMA_IS = f"mbox:mailto:{EMMA.email}"
TENANT = Callable[..., uuid.UUID]


@given(
    st.dictionaries(
        st.integers(1, 200), st.sets(st.integers(-5, 5), min_size=1, max_size=6), min_size=1, max_size=60
    )
)
def test_every_key_of_every_statement_is_said_once(keys_at: dict[int, set[int]]):
    rows = list(zip(*blocks(sorted(keys_at.items())), strict=True))
    said = [
        (first + behind, key) for key, first, mask in rows for behind in range(WIDTH) if mask >> behind & 1
    ]
    assert sorted(said) == sorted((place, key) for place, keys in keys_at.items() for key in keys)
    assert all(0 < mask < 1 << WIDTH for _, _, mask in rows)
    firsts = {
        place: {first for _, first, mask in rows if mask >> max(place - first, 0) & 1} for place in keys_at
    }
    assert all(any(first <= place for first in found) for place, found in firsts.items())


@pytest.fixture
def sent(lrs: Sender, database: Database) -> list[str]:
    """The ids of forty that came together, every fourth of Emma and the others of Gro, one by one of two verbs."""
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no blocks")
    lrs.post(statement(actor=GRO))
    made = [
        statement(
            actor=GRO if number % 4 else dict(EMMA_AGENT),
            verb={"id": EXPERIENCED if number % 2 else COMPLETED},
            object={"id": "https://fjordvik.example/courses/1"},  # of which nobody above the LRS takes note
            context={"registration": str(uuid.uuid4())},
        )
        for number in range(40)
    ]
    assert lrs.request("POST", "statements", json=made).json == [one["id"] for one in made]
    return [one["id"] for one in made]


def rows(database: Database) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(IndexEntry)) or 0


def test_they_have_fewer_rows_than_keys(sent: list[str], database: Database):
    assert rows(database) < len(index_entries(database)) / 3


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_each_is_found_in_its_order(lrs: Sender, sent: list[str], ascending: str):
    emmas = sent[::4] if ascending == "true" else sent[::4][::-1]
    assert lrs.ids(agent=EMMA_AGENT, ascending=ascending) == emmas
    assert lrs.ids(agent=EMMA_AGENT, verb=COMPLETED, ascending=ascending) == emmas
    assert lrs.ids(agent=EMMA_AGENT, verb=EXPERIENCED) == []
    page = lrs.get(agent=EMMA_AGENT, ascending=ascending, limit="3").json
    following = lrs.client.get(page["more"], headers=lrs.headers).json
    assert [one["id"] for one in page["statements"] + following["statements"]] == emmas[:6]


def test_who_may_only_read_their_own_reads_each(sender: Callable[..., Sender], database: Database):
    own, other = (sender(scopes=("statements/write", "statements/read/mine")) for _ in range(2))
    own.post(statement())
    made = [statement() for _ in range(20)]
    assert own.request("POST", "statements", json=made).status_code == 200
    assert [own.get(statementId=one["id"]).status_code for one in made] == [200] * 20
    assert {other.get(statementId=one["id"]).status_code for one in made} == {404}
    assert set(own.ids()) > {one["id"] for one in made}


def test_they_are_counted(sent: list[str], database: Database, tenant_id: TENANT):
    keys = Keys(tenant_id(FJORDVIK))
    asked = {
        (AGENT, EMMA_IS): 10,
        (VERB, EXPERIENCED): 20,
        (VERB, COMPLETED): 21,
        (VERB, "https://x.example"): 0,
    }
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert {one: count_found(session, [keys(*one)]) for one in asked} == asked
        assert count_found(session, []) == 0


def test_whoever_is_erased_leaves_the_others_of_the_block(
    lrs: Sender, sent: list[str], database: Database, tenant_id: TENANT
):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert erasing.traces_of(session, tenant_id(FJORDVIK), EMMA_IS).statements == 10
        assert erasing.erase_person(session, tenant_id(FJORDVIK), EMMA_IS).statements == 10
        assert not erasing.traces_of(session, tenant_id(FJORDVIK), EMMA_IS)
    left = [one for number, one in enumerate(sent) if number % 4]
    assert lrs.ids(agent=GRO, ascending="true")[1:] == left
    assert lrs.ids(verb=COMPLETED, ascending="true")[1:] == [one for one in left if sent.index(one) % 2 == 0]
    places = {position for position, _ in index_entries(database)}
    assert len(places) == len(left) + 1
    with database.unit_of_work() as session:
        assert session.scalars(select(IndexEntry).where(IndexEntry.mask == 0)).all() == []


def test_they_come_back_from_a_backup_on_either_database(
    app: Bridge, empty: Bridge, lrs: Sender, sent: list[str], tmp_path: Path
):
    write_backup(app, tmp_path / "backup.zip")
    restore_backup(empty, tmp_path / "backup.zip")
    there = Sender(empty.test_client(), lrs.headers["Authorization"], "1.0.3")
    there.client.environ_base["HTTP_HOST"] = "bridge.localhost"
    assert there.ids(agent=EMMA_AGENT, ascending="true") == sent[::4]
    assert index_entries(empty.database) == index_entries(app.database)
    if empty.database.engine.dialect.name == "sqlite":
        assert rows(empty.database) == len(index_entries(empty.database))
