"""A question with several correct options: all of them and no other must be chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Problem
from content.blocks.question import Option, Question

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(Question):
    type: ClassVar[str] = "multiple_choice"
    several: ClassVar[bool] = True
    hint: ClassVar[str] = "choose_several"

    options: tuple[Option, ...] = fields.several(Option)

    def choices(self, on: "Drawing | None" = None) -> tuple[Option, ...]:
        return self.options

    def check(self, module: "Module") -> Iterator[Problem]:
        yield from super().check(module)
        yield from self.check_options()
        if not any(option.correct for option in self.options):
            yield Problem("question.no_correct", "options")
