"""Dates as people and systems write them, headings as LMSs name them, words for done and not done."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.register import columns
from lms_bridge.register.moments import read_day, read_moment

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026/03/01",
        "20260301",
        "01.03.2026",
        "1.3.2026",
        "1.3.26",
        "01/03/2026",
        "1 March 2026",
        "March 1, 2026",
        "1. mars 2026",
        "den 1 mars 2026",
        "1 mar. 2026",
        "søndag, 1. mars 2026, 14:30",
        "Sunday, 1 March 2026, 2:30 PM",
        "söndag 1 mars 2026 kl. 14.30",
        "2026-03-01T13:30:00Z",
        "2026-03-01T14:30:00+01:00",
        "2026-03-01 14:30:00.123",
        "01.03.2026 14.30",
        "1/03/26, 14:30",
        "46082",
        "46082.6041666667",
        "46082,6041666667",
        "1772371800",
        "1772371800000",
    ],
)
def test_the_first_of_march_in_every_hand(text):
    assert read_day(text, OSLO) == date(2026, 3, 1)
    if any(mark in text for mark in ("30", "604", "1772")) and len(text) > 10:
        assert read_moment(text, OSLO) == datetime(2026, 3, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "-", "i går", "31.02.2026", "2026-13-01", "03/25/2026", "1 blomst 2026", "25:00", "1.3.", "2026"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text, OSLO)


@pytest.mark.parametrize("text", ["1 March 2026, 14:30 PM", "2026-03-01 25:00", "9" * 40])
def test_a_time_that_no_clock_shows_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text, OSLO)


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_iso_norwegian_and_compact_forms_agree(day):
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"):
        assert read_day(day.strftime(form), OSLO) == day


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            ["", "ID-nummer", "E-postadresse", "Håndhygiene", "Håndhygiene - Fullføringsdato"],
            {"employment_id": 1, "email": 2, "completed_at": 4, "result": 3},
        ),
        (
            ["", "ID number", "Email address", "Hand hygiene", "Hand hygiene - Completion date"],
            {"employment_id": 1, "email": 2, "completed_at": 4, "result": 3},
        ),
        (
            ["Ansattnr.", "Fornavn", "Etternavn", "Kurs", "Status", "Fullført dato", "Gyldig til"],
            {
                "employment_id": 0,
                "given_name": 1,
                "family_name": 2,
                "course": 3,
                "result": 4,
                "completed_at": 5,
                "valid_until": 6,
            },
        ),
        (
            ["Brukarnamn", "Fullt navn", "Emne", "Fullført", "Dato"],
            {"account": 0, "name": 1, "course": 2, "result": 3, "completed_at": 4},
        ),
        (
            ["User Fullname", "Employee ID", "Course Name", "Completion Status", "Completion Date"],
            {"employment_id": 1, "course": 2, "result": 3, "completed_at": 4},
        ),
        (
            ["Namn", "Användarnamn", "Kurs", "Status", "Slutförd"],
            {"name": 0, "account": 1, "course": 2, "result": 3, "completed_at": 4},
        ),
    ],
    ids=["Moodle nb", "Moodle en", "KS Læring", "nynorsk", "Totara", "itslearning sv"],
)
def test_headings_of_completion_lists(header, found):
    assert columns.guess(header, columns.COMPLETION_COLUMNS) == found


def test_headings_of_an_hr_list():
    header = [
        "Anställningsnummer",
        "Förnamn",
        "Efternamn",
        "Enhet",
        "Befattning",
        "Chef",
        "Fr.o.m.",
        "T.o.m.",
    ]
    assert columns.guess(header, columns.PEOPLE_COLUMNS) == {
        "employment_id": 0,
        "given_name": 1,
        "family_name": 2,
        "unit": 3,
        "roles": 4,
        "leads": 5,
        "starts_on": 6,
        "ends_on": 7,
    }


@given(st.lists(st.text(max_size=15), max_size=12))
def test_a_column_is_given_once_whatever_the_headings(header):
    found = columns.guess(header, columns.COMPLETION_COLUMNS)
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("word", "done"),
    [
        ("Fullført", True),
        (" Bestått ", True),
        ("Slutförd", True),
        ("Completed (achieved pass grade)", True),
        ("Ikke fullført", False),
        ("Ej godkänd", False),
        ("Completed (did not achieve pass grade)", False),
        ("incomplete", False),
        ("kanskje", None),
        ("", None),
    ],
)
def test_words_for_done_and_not_done(word, done):
    assert columns.read_result(word) is done
