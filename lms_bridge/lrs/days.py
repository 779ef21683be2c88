"""How many statements were stored on each of the last days, voided ones among them.

A day that is over is counted once, in the night, and remembered; what is not remembered is counted when it is asked
for. Where statements are taken away, their days are forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms_bridge.accounts import Tenant
from lms_bridge.db import Database, utcnow
from lms_bridge.jobs import every_night
from lms_bridge.web.app import bridge

from . import positions
from .asking import ask, tenant_in_sql
from .consistency import consistent_through
from .models import DayCount

DAYS = 30
SETTLED = timedelta(hours=1)  # until then a slow sender may still commit something


@dataclass(frozen=True)
class Day:
    """A day of the municipality, and its positions, both inclusive."""

    date: date
    first: int
    last: int


def midnight(day: date, timezone: str) -> datetime:
    """In UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def last_days(timezone: str, now: datetime) -> list[Day]:
    """The last thirty, today last."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    dates = [today - timedelta(days=ago) for ago in range(DAYS - 1, -2, -1)]
    begins = [positions.first_from(midnight(one, timezone)) for one in dates]
    return [Day(dates[n], begins[n], begins[n + 1] - 1) for n in range(DAYS)]


def count_by_day(session: Session, tenant_id: UUID, timezone: str) -> list[tuple[date, int]]:
    """(day, statements stored) of the last thirty days, today last."""
    days = last_days(timezone, utcnow())
    counts = _count(session, tenant_id, days)
    return [(day.date, counts[day.first]) for day in days]


def _count(session: Session, tenant_id: UUID, days: Sequence[Day]) -> dict[int, int]:
    """{first position: how many}."""
    asked: dict[str, Any] = {"tenant": tenant_in_sql(session, tenant_id)}
    for number, day in enumerate(days):
        asked |= {f"first_{number}": day.first, f"last_{number}": day.last}
    return dict(ask(session, _COUNT, asked))


_COUNT = (
    "SELECT first, coalesce("  # noqa: S608 - our own names
    "(SELECT count FROM lrs_day AS known "
    "WHERE known.tenant_id = :tenant AND known.first = days.first AND known.last = days.last), "
    "(SELECT count(*) FROM lrs_statement WHERE tenant_id = :tenant AND position BETWEEN days.first AND days.last)) "
    f"FROM ({' UNION ALL '.join(f'SELECT :first_{n} AS first, :last_{n} AS last' for n in range(DAYS))}) AS days"
)


@every_night
def remember() -> None:
    """Counts what has become a day that is over, for every municipality."""
    remember_days(bridge().database, utcnow())


def remember_days(database: Database, now: datetime) -> None:
    with database.unit_of_work(write=False) as session:
        tenants = session.execute(select(Tenant.id, Tenant.timezone)).all()
    for tenant_id, timezone in tenants:
        with database.unit_of_work(tenant_id) as session:
            _wait_for_others(session, tenant_id)
            days = last_days(timezone, now)
            settled = positions.first_from(min(now, consistent_through(session)) - SETTLED)
            _forget(session, tenant_id, 0, days[0].first - 1)
            own = select(DayCount.first, DayCount.last).where(DayCount.tenant_id == tenant_id)
            known, counts = session.execute(own).tuples().all(), _count(session, tenant_id, days)
            session.add_all(
                DayCount(first=day.first, last=day.last, count=counts[day.first])
                for day in days
                if day.last < settled and (day.first, day.last) not in known
            )


def forget(session: Session, tenant_id: UUID, places: Sequence[int]) -> None:
    """What stood at these positions is being taken away."""
    if places:
        _wait_for_others(session, tenant_id)
        _forget(session, tenant_id, min(places), max(places))


def _forget(session: Session, tenant_id: UUID, first: int, last: int) -> None:
    """Every day that has something of this range."""
    overlapping = (DayCount.tenant_id == tenant_id, DayCount.first <= last, DayCount.last >= first)
    session.execute(delete(DayCount).where(*overlapping).execution_options(synchronize_session=False))


def _wait_for_others(session: Session, tenant_id: UUID) -> None:
    """Who counts and who takes away do not at the same time: on PostgreSQL neither would see the other's change."""
    session.execute(select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True))
