"""A question with one correct option."""

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
class SingleChoice(Question):
    type: ClassVar[str] = "single_choice"

    options: tuple[Option, ...] = fields.several(Option)

    def choices(self, on: "Drawing | None" = None) -> tuple[Option, ...]:
        return self.options

    def check(self, module: "Module") -> Iterator[Problem]:
        yield from super().check(module)
        yield from self.check_options()
        correct = sum(option.correct for option in self.options)
        if correct != 1:
            yield Problem("question.one_correct" if correct else "question.no_correct", "options")
