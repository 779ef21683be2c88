"""Months are counted by the calendar; a municipality has the choice of some."""

from datetime import datetime

import pytest

from lms_bridge import retention
from lms_bridge.errors import Invalid


@pytest.mark.parametrize(
    ("today", "months", "day"),
    [
        ("2026-08-31", 6, "2026-03-01"),
        ("2026-11-22", 12, "2025-11-22"),
        ("2024-02-29", 12, "2023-03-01"),
        ("2026-06-30", 6, "2025-12-30"),
    ],
)
def test_months_are_counted_by_the_calendar(today: str, months: int, day: str):
    now = datetime.fromisoformat(f"{today}T03:04:05+00:00")
    assert retention.kept_from(now, months) == datetime.fromisoformat(f"{day}T00:00:00+00:00")


@pytest.mark.parametrize(("sent", "months"), [("", None), ("6", 6), ("120", 120)])
def test_a_form_says_months_or_nothing(sent: str, months: int | None):
    assert retention.chosen(retention.written(sent)) == months


@pytest.mark.parametrize("sent", ["0", "7", "-6", "6.0", "six", " "])
def test_what_is_none_of_the_choices_is_refused(sent: str):
    with pytest.raises(Invalid):
        retention.chosen(retention.written(sent))
