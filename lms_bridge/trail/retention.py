"""How long a municipality keeps its trail, and the nightly deletion of the days that are older.

First the chain gets a link that says so, which keeps what stays of the day's seals: from then on the day has expired.
Then its entries go, some hundred at a time, and last what the seals held of each entry, since whoever guesses an entry
could test the guess by its digest. Whoever is interrupted is followed by the next night. A rule counts once the day on
which it was chosen is sealed: nothing expires by a rule that the chain does not hold.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

import structlog
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from .. import retention
from ..accounts import Tenant, audit
from ..db import Database, utcnow
from ..jobs import every_night
from ..web.app import bridge
from . import seals
from .models import DAY, EXPIRED, EXPIRED_BROKEN, RULE, TrailRetention, TrailSeal
from .seals import ENTRY, SEAL

log = structlog.get_logger()
AT_ONCE, DAYS_AT_ONCE = 500, 30


class Expired(NamedTuple):
    """How much of a trail was deleted, up to and including which day."""

    days: int
    entries: int
    through: date | None


def months_kept(session: Session, tenant_id: uuid.UUID) -> int | None:
    """None: the trail is kept without end."""
    return session.scalar(select(TrailRetention.months).where(TrailRetention.tenant_id == tenant_id))


def keep_for(session: Session, tenant_id: uuid.UUID, months: int | None) -> None:
    """From the night on in which today is sealed. Raises `Invalid` with the field months."""
    months = retention.chosen(months)
    session.execute(delete(TrailRetention).where(TrailRetention.tenant_id == tenant_id))
    if months is not None:
        session.add(TrailRetention(tenant_id=tenant_id, months=months))
    audit.record(session, "trail_retention.changed", "trail", months=months)  # seals.CHOSEN


def expired(session: Session, tenant_id: uuid.UUID) -> Expired:
    """What has been deleted so far, as the chain says."""
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind.in_((EXPIRED, EXPIRED_BROKEN)))
    told = select(func.count(), func.coalesce(func.sum(TrailSeal.count), 0), func.max(TrailSeal.day))
    return Expired(*session.execute(told.where(*own)).one())


@every_night
def expire_everything() -> None:
    """Every municipality's; one that fails holds up none of the others."""
    database, now = bridge().database, utcnow()
    with database.unit_of_work(write=False) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    for tenant_id in tenants:
        try:
            expire(database, tenant_id, now)
        except IntegrityError:
            log.info("trail_expired_by_another", tenant=str(tenant_id))
        except Exception as error:
            log.error("trail_not_expired", tenant=str(tenant_id), exc_info=error)


def expire(database: Database, tenant_id: uuid.UUID, now: datetime) -> int:
    """Deletes a municipality's days that are older than it keeps them; how many entries."""
    with database.unit_of_work(tenant_id, write=False) as session:
        begun = _begun(session, tenant_id)
        due = _days_due(session, tenant_id, now)
    gone = _delete_days(database, tenant_id, begun)
    for start in range(0, len(due), DAYS_AT_ONCE):
        days = due[start : start + DAYS_AT_ONCE]
        _mark(database, tenant_id, days, now)
        gone += _delete_days(database, tenant_id, days)
    return gone


def _begun(session: Session, tenant_id: uuid.UUID) -> Sequence[date]:
    """Days that have expired and are not deleted to the end."""
    full = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == DAY, func.length(TrailSeal.entries) > 0)
    found = select(TrailSeal.day).where(*full, TrailSeal.day.in_(seals.expired_days(tenant_id))).distinct()
    return session.scalars(found.order_by(TrailSeal.day)).all()


def _days_due(session: Session, tenant_id: uuid.UUID, now: datetime) -> Sequence[date]:
    """The days that are older than the rule says, if it is the one that the chain holds."""
    months = months_kept(session, tenant_id)
    if months is None or months != _sealed_rule(session, tenant_id):
        return []
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == DAY)
    old = TrailSeal.day < retention.kept_from(now, months).date()
    found = select(TrailSeal.day).where(*own, old, TrailSeal.day.not_in(seals.expired_days(tenant_id)))
    return session.scalars(found.distinct().order_by(TrailSeal.day)).all()


def _sealed_rule(session: Session, tenant_id: uuid.UUID) -> int | None:
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == RULE)
    newest = select(TrailSeal.entries).where(*own).order_by(TrailSeal.number.desc()).limit(1)
    return int(session.scalar(newest) or 0) or None


def _mark(database: Database, tenant_id: uuid.UUID, days: Sequence[date], now: datetime) -> None:
    """The links that say that these days have expired, and the trail's own entry."""
    with database.unit_of_work(
        tenant_id, write=False
    ) as session:  # another process may take the number: see seals.py
        below, made = seals.newest_seal(session, tenant_id), list[TrailSeal]()
        already = set(session.scalars(seals.expired_days(tenant_id).where(TrailSeal.day.in_(days))))
        for day in days:
            if day not in already:
                made.append(below := seals.chained(_expiry(session, tenant_id, day, now), below))
    if not made:
        return
    entries = sum(row.count for row in made)
    with database.unit_of_work(tenant_id) as session:
        session.add_all(made)
        audit.record(
            session, "trail.expired", "trail", days=len(made), entries=entries, through=str(made[-1].day)
        )
    log.info("trail_expired", tenant=str(tenant_id), days=len(made), entries=entries, seal=made[-1].seal)


def _expiry(session: Session, tenant_id: uuid.UUID, day: date, now: datetime) -> TrailSeal:
    own = (TrailSeal.tenant_id == tenant_id, TrailSeal.kind == DAY, TrailSeal.day == day)
    found_seals = select(TrailSeal).where(*own).options(undefer(TrailSeal.entries))
    rows = session.scalars(found_seals.order_by(TrailSeal.number)).all()
    found = dict(seals.entries_of(session, tenant_id, day))
    is_as_sealed = found == seals.sealed_on(session, tenant_id, day) and all(map(_is_sound, rows))
    made = TrailSeal(tenant_id=tenant_id, day=day, late=False, made=now, count=len(found))
    made.kind = EXPIRED if is_as_sealed else EXPIRED_BROKEN
    made.entries = b"".join(seals.kept_of_seal(seals.values_of(row), row.seal.encode()) for row in rows)
    return made


def _is_sound(row: TrailSeal) -> bool:
    return seals.digest_of_seal(seals.values_of(row), row.kind.encode()) == row.seal


def _delete_days(database: Database, tenant_id: uuid.UUID, days: Iterable[date]) -> int:
    gone = 0
    for day in days:
        while deleted := _delete_some(database, tenant_id, day):
            gone += deleted
        with database.unit_of_work(tenant_id) as session:
            own = (SEAL.c.tenant_id == tenant_id, SEAL.c.kind == DAY, SEAL.c.day == day)
            session.execute(update(SEAL).where(*own).values(entries=b""))
    return gone


def _delete_some(database: Database, tenant_id: uuid.UUID, day: date) -> int:
    with database.unit_of_work(tenant_id) as session:
        some = select(ENTRY.c.id).where(*seals.of_day(tenant_id, day)).limit(AT_ONCE)
        gone = session.execute(delete(ENTRY).where(ENTRY.c.tenant_id == tenant_id, ENTRY.c.id.in_(some)))
        return cast(CursorResult[Any], gone).rowcount
