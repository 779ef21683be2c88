"""What a process held that ended, or fell silent, is taken up by the next one, and written once."""

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms_bridge import create_app, jobs
from lms_bridge.accounts import Account
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.db import utcnow
from lms_bridge.jobs import MOST_ATTEMPTS, Job, job
from lms_bridge.lifeline import CLAIM
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality

given_up: list[tuple[str, int]] = []


@pytest.fixture(autouse=True)
def works() -> Iterator[None]:
    given_up.clear()

    def tell(session: Session, word: str, **_: object) -> None:
        given_up.append((word, len(session.scalars(select(Account)).all())))

    @job("tests.write", tell)
    def write(session: Session, word: str, die: bool = False, stop: bool = False) -> None:
        if stop:
            os.kill(os.getpid(), signal.SIGSTOP)
        session.add(AuditEntry(action=word, subject="tests", detail={}))
        session.flush()
        if die:
            os.kill(os.getpid(), signal.SIGKILL)

    yield
    for known in (jobs._works, jobs._given_up):
        del known["tests.write"]


@pytest.fixture
def enqueue(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> Callable[..., str]:
    def enqueue(**arguments: object) -> str:
        with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            return str(app.jobs.enqueue(session, "tests.write", **arguments).id)

    return enqueue


def row(app: Bridge) -> Job:
    with app.database.unit_of_work(write=False) as session:
        return session.scalars(select(Job)).one()


def written(app: Bridge) -> int:
    with app.database.unit_of_work(write=False) as session:
        count = select(func.count()).select_from(AuditEntry).where(AuditEntry.subject == "tests")
        return session.scalar(count) or 0


def change(app: Bridge, **values: object) -> None:
    with app.database.unit_of_work() as session:
        session.execute(update(Job).values(**values))


@contextmanager
def another_worker(app: Bridge, act: Callable[[Bridge], None]) -> Iterator[int]:
    """A process of its own on this machine, with the same data."""
    child = os.fork()
    if child == 0:
        try:
            other = create_app(app.settings)
            with other.jobs.working():
                act(other)
        except BaseException:
            os._exit(1)
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def killed_in_the_middle(app: Bridge, number: str) -> None:
    with another_worker(app, lambda other: other.jobs.run(number)) as child:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)


def test_what_a_killed_worker_held_is_taken_up_at_once(app: Bridge, enqueue: Callable[..., str]):
    killed_in_the_middle(app, enqueue(word="once", die=True))
    held = row(app)
    assert (held.state, held.attempts) == ("running", 1)
    assert held.due > utcnow() + CLAIM / 2
    change(app, arguments={"word": "once"})
    app.jobs.take_up()
    assert (row(app).state, row(app).worker, list(app.jobs.lifeline.folder.iterdir())) == (
        "waiting",
        None,
        [],
    )
    app.jobs.run_waiting()
    assert (row(app).state, row(app).attempts, written(app)) == ("done", 2, 1)


def test_what_a_living_worker_holds_is_left_to_it(app: Bridge, enqueue: Callable[..., str]):
    number = enqueue(word="once", stop=True)
    with another_worker(app, lambda other: other.jobs.run(number)) as child:
        os.waitid(os.P_PID, child, os.WSTOPPED)
        app.jobs.take_up()
        assert row(app).state == "running"
        os.kill(child, signal.SIGCONT)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert (row(app).state, row(app).attempts, written(app)) == ("done", 1, 1)


def test_a_worker_that_was_paused_for_long_writes_nothing_when_it_comes_back(
    app: Bridge, enqueue: Callable[..., str]
):
    number = enqueue(word="once", stop=True)
    with another_worker(app, lambda other: other.jobs.run(number)) as child:
        os.waitid(os.P_PID, child, os.WSTOPPED)
        change(app, due=utcnow() - timedelta(seconds=1), arguments={"word": "once"})  # so long
        app.jobs.take_up()
        app.jobs.run_waiting()
        assert (row(app).state, row(app).attempts, written(app)) == ("done", 2, 1)
        os.kill(child, signal.SIGCONT)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert (row(app).state, row(app).attempts, written(app)) == ("done", 2, 1)


def test_a_worker_that_is_stopped_leaves_its_job_to_the_next_without_counting_it(
    app: Bridge, enqueue: Callable[..., str]
):
    number = enqueue(word="later")
    with app.jobs.working():
        assert app.jobs._claim(uuid.UUID(number))
        assert row(app).worker == app.jobs.lifeline.id
    assert (row(app).state, row(app).attempts, row(app).worker) == ("waiting", 0, None)


def test_a_claim_is_renewed_while_the_work_goes_on(app: Bridge, enqueue: Callable[..., str]):
    number = uuid.UUID(enqueue(word="long"))
    assert app.jobs._claim(number)
    change(app, due=utcnow() - timedelta(seconds=1))
    with app.jobs.lifeline.holding(number):
        app.jobs._tend()
        assert row(app).state == "running"
        assert row(app).due > utcnow() + CLAIM / 2


def test_the_first_beat_is_at_once(app: Bridge, enqueue: Callable[..., str]):
    enqueue(word="left")
    change(app, state="running", attempts=1, due=utcnow() - timedelta(seconds=1), worker=uuid.uuid4())
    with app.jobs.working():
        ends = time.monotonic() + 3
        while row(app).state == "running" and time.monotonic() < ends:
            time.sleep(0.02)
    assert row(app).state == "waiting"


def test_a_job_under_which_processes_end_is_given_up_in_the_end(app: Bridge, enqueue: Callable[..., str]):
    enqueue(word="deadly")
    change(
        app, state="running", attempts=MOST_ATTEMPTS, due=utcnow() - timedelta(seconds=1), worker=uuid.uuid4()
    )
    app.jobs.take_up()
    assert (row(app).state, row(app).problem) == ("failed", "the process ended in the middle of it")
    assert given_up == [("deadly", 6)], "told in its municipality"
    app.jobs.take_up()
    assert len(given_up) == 1


def test_where_the_data_folder_cannot_be_written_a_worker_works_all_the_same(
    app: Bridge, enqueue: Callable[..., str], tmp_path: Path
):
    (tmp_path / "file").touch()
    app.jobs.lifeline.folder = tmp_path / "file" / "workers"
    number = enqueue(word="once")
    with app.jobs.working():
        app.jobs.run(number)
    assert written(app) == 1
