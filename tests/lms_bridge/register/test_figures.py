"""Figures: counted in the database as the rules say, and too small ones hidden."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge.accounts import Account
from lms_bridge.register import derivation, figures, people, pictures, status
from lms_bridge.register.figures import without_small_cells
from lms_bridge.register.models import Position, Standing, Unit
from lms_bridge.register.service import today
from lms_bridge.register.status import State
from tests.people import DAVID


@pytest.mark.parametrize("days", [-2000, -400, -100, -1, 0, 1, 30, 89, 90, 91, 200, 400, 3000])
def test_the_database_counts_as_the_rules_say_on_any_day(session, days):
    day = today(session) + timedelta(days=days)
    rows = session.execute(select(*figures.COLUMNS)).all()
    told = Counter(status.state(row, day)[0].value for row in rows)
    told.pop(State.NOT_REQUIRED.value, None)
    assert figures.count_states(session, day) == told
    by_unit = sum(figures.count_by_unit(session, day).values(), Counter())
    by_competence = sum(figures.count_by_competence(session, day).values(), Counter())
    assert by_unit == by_competence == told


def test_nothing_flips_at_midnight(session):
    """The rows of the derived table are the same whichever day they are derived on; only reading has a date."""
    before = list(derivation.export(session))
    derivation.rebuild(session)
    assert list(derivation.export(session)) == before


def test_the_coming_months_hold_what_runs_out(session):
    day = today(session)
    months = figures.expiring_by_month(session, day)
    assert len(months) == 12
    assert [m.month for m, _ in months[:2]] == [day.month, day.month % 12 + 1]
    listed = figures.expiring(session, set(session.scalars(select(Unit.id))), day, within=400, limit=None)
    end = date(day.year + 1, day.month, 1)
    assert sum(n for _, n in months) == sum(one.valid_until < end for one in listed)


def test_a_unit_12_is_not_112(session, fjordvik):
    """A unit is found by its id, never by a part of its code."""
    noise = Unit(source="hr", code="1210", name="Noise", starts_on=date(2020, 1, 1))
    session.add(noise)
    session.flush()
    position = session.scalars(select(Position).where(Position.employment_id == "F1001")).one()
    position.unit_id = noise.id
    session.flush()
    here = figures.matrix(session, {fjordvik.units["210"]}, today(session))
    assert [line.name.split()[0] for line in here.lines] == ["David"]


def test_a_leader_reaches_the_units_led_and_what_is_below(session, fjordvik):
    david = session.scalars(select(Account).where(Account.email == DAVID.email)).one()
    reach = people.reach_of(session, david)
    assert reach.units == {fjordvik.units[code] for code in ("210", "211", "212", "220")}
    assert [p.name.split()[0] for p in people.search(session, reach, "emm")] == ["Emma"]
    assert people.search(session, reach, "F1002") == []
    assert [p.id for p in people.search(session, reach, "F1009")] == [fjordvik.people["henrik"]]
    assert figures.courses_giving(session, fjordvik.competences.values()) == {}


def test_a_large_unit_comes_in_pages(session, fjordvik):
    unit_id, day = fjordvik.units["320"], today(session)
    person_id = fjordvik.people["henrik"]
    for n in range(121):
        session.add(
            Position(
                person_id=person_id,
                unit_id=unit_id,
                source="hr",
                employment_id=f"N{n}",
                roles=[],
                starts_on=day,
                due_from=day,
            )
        )
    session.flush()
    derivation.refresh(session, {person_id})
    pages = [figures.matrix(session, {unit_id}, day, page=n) for n in (1, 4, 5, 99)]
    assert [len(page.lines) for page in pages] == [30, 30, 1, 1]
    assert {page.people for page in pages} == {121}
    assert session.scalar(select(Standing).where(Standing.unit_id == unit_id)) is not None


@given(st.lists(st.integers(0, 12), min_size=2, max_size=6))
def test_a_hidden_cell_cannot_be_reckoned_from_the_total(counts):
    shown = without_small_cells(counts)
    hidden = [n for n, s in zip(counts, shown, strict=True) if s is None]
    assert all(s is None or s == n for n, s in zip(counts, shown, strict=True))
    assert not any(s is not None and 0 < s < 3 for s in shown)
    others = [n for n in counts if n]
    assert len(hidden) != 1 or len(others) == 1


@given(st.dictionaries(st.sampled_from(pictures.ORDER), st.integers(0, 50)))
def test_a_bar_is_as_long_as_its_parts(counts):
    for exact in (True, False):
        bar = pictures.bar("x", counts, exact=exact)
        assert abs(sum(p.length for p in bar.parts) - (100 if bar.total else 0)) < 0.1
