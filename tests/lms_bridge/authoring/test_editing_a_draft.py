"""The four edits: what they do, what undoes them, and what is refused with the draft left as it was."""

import copy

import pytest

import content
from lms_bridge.authoring.edits import MODULE, Clash, Manuscript
from lms_bridge.errors import Invalid

from .drafts import a_module, paragraph, setting


@pytest.fixture
def draft():
    module = {"schema": 1, "id": "00000000-0000-4000-8000-000000000001", **a_module()}
    return Manuscript(content.Module.from_json(module).to_json(), {}, revision=2, client="astrid")


def ids(draft):
    return [[page["id"], *(block["id"] for block in page["blocks"])] for page in draft.document["pages"]]


def undone(draft, applied):
    return draft.apply({**applied.inverse, "base": 2})


def test_set_writes_fields_of_a_block_and_leaves_the_others(draft):
    applied = draft.apply(setting("bimage", 1, caption="A walker", alt="A woman with a walker"))
    block = draft.find("bimage")
    assert (block["caption"], block["alt"], block["decorative"]) == (
        "A walker",
        "A woman with a walker",
        False,
    )
    undone(draft, applied)
    assert draft.find("bimage")["caption"] == ""


def test_set_writes_one_option_by_its_place(draft):
    draft.apply(setting("bask", 1, options__o2__text="No", options__o1__correct=False))
    options = draft.find("bask")["options"]
    assert [(o["text"], o["correct"]) for o in options] == [
        ("Answer 1", False),
        ("No", False),
        ("Answer 3", False),
    ]


def test_set_cleans_html(draft):
    applied = draft.apply(
        setting("btext", 1, html='<p onclick="x()">Hi<script>x()</script><img src="https://t.example/p"></p>')
    )
    assert draft.find("btext")["html"] == "<p>Hi</p>"
    assert applied.edit["fields"] == {"html": "<p>Hi</p>"}


def test_settings_of_the_module_are_set(draft):
    applied = draft.apply(setting(MODULE, 1, title="Falls at home", pass_mark=80, goals=["Knows"]))
    assert (draft.document["title"], draft.document["pass_mark"]) == ("Falls at home", 80)
    assert draft.document["pages"]
    undone(draft, applied)
    assert draft.document["title"] == "Falls"


def test_a_block_is_inserted_after_another_and_taken_away_again(draft):
    applied = draft.apply(
        {"op": "insert", "parent": "pone", "after": "btext", "value": paragraph("bnew", "x")}
    )
    assert ids(draft)[0] == ["pone", "btext", "bnew", "bimage", "bask"]
    undone(draft, applied)
    assert ids(draft)[0] == ["pone", "btext", "bimage", "bask"]


@pytest.mark.parametrize(
    ("edit", "page"),
    [
        (
            {"op": "move", "target": "bask", "parent": "pone", "after": None},
            ["pone", "bask", "btext", "bimage"],
        ),
        (
            {"op": "move", "target": "blast", "parent": "pone", "after": "bimage"},
            ["pone", "btext", "bimage", "blast", "bask"],
        ),
        ({"op": "move", "target": "ptwo", "parent": MODULE, "after": None}, ["ptwo", "blast"]),
        ({"op": "delete", "target": "bimage", "base": 1}, ["pone", "btext", "bask"]),
        ({"op": "delete", "target": "pone", "base": 1}, ["ptwo", "blast"]),
    ],
)
def test_moves_and_deletions_are_undone_exactly(draft, edit, page):
    before = copy.deepcopy(draft.document)
    applied = draft.apply(edit)
    assert ids(draft)[0] == page
    undone(draft, applied)
    assert draft.document == before


def test_options_are_added_moved_and_deleted(draft):
    draft.apply({"op": "insert", "parent": "bask.options", "after": "o1", "value": {"id": "o9", "text": "x"}})
    draft.apply({"op": "move", "target": "bask.options.o3", "parent": "bask.options", "after": None})
    applied = draft.apply({"op": "delete", "target": "bask.options.o1", "base": 1})
    assert [o["id"] for o in draft.find("bask")["options"]] == ["o3", "o9", "o2"]
    undone(draft, applied)
    assert [o["id"] for o in draft.find("bask")["options"]] == ["o3", "o1", "o9", "o2"]


@pytest.mark.parametrize(
    "edit",
    [
        setting("btext", 1, html="<p>Again</p>"),
        {"op": "insert", "parent": "pone", "after": None, "value": paragraph("bnew", "x")},
        {"op": "insert", "parent": "bask.options", "after": "o1", "value": {"id": "o9", "text": "x"}},
        {"op": "move", "target": "bask", "parent": "pone", "after": None},
        {"op": "delete", "target": "bask", "base": 1},
    ],
)
def test_an_edit_that_is_sent_twice_is_made_once(draft, edit):
    draft.apply(edit)
    once = copy.deepcopy(draft.document)
    assert draft.apply(copy.deepcopy(edit)).edit is None
    assert draft.document == once


@pytest.mark.parametrize(
    "edit",
    [
        None,
        {},
        {"op": "explode"},
        {"op": "set", "target": "btext"},
        {"op": "set", "target": "btext", "fields": {"html": "x"}},  # no base
        setting("btext", 1, html=7),
        setting("btext", 1, id="bother"),
        setting("btext", 1, type="image"),
        setting("btext", 1, colour="red"),
        setting("pone", 1, blocks=[]),
        setting(MODULE, 1, pages=[]),
        setting(MODULE, 1, id="x"),
        setting(MODULE, 1, pass_mark=101),
        setting(MODULE, 1, language="not a language"),
        setting("bimage", 1, asset="f" * 64),  # never uploaded
        setting("bask", 1, options__o1__id="o2"),
        setting("bask", 1, options__o1__text__deep="x"),
        {"op": "insert", "parent": "pone", "after": None, "value": {"id": "bnew", "type": "spell"}},
        {
            "op": "insert",
            "parent": "pone",
            "after": None,
            "value": paragraph("blast", "taken on the other page"),
        },
        {"op": "insert", "parent": "pone", "after": None, "value": paragraph("ptwo", "a page's id")},
        {"op": "insert", "parent": "pone.blocks", "after": None, "value": paragraph("bnew", "x")},
        {"op": "insert", "parent": "@module.goals", "after": None, "value": {"id": "g1"}},
        {"op": "insert", "parent": "bask.prompt", "after": None, "value": {"id": "o9"}},
        {"op": "insert", "parent": "bask.options", "after": None, "value": {"id": "O9", "text": "x"}},
        {"op": "insert", "parent": MODULE, "after": None, "value": {"id": "pnew", "blocks": "none"}},
        {
            "op": "insert",
            "parent": MODULE,
            "after": None,
            "value": {"id": "pnew", "blocks": [paragraph("blast", "")]},
        },
        {"op": "move", "target": "btext", "parent": MODULE, "after": None},
        {"op": "move", "target": "pone", "parent": "ptwo", "after": None},
        {"op": "move", "target": "btext", "parent": "bask.options", "after": None},
        {"op": "delete", "target": "btext"},
    ],
    ids=str,
)
def test_what_is_no_edit_is_refused_and_nothing_changes(draft, edit):
    document, revisions = copy.deepcopy(draft.document), copy.deepcopy(draft.revisions)
    with pytest.raises(Invalid):
        draft.apply(edit)
    assert (draft.document, draft.revisions) == (document, revisions)


@pytest.mark.parametrize(
    "edit",
    [
        setting("bgone", 1, html="x"),
        setting("bask", 1, options__o7__text="x"),
        setting("0" * 64, 1, name="x"),
        {"op": "insert", "parent": "pgone", "after": None, "value": paragraph("bnew", "x")},
        {"op": "move", "target": "bgone", "parent": "pone", "after": None},
    ],
    ids=str,
)
def test_what_is_gone_clashes(draft, edit):
    with pytest.raises(Clash) as clash:
        draft.apply(edit)
    assert clash.value.deleted
