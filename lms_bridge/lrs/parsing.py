"""JSON from strangers, read once: size, depth, duplicate keys, bad UTF-8, NaN."""

import json
import re
from collections.abc import Sequence
from typing import Any, SupportsBytes

import msgspec
import orjson

MAX_DEPTH = 64

_SPACE_BEFORE_COLON = re.compile(rb'"[ \t\r\n]+:').search


class NotJson(Exception):
    """The bytes are not one JSON value that we take; the message says where and why."""


_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def split_list(body: bytes) -> Sequence[SupportsBytes]:
    """The texts of a JSON list's items, not yet read; another value's is its only one. Raises `NotJson`."""
    if not body.lstrip(b" \t\r\n").startswith(b"["):
        return [body]
    try:
        return _items(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(f"This is not JSON: {error}.") from None


def parse_json(body: bytes | bytearray | memoryview) -> Any:
    """The value of a JSON text. Raises `NotJson`.

    orjson refuses NaN, Infinity, bad UTF-8 and lone surrogates, but keeps the last of duplicate keys (RFC 8259
    leaves that open, xAPI 2.2 does not allow two): what is written again to the letter had none, and of what is not,
    as many names must be in the result as were in the text.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    body = bytes(body)
    if _comes_again(value, body):
        return value
    names = _count_names(value)
    # A quote and a colon also meet inside strings (\":), so equality proves, inequality only suspects.
    if body.count(b'":') != names or _SPACE_BEFORE_COLON(body):
        try:
            json.loads(body, object_pairs_hook=_no_duplicates)
        except ValueError as error:  # such as a number of five thousand digits
            raise NotJson(f"This is not JSON that we can keep: {error}.") from None
    return value


def _comes_again(value: Any, body: bytes) -> bool:
    """Written without spaces it is the same, each part of it with too few brackets to be nested deeply."""
    try:
        if type(value) is not list:
            return orjson.dumps(value) == body and _is_shallow(body)
        parts = [orjson.dumps(part) for part in value]
    except orjson.JSONEncodeError:
        return False
    return body == b"[%b]" % b",".join(parts) and all(map(_is_shallow, parts))


def _is_shallow(text: bytes) -> bool:
    return text.count(b"{") + text.count(b"[") < MAX_DEPTH - 1


def is_nested(value: dict[str, Any] | list[Any], levels: int) -> bool:
    """Whether lists and objects lie within each other on more levels than so many."""
    level = [value]
    for _ in range(levels):
        level = [
            below
            for item in level
            for below in (item.values() if type(item) is dict else item)
            if type(below) is dict or type(below) is list
        ]
        if not level:
            return False
    return True


def _count_names(value: Any) -> int:
    names = 0
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                names += len(item)
                below.extend(item.values())
            elif type(item) is list:
                below.extend(item)
        if not below:
            return names
        level = below
    raise NotJson(f"This JSON is nested more than {MAX_DEPTH} levels deep.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJson(f"The name {name[:80]!r} stands twice in the same JSON object.")
            seen.add(name)
    return result
