"""How many statements were stored each day: remembered for days that are over, and right whatever is taken away."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import func, select, update

from lms_bridge.accounts import Tenant
from lms_bridge.db import Database, utcnow
from lms_bridge.lrs import days, erasing, positions
from lms_bridge.lrs.models import DayCount, IndexEntry, Statement, StatementId
from tests.people import DAVID, EMMA, FJORDVIK, STORSJO

from .conftest import EMMA_AGENT, Sender, statement

EMMA_IS = f"mbox:mailto:{EMMA.email}"
DAVID_AGENT = {"mbox": f"mailto:{DAVID.email}"}
OSLO = "Europe/Oslo"


@pytest.fixture
def fjordvik(
    lrs: Sender, sender: Callable[..., Sender], database: Database, tenant_id: Callable[..., UUID]
) -> UUID:
    """Emma one and David two a day, at noon two, four and nine days ago; David one today; Storsjö one a day."""
    theirs = sender(STORSJO)
    for ago in (2, 4, 9, 0):
        lrs.post(statement(actor=EMMA_AGENT if ago else DAVID_AGENT))
        if ago:
            lrs.post(statement(actor=DAVID_AGENT), statement(actor=DAVID_AGENT))
            theirs.post(statement())
            move_todays_to(database, midnight(ago) + timedelta(hours=12))
    return tenant_id(FJORDVIK)


def midnight(ago: int) -> datetime:
    today = utcnow().astimezone(ZoneInfo(OSLO)).date()
    return days.midnight(today - timedelta(days=ago), OSLO)


def move_todays_to(database: Database, moment: datetime) -> None:
    shift = int((utcnow() - moment) / timedelta(milliseconds=1)) << 22
    newest = positions.first_from(utcnow() - timedelta(hours=1))
    with database.unit_of_work() as session:
        for table in (Statement, IndexEntry, StatementId):
            moved = update(table).where(table.position >= newest).values(position=table.position - shift)
            session.execute(moved.execution_options(synchronize_session=False))


def counted(database: Database, tenant: UUID, timezone: str = OSLO) -> dict[int, int]:
    """{days ago: how many}, without the days that have none."""
    with database.unit_of_work(tenant, write=False) as session:
        by_day = days.count_by_day(session, tenant, timezone)
    assert len(by_day) == 30
    return {29 - number: count for number, (_day, count) in enumerate(by_day) if count}


def remembered(database: Database, tenant: UUID) -> list[int]:
    with database.unit_of_work(tenant) as session:
        return sorted(session.scalars(select(DayCount.count).where(DayCount.tenant_id == tenant)))


def test_days_that_are_over_are_remembered_and_the_others_counted(fjordvik: UUID, database: Database):
    expected = {0: 1, 2: 3, 4: 3, 9: 3}
    assert counted(database, fjordvik) == expected
    assert remembered(database, fjordvik) == []
    days.remember_days(database, utcnow())
    days.remember_days(database, utcnow())
    assert remembered(database, fjordvik)[-4:] == [0, 3, 3, 3]
    assert counted(database, fjordvik) == expected
    with database.unit_of_work(fjordvik) as session:
        session.execute(update(DayCount).where(DayCount.count == 3).values(count=5))
    assert counted(database, fjordvik) == {0: 1, 2: 5, 4: 5, 9: 5}  # indeed what is remembered


def test_who_is_erased_is_not_counted_any_more(fjordvik: UUID, database: Database, tenant_id: Callable):
    days.remember_days(database, utcnow())
    theirs = remembered(database, tenant_id(STORSJO))
    with database.unit_of_work(fjordvik) as session:
        erasing.erase_person(session, fjordvik, EMMA_IS)
    assert counted(database, fjordvik) == {0: 1, 2: 2, 4: 2, 9: 2}
    days.remember_days(database, utcnow())
    assert counted(database, fjordvik) == {0: 1, 2: 2, 4: 2, 9: 2}
    assert remembered(database, tenant_id(STORSJO)) == theirs
    assert counted(database, tenant_id(STORSJO)) == {2: 1, 4: 1, 9: 1}


def test_what_expires_takes_its_day_along_and_no_other(fjordvik: UUID, database: Database):
    days.remember_days(database, utcnow())
    known = len(remembered(database, fjordvik))
    with database.unit_of_work(fjordvik) as session:
        rows = session.execute(
            select(Statement.position, Statement.payload).order_by(Statement.position)
        ).all()
        oldest = [(position, orjson.loads(payload)) for position, payload in rows[:3]]
        erasing.delete_statements(session, fjordvik, oldest, for_good=True)
    assert counted(database, fjordvik) == {0: 1, 2: 3, 4: 3}
    assert len(remembered(database, fjordvik)) == known - 1


def test_counting_waits_for_who_is_being_erased(fjordvik: UUID, database: Database):
    """Otherwise what was counted before would be remembered after."""
    night = threading.Thread(target=days.remember_days, args=(database, utcnow()))
    with database.unit_of_work(fjordvik) as session:
        erasing.erase_person(session, fjordvik, EMMA_IS)
        night.start()
        night.join(0.3)
        assert night.is_alive()
    night.join(20)
    assert remembered(database, fjordvik)[-3:] == [2, 2, 2]
    assert counted(database, fjordvik) == {0: 1, 2: 2, 4: 2, 9: 2}


def test_a_day_is_remembered_an_hour_after_it_is_over_and_for_a_month(fjordvik: UUID, database: Database):
    over = midnight(1)
    days.remember_days(database, over + timedelta(minutes=30))
    assert len(remembered(database, fjordvik)) == 28
    days.remember_days(database, over + timedelta(minutes=61))
    assert len(remembered(database, fjordvik)) == 29
    with database.unit_of_work(fjordvik) as session:
        oldest = select(func.min(DayCount.first)).where(DayCount.tenant_id == fjordvik)
        before = session.scalar(oldest)
        session.add(DayCount(first=before - 2000, last=before - 1, count=7))
    days.remember_days(database, over + timedelta(minutes=62))
    with database.unit_of_work(fjordvik) as session:
        assert session.scalar(oldest) == before


def test_another_time_zone_has_other_days(fjordvik: UUID, database: Database):
    days.remember_days(database, utcnow())
    assert sum(counted(database, fjordvik, "Pacific/Auckland").values()) == 10
    with database.unit_of_work() as session:
        session.get(Tenant, fjordvik).timezone = "Pacific/Auckland"
    days.remember_days(database, utcnow())
    assert sum(counted(database, fjordvik, "Pacific/Auckland").values()) == 10
    assert counted(database, fjordvik) == {0: 1, 2: 3, 4: 3, 9: 3}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_is_as_long_as_it_is(day: date, hours: int):
    """Norway's clocks are changed in the night before the last Sunday of March and of October."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    thirty = days.last_days(OSLO, noon)
    assert (thirty[-1].date, len(thirty)) == (day, 30)
    assert (thirty[-1].last + 1 - thirty[-1].first) >> 22 == hours * 3_600_000
    assert all(one.last + 1 == after.first for one, after in pairwise(thirty))
