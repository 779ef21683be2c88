"""How long a competence lasts: months, clamping, local days, and the three ways to renew."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.register.dates import Period, Renewal, Validity, add_months, count_validity, local_day

OSLO = ZoneInfo("Europe/Oslo")
days = st.dates(date(1990, 1, 1), date(2080, 12, 31))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 3, 15), -3, date(2025, 12, 15)),
        (date(2026, 6, 1), 0, date(2026, 6, 1)),
    ],
)
def test_months_clamp_to_the_months_end(start, months, end):
    assert add_months(start, months) == end


@given(days, st.integers(1, 240))
def test_months_land_in_the_month_that_the_calendar_says_and_never_later_in_it(day, months):
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day <= day.day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 14, 23, 59, tzinfo=UTC), date(2026, 3, 15)),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
    ids=["23:59 UTC", "into summer time", "midnight before it", "out of summer time", "midnight after it"],
)
def test_an_instant_belongs_to_the_municipalitys_own_day(moment, day):
    assert local_day(moment, OSLO) == day


def test_no_expiry_is_none_and_zero_months_is_refused():
    assert count_validity(date(2026, 5, 1), Validity(None)).until is None
    with pytest.raises(ValueError, match="at least one month"):
        Validity(0)


class TestRenewalFromThePreviousExpiry:
    rule = Validity(12, Renewal.EXPIRY, window_days=60)
    first = count_validity(date(2025, 6, 30), rule)

    def renewed(self, day):
        return count_validity(day, self.rule, self.first).until

    def test_inside_the_window_no_day_is_lost(self):
        assert self.first.until == date(2026, 6, 30)
        assert self.renewed(date(2026, 6, 10)) == date(2027, 6, 30)
        assert self.renewed(date(2026, 6, 30) - timedelta(60)) == date(2027, 6, 30)

    def test_one_day_before_the_window_counts_from_completion(self):
        assert self.renewed(date(2026, 4, 30)) == date(2027, 4, 30)

    def test_on_the_last_day_and_one_day_late(self):
        assert self.renewed(date(2026, 6, 30)) == date(2027, 6, 30)
        assert self.renewed(date(2026, 7, 1)) == date(2027, 7, 1)

    def test_renewals_do_not_drift_to_the_shortest_month(self):
        half_year = Validity(6, Renewal.EXPIRY, window_days=60)
        period = count_validity(date(2025, 8, 31), half_year)
        ends = []
        for _ in range(4):
            ends.append(period.until)
            period = count_validity(period.until, half_year, period)
        assert ends == [date(2026, 2, 28), date(2026, 8, 31), date(2027, 2, 28), date(2027, 8, 31)]


class TestRenewalByAFixedCalendar:
    @pytest.mark.parametrize(
        ("day", "months", "until"),
        [
            (date(2026, 3, 10), 12, date(2026, 12, 31)),
            (date(2026, 11, 20), 12, date(2027, 12, 31)),
            (date(2026, 12, 31), 12, date(2027, 12, 31)),
            (date(2027, 1, 1), 12, date(2027, 12, 31)),
            (date(2026, 3, 10), 36, date(2028, 12, 31)),
        ],
    )
    def test_it_ends_with_the_year(self, day, months, until):
        assert count_validity(day, Validity(months, Renewal.CALENDAR, 60, 12)).until == until

    def test_half_years_end_in_june_and_december(self):
        rule = Validity(6, Renewal.CALENDAR, 30, 6)
        assert count_validity(date(2026, 2, 1), rule).until == date(2026, 6, 30)
        assert count_validity(date(2026, 8, 1), rule).until == date(2026, 12, 31)

    @given(days, st.sampled_from([3, 6, 12, 24, 36]), st.integers(1, 12), st.integers(0, 60))
    def test_it_always_ends_after_the_completion_on_a_months_last_day(self, day, months, month, window):
        until = count_validity(day, Validity(months, Renewal.CALENDAR, window, month)).until
        assert until > day
        assert (until + timedelta(1)).day == 1


@given(days, st.integers(1, 60), st.integers(1, 60))
def test_a_shorter_limit_always_wins(day, policy, evidence):
    limited = Validity(policy).no_longer_than(evidence)
    assert limited.months == min(policy, evidence)
    assert Validity(None).no_longer_than(evidence).months == evidence
    assert count_validity(day, limited) == Period(day, limited.months, add_months(day, limited.months))
