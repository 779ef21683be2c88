"""Sections that the learner opens one by one."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class AccordionItem:
    id: str = fields.identifier(fields.ITEM_ID)
    title: str = fields.string()
    html: str = fields.rich(headings=False)


@dataclass(frozen=True, kw_only=True)
class Accordion(Block):
    type: ClassVar[str] = "accordion"

    items: tuple[AccordionItem, ...] = fields.several(AccordionItem)
