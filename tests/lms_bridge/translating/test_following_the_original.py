"""When the original changes, its translation gets what is new, keeps what was translated, and shows what to look at."""

import uuid
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.authoring import drafts
from lms_bridge.authoring.models import Draft
from tests.people import ASTRID, FJORDVIK, STORSJO, Person

from .conftest import Desk

SignedIn = Callable[[Person], FlaskClient]
TEXT, NEW = "b9e4821c5:html", {"id": "bnew1", "type": "text", "html": "<p>Nytt.</p>"}


def longer(document: dict) -> None:
    document["pages"][0]["blocks"][0]["html"] = "<p>Kortere.</p>"
    document["pages"][0]["blocks"].insert(1, NEW)
    document["title"] = "Reine hender"


def translate(desk: Desk, swedish: uuid.UUID) -> None:
    desk.write(FJORDVIK, swedish, {TEXT: "<p>Hej.</p>", "@module:summary": "När och hur."})


def test_a_new_version_is_told_and_brought_in(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    translate(desk, swedish)
    assert not desk.has_news(FJORDVIK, swedish)
    desk.publish(FJORDVIK, desk.hands, longer)
    assert desk.has_news(FJORDVIK, swedish)
    astrid = signed_in(ASTRID)
    assert "version 2 is there" in astrid.get(f"/translations/{swedish}").text
    page = astrid.post(f"/translations/{swedish}/follow", follow_redirects=True)
    assert "The translation has what is new" in page.text
    assert not desk.has_news(FJORDVIK, swedish)
    assert "version 2 is there" not in astrid.get(f"/translations/{swedish}").text


def test_texts_that_changed_are_marked_with_what_they_were(desk: Desk, swedish: uuid.UUID):
    translate(desk, swedish)
    before = desk.lines(FJORDVIK, swedish)[TEXT].passage.text
    desk.publish(FJORDVIK, desk.hands, longer)
    progress = desk.follow(FJORDVIK, swedish)
    assert (progress.translated, progress.changed) == (1, 1)
    lines = desk.lines(FJORDVIK, swedish)
    line = lines[TEXT]
    assert (line.state.value, line.translation, line.earlier) == ("changed", "<p>Hej.</p>", before)
    assert line.passage.text == "<p>Kortere.</p>"
    assert lines["bnew1:html"].state.value == "new"
    assert (lines["@module:title"].translation, lines["@module:title"].state.value) == ("Reine hender", "new")
    assert lines["@module:summary"].state.value == "translated"


def test_a_text_that_changed_is_right_when_it_is_written_or_said_to_be(desk: Desk, swedish: uuid.UUID):
    translate(desk, swedish)
    desk.write(FJORDVIK, swedish, {"@module:title": "Rena händer"})
    desk.publish(FJORDVIK, desk.hands, longer)
    assert desk.follow(FJORDVIK, swedish).changed == 2
    desk.write(FJORDVIK, swedish, {TEXT: "<p>Kortare.</p>"})
    desk.settle(FJORDVIK, swedish, "@module:title")
    assert desk.progress(FJORDVIK, swedish).changed == 0


def test_what_changed_twice_is_compared_with_what_was_translated(desk: Desk, swedish: uuid.UUID):
    translate(desk, swedish)
    before = desk.lines(FJORDVIK, swedish)[TEXT].passage.text
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.follow(FJORDVIK, swedish)
    again = {"html": "<p>Enda kortere.</p>"}
    desk.publish(FJORDVIK, desk.hands, lambda document: document["pages"][0]["blocks"][0].update(again))
    desk.follow(FJORDVIK, swedish)
    assert desk.lines(FJORDVIK, swedish)[TEXT].earlier == before


def test_what_was_the_same_in_both_languages_is_new_where_it_changed(desk: Desk, swedish: uuid.UUID):
    desk.settle(FJORDVIK, swedish, "@module:title")
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.follow(FJORDVIK, swedish)
    line = desk.lines(FJORDVIK, swedish)["@module:title"]
    assert (line.translation, line.state.value) == ("Reine hender", "changed")


def test_a_version_is_followed_and_not_the_draft_that_is_being_written(desk: Desk, swedish: uuid.UUID):
    desk.edit(FJORDVIK, desk.hands, "@module", title="Under arbeid")
    assert not desk.has_news(FJORDVIK, swedish)


def test_before_there_is_a_version_the_draft_is_followed(desk: Desk):
    own = desk.adapt(STORSJO, desk.share(FJORDVIK, desk.hands))
    english = desk.begin(STORSJO, own, "en")
    desk.edit(STORSJO, own, "@module", title="Rena händer")
    assert desk.has_news(STORSJO, english)
    desk.follow(STORSJO, english)
    assert desk.lines(STORSJO, english)["@module:title"].passage.text == "Rena händer"


def test_a_newer_version_in_the_library_comes_to_a_neighbours_translation(desk: Desk):
    own = desk.begin_shared(STORSJO, desk.share(FJORDVIK, desk.hands), "sv")
    desk.write(STORSJO, own, {TEXT: "<p>Hej.</p>"})
    desk.publish(FJORDVIK, desk.hands, longer)
    assert not desk.has_news(STORSJO, own)  # published, and not shared yet
    desk.share(FJORDVIK, desk.hands)
    assert desk.has_news(STORSJO, own)
    progress = desk.follow(STORSJO, own)
    assert progress.changed == 1
    made = desk.document(STORSJO, own)
    assert "bnew1" in [block["id"] for block in made["pages"][0]["blocks"]]
    assert made["rights"]["holder"] == STORSJO.name


def test_nothing_comes_from_an_original_that_is_gone(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    own = desk.begin_shared(STORSJO, desk.share(FJORDVIK, desk.hands), "sv")
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.withdraw(FJORDVIK, desk.hands)
    signed_in(ASTRID).post(f"/modules/{desk.hands}/delete")
    for whose, one in ((FJORDVIK, swedish), (STORSJO, own)):
        before = desk.document(whose, one)
        assert not desk.has_news(whose, one)
        desk.follow(whose, one)
        assert desk.document(whose, one) == before


def test_who_has_it_open_sees_what_came_in(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    astrid = signed_in(ASTRID)
    since = astrid.get(f"/modules/{swedish}/changes?since=0&client=anopeneditor").json["revision"]
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.follow(FJORDVIK, swedish)
    told = astrid.get(f"/modules/{swedish}/changes?since={since}&client=anopeneditor").json
    assert {"bnew1", "b9e4821c5"} == set(told["blocks"])
    assert told["module"]["title"] == "Reine hender"
    assert told["pages"][0]["blocks"][1] == "bnew1"


def test_what_goes_with_the_original_can_be_taken_back(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    translate(desk, swedish)
    desk.publish(FJORDVIK, desk.hands, lambda document: document["pages"][0]["blocks"].pop(0))
    desk.follow(FJORDVIK, swedish)
    assert TEXT not in desk.lines(FJORDVIK, swedish)
    astrid = signed_in(ASTRID)
    (gone,) = astrid.get(f"/modules/{swedish}/deleted").json
    assert gone["value"]["html"] == "<p>Hej.</p>"
    answer = astrid.post(
        f"/modules/{swedish}/undo", json={"change": gone["change"], "client": "anopeneditor", "since": 0}
    )
    assert answer.status_code == 200
    assert desk.document(FJORDVIK, swedish)["pages"][0]["blocks"][0]["html"] == "<p>Hej.</p>"


def test_who_wrote_meanwhile_in_an_open_editor_is_asked(desk: Desk, swedish: uuid.UUID, signed_in: SignedIn):
    astrid = signed_in(ASTRID)
    with desk.session(FJORDVIK) as session:
        base = session.scalars(select(Draft.revision).where(Draft.module_id == swedish)).one()
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.follow(FJORDVIK, swedish)
    edit = {"op": "set", "target": "b9e4821c5", "fields": {"html": "<p>Mitt.</p>"}, "base": base}
    answer = astrid.post(
        f"/modules/{swedish}/edits", json={"edit": edit, "client": "anopeneditor", "since": base}
    )
    assert answer.status_code == 409
    elsewhere = {**edit, "target": "b68d7830a", "fields": {"alt": "Fyra bilder"}}
    answer = astrid.post(
        f"/modules/{swedish}/edits", json={"edit": elsewhere, "client": "anopeneditor", "since": base}
    )
    assert answer.status_code == 200


def test_competences_and_the_pass_mark_follow(desk: Desk, swedish: uuid.UUID):
    desk.publish(FJORDVIK, desk.hands, lambda document: document.update(pass_mark=95))
    desk.follow(FJORDVIK, swedish)
    made = desk.document(FJORDVIK, swedish)
    assert made["pass_mark"] == 95
    assert made["competences"] == desk.document(FJORDVIK, desk.hands)["competences"]


def test_the_revision_goes_on(desk: Desk, swedish: uuid.UUID):
    with desk.session(FJORDVIK) as session:
        before = drafts.draft_of(session, swedish).revision
    desk.publish(FJORDVIK, desk.hands, longer)
    desk.follow(FJORDVIK, swedish)
    with desk.session(FJORDVIK) as session:
        assert drafts.draft_of(session, swedish).revision > before
