"""A module in another language: its texts one by one, and how it follows the module that it is translated from.

A translation has the pages, blocks and items of its original under the same ids, so each text is found by its key:
`@module:title`, `@module:goals.0`, `<page>:title`, `<block>:items.<id>.html`.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from content import fields
from content.module import Asset, Module, Page

MODULE = "@module"
SETTINGS = ("title", "summary")
OWN = ("id", "language", "rights", "derived_from", "pages", "assets")  # of a module: never its original's
T = TypeVar("T", bound=Any)


@dataclass(frozen=True)
class Passage:
    """One text of a module; `block` is the type of the block that it stands in, "" for a title or a goal."""

    target: str
    field: str
    text: str
    rich: bool = False
    page: Page | None = None
    block: str = ""

    @property
    def key(self) -> str:
        return f"{self.target}:{self.field}"


class State(Enum):
    NEW = "new"
    CHANGED = "changed"
    """The original has another text than the one that was translated."""
    TRANSLATED = "translated"


def passages(module: Module) -> list[Passage]:
    """All texts that are not empty, in the order in which they are read."""
    return [passage for passage in _places(module) if passage.text.strip()]


def texts(module: Module) -> dict[str, str]:
    """{key: text} of every place for one, "" where nothing is written yet."""
    return {passage.key: passage.text for passage in _places(module)}


def _places(module: Module) -> list[Passage]:
    found = [Passage(MODULE, name, getattr(module, name)) for name in SETTINGS]
    found += [Passage(MODULE, f"goals.{number}", goal) for number, goal in enumerate(module.goals)]
    for page in module.pages:
        found.append(Passage(page.id, "title", page.title, page=page))
        found += [
            Passage(block.id, place, text, rich, page, block.type)
            for block in page.blocks
            for place, text, rich in fields.texts_of(block)
        ]
    return found


def state(original: str, translation: str, made_from: str | None) -> State:
    """Of one text. `made_from` is the original's when it was translated, told where that is another one than now, or
    where the text is the same in both languages.
    """
    if not translation.strip():
        return State.NEW
    if made_from is not None:
        return State.TRANSLATED if made_from == original else State.CHANGED
    return State.NEW if translation == original else State.TRANSLATED


def with_texts(module: Module, new: Mapping[str, str]) -> Module:
    """The module with other texts under these keys; what is under none of its keys is passed over."""
    by_target: dict[str, dict[str, str]] = {}
    for key, text in new.items():
        target, _, field = key.partition(":")
        by_target.setdefault(target, {})[field] = text
    own = by_target.get(MODULE, {})
    goals = tuple(own.get(f"goals.{number}", goal) for number, goal in enumerate(module.goals))
    pages = (
        replace(
            page,
            title=by_target.get(page.id, {}).get("title", page.title),
            blocks=tuple(fields.with_texts(block, by_target.get(block.id, {})) for block in page.blocks),
        )
        for page in module.pages
    )
    settings: dict[str, Any] = {name: own[name] for name in SETTINGS if name in own}
    return replace(module, **settings, goals=goals, pages=tuple(pages))


# --- following the original ---------------------------------------------------------------------------------------


def followed(base: Module, original: Module, translation: Module) -> Module:
    """The translation as it becomes when its original, which was `base`, is what it is now.

    What was changed in the translation, its texts above all, stays; everything else is as in the original: its pages,
    blocks and items in their order. What was added to the translation stays where it was, what was deleted from it
    stays away, and what is gone from the original goes.
    """
    settings: dict[str, Any] = {
        spec.name: _newest(*(getattr(module, spec.name) for module in (base, original, translation)))
        for spec in dataclasses.fields(Module)
        if spec.name not in (*OWN, "goals")
    }
    pages = _pages(base, original, translation)
    named = {digest for page in pages for block in page.blocks for digest in block.assets()}
    records = (base.assets, original.assets, translation.assets)
    return replace(
        translation,
        **settings,
        goals=_goals(base, original, translation),
        pages=pages,
        assets={**translation.assets, **{digest: _asset(digest, *records) for digest in sorted(named)}},
    )


def earlier_texts(base: Module, original: Module, translation: Module) -> dict[str, str]:
    """{key: text in `base`} of what is translated, and says something else in the original now."""
    before, now, here = texts(base), texts(original), texts(translation)
    return {
        key: text
        for key, text in before.items()
        if text.strip() and key in now and now[key] != text and here.get(key, text) != text
    }


def _goals(base: Module, original: Module, translation: Module) -> tuple[str, ...]:
    """Goals have no ids: they follow by their place, and where that has changed they are written anew."""
    if len(translation.goals) != len(base.goals):
        return translation.goals
    rows = itertools.zip_longest(base.goals, original.goals, translation.goals)
    return tuple(_newest(*row) for row in itertools.islice(rows, len(original.goals)))


def _newest(base: Any, original: Any, translation: Any) -> Any:
    """What was changed here stays."""
    return original if translation == base else translation


def _pages(base: Module, original: Module, translation: Module) -> tuple[Page, ...]:
    """A block may be on another page than before: wherever it is, it is the same."""
    there = {block.id: block for _, block in translation.blocks()}
    before = {block.id: block for _, block in base.blocks()}
    pages_there = {page.id: page for page in translation.pages}
    pages_before = {page.id: page for page in base.pages}
    made = []
    for page in original.pages:
        here, was = pages_there.get(page.id), pages_before.get(page.id)
        if here is None and was is not None:
            continue
        title = _newest(was and was.title, page.title, here and here.title)
        made.append(replace(page, title=title, blocks=tuple(_items(before, page.blocks, there))))
    placed = {block.id for page in made for block in page.blocks}
    gone = set(before) - {block.id for _, block in original.blocks()}
    own = {name for name in there if name not in placed and name not in gone}
    return tuple(_with_own_blocks(made, translation, pages_before, own))


def _with_own_blocks(
    made: Sequence[Page], translation: Module, before: Mapping[str, Page], own: set[str]
) -> Iterator[Page]:
    """The pages with the blocks that only the translation has, each after the one that it stood after."""
    by_id = {page.id: page for page in made}
    extra = [
        page
        for page in translation.pages
        if page.id not in by_id and (page.id not in before or any(block.id in own for block in page.blocks))
    ]
    kept = {page.id: replace(page, blocks=()) for page in extra}
    for page in _in_place(made, translation.pages, kept):
        theirs = next((one.blocks for one in translation.pages if one.id == page.id), ())
        blocks = {block.id: block for block in theirs if block.id in own}
        yield replace(page, blocks=tuple(_in_place(page.blocks, theirs, blocks)))


def _in_place(items: Sequence[T], order: Iterable[T], own: Mapping[str, T]) -> list[T]:
    """`items` with `own` ones among them, each after the one that it follows in `order`."""
    result, at = list(items), 0
    for item in order:
        if item.id in own:
            result.insert(at, own[item.id])
            at += 1
        else:
            at = next((n for n, one in enumerate(result, 1) if one.id == item.id), at)
    return result


def _items(before: Mapping[str, T], items: Iterable[T], there: Mapping[str, T]) -> Iterator[T]:
    """The original's items, each as the translation has it; without those that the translation has deleted."""
    for item in items:
        here, was = there.get(item.id), before.get(item.id)
        if here is not None:
            yield _merged(was, item, here) if type(here) is type(item) else item
        elif was is None:
            yield item


def _merged(base: Any, original: T, translation: T) -> T:
    """A block, or an item in it."""
    changes: dict[str, Any] = {}
    for spec in dataclasses.fields(original):
        values = [getattr(one, spec.name, None) for one in (base, original, translation)]
        if any(isinstance(value, tuple) and value and hasattr(value[0], "id") for value in values):
            changes[spec.name] = _merged_lists(*(value or () for value in values))
        else:
            changes[spec.name] = values[2] if base is None else _newest(*values)
    return replace(original, **changes)


def _merged_lists(
    base: Sequence[Any], original: Sequence[Any], translation: Sequence[Any]
) -> tuple[Any, ...]:
    before, there = ({item.id: item for item in items} for items in (base, translation))
    merged = list(_items(before, original, there))
    known = {item.id for item in (*base, *original)}
    return tuple(_in_place(merged, translation, {name: there[name] for name in there if name not in known}))


def _asset(digest: str, *records: Mapping[str, Asset]) -> Asset:
    base, original, translation = (known.get(digest) for known in records)
    record: Asset = _newest(base, original or translation, translation)
    return record
