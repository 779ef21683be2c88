"""A list that the learner ticks off for herself; the ticks are kept, never scored."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    id: str = fields.identifier(fields.ITEM_ID)
    text: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class Checklist(Block):
    type: ClassVar[str] = "checklist"

    title: str = fields.string()
    items: tuple[ChecklistItem, ...] = fields.several(ChecklistItem)
