"""A municipality shows a published version to the others, as far as its rights go, and no longer if it likes."""

import uuid
from datetime import timedelta

import pytest

from lms_bridge.db import utcnow
from lms_bridge.errors import Conflict, Invalid, NotFound
from lms_bridge.seed import MODULES
from tests.lms_bridge.publishing.conftest import HANDS, taken_in
from tests.people import ASTRID, CAMILLA, EMMA, FJORDVIK, HANNA, INGRID, STORSJO

from .conftest import Shelf, SignedIn, TenantId, grant, rights

HANDS_TITLE = "Håndhygiene for ansatte i helse- og omsorgstjenesten"


def test_others_find_what_is_shared_and_nothing_else(shelf: Shelf):
    assert HANDS_TITLE not in shelf.titles(STORSJO)
    shelf.share(FJORDVIK, shelf.hands)
    assert shelf.titles(STORSJO)[0] == HANDS_TITLE
    assert len(shelf.titles(STORSJO)) == len(shelf.titles(FJORDVIK)) == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"search": "HÅNDHYGIENE"}, True),
        ({"search": "fjordvik hygiene"}, True),
        ({"search": "storsjö"}, False),
        ({"language": "nb"}, True),
        ({"language": "nn"}, False),
    ],
)
def test_it_is_found_by_title_competence_municipality_and_language(shelf: Shelf, asked: dict, found: bool):
    shelf.share(FJORDVIK, shelf.hands)
    assert (HANDS_TITLE in shelf.titles(STORSJO, **asked)) is found


def test_a_newer_version_takes_the_place_of_the_older_one(shelf: Shelf):
    first = shelf.share(FJORDVIK, shelf.hands)
    shelf.publish(FJORDVIK, shelf.hands, lambda document: document.update(title="Reine hender"))
    assert shelf.titles(STORSJO)[0] == HANDS_TITLE
    assert shelf.share(FJORDVIK, shelf.hands) == first
    assert shelf.titles(STORSJO)[0] == "Reine hender"


def test_what_is_withdrawn_is_found_by_nobody_and_can_be_shared_again(shelf: Shelf):
    shared = shelf.share(FJORDVIK, shelf.hands)
    shelf.withdraw(FJORDVIK, shelf.hands)
    assert HANDS_TITLE not in [*shelf.titles(STORSJO), *shelf.titles(FJORDVIK)]
    with pytest.raises(NotFound):
        shelf.offer(STORSJO, shared)
    shelf.share(FJORDVIK, shelf.hands)
    assert HANDS_TITLE in shelf.titles(STORSJO)


@pytest.mark.parametrize("licence", ["all-rights-reserved", "GROUP"])
def test_a_licence_that_gives_nobody_anything_is_not_enough(shelf: Shelf, licence: str):
    shelf.publish(FJORDVIK, shelf.hands, rights(licence))
    with pytest.raises(Invalid):
        shelf.share(FJORDVIK, shelf.hands)
    assert HANDS_TITLE not in shelf.titles(STORSJO)


def test_one_picture_that_others_may_not_have_is_named_with_the_way_to_it(shelf: Shelf, signed_in: SignedIn):
    def bought(document: dict) -> None:
        asset = next(one for one in document["assets"].values() if one["name"] == "seks-steg.svg")
        asset["rights"].update(licence="all-rights-reserved", holder="Bildebyrået AS", title="Seks steg")

    shelf.publish(FJORDVIK, shelf.hands, bought)
    page = signed_in(ASTRID).get(f"/library/share/{shelf.hands}", headers={"Accept-Language": "nb"})
    assert "Seks steg" in page.text
    assert "(Bildebyrået AS)" in page.text
    assert f"/modules/{shelf.hands}#" in page.text
    answer = signed_in(ASTRID).post(f"/library/share/{shelf.hands}")
    assert answer.status_code == 400
    assert len(shelf.shared()) == 1


def test_by_a_grant_only_its_members_find_it_by_name_or_number(shelf: Shelf):
    for member in (STORSJO.name, STORSJO.organisation_number):
        shelf.publish(FJORDVIK, shelf.hands, grant(member))
        shelf.share(FJORDVIK, shelf.hands)
        assert HANDS_TITLE in shelf.titles(STORSJO)
    shelf.publish(FJORDVIK, shelf.hands, grant("Nabovik kommune"))
    shared = shelf.share(FJORDVIK, shelf.hands)
    assert HANDS_TITLE not in shelf.titles(STORSJO)
    assert HANDS_TITLE in shelf.titles(FJORDVIK)
    with pytest.raises(NotFound):
        shelf.offer(STORSJO, shared)


def test_a_grant_that_is_over_shares_nothing(shelf: Shelf):
    yesterday = (utcnow().date() - timedelta(days=1)).isoformat()
    shelf.publish(FJORDVIK, shelf.hands, grant(STORSJO.name, valid_to=yesterday))
    with pytest.raises(Invalid):
        shelf.share(FJORDVIK, shelf.hands)


def test_nothing_is_shared_before_it_is_published(shelf: Shelf, tenant_id: TenantId):
    assert MODULES["fjordvik"][1] == "fire-safety"
    draft = taken_in(shelf.app, tenant_id(FJORDVIK), HANDS.parent / "fire-safety")
    with pytest.raises(NotFound):
        shelf.share(FJORDVIK, draft)


def test_two_municipalities_do_not_share_one_module(shelf: Shelf, tenant_id: TenantId):
    """Both brought it in from the same file."""
    shelf.share(FJORDVIK, shelf.hands)
    theirs = taken_in(shelf.app, tenant_id(STORSJO), HANDS, publish=True)
    with pytest.raises(Conflict):
        shelf.share(STORSJO, theirs)


def test_authors_and_librarians_share_coordinators_look_employees_do_not(shelf: Shelf, signed_in: SignedIn):
    page = f"/library/share/{shelf.hands}"
    assert signed_in(EMMA).get(page).status_code == 403
    assert signed_in(CAMILLA).get(page).status_code == 200
    assert signed_in(CAMILLA).post(page).status_code == 403
    assert signed_in(ASTRID).post(page).status_code == 302
    assert signed_in(CAMILLA).post(f"{page}/withdraw").status_code == 403
    assert signed_in(ASTRID).post(f"{page}/withdraw").status_code == 302
    assert shelf.titles(STORSJO) == shelf.titles(FJORDVIK)


def test_what_is_another_municipality_s_is_shared_by_nobody_else(shelf: Shelf, signed_in: SignedIn):
    for page in (f"/library/share/{shelf.hands}", f"/library/share/{shelf.hands}/withdraw"):
        assert signed_in(INGRID).post(page).status_code == 404
    assert signed_in(HANNA).get(f"/library/share/{shelf.hands}").status_code == 404
    assert len(shelf.shared()) == 1


def test_a_module_of_nobody_s_is_not_found(shelf: Shelf, signed_in: SignedIn):
    assert signed_in(ASTRID).get(f"/library/{uuid.uuid4()}").status_code == 404
