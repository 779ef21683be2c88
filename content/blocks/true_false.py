"""A statement that is true or false."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Question


@dataclass(frozen=True, kw_only=True)
class TrueFalse(Question):
    type: ClassVar[str] = "true_false"

    correct: bool = fields.flag(default=True)
