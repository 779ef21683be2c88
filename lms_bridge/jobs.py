"""Work that takes longer than a request: an outbox row written with the change, carried out by huey after the commit.

A job's row is its truth: it is claimed, worked on and marked done in the database; huey only carries its id.
What a crash left behind is swept up again every minute.
"""

import traceback
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from sqlalchemy import JSON, ForeignKey, String, Text, delete, or_, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Mapped, Session, mapped_column

from .config import Settings
from .db import Base, Database, after_commit, new_id, utcnow

log = structlog.get_logger()
Work = Callable[..., None]
_works: dict[str, Work] = {}
_minutely: dict[str, Callable[[Session], None]] = {}
_nightly: dict[str, Callable[[], None]] = {}
MOST_ATTEMPTS = 5
CLAIM = timedelta(minutes=30)
REMEMBERED = timedelta(days=30)
"""How long a job that is done can still be seen."""


class Job(Base):
    """A piece of work; `state` is waiting, running, done or failed."""

    __tablename__ = "job"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime] = mapped_column(default=utcnow)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(Text, default="")


def job(name: str) -> Callable[[Work], Work]:
    """Names a function as a job: `work(session, **arguments)`, in the tenant that enqueued it. It may run twice."""

    def register(work: Work) -> Work:
        _works[name] = work
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
            with self.context(), self.database.unit_of_work(claimed.tenant_id) as session:
                _works[claimed.name](session, **claimed.arguments)
                session.execute(
                    update(Job)
                    .where(Job.id == claimed.id)
                    .values(state="done", finished=utcnow(), problem="")
                )
            log.info("job_done", job=claimed.name, attempts=claimed.attempts)
        except Exception as error:
            self._failed(claimed, error)

    def _claim(self, job_id: uuid.UUID) -> Job | None:
        now = utcnow()
        with self.database.unit_of_work() as session:
            changed = session.execute(
                update(Job)
                .where(Job.id == job_id, Job.due <= now, Job.state.in_(("waiting", "running")))
                .values(state="running", attempts=Job.attempts + 1, due=now + CLAIM)
                .returning(Job.id)
            ).first()
            return session.get(Job, job_id) if changed else None

    def _failed(self, claimed: Job, error: Exception) -> None:
        last = claimed.attempts >= MOST_ATTEMPTS
        delay = 2**claimed.attempts
        log.error("job_failed", job=claimed.name, attempts=claimed.attempts, exc_info=error)
        with self.database.unit_of_work() as session:
            session.execute(
                update(Job)
                .where(Job.id == claimed.id)
                .values(
                    state="failed" if last else "waiting",
                    due=utcnow() + timedelta(seconds=delay),
                    finished=utcnow() if last else None,
                    problem=f"{type(error).__name__}: {error}",
                )
            )
        if not last:
            self._hand_over(claimed.id, delay)

    def sweep(self) -> None:
        """Hands over again what is due and was lost between commit and queue, or with a worker that died."""
        before = utcnow() - timedelta(seconds=30)
        with self.database.unit_of_work(write=False) as session:
            lost = session.scalars(
                select(Job.id)
                .where(or_(Job.state == "waiting", Job.state == "running"), Job.due <= before)
                .limit(500)
            ).all()
        for job_id in lost:
            self._hand_over(job_id)

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
