"""A module in another language, and how it follows its original."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.module import Module
from content.translation import State, earlier_texts, followed, passages, state, texts, with_texts

from .samples import DIGEST, changed, document, sample


def in_swedish(module: Module) -> Module:
    """Every text with the mark of a translator."""
    marked = {one.key: f"<p>sv {one.key}</p>" if one.rich else f"sv {one.key}" for one in passages(module)}
    return with_texts(replace(module, language="sv"), marked)


def block(made: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(b for page in made["pages"] for b in page["blocks"] if b["id"] == name)
    return found


def after(original: Callable[[dict[str, Any]], Any], translation: Callable[[dict[str, Any]], Any]) -> Module:
    """The Swedish module when the original and it were changed since."""
    made = in_swedish(sample()).to_json()
    translation(made)
    return followed(sample(), changed(original), Module.from_json(made))


def nothing(_made: dict[str, Any]) -> None: ...


def order(module: Module) -> list[str]:
    return [name for page in module.pages for name in (page.id, *(block.id for block in page.blocks))]


# --- its texts ----------------------------------------------------------------------------------------------------


def test_every_text_that_somebody_wrote_is_a_passage_in_the_order_of_reading():
    keys = [one.key for one in passages(sample())]
    assert keys[:6] == [
        "@module:title",
        "@module:summary",
        "@module:goals.0",
        "@module:goals.1",
        "pwhy1:title",
        "btext1:html",
    ]
    assert "bfold1:items.b.html" in keys
    assert "bsingle1:options.a.feedback" in keys
    assert keys.index("bimage1:alt") < keys.index("bimage1:caption") < keys.index("bfold1:items.a.title")


def test_what_is_no_text_is_no_passage():
    found = [one.text for one in passages(sample())]
    assert not {"warning", "info", DIGEST, "nb", "Fjordvik kommune", "hender.webp", "Håndhygiene"} & set(
        found
    )
    assert all(text.strip() for text in found)


def test_a_module_with_other_texts_is_otherwise_the_same():
    swedish = in_swedish(sample())
    assert set(texts(swedish)) == set(texts(sample()))
    assert set(texts(swedish).values()) & set(texts(sample()).values()) == {""}
    assert with_texts(swedish, texts(sample())) == replace(sample(), language="sv")


def test_texts_under_keys_that_are_not_there_are_passed_over():
    odd = {"@module:goals.7": "x", "bgone:html": "x", "btext1:tone": "x", "bcallwarn:tone": "info", "": "x"}
    assert with_texts(sample(), odd) == sample()


@pytest.mark.parametrize(
    ("original", "translation", "made_from", "expected"),
    [
        ("Hei", "Hei", None, State.NEW),
        ("Hei", " ", None, State.NEW),
        ("Hei", "", "Hei", State.NEW),
        ("Hei", "Hej", None, State.TRANSLATED),
        ("Oslo", "Oslo", "Oslo", State.TRANSLATED),
        ("Hei du", "Hej", "Hei", State.CHANGED),
        ("Hei du", "Hei du", "Hei", State.CHANGED),
    ],
)
def test_how_far_a_text_is(original: str, translation: str, made_from: str | None, expected: State):
    assert state(original, translation, made_from) is expected


# --- following the original ---------------------------------------------------------------------------------------


def test_nothing_changes_where_the_original_has_not():
    assert after(nothing, nothing) == in_swedish(sample())


def test_a_text_that_is_not_translated_yet_follows():
    def shorter(made: dict[str, Any]) -> None:
        made["title"] = "Reine hender"
        made["goals"][1] = "velge rett"
        block(made, "bfold1")["items"][0]["title"] = "Såpe?"

    untouched = replace(sample(), language="sv")
    assert followed(sample(), changed(shorter), untouched) == replace(changed(shorter), language="sv")


def test_a_translated_text_stays_and_what_it_was_made_from_is_told():
    def reworded(made: dict[str, Any]) -> None:
        block(made, "bimage1")["caption"] = "Lunkent vann og såpe."

    swedish = after(reworded, nothing)
    assert texts(swedish)["bimage1:caption"] == "sv bimage1:caption"
    assert earlier_texts(sample(), changed(reworded), in_swedish(sample())) == {
        "bimage1:caption": "Vann og såpe."
    }
    assert earlier_texts(sample(), changed(reworded), replace(sample(), language="sv")) == {}


def test_new_pages_blocks_and_answers_come_in_their_places():
    def longer(made: dict[str, Any]) -> None:
        made["pages"].insert(1, {"id": "pnew1", "title": "Nytt", "blocks": []})
        made["pages"][0]["blocks"].insert(1, {"id": "bnew1", "type": "text", "html": "<p>Nytt.</p>"})
        options = block(made, "bsingle1")["options"]
        options.insert(1, {"id": "n", "text": "Nytt svar", "correct": False, "feedback": ""})

    swedish = after(longer, nothing)
    assert order(swedish) == order(changed(longer))
    assert texts(swedish)["bnew1:html"] == "<p>Nytt.</p>"
    options = [option.id for _, one in swedish.blocks() if one.id == "bsingle1" for option in one.options]  # type: ignore[attr-defined]
    assert options == ["a", "n", "b", "c"]


def test_what_is_gone_from_the_original_goes():
    def shorter(made: dict[str, Any]) -> None:
        del made["pages"][1]
        del made["pages"][0]["blocks"][0]
        del block(made, "bfold1")["items"][0]

    swedish = after(shorter, nothing)
    assert order(swedish) == order(changed(shorter))
    assert "bfold1:items.a.title" not in texts(swedish)


def test_what_moved_in_the_original_moves_with_its_translation():
    def moved(made: dict[str, Any]) -> None:
        made["pages"][2]["blocks"].append(made["pages"][0]["blocks"].pop(0))
        made["pages"].reverse()

    swedish = after(moved, nothing)
    assert order(swedish) == order(changed(moved))
    assert texts(swedish)["btext1:html"] == "<p>sv btext1:html</p>"


def test_what_the_translation_has_of_its_own_stays_where_it_was():
    def own(made: dict[str, Any]) -> None:
        made["pages"][0]["blocks"].insert(1, {"id": "bown1", "type": "text", "html": "<p>Ring 1177.</p>"})
        made["pages"].append({"id": "pown1", "title": "Hos oss", "blocks": []})
        block(made, "bcheck1")["items"].append({"id": "own", "text": "Namnskylt"})

    def other_order(made: dict[str, Any]) -> None:
        made["pages"][0]["blocks"][0]["html"] = "<p>Kortere.</p>"
        made["pages"].insert(0, made["pages"].pop(1))

    swedish = after(other_order, own)
    assert order(swedish)[-1] == "pown1"
    assert order(swedish).index("bown1") == order(swedish).index("btext1") + 1
    assert texts(swedish)["bcheck1:items.own.text"] == "Namnskylt"


def test_what_was_deleted_from_the_translation_stays_away():
    def cut(made: dict[str, Any]) -> None:
        del made["pages"][1]
        del made["pages"][0]["blocks"][1]

    def reworded(made: dict[str, Any]) -> None:
        block(made, "bimage1")["caption"] = "Lunkent vann."
        block(made, "bcheck1")["title"] = "I dag"

    swedish = after(reworded, cut)
    assert "bimage1" not in order(swedish)
    assert "phow1" not in order(swedish)


def test_a_page_that_is_gone_stays_for_what_the_translation_put_there():
    def own(made: dict[str, Any]) -> None:
        made["pages"][1]["blocks"].append({"id": "bown1", "type": "text", "html": "<p>Ring 1177.</p>"})

    swedish = after(lambda made: made["pages"].pop(1), own)
    assert order(swedish).index("bown1") == order(swedish).index("phow1") + 1
    assert "bvideo1" not in order(swedish)


def test_answers_and_files_follow_but_for_those_that_the_translation_has_chosen():
    def turned(made: dict[str, Any]) -> None:
        block(made, "btrue1")["correct"] = False
        block(made, "bimage1")["asset"] = None
        block(made, "bvideo1")["captions"] = None
        made["pass_mark"] = 80

    def own(made: dict[str, Any]) -> None:
        block(made, "bvideo1")["asset"] = DIGEST

    swedish = after(turned, own)
    by_id: dict[str, Any] = {one.id: one for _, one in swedish.blocks()}
    assert by_id["btrue1"].correct is False
    assert by_id["bimage1"].asset is None
    assert (by_id["bvideo1"].asset, by_id["bvideo1"].captions) == (DIGEST, None)
    assert swedish.pass_mark == 80


def test_a_file_taken_out_of_the_translation_stays_out():
    swedish = after(nothing, lambda made: block(made, "bimage1").update(asset=None, decorative=True))
    assert next(one.asset for _, one in swedish.blocks() if one.id == "bimage1") is None  # type: ignore[attr-defined]


def test_the_rights_of_a_file_follow_and_the_module_keeps_its_own():
    def told(made: dict[str, Any]) -> None:
        made["assets"][DIGEST]["rights"]["creators"] = ["Bente"]
        made["rights"]["holder"] = "Noen andre"

    swedish = after(told, nothing)
    assert swedish.assets[DIGEST].rights.creators == ("Bente",)
    assert swedish.rights.holder == "Fjordvik kommune"
    assert swedish.language == "sv"


# --- whatever is done to either -----------------------------------------------------------------------------------


def _changes() -> st.SearchStrategy[Callable[[dict[str, Any]], None]]:
    """Some pages and blocks deleted, moved, added or reworded."""

    def one(kind: str, page: int, at: int, name: str) -> Callable[[dict[str, Any]], None]:
        def change(made: dict[str, Any]) -> None:
            pages = made["pages"]
            if not pages:
                return
            here = pages[page % len(pages)]
            blocks, number = here["blocks"], at % max(len(here["blocks"]), 1)
            if kind == "page":
                pages.insert(at % len(pages), {"id": f"p{name}", "title": name, "blocks": []})
            elif kind == "add":
                blocks.insert(number, {"id": f"b{name}", "type": "text", "html": f"<p>{name}</p>"})
            elif kind == "delete page":
                pages.remove(here)
            elif blocks and kind == "delete":
                del blocks[number]
            elif blocks and kind == "move":
                pages[at % len(pages)]["blocks"].append(blocks.pop(number))
            elif blocks and "title" in blocks[number]:
                blocks[number]["title"] = name

        return change

    kinds = st.sampled_from(["page", "add", "delete page", "delete", "move", "title"])
    names = st.uuids().map(lambda one: one.hex[:10])
    return st.builds(one, kinds, st.integers(0, 5), st.integers(0, 9), names)


def _made(changes: list[Callable[[dict[str, Any]], None]], start: dict[str, Any]) -> Module:
    made = copy.deepcopy(start)
    for change in changes:
        change(made)
    return Module.from_json(made)


@given(st.lists(_changes(), max_size=6))
def test_a_translation_that_added_nothing_has_the_shape_of_its_original(
    changes: list[Callable[[dict[str, Any]], None]],
):
    original = _made(changes, document())
    swedish = followed(sample(), original, in_swedish(sample()))
    assert order(swedish) == order(original)
    assert followed(original, original, swedish) == swedish


@given(st.lists(_changes(), max_size=5), st.lists(_changes(), max_size=5))
def test_it_is_a_whole_module_that_lost_nothing_of_its_own(
    theirs: list[Callable[[dict[str, Any]], None]], ours: list[Callable[[dict[str, Any]], None]]
):
    original, here = _made(theirs, document()), _made(ours, in_swedish(sample()).to_json())
    result = followed(sample(), original, here)
    assert Module.from_json(result.to_json()) == result
    before = set(order(sample()))
    assert set(order(here)) - before <= set(order(result))
    assert set(order(result)) <= set(order(original)) | set(order(here))
