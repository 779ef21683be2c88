"""The register's calendar: local days, months, and how long a competence lasts.

A competence is valid *through* a day of the municipality's own time zone, so
everything here reckons in `datetime.date`; instants meet the calendar in
`local_day` alone.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day on the wall calendar of `zone` at an aware instant."""
    return moment.astimezone(zone).date()


def add_months(day: date, months: int) -> date:
    """`day` moved by whole months, clamped to the month's end.

    31 August + 6 months is 28 (or 29) February, never a day of March.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class Renewal(StrEnum):
    """What a renewed validity is counted from."""

    COMPLETION = "completion"
    EXPIRY = "expiry"
    CALENDAR = "calendar"


@dataclass(frozen=True)
class Validity:
    """How long evidence lasts under a requirement.

    `months` None: it does not expire (never 0). `window_days` before the expiry
    a renewal may be taken without losing the days that are left.
    `calendar_month`, for `Renewal.CALENDAR`: validity ends with this month.
    """

    months: int | None = None
    renewal: Renewal = Renewal.COMPLETION
    window_days: int = 90
    calendar_month: int = 12

    def __post_init__(self) -> None:
        if self.months is not None and self.months < 1:
            raise ValueError("validity is at least one month, or None for no expiry")

    def no_longer_than(self, months: int | None) -> Validity:
        """This validity, shortened to what the evidence itself is good for."""
        if months is None or (self.months is not None and self.months <= months):
            return self
        return Validity(months, self.renewal, self.window_days, self.calendar_month)


@dataclass(frozen=True)
class Period:
    """A stretch of validity through `until` (None: no expiry).

    `anchor` and `months` remember what it was counted from, so that renewals
    from the previous expiry do not drift to the shortest month they met.
    """

    anchor: date
    months: int | None
    until: date | None

    def lasts_longer_than(self, other: Period) -> bool:
        return (self.until or date.max) > (other.until or date.max)


def count_validity(day: date, validity: Validity, previous: Period | None = None) -> Period:
    """The validity that a completion on `day` gives; `previous` is what stood before it."""
    if validity.months is None:
        return Period(day, None, None)
    if validity.renewal is Renewal.CALENDAR:
        return Period(day, validity.months, _calendar_end(day, validity, validity.months))
    if validity.renewal is Renewal.EXPIRY and previous and _within_window(day, validity, previous):
        months = (previous.months or 0) + validity.months
        return Period(previous.anchor, months, add_months(previous.anchor, months))
    return Period(day, validity.months, add_months(day, validity.months))


def _within_window(day: date, validity: Validity, previous: Period) -> bool:
    if previous.until is None or previous.months is None:
        return False
    return previous.until - timedelta(days=validity.window_days) <= day <= previous.until


def _calendar_end(day: date, validity: Validity, months: int) -> date:
    """The end of the fixed period that `day` belongs to.

    Periods end with `calendar_month` (and, when shorter than a year, every
    `months` from there); a completion inside the window before an end already
    belongs to the next period.
    """
    step = min(months, 12)
    end = _month_end(date(day.year - 1, validity.calendar_month, 1))
    while end - timedelta(days=validity.window_days) <= day:
        end = _month_end(add_months(end.replace(day=1), step))
    return _month_end(add_months(end.replace(day=1), months - step))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
