"""Sections that the learner opens one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, h
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class AccordionItem:
    id: str = fields.identifier(fields.ITEM_ID)
    title: str = fields.string()
    html: str = fields.rich(headings=False)


@dataclass(frozen=True, kw_only=True)
class Accordion(Block):
    type: ClassVar[str] = "accordion"

    items: tuple[AccordionItem, ...] = fields.several(AccordionItem)

    def draw(self, on: "Drawing") -> Child:
        return [
            h(
                "details",
                h("summary", on.line("span", f"items.{item.id}.title", item.title)),
                on.prose("div", f"items.{item.id}.html", item.html, class_="prose"),
                class_="fold",
                open=on.editing,
                data_item=item.id,
            )
            for item in self.items
        ]

    def check(self, module: "Module") -> Iterator[Problem]:
        if not self.items:
            yield Problem("block.empty", "items")
        for item in self.items:
            if not item.title.strip():
                yield Problem("accordion.no_title", f"items.{item.id}.title")
            if not text(item.html):
                yield Problem("accordion.no_text", f"items.{item.id}.html")
