"""The list of modules, a new one, deleting and taking back, copying: as pages, with few queries."""

import re

import pytest

from content.files import opened
from lms_bridge.authoring import service
from tests.people import ASTRID, FJORDVIK

from .drafts import a_module
from .test_keeping_modules import HAND_HYGIENE


@pytest.fixture
def astrid(signed_in):
    return signed_in(ASTRID)


def create(client, **form):
    answer = client.post(
        "/modules/new", data={"title": "Falls", "language": "en", "starter": "course", **form}
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_module_is_made_from_a_template_and_opened(astrid):
    address = create(astrid)
    page = astrid.get(address).text
    assert "Why this matters" in page
    assert "Fjordvik kommune" in page
    assert "Falls" in astrid.get("/modules/").text


def test_a_module_without_a_title_is_asked_for_one(astrid):
    answer = astrid.post("/modules/new", data={"title": " ", "language": "en"})
    assert answer.status_code == 400
    assert "Give the module a title" in answer.text


def test_an_unknown_language_or_template_makes_an_empty_module(astrid):
    page = astrid.get(create(astrid, language="xx", starter="../../secret")).text
    assert '"blocks": []' in page or '"blocks":[]' in page


def test_a_deleted_module_is_taken_back_from_the_message(astrid):
    address = create(astrid)
    page = astrid.post(f"{address}/delete", follow_redirects=True).text
    assert "“Falls” is deleted." in page
    restore = re.search(r'action="(/modules/[^"]+/restore)"', page)[1]
    assert "“Falls” is back." in astrid.post(restore, follow_redirects=True).text
    assert "Falls" in astrid.get("/modules/").text


def test_a_deleted_module_is_read_but_not_written(astrid):
    address = create(astrid)
    astrid.post(f"{address}/delete")
    assert "editor-start" not in astrid.get(address).text
    assert "Falls" in astrid.get("/modules/?deleted=1").text


def test_a_copy_is_opened(astrid):
    answer = astrid.post(f"{create(astrid)}/copy", follow_redirects=True)
    assert "Copy of Falls" in answer.text


def test_a_title_with_markup_is_text(astrid):
    address = create(astrid, title="<script>alert(1)</script>")
    for path in ("/modules/", address, "/modules/?q=script"):
        assert "<script>alert" not in astrid.get(path).text
    assert "<script>alert" not in astrid.post(f"{address}/delete", follow_redirects=True).text


def test_pages_take_few_queries(astrid, database, tenant_id, app):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        with opened(HAND_HYGIENE) as files:
            module_id = service.take_in(session, app.storage, files).id
        for number in range(30):
            service.create(session, {**a_module(), "title": f"Module {number}"})
    for path in ("/modules/", "/modules/new", f"/modules/{module_id}", f"/modules/{module_id}/findings"):
        queries = re.search(r"(\d+) queries", astrid.get(path).headers["Server-Timing"])
        assert int(queries[1]) <= 15, path
