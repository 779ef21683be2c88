"""A municipality that has just begun: each page of its register tells what comes first, and leads there."""

import pytest
from sqlalchemy import select

from lms_bridge.register.models import Competence
from tests.people import CAMILLA, FJORDVIK


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
