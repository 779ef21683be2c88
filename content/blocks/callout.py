"""A highlighted box: information, a tip, a warning, or what matters most."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, h
from content.icons import icon
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module

TONES = ("info", "tip", "warning", "important")


@dataclass(frozen=True, kw_only=True)
class Callout(Block):
    type: ClassVar[str] = "callout"

    tone: str = fields.string(among=TONES, default="info")
    title: str = fields.string()
    html: str = fields.rich(headings=False)

    def draw(self, on: "Drawing") -> Child:
        name = on.say(f"tone_{self.tone}")
        title = on.line("span", "title", self.title, data_placeholder=name if on.editing else None) or name
        return h(
            "div",
            icon(self.tone),
            h(
                "div",
                h(
                    "p",
                    None if title == name else h("span", f"{name}: ", class_="unseen"),
                    title,
                    class_="callout-title",
                ),
                on.prose("div", "html", self.html, class_="prose"),
            ),
            class_=f"callout callout-{self.tone}",
            role="note",
        )

    def check(self, module: "Module") -> Iterator[Problem]:
        if not text(self.html):
            yield Problem("block.empty", "html")
