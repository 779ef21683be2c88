"""A question with several correct options: all of them and no other must be chosen."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Question
from content.blocks.single_choice import Option


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(Question):
    type: ClassVar[str] = "multiple_choice"

    options: tuple[Option, ...] = fields.several(Option)
