"""Steps to be put in order come mixed: all of them, the same way each time, and never in the right order."""

import re

from hypothesis import given
from hypothesis import strategies as st

from content import render
from content.blocks import read_block
from tests.content.samples import sample

IDS = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), unique=True, min_size=2, max_size=12)


def shown(ids: list[str], block: str = "bxyz1", *, editing: bool = False) -> list[str]:
    steps = [{"id": one, "text": one.upper()} for one in ids]
    asked = read_block({"id": block, "type": "ordering", "prompt": "<p>Hva først?</p>", "options": steps}, "")
    return re.findall(r'data-option="(\w+)"', render.block(asked, sample(), editing=editing))


@given(IDS)
def test_the_learner_gets_all_of_them_in_another_order(ids: list[str]) -> None:
    mixed = shown(ids)
    assert sorted(mixed) == sorted(ids)
    assert mixed != ids
    assert mixed == shown(ids)


@given(IDS)
def test_the_author_sees_them_as_they_are_written(ids: list[str]) -> None:
    assert shown(ids, editing=True) == ids


def test_the_right_order_is_what_an_answer_is_compared_with() -> None:
    steps = [{"id": one, "text": one} for one in "cab"]
    asked = read_block({"id": "bxyz1", "type": "ordering", "options": steps}, "")
    assert 'data-correct="c a b"' in render.block(asked, sample())
