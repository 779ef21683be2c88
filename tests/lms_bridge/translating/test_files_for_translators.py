"""A translation goes to a translator as a file, and what comes back is put in its places."""

import io
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content import xliff
from tests.people import ASTRID, FJORDVIK, Person

from .conftest import Desk

SignedIn = Callable[[Person], FlaskClient]
TEXT = "b9e4821c5:html"


@pytest.fixture
def astrid(signed_in: SignedIn) -> FlaskClient:
    return signed_in(ASTRID)


def fetched(client: FlaskClient, module_id: uuid.UUID) -> bytes:
    answer = client.get(f"/translations/{module_id}/file")
    assert answer.mimetype == "application/x-xliff+xml"
    return answer.data


def given(client: FlaskClient, module_id: uuid.UUID, body: bytes, name: str = "back.xlf") -> TestResponse:
    return client.post(f"/translations/{module_id}/file", data={"file": (io.BytesIO(body), name)})


def back(desk: Desk, module_id: uuid.UUID, *units: xliff.Unit, **other: str) -> bytes:
    document = desk.document(FJORDVIK, module_id)
    about = {"original": document["id"], "source_language": "nb", "target_language": "sv", **other}
    return xliff.write(units, **about)


def test_the_file_has_every_text_and_is_named_after_the_module(
    desk: Desk, swedish: uuid.UUID, astrid: FlaskClient
):
    desk.write(FJORDVIK, swedish, {"@module:title": "Rena händer"})
    answer = astrid.get(f"/translations/{swedish}/file")
    assert "filename=rena-hander-sv.xlf" in answer.headers["Content-Disposition"]
    assert answer.data.count(b"<trans-unit ") == desk.progress(FJORDVIK, swedish).total
    assert xliff.read(answer.data).targets == {"@module:title": "Rena händer"}
    assert "Hvorfor hendene betyr så mye – ".encode() in answer.data


def test_what_comes_back_is_in_its_places(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient):
    lines = desk.lines(FJORDVIK, swedish).values()
    units = [
        xliff.Unit(
            line.passage.key,
            line.passage.text,
            line.passage.text.replace("hender", "händer") + ("" if line.passage.rich else " på svenska"),
            rich=line.passage.rich,
            state="translated",
        )
        for line in lines
    ]
    answer = given(astrid, swedish, back(desk, swedish, *units))
    assert answer.status_code == 302
    made = desk.lines(FJORDVIK, swedish)
    assert made["@module:title"].translation.endswith("på svenska")
    assert {key: line.translation for key, line in made.items()} == {unit.key: unit.target for unit in units}
    assert desk.progress(FJORDVIK, swedish).is_whole


def test_a_file_of_one_text_leaves_the_others(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient):
    desk.write(FJORDVIK, swedish, {"@module:title": "Rena händer"})
    unit = xliff.Unit(TEXT, "<p>Hei.</p>", "<p>Hej.</p>", rich=True, state="translated")
    page = given(astrid, swedish, back(desk, swedish, unit)).location
    assert "Texts taken from the file: 1." in astrid.get(page).text
    assert desk.progress(FJORDVIK, swedish).translated == 2


def test_programs_add_the_country(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient):
    unit = xliff.Unit("@module:title", "Hei", "Hej", state="translated")
    body = back(desk, swedish, unit, source_language="nb-NO", target_language="sv-SE")
    assert given(astrid, swedish, body).status_code == 302
    assert desk.document(FJORDVIK, swedish)["title"] == "Hej"


def test_a_file_that_is_not_of_this_translation_is_told(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient):
    unit, before = (
        xliff.Unit("@module:title", "Hei", "Hej", state="translated"),
        desk.document(FJORDVIK, swedish),
    )
    cases = {
        "This file belongs to another module.": back(desk, swedish, unit, original="another"),
        "This file is from nb to fi": back(desk, swedish, unit, target_language="fi"),
        "This file is from da to sv": back(desk, swedish, unit, source_language="da"),
    }
    for sentence, body in cases.items():
        answer = given(astrid, swedish, body)
        assert answer.status_code == 400
        assert sentence in answer.text
    assert desk.document(FJORDVIK, swedish) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"%PDF-1.7", b"<html></html>", b'<!DOCTYPE x [<!ENTITY a "b">]><xliff version="1.2">&a;</xliff>'],
    ids=["empty", "a PDF", "a web page", "with entities"],
)
def test_what_is_no_such_file_is_told(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient, body: bytes):
    before = desk.document(FJORDVIK, swedish)
    answer = given(astrid, swedish, body)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert desk.document(FJORDVIK, swedish) == before


def test_no_file_at_all_is_told(swedish: uuid.UUID, astrid: FlaskClient):
    assert "Choose a file first." in given(astrid, swedish, b"", name="").text


def test_one_text_that_is_too_long_keeps_all_out(desk: Desk, swedish: uuid.UUID, astrid: FlaskClient):
    before = desk.document(FJORDVIK, swedish)
    units = (
        xliff.Unit("@module:summary", "Hei", "Hej", state="translated"),
        xliff.Unit("@module:title", "Hei", "x" * 6000, state="translated"),
    )
    answer = given(astrid, swedish, back(desk, swedish, *units))
    assert answer.status_code == 400
    assert desk.document(FJORDVIK, swedish) == before
