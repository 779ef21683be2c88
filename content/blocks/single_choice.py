"""A question with one correct option."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Question


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str = fields.identifier(fields.ITEM_ID)
    text: str = fields.string()
    correct: bool = fields.flag(default=False)
    feedback: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class SingleChoice(Question):
    type: ClassVar[str] = "single_choice"

    options: tuple[Option, ...] = fields.several(Option)
