"""What the editor's script sends and gets: answers that bring it up to date, and errors it can show."""

import pytest

from lms_bridge.authoring import service
from tests.people import ASTRID, BIRGER, FJORDVIK

from .drafts import a_module, paragraph, setting

A, B = "astridsfirsttab", "birgersfirsttab"


@pytest.fixture
def module_id(database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        return service.create(session, a_module()).id


@pytest.fixture
def send(signed_in, module_id):
    clients = {A: signed_in(ASTRID), B: signed_in(BIRGER)}

    def post(client, edit, since=1):
        body = {"edit": edit, "client": client, "since": since}
        return clients[client].post(
            f"/modules/{module_id}/edits", json=body, headers={"Accept": "application/json"}
        )

    post.get = lambda client, path: clients[client].get(f"/modules/{module_id}{path}")
    post.post = lambda who, path, **body: clients[who].post(f"/modules/{module_id}{path}", json=body)
    return post


def test_an_answer_has_the_part_as_it_was_kept_and_as_the_learner_sees_it(send):
    answer = send(A, setting("btext", 1, html="<p>Hi<script>x()</script></p>")).json
    assert answer["blocks"]["btext"]["block"]["html"] == "<p>Hi</p>"
    assert 'data-field="html"' in answer["blocks"]["btext"]["html"]
    assert [page["id"] for page in answer["pages"]] == ["pone", "ptwo"]


def test_an_answer_brings_what_others_changed_since(send):
    send(A, setting("btext", 1, html="<p>Astrid's</p>"))
    answer = send(B, setting("blast", 1, html="<p>Birger's</p>")).json
    assert set(answer["blocks"]) == {"btext", "blast"}


def test_changes_are_told_once(send):
    send(A, setting("btext", 1, html="<p>Astrid's</p>"))
    told = send.get(B, f"/changes?since=1&client={B}").json
    assert set(told["blocks"]) == {"btext"}
    again = send.get(B, f"/changes?since={told['revision']}&client={B}").json
    assert "blocks" not in again
    assert send.get(A, f"/changes?since=1&client={A}").json["blocks"] == {}


def test_the_numbers_of_questions_follow_a_move(send):
    answer = send(
        A, {"op": "insert", "parent": "pone", "after": None, "value": {"id": "bfirst", "type": "true_false"}}
    ).json
    assert "Question 2 of 2" in answer["blocks"]["bask"]["html"]


def test_a_conflict_is_a_problem_that_names_the_other(send):
    send(A, setting("btext", 1, html="<p>Astrid's</p>"))
    answer = send(B, setting("btext", 1, html="<p>Birger's</p>"))
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert answer.json["by"] == ASTRID.name
    assert answer.json["detail"] == "Astrid Aune changed this at the same time."


def test_a_deletion_is_undone_by_its_number(send):
    change = send(A, {"op": "delete", "target": "btext", "base": 1}).json["change"]
    assert [gone["change"] for gone in send.get(A, "/deleted").json] == [change]
    answer = send.post(A, "/undo", change=change, client=A, since=2)
    assert "btext" in answer.json["pages"][0]["blocks"]
    assert send.post(A, "/undo", change=10_000, client=A).status_code == 404
    assert send.post(A, "/undo", change="x", client=A).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"client": "x", "edit": {}}', 400),
        (b'{"client": "astridsfirsttab", "edit": 7}', 400),
        (b'{"client": "astridsfirsttab", "edit": {"op": "set"}}', 400),
        (b'{"client": "astridsfirsttab", "edit": "' + b"x" * 2_100_000 + b'"}', 413),
        (b"[" * 100_000, 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_edit_is_refused_with_a_sentence(signed_in, module_id, body, status):
    answer = signed_in(ASTRID).post(
        f"/modules/{module_id}/edits",
        data=body,
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    assert answer.status_code == status
    assert answer.json["detail"]


def test_who_else_is_here(send):
    send.post(A, "/presence", client=A)
    send.post(B, "/presence", client=B)
    assert send.get(A, f"/changes?since=1&client={A}").json["people"] == [BIRGER.name]
    send.post(B, "/presence", client=B, leaving=True)
    assert send.get(A, f"/changes?since=1&client={A}").json["people"] == []


def test_findings_are_sentences_with_their_place(send):
    send(A, {"op": "insert", "parent": "ptwo", "after": "blast", "value": paragraph("bempty", "")})
    found = send.get(A, "/findings").json
    assert not found["publishable"]
    places = {(finding["page_id"], finding["block_id"]) for finding in found["findings"]}
    assert ("ptwo", "bempty") in places
    assert all(finding["text"].endswith((".", "?")) for finding in found["findings"])


def test_the_look_of_blocks_is_served(send, signed_in):
    answer = signed_in(ASTRID).get("/modules/blocks.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert b".module" in answer.data
