"""Every page of a question is what looking at each statement would give, whichever filters are rare or frequent."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import orjson
import psycopg
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from lms_bridge.db import Database
from lms_bridge.lrs import bulk, pending
from lms_bridge.lrs.models import IndexEntry, PendingKeys, Statement, StatementId
from lms_bridge.lrs.positions import LAST_POSITION
from lms_bridge.lrs.query import Query, find_statement, find_statements
from lms_bridge.lrs.references import ACTIVITY, AGENT, RELATED_ACTIVITY, VERB, Keys
from tests.people import DAVID, EMMA, FJORDVIK, JOHAN, STORSJO

from .conftest import COMPLETED, PASSED, VOIDED, Sender, index_entries, put_in_blocks, statement

TWO_MONTHS = int(timedelta(days=62) / timedelta(milliseconds=1)) << 22
PEOPLE = [f"mailto:{person.email}" for person in (EMMA, DAVID, JOHAN)]
COURSES = [f"https://fjordvik.example/courses/{number}" for number in range(12)]
Stored = list[tuple[int, set[int], bytes]]  # position, keys, payload


def random_statement(chance: random.Random) -> dict:
    """Of Emma there is much, of Johan little; a course is now the object, now what it belongs to."""
    where = {"contextActivities": {"parent": [{"id": chance.choice(COURSES)}]}}
    return statement(
        actor={"mbox": chance.choices(PEOPLE, [20, 5, 1])[0]},
        verb={"id": chance.choice([COMPLETED, COMPLETED, PASSED])},
        object={"id": chance.choice(COURSES[:3])},
        context=chance.choice([None, where]),
    )


@pytest.fixture(params=["indexed", "some pending", "in blocks"])
def stored(lrs: Sender, database: Database, tenant_id: Callable, request: pytest.FixtureRequest) -> Stored:
    """A hundred and twenty statements, half of them two months old, and some voided since; in order."""
    if request.param == "some pending" and database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL writes its index at once")
    if request.param == "in blocks" and database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no blocks")
    chance = random.Random(5)
    made = [random_statement(chance) for _ in range(120)]
    for start in (0, 60):
        assert lrs.post(*made[start : start + 60]).status_code == 200
    for one in chance.sample(made, 15):
        target = {"objectType": "StatementRef", "id": one["id"]}
        assert lrs.post(statement(verb={"id": VOIDED}, object=target)).status_code == 200
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        pending.settle(session)
        first = session.scalars(select(Statement.position).order_by(Statement.position).limit(60)).all()
        for table in (Statement, IndexEntry, StatementId):
            old = update(table).where(table.position.in_(first))
            session.execute(old.values(position=table.position - TWO_MONTHS))
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        rows = session.execute(
            select(Statement.position, Statement.payload)
            .where(Statement.voided.is_(False))
            .order_by(Statement.position)
        ).all()
    if request.param == "in blocks":
        put_in_blocks(database)
    index = index_entries(database)
    if request.param == "some pending":
        leave_pending(database, {place for place, _ in rows if chance.random() < 0.5}, index)
    return [(place, {key for at, key in index if at == place}, payload) for place, payload in rows]


def leave_pending(database: Database, places: set[int], index: list) -> None:
    """As if the keys of these statements had not gone into the index yet."""
    with database.unit_of_work() as session:
        session.execute(delete(IndexEntry).where(IndexEntry.position.in_(places)))
        for place in places:
            keys = [str(key) for at, key in index if at == place]
            session.add(PendingKeys(position=place, keys=f",{','.join(keys)},"))


def read_to_the_end(session: Session, tenant: object, query: Query) -> list[bytes]:
    found = []
    while True:
        page = find_statements(session, tenant, query)
        assert len(page.payloads) <= query.limit
        found += page.payloads
        if page.last is None:
            return found
        if query.ascending:
            query.first = page.last + 1
        else:
            query.last = page.last - 1


def test_every_combination_of_filters(stored: Stored, database: Database, tenant_id: Callable) -> None:
    keys = Keys(tenant_id(FJORDVIK))
    agents = [
        None,
        [keys(AGENT, PEOPLE[0])],
        [keys(AGENT, PEOPLE[2])],
        [keys(AGENT, "mailto:nobody@x.example")],
    ]
    verbs = [None, [keys(VERB, COMPLETED)], [keys(VERB, verb) for verb in (PASSED, VOIDED)]]
    activities = [
        None,
        [keys(ACTIVITY, COURSES[0])],
        [keys(ACTIVITY, COURSES[1]), keys(RELATED_ACTIVITY, COURSES[1])],
        [keys(role, course) for course in COURSES for role in (ACTIVITY, RELATED_ACTIVITY)],
    ]
    middle = stored[len(stored) // 3][0], stored[len(stored) // 2][0]
    ranges = [(0, LAST_POSITION), (middle[0], LAST_POSITION), (0, middle[1]), middle]
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        for number, chosen in enumerate(product(agents, verbs, activities, ranges, (False, True))):
            *filters, (first, last), ascending = chosen
            filters = [one for one in filters if one]
            expected = [
                payload
                for position, own, payload in stored
                if first <= position <= last and all(own.intersection(one) for one in filters)
            ]
            if not ascending:
                expected.reverse()
            query = Query(filters, first, last, ascending, limit=(7, 50)[number % 2])
            assert read_to_the_end(session, tenant_id(FJORDVIK), query) == expected, query


def test_what_is_asked_next_in_the_same_transaction_is_planned_as_ever(
    stored: Stored, database: Database, tenant_id: Callable
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no such settings")
    names = ("plan_cache_mode", "enable_sort", "enable_seqscan", "enable_hashjoin")
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        before = [session.scalar(text(f"SHOW {name}")) for name in names]
        find_statements(session, tenant_id(FJORDVIK), Query())
        assert [session.scalar(text(f"SHOW {name}")) for name in names] == before


def test_another_municipality_finds_none_of_them(
    stored: Stored, database: Database, tenant_id: Callable, sender: Callable[..., Sender]
) -> None:
    own = orjson.loads(stored[0][2])
    with database.unit_of_work(tenant_id(STORSJO), write=False) as session:
        assert find_statements(session, tenant_id(STORSJO), Query()).payloads == []
        asked = Query([[Keys(tenant_id(FJORDVIK))(VERB, COMPLETED)]])
        assert find_statements(session, tenant_id(STORSJO), asked).payloads == []
        assert find_statement(session, tenant_id(STORSJO), own["id"]) is None


def test_a_connection_that_is_lost_is_told_and_the_next_question_is_answered(
    stored: Stored, database: Database, tenant_id: Callable
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite is a file")
    tenant = tenant_id(FJORDVIK)
    with database.unit_of_work(tenant, write=False) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(psycopg.OperationalError):
            find_statements(session, tenant, Query())
        session.rollback()
        assert len(find_statements(session, tenant, Query(limit=500)).payloads) == len(stored)


def test_a_connection_that_is_lost_while_ids_are_looked_up_leaves_a_session_that_can_go_on(
    stored: Stored, database: Database, tenant_id: Callable
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite is a file")
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(psycopg.OperationalError):
            bulk.find_ids(session, [b"0" * 16])
        session.rollback()
        assert bulk.find_ids(session, [b"0" * 16]) == {}
