"""Jobs are written with the change they belong to, carried out after it, and never lost."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms_bridge import jobs
from lms_bridge.accounts import Account
from lms_bridge.db import Database, utcnow
from lms_bridge.jobs import MOST_ATTEMPTS, Job, job
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality

done: list[str] = []


@pytest.fixture(autouse=True)
def works() -> Iterator[None]:
    done.clear()

    @job("tests.note")
    def note(session: Session, word: str) -> None:
        done.append(f"{word} {len(session.scalars(select(Account)).all())}")

    @job("tests.break")
    def break_(session: Session) -> None:
        session.execute(update(Account).values(name="half-written"))
        raise RuntimeError("the LMS is down")

    yield
    for name in ("tests.note", "tests.break"):
        del jobs._works[name]


def row(database: Database) -> Job:
    with database.unit_of_work(write=False) as session:
        return session.scalars(select(Job)).one()


def hurry(database: Database) -> None:
    """Lets the time until the next attempt pass."""
    with database.unit_of_work() as session:
        session.execute(update(Job).values(due=utcnow() - timedelta(minutes=1)))


def test_a_job_is_carried_out_in_its_municipality_after_the_commit(
    app: Bridge, tenant_id: Callable[[Municipality], object]
):
    with app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        app.jobs.enqueue(session, "tests.note", word="hello")
        assert not done
    app.jobs.run_waiting()
    assert done == ["hello 6"]
    assert row(app.database).state == "done"


def test_a_job_of_a_change_that_was_rolled_back_does_not_exist(app: Bridge):
    session = app.database.new_session()
    app.jobs.enqueue(session, "tests.note", word="never")
    session.rollback()
    session.close()
    app.jobs.run_waiting()
    assert not done


def test_a_job_runs_once_though_the_queue_delivers_it_twice(app: Bridge):
    with app.database.unit_of_work() as session:
        number = str(app.jobs.enqueue(session, "tests.note", word="once").id)
    app.jobs.run(number)
    app.jobs.run(number)
    assert len(done) == 1


def test_a_failure_leaves_nothing_half_written_and_is_tried_again(app: Bridge):
    with app.database.unit_of_work() as session:
        app.jobs.enqueue(session, "tests.break")
    app.jobs.run_waiting()
    waiting = row(app.database)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.problem == "RuntimeError: the LMS is down"
    with app.database.unit_of_work(write=False) as session:
        assert "half-written" not in session.scalars(select(Account.name)).all()


def test_after_the_last_attempt_it_stays_to_be_seen(app: Bridge):
    with app.database.unit_of_work() as session:
        app.jobs.enqueue(session, "tests.break")
    for _ in range(MOST_ATTEMPTS + 2):
        hurry(app.database)
        app.jobs.run_waiting()
    assert (row(app.database).state, row(app.database).attempts) == ("failed", MOST_ATTEMPTS)


def test_what_was_lost_between_the_commit_and_the_queue_is_swept_up(app: Bridge):
    with app.database.unit_of_work() as session:
        app.jobs.enqueue(session, "tests.note", word="again")
    app.jobs.huey.flush()  # the queue forgets it
    app.jobs.huey.immediate = True
    app.jobs.sweep()
    assert not done, "it may still be on its way"
    hurry(app.database)
    app.jobs.sweep()
    assert done == ["again 10"]


def test_a_job_that_nobody_knows_is_refused_at_once(app: Bridge):
    with pytest.raises(KeyError), app.database.unit_of_work() as session:
        app.jobs.enqueue(session, "tests.unknown")


def test_what_is_done_is_forgotten_after_a_month_and_what_failed_is_not(app: Bridge):
    long_ago, lately = utcnow() - timedelta(days=31), utcnow() - timedelta(days=29)
    with app.database.unit_of_work() as session:
        session.add_all(
            Job(name=f"{state} {when:%j}", state=state, finished=when)
            for state in ("done", "failed")
            for when in (long_ago, lately)
        )
    app.jobs.do_nightly()
    with app.database.unit_of_work(write=False) as session:
        left = set(session.scalars(select(Job.name)))
    assert left == {f"done {lately:%j}", f"failed {long_ago:%j}", f"failed {lately:%j}"}
