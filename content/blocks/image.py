"""A picture with its alternative text and caption."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, h

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module

LONGEST_ALT = 300  # a screen reader cannot pause in it; more belongs in the text


@dataclass(frozen=True, kw_only=True)
class Image(Block):
    type: ClassVar[str] = "image"

    asset: str | None = fields.asset()
    alt: str = fields.string()
    decorative: bool = fields.flag(default=False)
    caption: str = fields.string()

    def draw(self, on: "Drawing") -> Child:
        found = on.asset(self.asset)
        if not found:
            return on.empty_slot("image")
        address, asset = found
        picture = h(
            "img",
            src=address,
            alt="" if self.decorative else self.alt,
            width=asset.width,
            height=asset.height,
            loading="lazy",
            decoding="async",
        )
        return h("figure", picture, on.line("figcaption", "caption", self.caption))

    def check(self, module: "Module") -> Iterator[Problem]:
        if not self.asset:
            yield Problem("image.no_file", "asset")
        elif not self.decorative and not self.alt.strip():
            yield Problem("image.no_alt", "alt")
        elif not self.decorative and module.assets[self.asset].name.casefold() == self.alt.strip().casefold():
            yield Problem("image.alt_is_file_name", "alt")
        if len(self.alt) > LONGEST_ALT:
            yield Problem("image.long_alt", "alt")
