"""Days and numbers that nobody means are answered with a sentence, not with an error of the service."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from lms_bridge.web.addresses import day_of, whole
from tests.people import CAMILLA, FRODE, Person

SignedIn = Callable[[Person], FlaskClient]
NUMBERS = ["9" * 25, "9" * 5000, "²", "٣", "-1", "1e3", ""]


@pytest.mark.parametrize(
    "written", ["0001-01-01", "1899-12-31", "9000-01-01", "9999-12-31", "2026-02-30", "²", ""]
)
def test_what_is_no_day(written: str):
    with pytest.raises(ValueError, match=r".*"):
        day_of(written)


def test_what_is_a_day():
    assert day_of("2026-03-31").isoformat() == "2026-03-31"


@pytest.mark.parametrize("written", NUMBERS)
def test_what_is_no_number(written: str):
    assert whole(written) is None
    assert whole("24") == 24


def test_a_key_ends_on_a_day(signed_in: SignedIn):
    form = {"name": "LMS", "scopes": "statements/read", "expires": "9999-12-31"}
    answer = signed_in(FRODE).post("/keys", data=form)
    assert answer.status_code == 400
    assert "Write the day as 2026-03-31." in answer.text


@pytest.mark.parametrize("number", NUMBERS)
def test_fields_that_hold_a_number(signed_in: SignedIn, number: str):
    frode, camilla = signed_in(FRODE), signed_in(CAMILLA)
    assert frode.post("/statements/retention", data={"months": number}).status_code == (
        400 if number else 302
    )
    connection = {"name": "HR", "address": "ftp://hr", "minutes": number}
    assert frode.post("/connections/new/web-list", data=connection).status_code == 400
    file = (BytesIO(b"Number;Name\n1;Emma"), "p.csv")
    match = camilla.post("/register/lists/new/people", data={"file": file}).location
    assert camilla.post(match, data={"number": number}).status_code == 400
