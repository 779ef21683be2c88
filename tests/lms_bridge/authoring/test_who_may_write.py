"""Authors and librarians write, coordinators read, others see nothing; another municipality's ids are not found."""

import uuid

import pytest

from lms_bridge.authoring import service
from tests.people import ASTRID, BIRGER, CAMILLA, DAVID, EMMA, FJORDVIK, FRODE, INGRID

from .drafts import a_module, setting

CLIENT = "astridsfirsttab"
READ = ("", "/findings", f"/assets/{'0' * 64}", f"/assets/{'0' * 64}/verdicts")
WRITE_GET = ("/brought", "/changes?since=0&client=" + CLIENT, "/deleted")
WRITE_POST = ("/edits", "/undo", "/presence", "/assets?kind=image&name=x.png", "/copy", "/delete", "/restore")


@pytest.fixture
def module_id(database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        return service.create(session, a_module()).id


def test_an_author_and_a_librarian_write(signed_in, module_id):
    for person in (ASTRID, BIRGER):
        client = signed_in(person)
        assert 'id="editor-start"' in client.get(f"/modules/{module_id}").text
        change = {"edit": setting("btext", 99, html=f"<p>{person.name}</p>"), "client": CLIENT}
        assert client.post(f"/modules/{module_id}/edits", json=change).status_code == 200


def test_a_coordinator_reads_but_does_not_write(signed_in, module_id):
    client = signed_in(CAMILLA)
    page = client.get(f"/modules/{module_id}")
    assert "First." in page.text
    assert "editor-start" not in page.text
    assert "New module" not in client.get("/modules/").text
    assert client.get("/modules/new").status_code == 403
    for path in WRITE_GET:
        assert client.get(f"/modules/{module_id}{path}").status_code == 403
    for path in WRITE_POST:
        assert client.post(f"/modules/{module_id}{path}", json={}).status_code == 403, path


@pytest.mark.parametrize("person", [DAVID, EMMA, FRODE], ids=lambda person: person.name)
def test_others_see_no_modules(signed_in, module_id, person):
    client = signed_in(person)
    assert client.get("/modules/").status_code == 403
    assert client.get(f"/modules/{module_id}").status_code == 403


def test_nobody_who_is_not_signed_in(client, module_id):
    assert "/sign-in" in client.get(f"/modules/{module_id}").headers["Location"]
    assert client.post(f"/modules/{module_id}/edits", json={}).status_code == 401


def test_another_municipalitys_module_is_not_found_on_any_address(signed_in, module_id):
    client = signed_in(INGRID)
    sent = {"client": CLIENT, "edit": setting("btext", 1, html="x"), "change": 1}
    for path in (*READ, *WRITE_GET):
        assert client.get(f"/modules/{module_id}{path}").status_code == 404, path
    for path in WRITE_POST:
        assert client.post(f"/modules/{module_id}{path}", json=sent).status_code == 404, path
    assert "Falls" not in client.get("/modules/").text


def test_every_address_of_a_module_is_in_this_test(app):
    addresses = {
        str(rule).split("<uuid:module_id>")[1]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("authoring.") and "module_id" in rule.arguments
    }
    asked = {
        path.partition("?")[0].replace("0" * 64, "<digest>") for path in (*READ, *WRITE_GET, *WRITE_POST)
    }
    assert addresses == asked


def test_a_module_that_never_was_is_not_found(signed_in):
    assert signed_in(ASTRID).get(f"/modules/{uuid.uuid4()}").status_code == 404
