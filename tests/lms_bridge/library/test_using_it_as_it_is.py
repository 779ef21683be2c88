"""A shared module is used as it is: the same version, unchanged, with what it gives in one's own register."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.errors import Conflict, Invalid
from lms_bridge.publishing import service as publishing
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.register.models import Competence, ModuleCompetence
from tests.lms_bridge.publishing.conftest import HANDS as FOLDER
from tests.lms_bridge.publishing.conftest import taken_in
from tests.people import ASTRID, EMMA, FJORDVIK, GORAN, HANNA, INGRID, JOHAN, STORSJO

from .conftest import Shelf, SignedIn, TenantId, grant, rights

HANDS = "https://competences.example/hand-hygiene"


@pytest.fixture
def shared(shelf: Shelf) -> uuid.UUID:
    return shelf.share(FJORDVIK, shelf.hands)


def versions(shelf: Shelf, module_id: uuid.UUID) -> list[ModuleVersion]:
    with shelf.session(STORSJO) as session:
        return publishing.versions(session, module_id)


def gives(shelf: Shelf) -> set[tuple[int, str]]:
    """What the register of Storsjö knows that the module gives."""
    with shelf.session(STORSJO) as session:
        identity = next(one.identity for one in shelf.shared() if one.module_id == shelf.hands)
        rows = session.execute(
            select(ModuleCompetence.version, Competence.uri)
            .join(Competence, Competence.id == ModuleCompetence.competence_id)
            .where(ModuleCompetence.module_id == identity)
        )
        return set(rows.tuples())


def test_it_is_the_same_version_unchanged(shelf: Shelf, shared: uuid.UUID):
    module_id = shelf.take(STORSJO, shared)
    assert shelf.document(STORSJO, module_id) == shelf.document(FJORDVIK, shelf.hands)
    (version,) = versions(shelf, module_id)
    assert (version.number, version.title) == (1, shelf.offer(STORSJO, shared).shared.title)
    assert gives(shelf) == {(1, HANDS)}
    assert next(one for one in shelf.modules(STORSJO) if one.id == module_id).taken_from == FJORDVIK.name


def test_employees_take_it_among_their_courses_and_it_is_packaged(
    shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn
):
    module_id = shelf.take(STORSJO, shared)
    title = shelf.offer(STORSJO, shared).shared.title
    assert title in signed_in(JOHAN).get("/courses").text
    assert signed_in(JOHAN).get(f"/courses/{module_id}").status_code == 200
    package = signed_in(INGRID).get(f"/modules/{module_id}/versions/1/scorm12.zip")
    theirs = signed_in(ASTRID).get(f"/modules/{shelf.hands}/versions/1/scorm12.zip")
    assert package.data == theirs.data


def test_it_gives_what_the_municipality_calls_it(shelf: Shelf, shared: uuid.UUID):
    module_id = shelf.take(STORSJO, shared, **{HANDS: "https://storsjo.example/hygien"})
    assert gives(shelf) == {(1, "https://storsjo.example/hygien")}
    assert versions(shelf, module_id)[0].competences[0]["validity_months"] == 24


def test_or_nothing(shelf: Shelf, shared: uuid.UUID):
    shelf.take(STORSJO, shared, **{HANDS: ""})
    assert gives(shelf) == set()


def test_nobody_writes_in_it(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    module_id = shelf.take(STORSJO, shared)
    ingrid, before = signed_in(INGRID), shelf.document(STORSJO, module_id)
    edit = {"op": "set", "target": "module", "fields": {"title": "Vår"}, "base": 1}
    sent = {"edit": edit, "client": "anopeneditor"}
    assert ingrid.post(f"/modules/{module_id}/edits", json=sent).status_code == 409
    assert ingrid.post(f"/modules/{module_id}/publish").status_code == 409
    assert ingrid.post(f"/modules/{module_id}/copy").status_code == 409
    assert ingrid.post(f"/library/share/{module_id}").status_code == 409
    assert shelf.document(STORSJO, module_id) == before
    assert len(versions(shelf, module_id)) == 1
    page = ingrid.get(f"/modules/{module_id}").text
    assert FJORDVIK.name in page
    assert "data-editor" not in page


def test_a_newer_version_is_offered_and_takes_its_place(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    module_id = shelf.take(STORSJO, shared)
    shelf.publish(FJORDVIK, shelf.hands, lambda document: document.update(title="Reine hender"))
    assert not shelf.offer(STORSJO, shared).newer
    shelf.share(FJORDVIK, shelf.hands)
    assert shelf.offer(STORSJO, shared).newer
    shelf.share(STORSJO, shelf.silence)  # later, yet what waits for somebody comes first
    assert shelf.titles(STORSJO)[0] == "Reine hender"
    assert shelf.take(STORSJO, shared) == module_id
    newest = versions(shelf, module_id)[0]
    assert (newest.number, newest.title) == (2, "Reine hender")
    assert gives(shelf) == {(1, HANDS), (2, HANDS)}
    assert not shelf.offer(STORSJO, shared).newer


def test_it_is_not_taken_twice(shelf: Shelf, shared: uuid.UUID):
    shelf.take(STORSJO, shared)
    with pytest.raises(Conflict):
        shelf.take(STORSJO, shared)


def test_nobody_takes_their_own(shelf: Shelf, shared: uuid.UUID):
    with pytest.raises(Conflict):
        shelf.take(FJORDVIK, shared)


def test_what_was_withdrawn_stays_with_those_who_have_it(
    shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn
):
    module_id = shelf.take(STORSJO, shared)
    shelf.withdraw(FJORDVIK, shelf.hands)
    assert signed_in(JOHAN).get(f"/courses/{module_id}").status_code == 200
    assert signed_in(INGRID).get(f"/library/{shared}").status_code == 200


def test_a_newer_version_that_is_for_others_only_is_not_seen_and_the_older_one_stays(
    shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn
):
    module_id = shelf.take(STORSJO, shared)
    shelf.publish(FJORDVIK, shelf.hands, grant("Nabovik kommune"))
    shelf.share(FJORDVIK, shelf.hands)
    ingrid = signed_in(INGRID)
    assert {ingrid.get(f"/library/{shared}{page}").status_code for page in ("", "/preview", "/picture")} == {
        404
    }
    assert ingrid.post(f"/library/{shared}/take").status_code == 404
    answer = ingrid.get(f"/library/share/{module_id}")
    assert answer.headers["Location"] == f"/modules/{module_id}/publish"
    assert "You may go on using what you have." in ingrid.get(answer.headers["Location"]).text
    assert [one.number for one in versions(shelf, module_id)] == [1]


def test_a_grant_that_ended_since_gives_nobody_a_copy_more(shelf: Shelf):
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.name))
    shared = shelf.share(FJORDVIK, shelf.hands)
    with shelf.session(FJORDVIK) as session:
        version = publishing.get_version(session, shelf.hands)
        document = {**version.document}
        grant(STORSJO.name, valid_to="2020-01-01")(document)
        version.document = {**document, "title": document["title"] + "."}
    with pytest.raises(Invalid):
        shelf.take(STORSJO, shared)
    assert len(shelf.modules(STORSJO)) == 1


def test_the_owner_sees_who_has_it(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    shelf.take(STORSJO, shared)
    assert STORSJO.name in signed_in(ASTRID).get(f"/library/share/{shelf.hands}").text


def test_it_is_taken_on_its_page_by_those_who_write(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    page = f"/library/{shared}"
    assert signed_in(JOHAN).get(page).status_code == 403
    assert {signed_in(one).post(f"{page}/take").status_code for one in (JOHAN, HANNA)} == {403}
    ingrid = signed_in(INGRID)
    assert "Fjordvik kommune" in ingrid.get(page).text
    assert ingrid.get(f"{page}/picture").status_code == 200
    assert ingrid.get(f"{page}/preview").status_code == 200
    answer = ingrid.post(f"{page}/take", data={"competence": HANDS, "gives": "urn:x:hygien"})
    assert answer.status_code == 302
    assert gives(shelf) == {(1, "urn:x:hygien")}
    assert ingrid.post(f"{page}/take").status_code == 409


def test_who_wrote_it_themselves_keeps_their_own(shelf: Shelf, shared: uuid.UUID, tenant_id: TenantId):
    own = taken_in(shelf.app, tenant_id(STORSJO), FOLDER)
    with pytest.raises(Conflict):
        shelf.take(STORSJO, shared)
    assert next(one for one in shelf.modules(STORSJO) if one.id == own).taken_from is None


def test_a_noncommercial_or_unchangeable_work_is_used_as_it_is(shelf: Shelf):
    shelf.publish(FJORDVIK, shelf.hands, rights("CC-BY-NC-ND-4.0"))
    assert shelf.take(STORSJO, shelf.share(FJORDVIK, shelf.hands))


def test_employees_have_no_library(shelf: Shelf, signed_in: SignedIn):
    assert signed_in(EMMA).get("/library/").status_code == 403


def limit_on_page(shelf: Shelf, shared: uuid.UUID, browser: FlaskClient) -> str:
    """What the page says of its number of learners, "" where it says nothing."""
    found = re.search(r"\d+ of \d+ learners have begun", browser.get(f"/library/{shared}").text)
    return found[0] if found else ""


def test_its_page_says_how_many_learners_the_agreement_has_room_for(shelf: Shelf, signed_in: SignedIn):
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.name, max_learners=2))
    shared, ingrid, astrid = shelf.share(FJORDVIK, shelf.hands), signed_in(INGRID), signed_in(ASTRID)
    assert limit_on_page(shelf, shared, ingrid) == "0 of 2 learners have begun"
    module_id = shelf.take(STORSJO, shared)
    assert signed_in(JOHAN).get(f"/courses/{module_id}").status_code == 200
    assert signed_in(GORAN).get(f"/courses/{module_id}").status_code == 200
    assert signed_in(HANNA).get(f"/courses/{module_id}").status_code == 403
    assert limit_on_page(shelf, shared, ingrid) == "2 of 2 learners have begun"
    assert limit_on_page(shelf, shared, astrid) == "", "what a holder allows others does not bind itself"


def test_its_page_says_what_holds_until_the_newer_version_is_taken(shelf: Shelf, signed_in: SignedIn):
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.name, max_learners=2))
    shared, ingrid = shelf.share(FJORDVIK, shelf.hands), signed_in(INGRID)
    shelf.take(STORSJO, shared)
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.name))
    shelf.share(FJORDVIK, shelf.hands)
    assert limit_on_page(shelf, shared, ingrid) == "0 of 2 learners have begun"
    shelf.take(STORSJO, shared)
    assert limit_on_page(shelf, shared, ingrid) == ""
