"""A module's JSON document: read whole, written the same, refused with the exact place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.blocks import TYPES
from content.errors import InvalidModule
from content.module import EXTENSIONS, UPGRADES, Module
from tests.content.samples import DIGEST, document, sample


def test_what_is_read_is_written_the_same() -> None:
    module = sample()
    assert Module.from_json(module.to_json()) == module
    assert Module.from_json(json.loads(json.dumps(module.to_json()))).to_json() == module.to_json()


def test_the_sample_has_every_block_type() -> None:
    assert {block.type for _, block in sample().blocks()} == set(TYPES)


def test_an_empty_draft_reads() -> None:
    module = Module.from_json({"schema": 1, "id": document()["id"]})
    assert (module.title, module.pages, module.pass_mark) == ("", (), None)


def test_a_new_block_without_content_reads() -> None:
    for number, name in enumerate(TYPES):
        page = {"id": "p123", "blocks": [{"id": f"b{number:03}", "type": name}]}
        assert Module.from_json({"schema": 1, "id": document()["id"], "pages": [page]}).pages[0].blocks


def at(made: dict[str, Any], *keys: Any) -> Any:
    """The value at a place in a document."""
    value: Any = made
    for key in keys:
        value = value[key]
    return value


WRONG = [
    ("not an object", (), None, "", "must be an object"),
    ("no schema", ("schema",), None, "schema", "must be the schema's version"),
    ("a later schema", ("schema",), 2, "schema", "Use a newer lms-bridge"),
    ("schema as text", ("schema",), "1", "schema", "must be the schema's version"),
    ("true for a schema", ("schema",), True, "schema", "must be the schema's version"),
    ("an id that is no UUID", ("id",), "hand-hygiene", "id", "must be a UUID"),
    ("a number for a title", ("title",), 7, "title", "must be text"),
    ("half a character", ("title",), "\ud800", "title", "must not contain"),
    ("a NUL", ("title",), "a\0b", "title", "must not contain NUL"),
    ("a language that is none", ("language",), "norsk bokmål", "language", "BCP 47"),
    ("a pass mark over 100", ("pass_mark",), 101, "pass_mark", "from 1 to 100, or null"),
    ("true for a pass mark", ("pass_mark",), True, "pass_mark", "a whole number"),
    ("goals as text", ("goals",), "kunne", "goals", "must be a list"),
    ("a goal that is no text", ("goals", 1), 3, "goals[1]", "must be text"),
    ("an unknown licence", ("rights", "licence"), "CC-BY-5.0", "rights.licence", "must be one of CC0-1.0"),
    ("an unknown field", ("tittel",), "x", "tittel", "is not known here; known are id, title"),
    ("pages as an object", ("pages",), {}, "pages", "must be a list"),
    ("a page id with a space", ("pages", 0, "id"), "p 1", "pages[0].id", "must be of the form"),
    ("a page id used twice", ("pages", 1, "id"), "pwhy1", "pages[1].id", "is used twice"),
    (
        "a block type nobody knows",
        ("pages", 0, "blocks", 0, "type"),
        "poll",
        "pages[0].blocks[0].type",
        "audio",
    ),
    (
        "a block type that is a list",
        ("pages", 0, "blocks", 0, "type"),
        [],
        "pages[0].blocks[0].type",
        "audio",
    ),
    ("a block that is no object", ("pages", 0, "blocks", 0), "x", "pages[0].blocks[0]", "must be an object"),
    (
        "a field of another type",
        ("pages", 0, "blocks", 0, "alt"),
        "",
        "pages[0].blocks[0].alt",
        "not known here",
    ),
    (
        "a block id used on two pages",
        ("pages", 1, "blocks", 0, "id"),
        "btext1",
        "pages[1].blocks[0].id",
        "twice",
    ),
    (
        "a block id that is a page's",
        ("pages", 1, "blocks", 0, "id"),
        "pwhy1",
        "pages[1].blocks[0].id",
        "twice",
    ),
    (
        "a tone nobody knows",
        ("pages", 0, "blocks", 2, "tone"),
        "loud",
        "pages[0].blocks[2].tone",
        "info, tip",
    ),
    (
        "an option id used twice",
        ("pages", 2, "blocks", 1, "options", 1, "id"),
        "a",
        "pages[2].blocks[1].options[1].id",
        "is used twice",
    ),
    (
        "an option without an id",
        ("pages", 2, "blocks", 1, "options", 0),
        {"text": "x"},
        "pages[2].blocks[1].options[0].id",
        "is missing",
    ),
    (
        "correct as text",
        ("pages", 2, "blocks", 3, "correct"),
        "yes",
        "pages[2].blocks[3].correct",
        "true or false",
    ),
    (
        "a picture that is not there",
        ("pages", 0, "blocks", 1, "asset"),
        "0" * 64,
        "pages[0].blocks[1]",
        "not in assets",
    ),
    ("a picture by name", ("pages", 0, "blocks", 1, "asset"), "a.png", "pages[0].blocks[1].asset", "SHA-256"),
    ("an asset under a name", ("assets", "a.png"), {}, "assets.a.png", "must be of the form"),
    (
        "a program as an asset",
        ("assets", DIGEST, "media_type"),
        "text/html",
        f"assets.{DIGEST}.media_type",
        "image/",
    ),
    ("an asset of minus one byte", ("assets", DIGEST, "size"), -1, f"assets.{DIGEST}.size", "a whole number"),
    (
        "a date that is none",
        ("rights", "grant"),
        {"valid_to": "2026-13-01"},
        "rights.grant.valid_to",
        "a date",
    ),
]


@pytest.mark.parametrize(
    ("keys", "value", "path", "problem"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG]
)
def test_refused_with_the_place(keys: tuple[Any, ...], value: Any, path: str, problem: str) -> None:
    made: Any = document()
    if keys:
        at(made, *keys[:-1])[keys[-1]] = value
    else:
        made = value
    with pytest.raises(InvalidModule) as refused:
        Module.from_json(made)
    assert refused.value.path == path
    assert problem in refused.value.problem
    assert str(refused.value).startswith(path or "module")


def test_an_older_document_is_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("content.module.SCHEMA", 2)
    monkeypatch.setitem(UPGRADES, 1, lambda old: {**old, "title": old["title"].upper()})
    module = Module.from_json(document())
    assert module.title == "REINE HENDER PÅ SYKEHJEMMET"
    assert module.to_json()["schema"] == 2


def test_reading_leaves_the_document_alone() -> None:
    given_document, same = document(), document()
    Module.from_json(given_document)
    assert given_document == same


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FIELDS = [
    "title",
    "language",
    "goals",
    "pass_mark",
    "competences",
    "rights",
    "derived_from",
    "pages",
    "assets",
]


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(FIELDS), value=JSON)
def test_anything_at_all_reads_or_is_refused(field: str, value: Any) -> None:
    try:
        module = Module.from_json({**document(), field: value})
    except InvalidModule:
        return
    assert Module.from_json(module.to_json()) == module


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(
    titles=st.lists(TEXT, max_size=4),
    html=TEXT,
    tone=st.sampled_from(["info", "tip", "warning", "important"]),
)
def test_round_trip_of_any_text(titles: list[str], html: str, tone: str) -> None:
    items = [{"id": f"i{n}", "title": title, "html": html} for n, title in enumerate(titles)]
    blocks = [
        {"id": "b001", "type": "accordion", "items": items},
        {"id": "b002", "type": "callout", "tone": tone, "title": html, "html": html},
    ]
    pages = [{"id": "p001", "title": html, "blocks": blocks}]
    module = Module.from_json({"schema": 1, "id": document()["id"], "pages": pages})
    assert Module.from_json(module.to_json()) == module


def test_every_media_type_has_an_extension_of_its_own() -> None:
    assert len(set(EXTENSIONS.values())) == len(EXTENSIONS)
