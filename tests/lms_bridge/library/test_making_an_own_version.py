"""A shared module becomes a draft of one's own where its licence allows it, and remembers what it was made from."""

import uuid

import pytest

from content import checks
from content.findings import ERROR
from content.module import Module
from lms_bridge.errors import Invalid
from tests.people import FJORDVIK, HANNA, INGRID, STORSJO

from .conftest import Shelf, SignedIn, grant, rights


@pytest.fixture
def shared(shelf: Shelf) -> uuid.UUID:
    return shelf.share(FJORDVIK, shelf.hands)


def test_it_is_a_module_of_its_own_with_its_origin(shelf: Shelf, shared: uuid.UUID):
    own = shelf.document(STORSJO, shelf.adapt(STORSJO, shared))
    original = shelf.document(FJORDVIK, shelf.hands)
    assert own["id"] != original["id"]
    assert own["pages"] == original["pages"]
    assert (own["rights"]["holder"], own["rights"]["licence"]) == (STORSJO.name, "CC-BY-4.0")
    (origin,) = own["derived_from"]
    expected = {"id": original["id"], "version": 1, "holder": FJORDVIK.name, "licence": "CC-BY-4.0"}
    assert origin | expected == origin
    assert not [one for one in checks.check(Module.from_json(own)) if one.severity == ERROR]


def test_it_is_written_in_and_published_as_version_1(shelf: Shelf, shared: uuid.UUID):
    module_id = shelf.adapt(STORSJO, shared)
    shelf.publish(STORSJO, module_id, lambda document: document.update(title="Rena händer"))
    module = next(one for one in shelf.modules(STORSJO) if one.id == module_id)
    assert (module.published_version, module.taken_from) == (1, None)
    assert shelf.document(STORSJO, module_id)["title"] == "Rena händer"


def test_and_is_shared_in_its_turn(shelf: Shelf, shared: uuid.UUID):
    module_id = shelf.adapt(STORSJO, shared)
    shelf.publish(STORSJO, module_id, lambda document: document.update(title="Rena händer"))
    assert shelf.take(FJORDVIK, shelf.share(STORSJO, module_id))
    chain = shelf.document(STORSJO, shelf.adapt(STORSJO, shared))["derived_from"]
    assert len(chain) == 1


@pytest.mark.parametrize("licence", ["CC-BY-ND-4.0", "CC-BY-NC-ND-4.0"])
def test_nd_forbids_it_and_says_so(shelf: Shelf, signed_in: SignedIn, licence: str):
    shelf.publish(FJORDVIK, shelf.hands, rights(licence))
    shared = shelf.share(FJORDVIK, shelf.hands)
    before = len(shelf.modules(STORSJO))
    with pytest.raises(Invalid):
        shelf.adapt(STORSJO, shared)
    page = signed_in(INGRID).post(f"/library/{shared}/adapt")
    assert page.status_code == 400
    assert len(shelf.modules(STORSJO)) == before


def test_share_alike_stays(shelf: Shelf):
    shelf.publish(FJORDVIK, shelf.hands, rights("CC-BY-SA-4.0"))
    own = shelf.document(STORSJO, shelf.adapt(STORSJO, shelf.share(FJORDVIK, shelf.hands)))
    assert own["rights"]["licence"] == "CC-BY-SA-4.0"
    own["rights"]["licence"] = "CC-BY-4.0"
    found = {one.code for one in checks.check(Module.from_json(own)) if one.severity == ERROR}
    assert "rights.licence_not_allowed" in found


def test_a_grant_says_whether_its_members_may(shelf: Shelf):
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.organisation_number))
    shared = shelf.share(FJORDVIK, shelf.hands)
    with pytest.raises(Invalid):
        shelf.adapt(STORSJO, shared)
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.organisation_number, may_adapt=True))
    module_id = shelf.adapt(STORSJO, shelf.share(FJORDVIK, shelf.hands))
    shelf.publish(STORSJO, module_id, lambda document: document.update(title="Rena händer"))
    assert shelf.document(STORSJO, module_id)["rights"]["licence"] == "GROUP"


def test_coordinators_look_and_do_not_take(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    assert signed_in(HANNA).get(f"/library/{shared}").status_code == 200
    assert signed_in(HANNA).post(f"/library/{shared}/adapt").status_code == 403


def test_on_its_page(shelf: Shelf, shared: uuid.UUID, signed_in: SignedIn):
    answer = signed_in(INGRID).post(f"/library/{shared}/adapt")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/modules/")
    assert signed_in(INGRID).get(answer.headers["Location"]).status_code == 200
