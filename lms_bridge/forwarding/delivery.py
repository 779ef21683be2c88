"""Carries the outbox to the other LRSs: by one process at a time for each, in order, again and again until taken.

Nothing is open in the database while the other side is spoken to. What was sent and not yet crossed off, for the
process was killed, is sent again: an LRS passes over a statement that it has.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import orjson
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import Told
from ..jobs import Jobs
from ..lrs.query import payloads_by_id
from ..lrs.statements import attachments_of
from ..outgoing import OutgoingError
from ..storage import Storage
from ..web.app import Bridge
from .models import Parcel, Refusal, Target
from .outbox import SEND, ids_in, put
from .peer import Item, Outcome, Peer, Trouble

CLAIM = timedelta(minutes=5)
BUDGET_SECONDS = 60.0
AT_ONCE = 100
WAITS = [timedelta(seconds=s) for s in (10, 30, 120, 300, 900, 3600)]
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class _Load:
    """What goes in one sending: the parcels it crosses off, and what of them there still is."""

    parcels: list[uuid.UUID]
    items: list[Item]


def deliver(app: Bridge, tenant_id: uuid.UUID, target_id: uuid.UUID, job_id: uuid.UUID | None = None) -> None:
    """Sends what waits for a target, for a minute at most; then another job goes on.

    `job_id`: the job that this is, which may have begun it before and been killed.
    """
    database = app.database
    peer = _claim(app, tenant_id, target_id, job_id)
    if peer is None:
        return
    ends = time.monotonic() + BUDGET_SECONDS
    while (load := _next_load(database, app.storage, tenant_id, target_id)) is not None:
        try:
            outcome = _send(peer, load.items)
        except Trouble as trouble:
            return _wait(database, app.jobs, tenant_id, target_id, trouble, trouble.wait)
        except OutgoingError as error:
            return _wait(database, app.jobs, tenant_id, target_id, error, None)
        more = time.monotonic() < ends
        if not _settle(database, app.jobs, tenant_id, target_id, load, outcome, go_on=more) or not more:
            return
    _release(database, app.jobs, tenant_id, target_id)


def _claim(app: Bridge, tenant_id: uuid.UUID, target_id: uuid.UUID, job_id: uuid.UUID | None) -> Peer | None:
    """Takes the target for five minutes; None where another has it, or it is to wait."""
    now = utcnow()
    free = or_(Target.claimed_until.is_(None), Target.claimed_until < now)
    if job_id is not None:  # the same job again: the process that had it is no more
        free = or_(free, Target.claimed_by == job_id)
    with app.database.unit_of_work(tenant_id) as session:
        row = session.scalars(
            update(Target)
            .where(
                Target.id == target_id,
                Target.paused.is_(False),
                or_(Target.due.is_(None), Target.due <= now),
                free,
            )
            .values(claimed_until=now + CLAIM, claimed_by=job_id)
            .returning(Target)
        ).one_or_none()
        return None if row is None else peer_of(app, row)


def peer_of(app: Bridge, row: Target) -> Peer:
    """The other LRS of a target, its secret opened."""
    return Peer(app.outgoing, row.url, row.username, app.vault.open(row.password).decode(), row.version)


def _next_load(
    database: Database, storage: Storage, tenant_id: uuid.UUID, target_id: uuid.UUID
) -> _Load | None:
    with database.unit_of_work(tenant_id, write=False) as session:
        rows = session.execute(
            select(Parcel.id, Parcel.size, Parcel.statements)
            .where(Parcel.target_id == target_id)
            .order_by(Parcel.id)
            .limit(AT_ONCE)
        ).all()
        parcels, ids = [], dict[uuid.UUID, None]()
        for row in rows:
            if ids and len(ids) + row.size > AT_ONCE:
                break
            parcels.append(row.id)
            ids.update((one, None) for one in ids_in(row.statements))
        if not parcels:
            return None
        payloads = payloads_by_id(session, tenant_id, ids)
        there = [one for one in ids if one in payloads]  # one that was erased meanwhile goes nowhere
        return _Load(parcels, [_item(session, storage, tenant_id, one, payloads[one]) for one in there])


def _item(
    session: Session, storage: Storage, tenant_id: uuid.UUID, statement_id: uuid.UUID, payload: bytes
) -> Item:
    item = Item(statement_id, orjson.loads(payload))
    if b'"attachments"' in payload:
        item.attachments = list(attachments_of(session, storage, tenant_id, [payload]))
    return item


def _send(peer: Peer, items: list[Item]) -> Outcome:
    whole = Outcome()
    for group in _groups(items):
        outcome = peer.send(group)
        whole.taken += outcome.taken
        whole.refused += outcome.refused
    return whole


def _groups(items: list[Item]) -> Iterator[list[Item]]:
    """Those without raw data together, each with raw data alone, in order."""
    plain: list[Item] = []
    for item in items:
        if item.attachments:
            if plain:
                yield plain
            yield [item]
            plain = []
        else:
            plain.append(item)
    if plain:
        yield plain


def _settle(
    database: Database,
    jobs: Jobs,
    tenant_id: uuid.UUID,
    target_id: uuid.UUID,
    load: _Load,
    outcome: Outcome,
    *,
    go_on: bool,
) -> bool:
    """Crosses off what was sent; False where the target was removed or paused meanwhile."""
    now = utcnow()
    with database.unit_of_work(tenant_id) as session:
        target = session.get(Target, target_id, with_for_update=True)
        if target is None:
            return False
        session.execute(delete(Parcel).where(Parcel.id.in_(load.parcels)))
        session.add_all(
            Refusal(target_id=target_id, statement_id=one, problem=problem.plain())
            for one, problem in outcome.refused
        )
        target.attempts, target.problem, target.due, target.last_success = 0, None, None, now
        target.sent += len(outcome.taken)
        if target.paused or not go_on:
            target.claimed_until = None
            if not target.paused:
                jobs.enqueue(session, SEND, target_id=str(target_id))
            return False
        target.claimed_until = now + CLAIM
        return True


def _wait(
    database: Database,
    jobs: Jobs,
    tenant_id: uuid.UUID,
    target_id: uuid.UUID,
    problem: Told,
    asked: float | None,
) -> None:
    """Notes why nothing goes, and when it is tried again: as the other side asks, else later each time."""
    with database.unit_of_work(tenant_id) as session:
        target = session.get(Target, target_id, with_for_update=True)
        if target is None:
            return
        wait = WAITS[min(target.attempts, len(WAITS) - 1)]
        if asked is not None:
            wait = min(max(timedelta(seconds=asked), timedelta(seconds=1)), LONGEST_WAIT)
        target.attempts += 1
        target.problem, target.due, target.claimed_until = problem.plain(), utcnow() + wait, None
        if not target.paused:
            jobs.enqueue(session, SEND, delay=wait, target_id=str(target_id))


def _release(database: Database, jobs: Jobs, tenant_id: uuid.UUID, target_id: uuid.UUID) -> None:
    """Lets the target go. What was stored since the outbox was seen empty may have found it claimed: look again."""
    with database.unit_of_work(tenant_id) as session:
        session.execute(update(Target).where(Target.id == target_id).values(claimed_until=None))
        if session.scalar(select(Parcel.id).where(Parcel.target_id == target_id).limit(1)):
            jobs.enqueue(session, SEND, target_id=str(target_id))


def send_again(session: Session, target_id: uuid.UUID) -> int:
    """Puts what was refused into the outbox once more; returns how much that was."""
    ids = list(
        session.scalars(
            select(Refusal.statement_id).where(Refusal.target_id == target_id).order_by(Refusal.id)
        )
    )
    session.execute(delete(Refusal).where(Refusal.target_id == target_id))
    put(session, session.info["tenant_id"], target_id, ids)
    return len(ids)


def sweep(session: Session, jobs: Jobs) -> None:
    """Wakes the worker for every target that something waits for and nobody sends to; in a session of all tenants.

    Clears up what waits for a target that is no more.
    """
    now = utcnow()
    waiting = select(Parcel.target_id).distinct()
    rows = session.execute(
        select(Target.id, Target.tenant_id).where(
            Target.id.in_(waiting),
            Target.paused.is_(False),
            or_(Target.due.is_(None), Target.due <= now),
            or_(Target.claimed_until.is_(None), Target.claimed_until < now),
        )
    ).all()
    for target_id, tenant_id in rows:
        jobs.enqueue(session, SEND, target_id=str(target_id)).tenant_id = tenant_id
    session.execute(delete(Parcel).where(Parcel.target_id.not_in(select(Target.id))))
