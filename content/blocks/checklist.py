"""A list that the learner ticks off for herself; the ticks are kept, never scored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, h

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    id: str = fields.identifier(fields.ITEM_ID)
    text: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class Checklist(Block):
    type: ClassVar[str] = "checklist"

    title: str = fields.string()
    items: tuple[ChecklistItem, ...] = fields.several(ChecklistItem)

    def draw(self, on: "Drawing") -> Child:
        title = on.line("span", "title", self.title) or h("span", on.say("checklist"))
        ticks = [
            h(
                "label",
                h("input", type="checkbox", value=item.id, autocomplete="off"),
                on.line("span", f"items.{item.id}.text", item.text),
                data_item=item.id,
            )
            for item in self.items
        ]
        return h("fieldset", h("legend", title), ticks, class_="checklist")

    def check(self, module: "Module") -> Iterator[Problem]:
        if not self.items:
            yield Problem("block.empty", "items")
        for item in self.items:
            if not item.text.strip():
                yield Problem("checklist.empty_item", f"items.{item.id}.text")
