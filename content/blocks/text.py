"""Running text: headings, paragraphs, lists and links."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class Text(Block):
    type: ClassVar[str] = "text"

    html: str = fields.rich()

    def draw(self, on: "Drawing") -> Child:
        return on.prose("div", "html", self.html, class_="prose")

    def check(self, module: "Module") -> Iterator[Problem]:
        if not text(self.html):
            yield Problem("block.empty", "html")
