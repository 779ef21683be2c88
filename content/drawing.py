"""What a block's template draws with: the player's words, asset addresses, and hooks for the editor."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from content.html import Attribute, Markup, h, prose

if TYPE_CHECKING:
    from content.module import Asset, Module

LANGUAGES = ("nb", "nn", "sv", "en")
AssetUrl = Callable[[str, "Asset"], str]


def beside(digest: str, asset: "Asset") -> str:
    """An asset's address in a package: beside the page."""
    return asset.path(digest)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One drawing of (a part of) a module.

    With `editing`, empty fields are drawn too, and each carries `data-field` (`title`, `items.<id>.html`,
    `options.<id>.text`) and `data-kind` (`text` or `rich`).
    """

    module: "Module"
    asset_url: AssetUrl = beside
    editing: bool = False
    numbers: dict[str, int] = field(init=False)  # of the test's questions

    def __post_init__(self) -> None:
        scored = self.module.questions(scored=True)
        object.__setattr__(self, "numbers", {question.id: n for n, question in enumerate(scored, start=1)})

    def say(self, key: str, **params: str | int) -> str:
        """A text of the player in the module's language."""
        return player_texts(self.module.language)[key].format(**params)

    def say_raw(self, key: str) -> str:
        """The same with its gaps unfilled, for the player's script."""
        return player_texts(self.module.language)[key]

    def count(self, noun: str, number: int) -> str:
        """“1 page”, “7 pages”."""
        return self.say(f"{noun}_one" if number == 1 else f"{noun}_many", count=number)

    def line(self, tag: str, name: str, value: str, **attributes: Attribute) -> Markup | None:
        """A field of plain text; nothing when it is empty and nobody edits it."""
        if not value and not self.editing:
            return None
        return h(tag, value, **attributes, **self._hook(name, "text"))

    def prose(self, tag: str, name: str, html: str, **attributes: Attribute) -> Markup | None:
        """A field of rich text; nothing when it is empty and nobody edits it."""
        if not html and not self.editing:
            return None
        return h(tag, prose(html), **attributes, **self._hook(name, "rich"))

    def asset(self, digest: str | None) -> "tuple[str, Asset] | None":
        """The address and the record of an asset; None while none is chosen."""
        asset = self.module.assets.get(digest or "")
        return (self.asset_url(digest or "", asset), asset) if asset else None

    def empty_slot(self, kind: str) -> Markup | None:
        """Where a file will be, for the editor; a learner sees nothing."""
        return h("div", class_="empty-slot", data_slot="asset", data_kind=kind) if self.editing else None

    def _hook(self, name: str, kind: str) -> dict[str, Attribute]:
        return {"data_field": name, "data_kind": kind} if self.editing else {}


@cache
def player_texts(language: str) -> dict[str, str]:
    """The player's words; a language without its own gets English."""
    known = language.lower().split("-")[0]
    known = "nb" if known == "no" else known
    name = f"player/texts/{known if known in LANGUAGES else 'en'}.json"
    words: dict[str, str] = json.loads(files("content").joinpath(name).read_text("utf-8"))
    return words
