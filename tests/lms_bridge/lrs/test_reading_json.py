"""JSON from strangers is read as the standard library reads it, however it is written; two of one name, and what is
nested too deeply, are refused.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.lrs.parsing import MAX_DEPTH, NotJson, parse_json

STYLES = {
    "compact": {"separators": (",", ":"), "ensure_ascii": False},
    "spaced": {},
    "indented": {"indent": 2},
    "space before the colon": {"separators": (", ", " : ")},
}
TEXTS = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ['":', '\\":', '{"a":1}', "[[[", "\u2028", "é"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES, style=st.sampled_from(sorted(STYLES)))
def test_what_is_sound_is_read_however_it_is_written(value: Any, style: str):
    assert parse_json(json.dumps(value, **STYLES[style]).encode()) == value


@given(
    value=VALUES, other=VALUES, name=TEXTS, style=st.sampled_from(sorted(STYLES)), around=st.integers(0, 3)
)
def test_two_of_one_name_are_refused_wherever_they_are(
    value: Any, other: Any, name: str, style: str, around: int
):
    form = STYLES[style]
    colon = form.get("separators", (", ", ": "))[1]
    pairs = [
        f"{json.dumps(name, ensure_ascii=False)}{colon}{json.dumps(each, **form)}" for each in (value, other)
    ]
    text = "{" + ",".join(pairs) + "}"
    for _ in range(around):
        text = f'[{{"noise"{colon}1}},{text}]'
    with pytest.raises(NotJson, match="twice"):
        parse_json(text.encode())


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("wide", [1, 40], ids=["alone", "among others"])
def test_the_depth_that_is_taken_is_the_same_in_every_style(style: str, wide: int):
    def nested(depth: int) -> bytes:
        value: Any = 1
        for _ in range(depth):
            value = {"a": value}
        return json.dumps([value] * wide, **STYLES[style]).encode()

    assert parse_json(nested(MAX_DEPTH - 2)) == json.loads(nested(MAX_DEPTH - 2))
    for depth in (MAX_DEPTH - 1, MAX_DEPTH, 300):
        with pytest.raises(NotJson, match="nested"):
            parse_json(nested(depth))


@pytest.mark.parametrize("text", [b"", b"{", b"[1,]", b'{"a":NaN}', b'"\xff"', b'"\\ud800"', b"1 2"])
def test_what_is_no_json_is_refused_with_its_place(text: bytes):
    with pytest.raises(NotJson, match=r"This is not JSON: .+ \(line 1, column \d+\)"):
        parse_json(text)
