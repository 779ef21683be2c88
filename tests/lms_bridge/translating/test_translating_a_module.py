"""A module is translated text by text into a module of its own."""

import uuid
from collections.abc import Callable
from copy import deepcopy

import pytest
from flask.testing import FlaskClient

from content import checks
from content.findings import ERROR
from content.module import Module
from lms_bridge.errors import Conflict, Invalid, NotFound
from tests.lms_bridge.library.conftest import grant, rights
from tests.people import ASTRID, CAMILLA, EMMA, FJORDVIK, FRODE, INGRID, STORSJO, Person

from .conftest import Desk

SignedIn = Callable[[Person], FlaskClient]
TEXT, ALT = "b9e4821c5:html", "b68d7830a:alt"


def test_it_begins_as_its_original_in_another_language(desk: Desk, swedish: uuid.UUID):
    original, made = (desk.document(FJORDVIK, one) for one in (desk.hands, swedish))
    assert made["language"] == "sv"
    assert made["id"] != original["id"]
    for same in ("title", "pages", "assets", "competences", "pass_mark", "rights"):
        assert made[same] == original[same]
    (origin,) = made["derived_from"]
    assert (origin["id"], origin["version"], origin["translated"]) == (original["id"], 1, True)
    assert not [one for one in checks.check(Module.from_json(made)) if one.severity == ERROR]


def test_nothing_of_it_is_translated_yet(desk: Desk, swedish: uuid.UUID):
    progress = desk.progress(FJORDVIK, swedish)
    assert (progress.translated, progress.changed) == (0, 0)
    assert progress.total > 100


def test_texts_come_into_their_places_and_count(desk: Desk, swedish: uuid.UUID):
    goals = desk.document(FJORDVIK, swedish)["goals"]
    new = {"@module:title": "Rena händer", "@module:goals.1": "välja rätt", TEXT: "<p>Hej.</p>", ALT: "Fyra"}
    desk.write(FJORDVIK, swedish, new)
    made = desk.document(FJORDVIK, swedish)
    assert made["title"] == "Rena händer"
    assert made["goals"] == [goals[0], "välja rätt", *goals[2:]]
    assert made["pages"][0]["blocks"][0]["html"] == "<p>Hej.</p>"
    assert made["pages"][0]["blocks"][1]["alt"] == "Fyra"
    assert desk.progress(FJORDVIK, swedish).translated == 4
    assert next(one.title for one in desk.modules(FJORDVIK) if one.id == swedish) == "Rena händer"
    assert desk.document(FJORDVIK, desk.hands)["title"] != "Rena händer"


def test_html_is_cleaned_and_what_is_unknown_passed_over(desk: Desk, swedish: uuid.UUID):
    before = desk.document(FJORDVIK, swedish)
    evil = '<p onclick="x()">Hej<script>x()</script><img src=x></p>'
    desk.write(FJORDVIK, swedish, {TEXT: evil, "bgone:html": "x", "@module:rights": "x", "": "x"})
    made = desk.document(FJORDVIK, swedish)
    assert made["pages"][0]["blocks"][0]["html"] == "<p>Hej</p>"
    assert made["rights"] == before["rights"]


def test_one_text_that_cannot_be_kept_keeps_all_out(desk: Desk, swedish: uuid.UUID):
    before = desk.document(FJORDVIK, swedish)
    with pytest.raises(Invalid, match="too long"):
        desk.write(FJORDVIK, swedish, {TEXT: "<p>Hej.</p>", "@module:title": "x" * 5001})
    assert desk.document(FJORDVIK, swedish) == before
    assert desk.progress(FJORDVIK, swedish).translated == 0


def test_what_is_the_same_in_both_languages_is_said_to_be(desk: Desk, swedish: uuid.UUID):
    desk.settle(FJORDVIK, swedish, "@module:title", "bgone:html")
    assert desk.progress(FJORDVIK, swedish).translated == 1
    assert desk.lines(FJORDVIK, swedish)["@module:title"].state.value == "translated"


def test_what_is_written_in_the_editor_counts_as_well(desk: Desk, swedish: uuid.UUID):
    desk.edit(FJORDVIK, swedish, "@module", title="Rena händer")
    assert desk.progress(FJORDVIK, swedish).translated == 1
    desk.edit(FJORDVIK, swedish, "@module", title="")
    assert desk.progress(FJORDVIK, swedish).translated == 0


def test_what_is_deleted_from_the_translation_is_no_line_of_it(desk: Desk, swedish: uuid.UUID):
    def cut(document: dict) -> None:
        del document["pages"][0]
        del next(b for page in document["pages"] for b in page["blocks"] if "items" in b)["items"][0]
        document["goals"].pop()

    before = desk.lines(FJORDVIK, swedish)
    made = deepcopy(desk.document(FJORDVIK, swedish))
    cut(made)
    desk.publish(FJORDVIK, swedish, lambda document: (document.clear(), document.update(made)))
    after = desk.lines(FJORDVIK, swedish)
    assert TEXT not in after
    assert len(after) < len(before)
    assert f"@module:goals.{len(made['goals'])}" not in after


def test_one_translation_a_language(desk: Desk, swedish: uuid.UUID):
    with pytest.raises(Conflict, match="already"):
        desk.begin(FJORDVIK, desk.hands, "sv")
    assert desk.begin(FJORDVIK, desk.hands, "en") != swedish


@pytest.mark.parametrize("language", ["nb", "", "Svenska!", "sv" + "-abcdefgh" * 9, "../sv"])
def test_it_needs_a_language_that_is_another_one(desk: Desk, language: str):
    with pytest.raises(Invalid):
        desk.begin(FJORDVIK, desk.hands, language)
    assert len(desk.modules(FJORDVIK)) == 1


def test_what_is_used_as_it_is_is_not_translated_by_those_who_use_it(desk: Desk):
    taken = desk.take(STORSJO, desk.share(FJORDVIK, desk.hands))
    with pytest.raises(Conflict, match="is used as it is"):
        desk.begin(STORSJO, taken, "sv")


def test_a_deleted_translation_may_be_begun_again(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    signed_in(ASTRID).post(f"/modules/{swedish}/delete")
    page = signed_in(ASTRID).get(f"/translations/{swedish}")
    assert page.location == f"/modules/{swedish}", "which says how to take it back"
    again = desk.begin(FJORDVIK, desk.hands, "sv")
    assert again != swedish


# --- of a module that is shared --------------------------------------------------------------------------------------


def test_a_shared_module_is_translated_at_once(desk: Desk):
    shared = desk.share(FJORDVIK, desk.hands)
    own = desk.begin_shared(STORSJO, shared, "sv")
    made = desk.document(STORSJO, own)
    assert (made["language"], made["rights"]["holder"]) == ("sv", STORSJO.name)
    assert made["derived_from"][0]["translated"] is True
    assert desk.progress(STORSJO, own).total > 100


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (rights("CC-BY-ND-4.0"), False),
        (rights("CC-BY-SA-4.0"), True),
        (grant(STORSJO.name, may_translate=True), True),
        (grant(STORSJO.name, may_adapt=True), False),
    ],
    ids=["ND", "SA", "a grant to translate", "a grant to adapt"],
)
def test_its_rights_decide(desk: Desk, signed_in: SignedIn, change: Callable[[dict], None], allowed: bool):
    desk.publish(FJORDVIK, desk.hands, change)
    shared = desk.share(FJORDVIK, desk.hands)
    page = signed_in(INGRID).get(f"/translations/shared/{shared}")
    assert ("<form" in page.text.split("<main")[1]) is allowed
    if allowed:
        made = desk.document(STORSJO, desk.begin_shared(STORSJO, shared, "sv"))
        assert not [one for one in checks.check(Module.from_json(made)) if one.severity == ERROR]
    else:
        before = len(desk.modules(STORSJO))
        answer = signed_in(INGRID).post(f"/translations/shared/{shared}", data={"language": "sv"})
        assert answer.status_code == 400
        assert len(desk.modules(STORSJO)) == before


# --- the pages ------------------------------------------------------------------------------------------------------


def test_an_author_begins_one_and_finds_it_again(desk: Desk, signed_in: SignedIn):
    astrid = signed_in(ASTRID)
    page = astrid.get("/modules/")
    assert f'href="/translations/of/{desk.hands}"' in page.text
    begun = astrid.post(f"/translations/of/{desk.hands}", data={"language": "uk"})
    assert begun.status_code == 302
    work = astrid.get(begun.location)
    assert "From Bokmål to Українська" in work.text
    listed = astrid.get(f"/translations/of/{desk.hands}")
    assert "Українська" in listed.text
    assert "0 of " in listed.text
    of_itself = astrid.get(f"/translations/of/{begun.location.rpartition('/')[2]}")
    assert of_itself.location == begun.location


def test_who_publishes_it_is_told_what_is_left(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    astrid, total = signed_in(ASTRID), desk.progress(FJORDVIK, swedish).total
    desk.write(FJORDVIK, swedish, {"@module:title": "Rena händer"})
    page = astrid.get(f"/modules/{swedish}/publish").text
    assert f"{total - 1} texts are not translated." in page
    desk.settle(FJORDVIK, swedish, *list(desk.lines(FJORDVIK, swedish))[:-1])
    assert "1 text is not translated." in astrid.get(f"/modules/{swedish}/publish").text
    desk.settle(FJORDVIK, swedish, *desk.lines(FJORDVIK, swedish))
    assert "not translated." not in astrid.get(f"/modules/{swedish}/publish").text
    assert "not translated." not in astrid.get(f"/modules/{desk.hands}/publish").text


def test_a_course_in_another_language_says_which(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    desk.publish(FJORDVIK, swedish, lambda document: document.update(title="Rena händer"))
    courses = signed_in(EMMA).get("/courses").text
    assert "Svenska" in courses.split("<main")[1]


def test_ones_own_language_is_chosen_already(desk: Desk, signed_in: SignedIn):
    page = signed_in(INGRID).get(f"/translations/shared/{desk.share(FJORDVIK, desk.hands)}").text
    assert '<option value="en" selected>' in page


def test_a_wrong_choice_is_told_on_the_page(desk: Desk, signed_in: SignedIn):
    answer = signed_in(ASTRID).post(f"/translations/of/{desk.hands}", data={"language": ""})
    assert answer.status_code == 400
    assert "Choose a language." in answer.text


def test_what_is_right_is_noted_and_answered(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    astrid, place = signed_in(ASTRID), f"/translations/{swedish}/settled"
    answer = astrid.post(place, json={"keys": ["@module:title", "nothing"]})
    assert [(one["key"], one["state"]) for one in answer.json] == [("@module:title", "translated")]
    for wrong in ({}, [], {"keys": "x"}, {"keys": [1]}, {"keys": None}):
        assert astrid.post(place, json=wrong).status_code == 400
    for body in (b"{", b"[" * 500_000, b'{"keys": ["\xff"]}'):
        assert astrid.post(place, data=body, content_type="application/json").status_code == 400


def test_it_is_for_authors_of_the_municipality(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    for person, status in ((EMMA, 403), (CAMILLA, 403), (INGRID, 404)):
        client = signed_in(person)
        assert client.get(f"/translations/{swedish}").status_code == status
        assert client.get(f"/translations/{swedish}/file").status_code == status
        assert client.post(f"/translations/{swedish}/settled", json={"keys": []}).status_code == status
        assert client.post(f"/translations/{swedish}/follow").status_code == status
        assert client.post(f"/translations/of/{desk.hands}", data={"language": "en"}).status_code == status
    assert signed_in(ASTRID).get(f"/translations/{desk.hands}").status_code == 404
    with pytest.raises(NotFound):
        desk.lines(STORSJO, swedish)


def test_the_trail_tells_who_began_it(desk: Desk, signed_in: SignedIn):
    signed_in(ASTRID).post(f"/translations/of/{desk.hands}", data={"language": "sv"})
    assert "Began to translate a module into Svenska" in signed_in(FRODE).get("/trail").text
