"""A run: fetches from a source page by page, each written together with the cursor, by one process at a time.

Nothing is open in the database while the source is asked. A run that is killed leaves what it wrote and the cursor
after it, and the next goes on from there: at once, where the same job runs again, else when its claim has run out.
What fails is tried again, later each time.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ..db import utcnow
from ..errors import DomainError
from ..outgoing import OutgoingError, Refused
from ..web.app import Bridge
from ..web.i18n import N_
from . import interface
from .interface import Budget, Connector, LmsResult, Note, Page, SourceFailed
from .models import CUT_OFF, DONE, FAILED, PARTLY, PAUSED, RUNNING, Connection, Run
from .signals import results_received

log = structlog.get_logger()
SECONDS = 240.0
CLAIM = timedelta(minutes=5)
"""How long a process may be silent between two pages before another may take over."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=12)
MOST_WARNINGS = 50
Told = Callable[[Run, Connection], None]


class _Lost(Exception):
    """The run was taken over, or the connection paused or removed: it ends without a word."""


@dataclass(frozen=True)
class _Outcome:
    state: str
    problem: Note | None = None
    retry_after: float | None = None
    again: timedelta | None = None
    detail: str = ""


def sync(
    app: Bridge,
    tenant_id: uuid.UUID,
    connection_id: uuid.UUID,
    *,
    seconds: float = SECONDS,
    told: Told | None = None,
    job_id: uuid.UUID | None = None,
) -> Run | None:
    """Runs a connection now, until all is fetched or the time is up; None where another process has it already.

    `told` is called after each page that was written. `job_id`: the job that this is, which may have begun it before
    and been killed. Fails never: what went wrong stands in the run.
    """
    claimed = _claim(app, tenant_id, connection_id, job_id)
    if claimed is None:
        return None
    connection, run = claimed
    connector, budget = interface.find(connection.kind), Budget(seconds)
    try:
        if connector is None:
            raise SourceFailed(
                N_("This installation has no connector of the kind “%(kind)s”."), kind=connection.kind
            )
        outcome = _fetch(app, connector, connection, run, budget, told)
    except _Lost:
        return None
    except KeyboardInterrupt:  # the command was stopped: others need not wait for it
        _settle(app, connection, run.id, _Outcome(PARTLY), budget)
        raise
    except Exception as error:
        outcome = _failed(error, connection)
    return _settle(app, connection, run.id, outcome, budget)


def take(session: Session, connection_id: uuid.UUID, results: list[LmsResult]) -> int:
    """Hands results on to whom they concern, in the caller's transaction; returns how many were new.

    For a push too: whoever received it verifies it, then calls this.
    """
    if not results:
        return 0
    answers = results_received.send(None, session=session, source_id=connection_id, results=results)
    return sum(new for _receiver, new in answers if isinstance(new, int))


def _claim(
    app: Bridge, tenant_id: uuid.UUID, connection_id: uuid.UUID, job_id: uuid.UUID | None
) -> tuple[Connection, Run] | None:
    now = utcnow()
    with app.database.unit_of_work(tenant_id) as session:
        run = Run(connection_id=connection_id, started=now, job_id=job_id)
        free = or_(Connection.claimed_until.is_(None), Connection.claimed_until < now)
        if job_id is not None:  # the same job again: the process that had it is no more
            free = or_(free, Connection.run_id.in_(select(Run.id).where(Run.job_id == job_id)))
        taken = session.execute(
            update(Connection)
            .where(Connection.id == connection_id, free)
            .values(run_id=(run_id := uuid.uuid4()), claimed_until=now + CLAIM, last_run=now)
            .returning(Connection.id)
        ).first()
        if taken is None:
            return None
        session.execute(
            update(Run)
            .where(Run.connection_id == connection_id, Run.state == RUNNING)
            .values(state=CUT_OFF, finished=now)
        )
        run.id = run_id
        session.add(run)
        session.flush()
        return session.get_one(Connection, connection_id, populate_existing=True), run


def _fetch(
    app: Bridge, connector: Connector, connection: Connection, run: Run, budget: Budget, told: Told | None
) -> _Outcome:
    with closing(app.database.new_session(connection.tenant_id, write=False)) as reading:
        pages = connector.pull(reading, connection, budget)
        for page in _counted(pages):
            reading.rollback()
            row, so_far = _keep(app, connection, run.id, page, budget)
            if told:
                told(so_far, row)
            if page.done:
                return _Outcome(DONE, again=page.again)
            if budget.spent:
                break
    return _Outcome(PARTLY)


def _counted(pages: Iterator[Page]) -> Iterator[Page]:
    """The pages, and an error where a connector stops without saying that it is done."""
    page = None
    for page in pages:
        yield page
    if page is None or not page.done:
        raise RuntimeError("a connector ended without a last page")


def _keep(
    app: Bridge, connection: Connection, run_id: uuid.UUID, page: Page, budget: Budget
) -> tuple[Connection, Run]:
    """Writes a page and the cursor after it; raises _Lost where the connection is no longer this run's."""
    with app.database.unit_of_work(connection.tenant_id) as session:
        row = session.get(Connection, connection.id, with_for_update=True)
        if row is None or row.run_id != run_id:
            raise _Lost
        new = take(session, row.id, list(page.results))
        new += page.write(session) if page.write else 0
        row.cursor, row.claimed_until = page.cursor, utcnow() + CLAIM
        row.estimate = dict(page.estimate) if page.estimate else None
        row.rows += new
        run = session.get_one(Run, run_id)
        run.pages, run.calls = run.pages + 1, run.calls + page.calls
        run.rows, run.new = run.rows + max(len(page.results), new), run.new + new
        run.seconds = budget.seconds - budget.left
        run.warnings = _together(run.warnings, page.warnings)
        if row.state == PAUSED:
            row.run_id = row.claimed_until = None
            run.state, run.finished = PARTLY, utcnow()
    if row.state == PAUSED:
        raise _Lost
    return row, run


def _together(before: list[dict[str, Any]], notes: Any) -> list[dict[str, Any]]:
    found = list(before)
    for note in notes:
        plain = note.plain()
        if plain not in found and len(found) < MOST_WARNINGS:
            found.append(plain)
    return found


def _failed(error: Exception, connection: Connection) -> _Outcome:
    if isinstance(error, SourceFailed):
        return _Outcome(FAILED, Note(error.message, error.details), error.retry_after)
    if isinstance(error, DomainError):
        return _Outcome(FAILED, Note(error.message, error.details))
    if isinstance(error, Refused):
        return _Outcome(FAILED, Note(N_("The address is refused: %(why)s."), {"why": error}))
    if isinstance(error, OutgoingError):
        return _Outcome(FAILED, Note(N_("No answer could be had: %(why)s."), {"why": error}))
    log.error("connection_failed", connection=str(connection.id), kind=connection.kind, exc_info=error)
    note = Note(N_("Something failed here, not at the source. It is in the log of the service."))
    return _Outcome(FAILED, note, detail=type(error).__name__)


def _settle(
    app: Bridge, connection: Connection, run_id: uuid.UUID, outcome: _Outcome, budget: Budget
) -> Run | None:
    now = utcnow()
    with app.database.unit_of_work(connection.tenant_id) as session:
        row = session.get(Connection, connection.id, with_for_update=True)
        if row is None or row.run_id != run_id:
            return None
        row.run_id = row.claimed_until = None
        row.problem = outcome.problem.plain() if outcome.problem else None
        if outcome.state == FAILED:
            row.failures += 1
            row.next_run = now + wait(row.failures, outcome.retry_after)
        else:
            row.failures, row.last_success = 0, now
            rest = timedelta(minutes=row.minutes)
            row.next_run = _next(now, rest, outcome)
        run = session.get_one(Run, run_id)
        run.state, run.finished, run.detail = outcome.state, now, outcome.detail
        run.problem, run.seconds = row.problem, budget.seconds - budget.left
    log.info("connection_ran", connection=str(row.id), kind=row.kind, state=run.state, new=run.new)
    return run


def _next(now: datetime, rest: timedelta, outcome: _Outcome) -> datetime:
    if outcome.state == PARTLY:  # there is more
        return now
    return now + min(rest, outcome.again or rest)


def wait(failures: int, asked: float | None = None) -> timedelta:
    """How long a source is left alone after so many failures in a row: twice as long each time, a tenth by chance
    so that not all come back at once; never sooner than the source asked for, and half a day at most."""
    ours = FIRST_WAIT * float(2 ** min(failures - 1, 12)) * random.uniform(1, 1.1)  # noqa: S311 - not a secret
    return min(max(ours, timedelta(seconds=asked or 0)), LONGEST_WAIT)


def retry_after(headers: Any) -> float | None:
    """Seconds that an answer's Retry-After asks for (RFC 9110, section 10.2.3); None where it does not."""
    from email.utils import parsedate_to_datetime

    asked = str(headers.get("retry-after", "")).strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time()) if asked else None
    except (ValueError, TypeError, OverflowError):
        return None
