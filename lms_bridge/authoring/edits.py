"""Changing a draft: four edits on one JSON document, each with what undoes it, so that two people in one module
never lose each other's text. Pure: no database, no HTTP.

    {"op": "set",    "target": T, "fields": {F: value, …}, "base": revision}
    {"op": "insert", "parent": P, "after": id | null, "value": {…}}
    {"op": "move",   "target": T, "parent": P, "after": id | null}
    {"op": "delete", "target": T, "base": revision}

T is the id of a page or a block, `<block>.<list>.<item>` for an option or an item, the SHA-256 of an asset, or
"@module". P is "@module" for pages, a page's id for blocks, `<block>.<list>` for items. F is named as in
`data-field`: `html`, `options.<id>.text`. `after` null is first; an id that is gone means last.

`base` is the draft's revision that the editor had seen. What somebody else (another open editor) has written since
is never overwritten or deleted: that raises Clash, and the person decides. All edits can be sent twice.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from content.blocks import read_block
from content.errors import InvalidModule, TooLong
from content.fields import ITEM_ID, LONGEST_LIST, read
from content.module import Asset, Module, Page

from ..errors import N_, Invalid

MODULE = "@module"
SETTINGS = (
    "title",
    "summary",
    "language",
    "duration_minutes",
    "goals",
    "pass_mark",
    "competences",
    "rights",
)
Document = dict[str, Any]
Revisions = dict[str, dict[str, list[Any]]]
"""{target: {field: [revision, client]}}; the field "" is the whole, from when it was inserted."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r'"([0-9a-f]{64})"').findall


def files_named(part: Any) -> set[str]:
    """The SHA-256s that stand in a part of a document."""
    return set(_NAMED(json.dumps(part)))


class Clash(Exception):
    """Somebody else changed or deleted the target in the meantime. `target` is the block, page, asset or MODULE."""

    def __init__(self, target: str, *, deleted: bool = False) -> None:
        super().__init__(target)
        self.target = target
        self.deleted = deleted


@dataclass(frozen=True)
class Applied:
    """What an edit did: as it was taken (cleaned), what undoes it, and the page, block, asset or MODULE it concerns.

    `edit` is None when there was nothing to do, since it was done already.
    """

    edit: dict[str, Any] | None
    inverse: dict[str, Any]
    target: str


class Manuscript:
    """A document and its fields' revisions, while one editor (`client`) makes it `revision`. Changed in place."""

    def __init__(self, document: Document, revisions: Revisions, *, revision: int, client: str) -> None:
        self.document = document
        self.revisions = revisions
        self.stamp = [revision, client]
        self.client = client

    def apply(self, edit: Any) -> Applied:
        """Makes one edit. Raises Clash, or Invalid for what is no edit; the document is then as it was."""
        if not isinstance(edit, dict) or not isinstance(edit.get("op"), str):
            raise _malformed("op")
        work = {"set": self._set, "insert": self._insert, "move": self._move, "delete": self._delete}
        if edit["op"] not in work:
            raise _malformed("op")
        try:
            return work[edit["op"]](edit)
        except TooLong as error:
            raise Invalid(
                N_(
                    "This text is too long. Shorten it, or divide it: "
                    "at most %(most)s characters fit in one place."
                ),
                most=error.most,
            ) from None
        except InvalidModule as error:
            raise Invalid(N_("This cannot be kept: %(problem)s"), problem=str(error)) from None

    def _set(self, edit: dict[str, Any]) -> Applied:
        target, fields = _text(edit, "target"), edit.get("fields")
        if not isinstance(fields, dict) or not fields:
            raise _malformed("fields")
        here = self.find(target)
        changed = copy.deepcopy(here)
        for path, value in fields.items():
            place, key = self._place(changed, path, target)
            place[key] = value
        changed = self._checked(target, changed)
        before = {path: self._value(here, path, target) for path in fields}
        after = {path: self._value(changed, path, target) for path in fields}
        moved = [path for path in fields if before[path] != after[path]]
        self._refuse_unseen(target, _base(edit), moved)
        if not moved:
            return Applied(None, {}, target)
        here.clear()
        here.update(changed)
        self.revisions.setdefault(target, {}).update(dict.fromkeys(moved, self.stamp))
        done = {"op": "set", "target": target, "fields": {path: after[path] for path in moved}}
        undo = {**done, "fields": {path: before[path] for path in moved}}
        return Applied(done, undo, target)

    def _insert(self, edit: dict[str, Any]) -> Applied:
        parent, value = _text(edit, "parent"), edit.get("value")
        siblings = self._children(parent)
        if not isinstance(value, dict):
            raise _malformed("value")
        new = self._checked_new(parent, value)
        target = new["id"] if "." not in parent else f"{parent}.{new['id']}"
        if self._is_there(siblings, target):
            return Applied(None, {}, _owner(target))
        self._refuse_taken(parent, new)
        if len(siblings) >= LONGEST_LIST:
            raise InvalidModule(parent, f"must have at most {LONGEST_LIST} entries")
        siblings.insert(_index_after(siblings, edit.get("after")), new)
        for name, prefix in self._parts(target, new):
            self.revisions.setdefault(name, {})[prefix] = self.stamp
        done = {"op": "insert", "parent": parent, "after": edit.get("after"), "value": new}
        return Applied(done, {"op": "delete", "target": target}, _owner(target))

    def _move(self, edit: dict[str, Any]) -> Applied:
        target, parent = _text(edit, "target"), _text(edit, "parent")
        source, index = self._position(target)
        goal = self._children(parent)
        if source is not goal and ("." in target + parent or parent == MODULE or target in self._page_ids()):
            raise _malformed("parent")
        undo = self._where(target)
        moved = source.pop(index)
        place = _index_after(goal, edit.get("after"))
        goal.insert(place, moved)
        if source is goal and place == index:
            return Applied(None, {}, _owner(target))
        done = {"op": "move", "target": target, "parent": parent, "after": edit.get("after")}
        return Applied(done, {"op": "move", "target": target, **undo}, _owner(target))

    def _delete(self, edit: dict[str, Any]) -> Applied:
        target = _text(edit, "target")
        try:
            siblings, index = self._position(target)
        except Clash:
            return Applied(None, {}, _owner(target))
        base = _base(edit)
        gone = siblings[index]
        for name, prefix in self._parts(target, gone):
            self._refuse_unseen(name, base, [k for k in self.revisions.get(name, {}) if _is_under(k, prefix)])
        undo = {"op": "insert", **self._where(target), "value": siblings.pop(index)}
        for name, prefix in self._parts(target, gone):
            kept = {k: v for k, v in self.revisions.get(name, {}).items() if not _is_under(k, prefix)}
            self.revisions.pop(name, None)
            if kept:
                self.revisions[name] = kept
        if "." in target:  # the block that held it has changed
            owner, _dot, prefix = target.partition(".")
            self.revisions.setdefault(owner, {})[prefix] = self.stamp
        return Applied({"op": "delete", "target": target}, undo, _owner(target))

    # where things are

    def find(self, target: str) -> dict[str, Any]:
        """The page, block, asset or document itself. Raises Clash when it is gone."""
        if target == MODULE:
            return self.document
        if _DIGEST.fullmatch(target):
            if target not in self.document["assets"]:
                raise Clash(target, deleted=True)
            asset: dict[str, Any] = self.document["assets"][target]
            return asset
        siblings, index = self._position(target)
        found: dict[str, Any] = siblings[index]
        return found

    def page_of(self, block_id: str) -> str:
        """The id of the page that a block is on. Raises Clash."""
        for page in self.document["pages"]:
            if any(block["id"] == block_id for block in page["blocks"]):
                return str(page["id"])
        raise Clash(block_id, deleted=True)

    def _position(self, target: str) -> tuple[list[dict[str, Any]], int]:
        if "." in target:
            parent, _dot, name = target.rpartition(".")
            lists = [self._children(parent)]
        else:
            name, pages = target, self.document["pages"]
            lists = [pages, *(page["blocks"] for page in pages)]
        for siblings in lists:
            for index, entry in enumerate(siblings):
                if entry["id"] == name:
                    return siblings, index
        raise Clash(_owner(target), deleted=True)

    def _children(self, parent: str) -> list[dict[str, Any]]:
        owner, _dot, name = parent.partition(".")
        children = self.document["pages"] if owner == MODULE else self.find(owner).get(name or "blocks")
        if not isinstance(children, list) or (name and (owner == MODULE or owner in self._page_ids())):
            raise _malformed("parent")
        return children

    def _where(self, target: str) -> dict[str, Any]:
        siblings, index = self._position(target)
        if "." in target:
            parent = target.rpartition(".")[0]
        else:
            parent = MODULE if target in self._page_ids() else self.page_of(target)
        return {"parent": parent, "after": siblings[index - 1]["id"] if index else None}

    def _page_ids(self) -> set[str]:
        return {page["id"] for page in self.document["pages"]}

    def _is_there(self, siblings: list[dict[str, Any]], target: str) -> bool:
        """Whether this was sent twice."""
        return any(entry["id"] == target.rpartition(".")[2] for entry in siblings)

    def _refuse_taken(self, parent: str, new: dict[str, Any]) -> None:
        """Pages and blocks have ids that nothing else in the module has."""
        if "." in parent:
            return
        pages = self.document["pages"]
        taken = self._page_ids() | {block["id"] for page in pages for block in page["blocks"]}
        for value in (new, *new.get("blocks", ())):
            if value["id"] in taken:
                raise InvalidModule("id", f"{value['id']} is taken")
            taken.add(value["id"])

    def _parts(self, target: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """(target, field prefix) of all that goes with a page, block or item."""
        if "." in target:
            owner, _dot, prefix = target.partition(".")
            yield owner, prefix
            return
        yield target, ""
        yield from ((block["id"], "") for block in value.get("blocks", ()))

    def add_asset(self, digest: str, asset: dict[str, Any]) -> None:
        """Lets blocks show a file; one that is there already keeps its name and rights."""
        self.document["assets"].setdefault(digest, asset)

    # what is allowed

    def _refuse_unseen(self, target: str, base: int, paths: list[str]) -> None:
        for field, (revision, client) in self.revisions.get(target, {}).items():
            if (
                revision > base
                and client != self.client
                and any(_is_under(path, field) or _is_under(field, path) for path in paths)
            ):
                raise Clash(target)

    def _checked(self, target: str, value: dict[str, Any]) -> dict[str, Any]:
        """As content takes it: cleaned, with every field. Raises InvalidModule."""
        if target == MODULE:
            light = {**value, "pages": [], "assets": {}}
            return {
                **Module.from_json(light).to_json(),
                "pages": value["pages"],
                "assets": value["assets"],
            }
        if _DIGEST.fullmatch(target):
            asset = read(Asset, value, "asset")
            taken = Module(id="", assets={target: asset}).to_json()["assets"][target]
            return {**value, "name": taken["name"], "rights": taken["rights"]}
        if target in self._page_ids():
            title = read(Page, {"id": value["id"], "title": value["title"]}, "page").title
            return {**value, "title": title}
        return self._checked_block(value)

    def _checked_block(self, value: dict[str, Any]) -> dict[str, Any]:
        block = read_block(value, "block")
        unknown = [digest for digest in block.assets() if digest not in self.document["assets"]]
        if unknown:
            raise InvalidModule("block", f"the file {unknown[0]} is not in the module; upload it first")
        return block.to_json()

    def _checked_new(self, parent: str, value: dict[str, Any]) -> dict[str, Any]:
        if "." in parent:
            if not isinstance(value.get("id"), str) or not ITEM_ID.fullmatch(value["id"]):
                raise _malformed("value")
            owner = copy.deepcopy(self.find(_owner(parent)))
            name = parent.partition(".")[2]
            owner[name] = [value]
            item: dict[str, Any] = self._checked_block(owner)[name][0]
            return item
        if parent != MODULE:
            return self._checked_block(value)
        page = read(Page, {**value, "blocks": []}, "page")
        blocks = value.get("blocks", [])
        if not isinstance(blocks, list):
            raise _malformed("value")
        return {"id": page.id, "title": page.title, "blocks": [self._checked_block(b) for b in blocks]}

    def _place(self, value: dict[str, Any], path: str, target: str) -> tuple[dict[str, Any], str]:
        """The object and the key that a field path leads to. Raises Clash when its item is gone, Invalid."""
        if not isinstance(path, str):
            raise _malformed("fields")
        head, *rest = path.split(".")
        allowed = set(value) - {"id", "type", "blocks"}
        if target == MODULE:
            allowed = set(SETTINGS)
        elif _DIGEST.fullmatch(target):
            allowed = {"name", "rights"}
        if head not in allowed:
            raise _malformed(f"fields.{path}")
        if not rest:
            return value, head
        items = value[head]
        if len(rest) != 2 or not isinstance(items, list) or rest[1] == "id":
            raise _malformed(f"fields.{path}")
        for item in items:
            if isinstance(item, dict) and item.get("id") == rest[0] and rest[1] in item:
                return item, rest[1]
        raise Clash(target, deleted=True)

    def _value(self, value: dict[str, Any], path: str, target: str) -> Any:
        place, key = self._place(value, path, target)
        return place[key]


def _base(edit: dict[str, Any]) -> int:
    base = edit.get("base")
    if not isinstance(base, int) or isinstance(base, bool):
        raise _malformed("base")
    return base


def _text(edit: dict[str, Any], key: str) -> str:
    value = edit.get(key)
    if not isinstance(value, str):
        raise _malformed(key)
    return value


def _malformed(key: str) -> Invalid:
    return Invalid(N_("This is not a change that the editor makes: %(field)s is wrong."), field=key)


def _owner(target: str) -> str:
    """The block of an item or a list; anything else is its own."""
    return target.partition(".")[0]


def _is_under(path: str, field: str) -> bool:
    """Whether a field path is `field` or inside it; everything is inside ""."""
    return not field or path == field or path.startswith(f"{field}.")


def _index_after(siblings: list[dict[str, Any]], after: Any) -> int:
    if after is None:
        return 0
    return next((i + 1 for i, entry in enumerate(siblings) if entry["id"] == after), len(siblings))
