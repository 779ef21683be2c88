"""Each block type: what it demands before publishing, and how it is drawn for learner and editor."""

import re
from typing import Any

import pytest

from content import render
from content.blocks import TYPES, Block
from content.blocks.base import read_block
from content.module import Module
from tests.content.samples import DIGEST, document, sample


def problems(block: dict[str, Any]) -> set[tuple[str, str]]:
    """(code, field) of what the block lacks, in the sample module."""
    read = read_block(block, "block")
    return {(problem.code, problem.field) for problem in read.check(sample())}


def question(kind: str = "single_choice", **fields: Any) -> dict[str, Any]:
    options = [
        {"id": "a", "text": "ja", "correct": True},
        {"id": "b", "text": "nei", "feedback": "Tenk en gang til."},
    ]
    return {"id": "bxyz1", "type": kind, "prompt": "<p>Hva?</p>", "options": options, **fields}


LACKS = [
    ("text without words", {"type": "text", "html": "<p> </p>"}, {("block.empty", "html")}),
    ("image without a file", {"type": "image"}, {("image.no_file", "asset")}),
    ("image without alt", {"type": "image", "asset": DIGEST}, {("image.no_alt", "alt")}),
    ("image with blank alt", {"type": "image", "asset": DIGEST, "alt": "  "}, {("image.no_alt", "alt")}),
    ("decorative image", {"type": "image", "asset": DIGEST, "decorative": True}, set()),
    (
        "file name as alt",
        {"type": "image", "asset": DIGEST, "alt": "Hender.webp"},
        {("image.alt_is_file_name", "alt")},
    ),
    ("very long alt", {"type": "image", "asset": DIGEST, "alt": "hånd " * 80}, {("image.long_alt", "alt")}),
    (
        "empty video",
        {"type": "video"},
        {
            ("video.no_file", "asset"),
            ("media.no_title", "title"),
            ("video.no_captions", "captions"),
            ("video.no_transcript", "transcript"),
        },
    ),
    (
        "empty audio",
        {"type": "audio"},
        {("audio.no_file", "asset"), ("media.no_title", "title"), ("audio.no_transcript", "transcript")},
    ),
    ("empty callout", {"type": "callout", "title": "Husk"}, {("block.empty", "html")}),
    ("accordion without sections", {"type": "accordion"}, {("block.empty", "items")}),
    (
        "section without title and text",
        {"type": "accordion", "items": [{"id": "q"}]},
        {("accordion.no_title", "items.q.title"), ("accordion.no_text", "items.q.html")},
    ),
    ("checklist without items", {"type": "checklist"}, {("block.empty", "items")}),
    (
        "empty item",
        {"type": "checklist", "items": [{"id": "q", "text": " "}]},
        {("checklist.empty_item", "items.q.text")},
    ),
    ("whole question", question(), set()),
    ("no prompt", question(prompt=""), {("question.no_prompt", "prompt")}),
    (
        "no options",
        question(options=[], feedback_wrong="Nei."),
        {("question.few_options", "options"), ("question.no_correct", "options")},
    ),
    (
        "nothing correct",
        question(options=[{"id": "a", "text": "ja"}, {"id": "b", "text": "nei"}], feedback_wrong="Nei."),
        {("question.no_correct", "options")},
    ),
    (
        "two correct in a single choice",
        question(
            options=[{"id": "a", "text": "ja", "correct": True}, {"id": "b", "text": "jo", "correct": True}],
            feedback_wrong="Nei.",
        ),
        {("question.one_correct", "options")},
    ),
    (
        "empty and equal options",
        question(
            options=[
                {"id": "a", "text": "Ja", "correct": True},
                {"id": "b", "text": "ja ", "feedback": "Nei."},
                {"id": "c", "text": ""},
            ]
        ),
        {("question.equal_options", "options.b.text"), ("question.empty_option", "options.c.text")},
    ),
    (
        "several correct in a multiple choice",
        question(
            "multiple_choice",
            options=[{"id": "a", "text": "ja", "correct": True}, {"id": "b", "text": "jo", "correct": True}],
            feedback_wrong="Nei.",
        ),
        set(),
    ),
    (
        "nothing correct in a multiple choice",
        question(
            "multiple_choice",
            options=[{"id": "a", "text": "a"}, {"id": "b", "text": "b"}],
            feedback_wrong="N",
        ),
        {("question.no_correct", "options")},
    ),
    (
        "steps of which two are the same and one is empty",
        question(
            "ordering",
            options=[{"id": "a", "text": "Fukt"}, {"id": "b", "text": "fukt"}, {"id": "c", "text": " "}],
            feedback_wrong="Nei.",
        ),
        {("question.equal_options", "options.b.text"), ("question.empty_option", "options.c.text")},
    ),
    (
        "one step",
        question("ordering", options=[{"id": "a", "text": "Fukt"}], feedback_wrong="Nei."),
        {("question.few_options", "options")},
    ),
    (
        "true or false without feedback",
        {"type": "true_false", "prompt": "<p>Ja</p>"},
        {("question.no_feedback", "feedback_wrong")},
    ),
]


@pytest.mark.parametrize(("block", "expected"), [row[1:] for row in LACKS], ids=[row[0] for row in LACKS])
def test_what_a_block_lacks(block: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert problems({"id": "bxyz1", **block}) == expected


def blocks() -> list[Block]:
    return [block for _, block in sample().blocks()]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.type} {block.id}")
def test_drawn_for_the_learner_without_hooks(block: Block) -> None:
    drawn = render.block(block, sample())
    assert drawn.startswith(f'<div class="block block-{block.type}" id="{block.id}" data-block="{block.id}">')
    assert "data-field" not in drawn
    assert " style=" not in drawn


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.type} {block.id}")
def test_every_place_that_a_check_names_can_be_found_in_the_editor(block: Block) -> None:
    empty = read_block({"id": block.id, "type": block.type}, "")
    drawn = render.block(block, sample(), editing=True)
    named = {problem.field for problem in empty.check(sample())} - {"asset", "captions", "options", "items"}
    for field in named:
        assert f'data-field="{field}"' in drawn


def test_empty_fields_are_drawn_for_the_editor_only() -> None:
    bare = {"id": "bimg1", "type": "image", "asset": DIGEST, "alt": "Hender"}
    block = read_block(bare, "")
    assert "figcaption" not in render.block(block, sample())
    assert '<figcaption data-field="caption" data-kind="text"></figcaption>' in render.block(
        block, sample(), editing=True
    )


def test_a_missing_file_is_a_slot_in_the_editor_and_nothing_for_the_learner() -> None:
    for kind in ("image", "video", "audio"):
        block = read_block({"id": "bnew1", "type": kind}, "")
        assert 'data-slot="asset"' in render.block(block, sample(), editing=True)
        assert "empty-slot" not in render.block(block, sample())


def test_the_editor_sees_which_option_is_correct_and_the_learner_does_not() -> None:
    block = sample().questions(scored=True)[0]
    assert re.search(
        r'value="a" checked data-field="options.a.correct"', render.block(block, sample(), editing=True)
    )
    assert "checked" not in render.block(block, sample())


def test_a_true_or_false_question_has_no_options_to_edit() -> None:
    block = read_block({"id": "btf01", "type": "true_false", "prompt": "<p>Ja</p>", "correct": False}, "")
    drawn = render.block(block, sample(), editing=True)
    assert "options." not in drawn
    assert 'value="false" checked data-field="correct"' in drawn


def test_assets_are_addressed_as_the_caller_says() -> None:
    block = next(block for block in blocks() if block.type == "image")
    drawn = render.block(block, sample(), asset_url=lambda digest, asset: f"/storage/{digest[:4]}?a=1&b=2")
    assert f'src="/storage/{DIGEST[:4]}?a=1&amp;b=2"' in drawn
    assert f'src="assets/{DIGEST}.webp"' in render.block(block, sample())


def test_a_decorative_picture_has_an_empty_alternative_text() -> None:
    block = read_block(
        {"id": "bimg1", "type": "image", "asset": DIGEST, "alt": "gammel", "decorative": True}, ""
    )
    assert 'alt=""' in render.block(block, sample())


def test_author_text_is_escaped_everywhere() -> None:
    made = document()
    for page in made["pages"]:
        page["title"] = "<script>1</script>"
        for block in page["blocks"]:
            for field in ("title", "caption", "alt", "feedback_correct", "feedback_wrong"):
                if field in block:
                    block[field] = '"><script>1</script>'
            for item in block.get("items", []) + block.get("options", []):
                item |= {key: "<script>1</script>" for key in ("title", "text", "feedback") if key in item}
    made["title"] = made["summary"] = "</title><script>1</script>"
    made["rights"]["holder"] = "</script><script>1</script>"
    drawn = render.document(Module.from_json(made))
    assert "<script>1" not in drawn
    assert drawn.count("<script") == 4  # two scripts, two kinds of data


def test_each_type_is_one_file_of_its_name() -> None:
    assert all(kind.__module__ == f"content.blocks.{name}" for name, kind in TYPES.items())
