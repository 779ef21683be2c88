"""Plain statements of a known sender are taken in front of the application, and nobody can tell from outside."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text
from werkzeug.test import EnvironBuilder, TestResponse

from lms_bridge.db import Database, after_commit
from lms_bridge.jobs import Job
from lms_bridge.lrs import activities
from lms_bridge.lrs.references import Keys
from lms_bridge.lrs.signals import statements_stored
from lms_bridge.repeating import REPEAT, Repeat
from tests.people import FJORDVIK

from .conftest import EMMA_AGENT, EXPERIENCED, PASSED, Sender, statement

CHANGING = ("Date", "Content-Length", "Server-Timing", "X-Experience-API-Consistent-Through")
ABOUT_PAGES = (
    *("Vary", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy"),
    *("Referrer-Policy", "X-Frame-Options"),
)


def was_direct(answer) -> bool:
    return "queries" not in answer.headers["Server-Timing"]


@pytest.fixture
def known(lrs: Sender) -> Sender:
    """A sender whose credentials were looked up already."""
    assert not was_direct(lrs.post(statement()))
    return lrs


def test_the_answer_is_the_same(lrs: Sender):
    first, second = lrs.post(statement()), lrs.post(statement())
    assert (was_direct(first), was_direct(second)) == (False, True)
    passed_over = (*CHANGING, *ABOUT_PAGES)
    kept = [sorted(pair for pair in one.headers if pair[0] not in passed_over) for one in (first, second)]
    assert kept[0] == kept[1]
    assert set(CHANGING) - {"Date"} <= set(second.headers.keys())


def test_what_is_kept_is_the_same(known: Sender):
    sent = statement()
    assert was_direct(known.post(sent))
    kept, before = known.get(statementId=sent["id"]).json, known.get(limit="2").json["statements"][1]
    assert {name: kept[name] for name in sent} == sent
    assert kept["authority"] == before["authority"]
    assert known.ids(agent=EMMA_AGENT) == known.ids()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (statement(actor=None), 400),
        (statement(id=None), 200),
        ([], 200),
        (statement(object={"objectType": "StatementRef", "id": str(uuid.uuid4())}), 200),
    ],
    ids=["at fault", "without an id", "an empty batch", "about another statement"],
)
def test_what_is_not_plain_goes_the_long_way(known: Sender, sent: object, status: int):
    answer = known.request("POST", "statements", json=sent)
    assert answer.status_code == status
    assert not was_direct(answer) or sent == []


def test_a_statement_that_is_there_already_is_compared(known: Sender):
    sent = statement()
    assert was_direct(known.post(sent))
    assert known.post(sent).status_code == 200
    assert known.post({**sent, "verb": {"id": PASSED}}).status_code == 409
    assert len(known.ids()) == 2


def test_who_may_not_store_may_not_here_either(sender: Callable[..., Sender]):
    reader = sender(scopes=["statements/read"])
    reader.ids()
    assert reader.post(statement()).status_code == 403


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_receiver_writes_is_written_with_the_statement(known: Sender, database: Database, fails: bool):
    done = []

    def receive(_sender, *, session, tenant_id, statements):
        session.add(Job(name="a test's", tenant_id=tenant_id))
        session.flush()
        after_commit(session, lambda: done.append(len(statements)))
        if fails:
            raise ValueError("the register is in trouble")

    with statements_stored.connected_to(receive):
        answer = known.post(statement())
    assert answer.status_code == (500 if fails else 200)
    with database.unit_of_work() as session:
        jobs = session.scalars(select(Job).where(Job.name == "a test's")).all()
    assert (len(known.ids()), len(jobs), done) == ((1, 0, []) if fails else (2, 1, [1]))


def many() -> list[dict]:
    """Of which nobody above the LRS takes note."""
    return [statement(verb={"id": EXPERIENCED}) for _ in range(130)]


def test_a_large_batch_is_stored_part_by_part_and_answered_in_order(known: Sender):
    sent = many()
    answer = known.request("POST", "statements", json=sent)
    assert was_direct(answer)
    assert answer.json == [one["id"] for one in sent]
    assert set(known.ids(limit="200")) > {one["id"] for one in sent}


@pytest.mark.parametrize("at", [0, 60, 129])
@pytest.mark.parametrize(
    ("wrong", "status"), [({"actor": {}}, 400), ({"id": ...}, 400), ({"verb": {"id": PASSED}}, 409)]
)
def test_nothing_of_a_large_batch_stays_when_one_is_wrong(known: Sender, at: int, wrong: dict, status: int):
    """At fault, twice in the batch, or another one than is there under its id."""
    there, sent = statement(), many()
    assert known.post(there).status_code == 200
    if "verb" in wrong:
        wrong = {**wrong, "id": there["id"]}
    elif "id" in wrong:
        wrong = {"id": sent[(at + 65) % 130]["id"]}
    sent[at] |= wrong
    assert known.request("POST", "statements", json=sent).status_code == status
    assert len(known.ids()) == 2
    assert known.request("POST", "statements", json=many()).status_code == 200  # the connection is sound


def about(course: int, name: str = "Løfteteknikk", **more: object) -> dict:
    """A statement about an activity that has a name."""
    activity = {"id": f"https://fjordvik.example/courses/{course}", "definition": {"name": {"nb": name}}}
    return statement(verb={"id": EXPERIENCED}, object=activity, **more)


def name_of(known: Sender, course: int) -> str | None:
    asked = {"activityId": f"https://fjordvik.example/courses/{course}"}
    return (
        known.request("GET", "activities", query=asked).json.get("definition", {}).get("name", {}).get("nb")
    )


@pytest.mark.parametrize("size", [1, 40, 130])
def test_what_they_say_of_activities_is_kept(known: Sender, size: int, tenant_id: Callable):
    sent = [about(number % 7, f"Kurs {number % 7}") for number in range(size)]
    assert was_direct(known.post(*sent))
    assert [name_of(known, course) for course in range(7)] == [
        f"Kurs {course}" if course < size else None for course in range(7)
    ]
    assert not activities.unheard(enumerate(sent), Keys(tenant_id(FJORDVIK)))  # nor is it written again


@pytest.mark.parametrize("together", [1, 60])
def test_what_is_said_again_is_no_later_word(known: Sender, together: int):
    sent = [about(1, name) for name in ("Første ord", *["Siste ord"] * 58, "Første ord")]
    for start in range(0, 60, together):
        assert was_direct(known.post(*sent[start : start + together]))
    assert name_of(known, 1) == "Siste ord"


def test_what_was_said_before_a_receiver_writes_is_kept_too(known: Sender, database: Database):
    sent = [about(number) for number in range(40)]

    def receive(_sender, *, session, tenant_id, statements):
        if any(str(one.id) == sent[-1]["id"] for one in statements):
            session.add(Job(name="a test's", tenant_id=tenant_id))
            session.flush()

    with statements_stored.connected_to(receive):
        assert known.post(*sent).status_code == 200
    assert {name_of(known, course) for course in range(40)} == {"Løfteteknikk"}


def test_what_was_refused_said_nothing_of_activities(known: Sender):
    there = about(1)
    assert known.post(there).status_code == 200
    assert known.post(*many()[:40], about(2), {**there, "verb": {"id": PASSED}}).status_code == 409
    assert name_of(known, 2) is None
    assert was_direct(known.post(about(2)))
    assert name_of(known, 2) == "Løfteteknikk"


@pytest.mark.postgres
def test_who_says_the_same_in_another_order_does_not_wait_in_a_circle(known: Sender, database: Database):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    with ThreadPoolExecutor(2) as both:
        for number in range(10):
            courses = range(number * 100, number * 100 + 100)
            sent = [[about(course) for course in order] for order in (courses, courses[::-1])]
            answers = list(both.map(lambda some: known.post(*some), sent))
            assert [(one.status_code, was_direct(one)) for one in answers] == [(200, True)] * 2


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "with spaces"])
@pytest.mark.parametrize("at", [0, 25, 39])
@pytest.mark.parametrize(
    "twice",
    ['"verb":{"id":"https://x.example/1"},"verb"', '"mbox":"mailto:x@x.example","mbox"', '"nb":"x","nb"'],
    ids=["the statement", "its actor", "a language"],
)
def test_a_name_that_stands_twice_is_refused(known: Sender, twice: str, at: int, separators: tuple[str, str]):
    texts = [json.dumps(about(1), separators=separators) for _ in range(40)]
    name = twice.rpartition(",")[2]
    assert texts[at].count(f"{name}{separators[1]}") == 1
    wrong = [*texts]
    wrong[at] = texts[at].replace(name, twice, 1)

    def send(some: list[str]) -> TestResponse:
        body = f"[{separators[0].join(some)}]"
        return known.request("POST", "statements", data=body, content_type="application/json")

    refused = send(wrong)
    assert (refused.status_code, "twice" in refused.text) == (400, True)
    assert len(known.ids()) == 1
    taken = send(texts)
    assert (taken.status_code, was_direct(taken)) == (200, True)


@pytest.mark.parametrize(("levels", "status"), [(50, 200), (51, 400), (60, 400), (300, 400)])
def test_extensions_have_so_many_levels_and_no_more(known: Sender, levels: int, status: int):
    value: object = 1
    for _ in range(levels - 2):  # and a list around, and one within
        value = {"a": value, "b": [1, 2]}
    wide = {"https://x.example/wide": [{"a": {"b": 1}}] * 100}
    sent = about(1, result={"extensions": {**wide, "https://x.example/deep": [value]}})
    answer = known.post(sent)
    assert answer.status_code == status
    assert was_direct(answer) == (status == 200)
    assert status == 200 or "nested more than" in answer.text


@pytest.mark.parametrize("fails", [False, True])
def test_a_receiver_that_writes_for_a_later_part_has_all_in_its_transaction(
    known: Sender, database: Database, fails: bool
):
    sent, told, ids = many(), [], []

    def receive(_sender, *, session, tenant_id, statements):
        told.append(len(statements))
        ids.extend(str(one.id) for one in statements)
        if sent[60]["id"] in ids:
            session.add(Job(name="a test's", tenant_id=tenant_id))
            session.flush()
            if fails:
                raise ValueError("the register is in trouble")

    with statements_stored.connected_to(receive):
        answer = known.request("POST", "statements", json=sent)
    assert answer.status_code == (500 if fails else 200)
    with database.unit_of_work() as session:
        jobs = session.scalars(select(Job).where(Job.name == "a test's")).all()
    assert len(known.ids(limit="200")) == (1 if fails else 131)
    assert len(jobs) == (0 if fails else 2)
    before = [16] * 4 if database.engine.dialect.name == "postgresql" else [50, 40]
    assert told == [*before, 130 if fails else 130 - sum(before)]
    assert fails or (was_direct(answer) and ids == [one["id"] for one in sent])


@pytest.mark.postgres
def test_a_database_that_dies_at_the_commit_is_told_as_one_that_is_down(known: Sender, database: Database):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("nobody can end SQLite")
    killed = []

    def end_at_commit(session):
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.engine.connect() as other:
            killed.append(other.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))

    def receive(_sender, *, session, tenant_id, statements):
        session.add(Job(name="a test's", tenant_id=tenant_id))
        session.flush()
        event.listen(session, "before_commit", end_at_commit)

    sent = statement()
    with statements_stored.connected_to(receive):
        answer = known.post(sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert killed == [True, True]  # of the direct way, and of the whole one after it
    assert known.post(sent).status_code == 200
    assert len(known.ids()) == 2


@pytest.fixture
def repeat(known: Sender) -> Repeat:
    """What answers further requests of this sender, some together."""
    request = EnvironBuilder("/xapi/statements", method="POST", json=statement(), headers=known.headers)
    environ = request.get_environ()
    assert list(known.client.application.wsgi_app(environ, lambda *_answer: None))
    return environ[REPEAT]


def sent_together(repeat: Repeat, *requests: object) -> list[object]:
    """The ids that each was answered with; None for what must go the whole way."""
    answers = repeat([json.dumps(sent).encode() for sent in requests])
    return [answer and json.loads(answer[1]) for answer in answers]


def test_requests_that_come_together_are_each_answered_with_their_own(known: Sender, repeat: Repeat):
    one, two, three, four = (statement() for _ in range(4))
    assert sent_together(repeat, one, [two, three], [], four) == [
        [one["id"]],
        [two["id"], three["id"]],
        [],
        [four["id"]],
    ]
    assert known.ids(limit="4") == [one["id"] for one in (four, three, two, one)]


@pytest.mark.parametrize(
    "wrong",
    [statement(actor=None), {"no": "statement"}, statement(id=None), [statement(), statement(verb=None)]],
    ids=["at fault", "no statement", "without an id", "a batch at fault"],
)
def test_of_requests_that_come_together_only_who_is_at_fault_goes_the_long_way(
    known: Sender, repeat: Repeat, wrong: object
):
    one, two = statement(), statement()
    before = len(known.ids())
    assert sent_together(repeat, one, wrong, two) == [[one["id"]], None, [two["id"]]]
    assert len(known.ids()) == before + 2


def test_of_the_same_statement_sent_twice_together_one_is_stored(known: Sender, repeat: Repeat):
    twice, other = statement(), statement()
    before = len(known.ids())
    assert sent_together(repeat, twice, twice, other) == [[twice["id"]], None, [other["id"]]]
    assert len(known.ids()) == before + 2
