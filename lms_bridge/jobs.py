"""Work that takes longer than a request: an outbox row written with the change, carried out by huey after the commit.

A job's row is its truth: it is claimed, worked on and marked done in the database; huey only carries its id.
What a process that ended had claimed is taken up by the next one: see lifeline.py. Whoever comes back to a job that
was taken up meanwhile, after a pause of the machine, writes nothing any more.
"""

import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from sqlalchemy import JSON, ColumnElement, ForeignKey, String, Text, delete, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Mapped, Session, mapped_column

from .config import Settings
from .db import Base, Database, after_commit, new_id, utcnow
from .lifeline import CLAIM, Lifeline

log = structlog.get_logger()
Work = Callable[..., None]
_works: dict[str, Work] = {}
_given_up: dict[str, Work] = {}
_minutely: dict[str, Callable[[Session], None]] = {}
_nightly: dict[str, Callable[[], None]] = {}
MOST_ATTEMPTS = 5
REMEMBERED = timedelta(days=30)
"""How long a job that is done can still be seen."""


class Job(Base):
    """A piece of work; `state` is waiting, running, done or failed.

    While it runs, `worker` is the process that does it, and `due` when others may think that it is no more.
    """

    __tablename__ = "job"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime] = mapped_column(default=utcnow)
    worker: Mapped[uuid.UUID | None]
    created: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text, default="")


class _Lost(Exception):
    """Another process has taken the job up: what this one did in the job's session is not written."""


def job(name: str, given_up: Work | None = None) -> Callable[[Work], Work]:
    """Names a function as a job: `work(session, **arguments)`, in the tenant that enqueued it. It may run twice.

    `session.info["job_id"]` tells which one it is, and is the same when it runs again. `given_up(session, **arguments)`
    is called, in the same tenant, when it failed for the last time.
    """

    def register(work: Work) -> Work:
        _works[name] = work
        if given_up is not None:
            _given_up[name] = given_up
        return work

    return register


def every_minute(work: Callable[[Session], None]) -> Callable[[Session], None]:
    """Has the worker call `work(session)` once a minute, or more often where there are several workers."""
    _minutely[f"{work.__module__}.{work.__qualname__}"] = work
    return work


def every_night(work: Callable[[], None]) -> Callable[[], None]:
    """Has the worker call `work()` once a night, or more often where there are several workers."""
    _nightly[f"{work.__module__}.{work.__qualname__}"] = work
    return work


class Jobs:
    """The queue of one service. `context` is entered around every job: the application's."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.database = database
        self.context: Callable[[], AbstractContextManager[object]] = nullcontext
        self.lifeline = Lifeline(Path(settings.data_dir) / "workers")
        self.huey = _huey(settings)
        self._run = self.huey.task()(self.run)
        self.huey.periodic_task(crontab())(self.sweep)
        self.huey.periodic_task(crontab())(self.do_minutely)
        self.huey.periodic_task(crontab(hour="2", minute="30"))(self.do_nightly)

    def enqueue(
        self, session: Session, name: str, *, delay: timedelta | None = None, **arguments: Any
    ) -> Job:
        """Writes the job with the session's change; it is carried out after the commit, and after `delay`."""
        if name not in _works:
            raise KeyError(f"no job is named {name}")
        row = Job(name=name, arguments=arguments, tenant_id=session.info["tenant_id"])
        row.due = utcnow() + (delay or timedelta())
        session.add(row)
        session.flush()
        seconds = delay.total_seconds() if delay else None
        after_commit(session, lambda: self._hand_over(row.id, seconds))
        return row

    def _hand_over(self, job_id: uuid.UUID, delay: float | None = None) -> None:
        try:
            self._run.schedule((str(job_id),), delay=delay) if delay else self._run(str(job_id))
        except Exception:  # the row stays: the sweep carries it out
            log.warning("job_not_handed_over", job=str(job_id), problem=traceback.format_exc(limit=1))

    def run(self, job_id: str) -> None:
        """Claims and carries out one job; a failure is kept and tried again later, five times at most."""
        claimed = self._claim(uuid.UUID(job_id))
        if claimed is None:
            return
        try:
            with self.lifeline.holding(claimed.id), self.context():
                self._do(claimed)
            log.info("job_done", job=claimed.name, attempts=claimed.attempts)
        except _Lost:
            log.warning("job_taken_up_by_another", job=claimed.name, id=job_id)
        except Exception as error:
            log.error("job_failed", job=claimed.name, attempts=claimed.attempts, exc_info=error)
            self._failed(claimed, f"{type(error).__name__}: {error}")

    def _do(self, claimed: Job) -> None:
        with self.database.unit_of_work(claimed.tenant_id) as session:
            session.info["job_id"] = claimed.id
            _works[claimed.name](session, **claimed.arguments)
            done = (
                update(Job)
                .where(*_still(claimed))
                .values(state="done", finished=utcnow(), problem="", worker=None)
            )
            if session.execute(done.returning(Job.id)).first() is None:
                raise _Lost

    def _claim(self, job_id: uuid.UUID) -> Job | None:
        now = utcnow()
        values = {
            "state": "running",
            "attempts": Job.attempts + 1,
            "due": now + CLAIM,
            "worker": self.lifeline.id,
        }
        with self.database.unit_of_work() as session:
            waits = (Job.id == job_id, Job.due <= now, Job.state == "waiting")
            changed = session.execute(update(Job).where(*waits).values(**values).returning(Job.id)).first()
            return session.get(Job, job_id) if changed else None

    def _failed(self, held: Job, problem: str) -> None:
        """Notes what a job came to, and has it tried again, unless that was the last time; whoever holds it."""
        last = held.attempts >= MOST_ATTEMPTS
        delay = 2**held.attempts
        with self.database.unit_of_work() as session:
            noted = session.execute(
                update(Job)
                .where(*_still(held))
                .values(
                    state="failed" if last else "waiting",
                    due=utcnow() + timedelta(seconds=delay),
                    finished=utcnow() if last else None,
                    problem=problem,
                    worker=None,
                )
                .returning(Job.id)
            ).first()
        if noted and last:
            self._give_up(held)
        elif noted:
            self._hand_over(held.id, delay)

    def _give_up(self, held: Job) -> None:
        tell = _given_up.get(held.name)
        try:
            with self.context(), self.database.unit_of_work(held.tenant_id) as session:
                session.info["job_id"] = held.id
                if tell is not None:
                    tell(session, **held.arguments)
        except Exception as error:
            log.error("giving_up_failed", job=held.name, exc_info=error)

    def sweep(self) -> None:
        """Hands over again what is due and was lost between commit and queue."""
        before = utcnow() - timedelta(seconds=30)
        with self.database.unit_of_work(write=False) as session:
            waits = select(Job.id).where(Job.state == "waiting", Job.due <= before)
            lost = session.scalars(waits.limit(500)).all()
        for job_id in lost:
            self._hand_over(job_id)

    @contextmanager
    def working(self) -> Iterator[None]:
        """While a worker works: keeps what it holds, and takes up what others left; at its end, lets go of its own."""
        with self.lifeline.alive(self._tend):
            try:
                yield
            finally:
                self._let_go()

    def _tend(self) -> None:
        if held := self.lifeline.held:
            mine = (Job.id.in_(held), Job.worker == self.lifeline.id, Job.state == "running")
            with self.database.unit_of_work() as session:
                session.execute(update(Job).where(*mine).values(due=utcnow() + CLAIM))
        self.take_up()

    def take_up(self) -> None:
        """Puts back into the queue what a process had claimed that is no more, or gave no sign of life for long.

        A job under which processes end, time after time, is given up like one that fails.
        """
        ended, now = self.lifeline.ended(), utcnow()
        with self.database.unit_of_work(write=False) as session:
            running = session.scalars(select(Job).where(Job.state == "running")).all()
        for row in running:
            if row.id in self.lifeline.held or (row.due > now and row.worker not in ended):
                continue
            log.warning("job_taken_up", job=row.name, attempts=row.attempts, worker=str(row.worker))
            if row.attempts >= MOST_ATTEMPTS:
                self._failed(row, "the process ended in the middle of it")
            else:
                self._back_to_queue(row)
        self.lifeline.forget(ended)

    def _back_to_queue(self, row: Job, **values: Any) -> None:
        values = {"state": "waiting", "due": utcnow(), "worker": None, **values}
        with self.database.unit_of_work() as session:
            back = update(Job).where(*_still(row)).values(**values).returning(Job.id)
            if session.execute(back).first() is not None:
                after_commit(session, lambda: self._hand_over(row.id))

    def _let_go(self) -> None:
        """A worker that is stopped in the middle of a job leaves it to the next, at once; that is no attempt."""
        with self.database.unit_of_work(write=False) as session:
            held = (Job.state == "running", Job.worker == self.lifeline.id)
            mine = session.scalars(select(Job).where(*held)).all()
        for row in mine:
            self._back_to_queue(row, attempts=row.attempts - 1)

    def do_minutely(self) -> None:
        """Does what is to be done every minute; what fails is tried again in the next."""
        for name, work in _minutely.items():
            try:
                with self.context(), self.database.unit_of_work() as session:
                    work(session)
            except Exception as error:
                log.error("minutely_failed", work=name, exc_info=error)

    def do_nightly(self) -> None:
        """Does what is to be done every night; what fails is tried again in the next."""
        with self.database.unit_of_work() as session:
            session.execute(delete(Job).where(Job.state == "done", Job.finished < utcnow() - REMEMBERED))
        for name, work in _nightly.items():
            try:
                with self.context():
                    work()
            except Exception as error:
                log.error("nightly_failed", work=name, exc_info=error)

    def run_waiting(self) -> None:
        """Carries out all that is due now, here: for tests and the command line."""
        with self.database.unit_of_work(write=False) as session:
            waiting = session.scalars(select(Job.id).where(Job.state == "waiting").order_by(Job.id)).all()
        for job_id in waiting:
            self.run(str(job_id))


def _still(held: Job) -> tuple[ColumnElement[bool], ...]:
    """That the job is as it was claimed: not taken up by another meanwhile."""
    return Job.id == held.id, Job.state == "running", Job.attempts == held.attempts, Job.worker == held.worker


def _huey(settings: Settings) -> Huey:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        settings.prepare_data_dir()
        return SqliteHuey("lms-bridge", filename=str(Path(settings.data_dir) / "jobs.sqlite"), results=False)
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return PostgresHuey("lms-bridge", dsn=dsn, results=False)
    except (
        psycopg.errors.UniqueViolation
    ):  # two processes made its tables at the same moment; now they are there
        return PostgresHuey("lms-bridge", dsn=dsn, results=False)
