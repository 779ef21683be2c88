"""Statements that were stored before their target was known: looked through page by page, each page its own job.

Who asks for everything gets it from the first statement on. And always what was stored around the moment when the
target was made is looked through once more, when every process has heard of it and what was under way is committed:
then nothing falls between. What is put in the outbox twice is passed over by the other LRS.
"""

import uuid
from datetime import datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from ..jobs import Jobs
from ..lrs import positions
from ..lrs.query import Query, find_statements
from .models import Target
from .outbox import SEND, Filter, put

COLLECT = "forwarding.collect"
PAGE = 1000
HEARD = timedelta(seconds=30)
COMMITTED = timedelta(minutes=3)


def begin(session: Session, jobs: Jobs, target: Target, *, everything: bool) -> None:
    """Collects for a new target. What a web process began before is committed or dead after three minutes."""
    made = target.created
    first = positions.first_after(made)
    if everything:
        _enqueue(session, jobs, target.id, 0, made)
        first = positions.first_after(made - COMMITTED)
    _enqueue(session, jobs, target.id, first, made + HEARD, COMMITTED)


def _enqueue(
    session: Session,
    jobs: Jobs,
    target_id: uuid.UUID,
    first: int,
    last: datetime,
    delay: timedelta | None = None,
) -> None:
    jobs.enqueue(
        session,
        COLLECT,
        delay=delay,
        target_id=str(target_id),
        first=first,
        last=positions.last_until(last),
    )


def collect(session: Session, jobs: Jobs, target_id: uuid.UUID, first: int, last: int) -> None:
    """One page into the outbox, and a job for the next."""
    target = session.get(Target, target_id)
    if target is None:
        return
    tenant_id, wanted = session.info["tenant_id"], Filter.of(target)
    page = find_statements(session, tenant_id, Query(first=first, last=last, ascending=True, limit=PAGE))
    ids = []
    for payload in page.payloads:
        statement = orjson.loads(payload)
        if wanted.wants(statement):
            ids.append(uuid.UUID(statement["id"]))
    put(session, tenant_id, target_id, ids)
    if page.last is not None:
        jobs.enqueue(session, COLLECT, target_id=str(target_id), first=page.last + 1, last=last)
    if ids and not target.paused:
        jobs.enqueue(session, SEND, target_id=str(target_id))
