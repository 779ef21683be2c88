"""A municipality that has just begun: each page of its register tells what comes first, and leads there."""

import io
import re

import pytest
from sqlalchemy import select

from lms_bridge.register.models import Competence
from tests.people import CAMILLA, DAVID, FJORDVIK, FRODE, HANNA

SELECTED = re.compile(
    r'<select class="ds-input" id="c-\w+" name="(\w+)">(?:(?!</select>).)*?value="(\d+)" selected', re.DOTALL
)
UNITS = "Enhetskode;Navn;Overordnet\n{top}200;Helse;{over}\n300;Skole;{over}\n"
STEPS = ["/register/lists/new/units", "/register/lists/new/people"]
STEPS += ["/register/competences/new", "/register/requirements/new"]


@pytest.fixture
def camilla(signed_in):
    return signed_in(CAMILLA)


@pytest.fixture
def the_competence(database, tenant_id):
    """The only one there is, as it stands."""

    def read() -> Competence:
        with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
            return session.scalars(select(Competence)).one()

    return read


@pytest.mark.parametrize("page", ["/register/requirements/new", "/register/mappings/new"])
def test_a_competence_comes_first(camilla, page):
    text = camilla.get(page).text
    assert "First make the competence" in text
    assert 'href="/register/competences/new"' in text
    assert 'name="competence"' not in text


def test_a_competence_needs_no_address_and_is_that_of_the_editor(camilla, the_competence):
    form = {"title-nb": " Trygg  forflytning & løft ", "kind": "skill"}
    assert camilla.post("/register/competences/new", data=form).status_code == 302
    uri = "urn:lms-bridge:competence:trygg-forflytning-%26-l%C3%B8ft"  # as freeUri of the editor says it
    assert (the_competence().uri, the_competence().kind) == (uri, "skill")
    assert "already" in camilla.post("/register/competences/new", data=form).text


def test_its_address_stays_when_the_field_is_emptied(camilla, the_competence):
    uri = "https://competences.example/lifting"
    camilla.post("/register/competences/new", data={"title-nb": "Løft", "uri": uri})
    page = f"/register/competences/{the_competence().id}"
    assert camilla.post(page, data={"title-nb": "Løfting", "uri": ""}).status_code == 302
    assert (the_competence().uri, the_competence().titles) == (uri, {"nb": "Løfting"})


def take_in(client, kind: str, lines: str) -> str:
    """Takes in a list as far as it goes; the page that tells what it will do."""
    file = (io.BytesIO(lines.encode()), f"{kind}.csv")
    page = client.post(f"/register/lists/new/{kind}", data={"file": file}).location
    assert client.post(page, data=dict(SELECTED.findall(client.get(page).text))).status_code == 302
    return client.get(page + "/preview").text


def first_steps(client) -> list[str]:
    text = client.get("/register/desk").text
    return re.findall(r'href="([^"]+)"', text.partition("first-steps")[2].partition("</ol>")[0])


def test_the_desk_tells_what_comes_first_until_it_is_there(camilla, signed_in, the_competence):
    confirm(signed_in(HANNA), "units", UNITS.format(top="", over=""))  # Storsjö's units are none of ours
    assert first_steps(camilla) == STEPS
    assert "take in the units first" in camilla.get(STEPS[1]).text
    written = confirm(camilla, "units", UNITS.format(top="", over=""))
    assert "first-steps" in written
    assert first_steps(camilla) == STEPS[1:]
    assert "Employment number" in camilla.get(STEPS[1]).text
    confirm(camilla, "people", "Ansattnummer;Navn;Enhetskode\n1;Ola;200\n")
    camilla.post(STEPS[2], data={"title-nb": "Løft"})
    assert first_steps(camilla) == STEPS[3:]
    require(camilla, the_competence())
    assert "first-steps" not in camilla.get("/register/desk").text


def confirm(client, kind: str, lines: str) -> str:
    action = re.search(r'action="([^"]+/confirm)"', take_in(client, kind, lines))[1]
    return client.post(action, follow_redirects=True).text


def require(client, competence: Competence) -> None:
    form = {"title": "Løft", "competence": str(competence.id), "effective_from": "2026-01-01", "sign": "1"}
    form |= {"admissible": "lms"}
    assert client.post(STEPS[3], data=form).status_code == 302


def test_a_list_of_which_no_row_can_be_used_is_not_written(camilla):
    confirm(camilla, "units", UNITS.format(top="", over=""))
    page = take_in(camilla, "people", "Ansattnummer;Navn;Enhetskode\n1;Ola;999\n")
    assert "There is no unit with the number 999" in page
    assert "nothing to write" in page
    assert "/confirm" not in page


@pytest.mark.parametrize(("top", "over"), [("100;Fjordvik;\n", "100"), ("", "")])
def test_every_unit_can_be_reached_and_stands_in_the_overview(camilla, the_competence, top, over):
    confirm(camilla, "units", UNITS.format(top=top, over=over))
    confirm(camilla, "people", "Ansattnummer;Navn;Enhetskode\n1;Ola;200\n2;Kari;300\n")
    camilla.post(STEPS[2], data={"title-nb": "Løft"})
    require(camilla, the_competence())
    units = camilla.get("/register/units", follow_redirects=True).text
    assert {"Helse", "Skole"} <= set(re.findall(r'<a class="ds-chip"[^>]*>(\w+)</a>', units))
    parts = camilla.get("/register/overview").text.partition('id="by-unit"')[2]
    assert re.findall(r'<th scope="row">(\w+)</th>', parts)[:2] == ["Helse", "Skole"]


def test_people_and_overview_say_what_there_is_to_do(camilla, signed_in):
    assert 'href="/register/lists/new/people"' in camilla.get("/register/people").text
    assert "Nobody of that name" in camilla.get("/register/people?text=Ola").text
    assert "You do not lead a unit" in signed_in(DAVID).get("/register/people").text
    assert 'href="/register/desk"' in camilla.get("/register/overview").text.partition("<main")[2]
    assert "when a coordinator has said what is asked" in signed_in(FRODE).get("/register/overview").text
