"""A run writes page by page and goes on where the last one stopped: nothing is lost, nothing comes twice."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.connectors import runs, service
from lms_bridge.connectors.interface import Budget, Note, Page, SourceFailed
from lms_bridge.connectors.jobs import ask_for_due
from lms_bridge.connectors.models import Connection, Run
from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from lms_bridge.outgoing import OutgoingError, Refused

from .conftest import Source, result

PAGES = [[result(str(n)) for n in range(start, start + 3)] for start in (0, 3, 6)]


def subjects(source: Source) -> list[str]:
    return [row.record.split(":")[2] for row in source.evidence()]


def everybody(source: Source) -> bool:
    return sorted(subjects(source)) == [str(n) for n in range(9)]


def test_a_run_fetches_page_by_page_and_says_how_it_went(source: Source):
    source.script.pages = PAGES
    heard = []
    run = source.sync(told=lambda run, row: heard.append((run.rows, row.cursor["page"])))
    assert (run.state, run.rows, run.new, run.calls, run.pages) == ("done", 9, 9, 3, 3)
    assert heard == [(3, 1), (6, 2), (9, 3)]
    row = source.row
    assert row.last_success
    assert row.next_run > utcnow() + timedelta(minutes=14)
    assert (row.failures, row.problem, row.rows, row.run_id) == (0, None, 9, None)


def test_nothing_new_is_one_call(source: Source):
    source.script.pages = PAGES
    source.sync()
    run = source.sync()
    assert (run.state, run.new, run.calls) == ("done", 0, 1)


class Killed(BaseException):
    """The process ends here: nothing that would come after is done."""


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("moment", ["while asking", "before the commit", "after the commit"])
def test_killed_at_any_page_nothing_is_lost_or_doubled(source: Source, page: int, moment: str, monkeypatch):
    source.script.pages = list(PAGES)
    if moment == "while asking":
        source.script.pages[page] = Killed()
    else:
        keep, seen = runs._keep, []

        def until_killed(*args: Any) -> Any:
            seen.append(1)
            if moment == "before the commit" and len(seen) == page + 1:
                monkeypatch.setattr(runs, "take", _killed)
            kept = keep(*args)
            if len(seen) == page + 1:
                raise Killed
            return kept

        monkeypatch.setattr(runs, "_keep", until_killed)
    with pytest.raises(Killed):
        source.sync()
    monkeypatch.undo()
    written = 3 * (page + (moment == "after the commit"))
    assert len(source.evidence()) == written == 3 * source.row.cursor.get("page", 0)
    source.script.pages = PAGES
    assert source.sync() is None  # the dead process still has it
    _let_the_claim_run_out(source)
    assert source.sync().new == 9 - written
    assert everybody(source)
    with source.unit_of_work(write=False) as session:
        states = session.scalars(select(Run.state).order_by(Run.started)).all()
    assert states == ["cut off", "done"]


def _killed(*_args: Any) -> int:
    raise Killed


def _let_the_claim_run_out(source: Source) -> None:
    with source.unit_of_work() as session:
        service.get(session, source.id).claimed_until = utcnow() - timedelta(seconds=1)


def test_two_at_a_time_are_one(source: Source):
    source.script.pages = PAGES
    inside, go_on, answers = threading.Event(), threading.Event(), []

    def told(_run: Run, _row: Connection) -> None:
        inside.set()
        go_on.wait(10)

    first = threading.Thread(target=lambda: answers.append(source.sync(told=told)))
    first.start()
    assert inside.wait(10)
    assert source.sync() is None
    go_on.set()
    first.join()
    assert answers[0].state == "done"
    assert everybody(source)


def test_the_same_job_run_again_goes_on_at_once_and_another_waits(source: Source):
    """The process that had it is no more, or nobody would have taken its job up."""
    source.script.pages = [PAGES[0], Killed(), *PAGES[2:]]
    mine, other = uuid.uuid4(), uuid.uuid4()
    with pytest.raises(Killed):
        source.sync(job_id=mine)
    source.script.pages = list(PAGES)
    assert source.sync(job_id=other) is None
    assert source.sync() is None
    assert source.sync(job_id=mine).state == "done"
    assert everybody(source)


def test_a_command_that_is_stopped_lets_go_of_the_source(source: Source):
    source.script.pages = [PAGES[0], KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        source.sync()
    assert (source.row.claimed_until, source.row.run_id) == (None, None)
    source.script.pages = list(PAGES)
    assert source.sync().state == "done"
    assert everybody(source)


def test_who_was_taken_over_writes_nothing_more(source: Source):
    """A process that was silent for too long finds that another went on: it stops, and its page is not written."""
    source.script.pages = list(PAGES)

    def told(run: Run, _row: Connection) -> None:
        if run.pages == 1:
            _let_the_claim_run_out(source)
            assert source.sync().state == "done"

    assert source.sync(told=told) is None
    assert everybody(source)
    assert source.row.run_id is None


def test_the_time_is_up_and_the_next_run_goes_on(source: Source):
    source.script.pages = PAGES
    run = source.sync(seconds=0)
    assert (run.state, run.pages) == ("partly", 1)
    assert source.row.next_run <= utcnow()
    assert source.sync().pages == 2
    assert everybody(source)


FAULTS = [
    (SourceFailed("The answer is a web page, not JSON."), "The answer is a web page"),
    (SourceFailed("The LMS answered %(status)s.", status=500), "answered %(status)s"),
    (OutgoingError("lms does not answer: ReadTimeoutError"), "No answer could be had"),
    (Refused("the address must begin with https:"), "The address is refused"),
    (ZeroDivisionError("a bug"), "Something failed here"),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS)
def test_what_fails_keeps_what_came_before_and_is_tried_again_later(source: Source, fault, sentence: str):
    source.script.pages = [PAGES[0], fault, PAGES[2]]
    run = source.sync()
    assert (run.state, run.new) == ("failed", 3)
    row = source.row
    assert sentence in row.problem["message"]
    assert row.failures == 1
    assert timedelta(seconds=50) < row.next_run - utcnow() < timedelta(seconds=70)
    source.script.pages = PAGES
    assert source.sync().new == 6
    assert everybody(source)
    assert (source.row.failures, source.row.problem) == (0, None)


def test_it_waits_as_long_as_it_is_asked_to(source: Source):
    source.script.pages = [SourceFailed("Too many requests.", retry_after=1800)]
    source.sync()
    assert timedelta(minutes=29) < source.row.next_run - utcnow() < timedelta(minutes=31)


def test_failing_again_and_again_it_is_left_alone_for_longer(source: Source):
    waits = [runs.wait(n) for n in range(1, 15)]
    assert waits == sorted(waits)
    assert waits[0] < timedelta(minutes=2)
    assert waits[-1] == runs.LONGEST_WAIT


@pytest.mark.parametrize(
    ("asked", "seconds"), [("120", 120), ("", None), ("soon", None), ("-1", None), ("٣", None)]
)
def test_retry_after_is_read_as_the_standard_says(asked: str, seconds: float | None):
    assert runs.retry_after({"retry-after": asked}) == seconds


def test_warnings_are_told_once(source: Source):
    note = Note("%(count)s activities cannot be seen.", {"count": 2})
    source.script.pages = [
        Page({"page": 1}, False, warnings=[note]),
        Page({"page": 2}, True, warnings=[note]),
    ]
    steps = iter(source.script.pages)
    source.script.pull = lambda *_: steps  # type: ignore[method-assign]
    assert source.sync().warnings == [note.plain()]


def test_paused_in_the_middle_it_stops_after_the_page(source: Source):
    source.script.pages = PAGES

    def told(run: Run, _row: Connection) -> None:
        with source.app.app_context(), source.unit_of_work() as session:
            service.pause(session, source.id, True)

    assert source.sync(told=told) is None
    assert len(source.evidence()) == 6  # the page that was on its way is written whole
    assert source.row.run_id is None


def test_what_is_due_is_run_by_the_worker_and_nothing_else(source: Source):
    source.script.pages = PAGES
    app = source.app
    with source.app.app_context(), source.unit_of_work() as session:
        for name in ("later", "paused"):
            service.create(session, app.vault, "script", name=name, address="https://other.example")
        for row in service.every(session):
            row.next_run = utcnow() + timedelta(hours=1) if row.name == "later" else row.next_run
            row.state = "paused" if row.name == "paused" else row.state
    for _ in range(2):  # a second worker's minute
        app.jobs.do_minutely()
    with app.database.unit_of_work(write=False) as session:
        assert [job.arguments for job in session.scalars(select(Job))] == [{"connection_id": str(source.id)}]
    app.jobs.run_waiting()
    assert everybody(source)


def test_a_minute_finds_what_a_killed_worker_left(source: Source):
    source.script.pages = [Killed()]
    with pytest.raises(Killed):
        source.sync()
    _let_the_claim_run_out(source)
    source.script.pages = PAGES
    with source.app.app_context(), source.app.database.unit_of_work() as session:
        ask_for_due(session)
    source.app.jobs.run_waiting()
    assert everybody(source)


def test_a_connector_that_this_installation_does_not_have_is_told_of(source: Source):
    with source.unit_of_work() as session:
        service.get(session, source.id).kind = "from the future"
    assert "no connector of the kind" in source.sync().problem["message"]


def test_a_budget_ends():
    assert Budget(0).spent
    assert not Budget(60).spent
