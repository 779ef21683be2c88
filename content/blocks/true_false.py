"""A statement that is true or false."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.question import Option, Question

if TYPE_CHECKING:
    from content.drawing import Drawing


@dataclass(frozen=True, kw_only=True)
class TrueFalse(Question):
    type: ClassVar[str] = "true_false"
    interaction: ClassVar[str] = "true-false"
    own_options: ClassVar[bool] = False

    correct: bool = fields.flag(default=True)

    def choices(self, on: "Drawing | None" = None) -> tuple[Option, ...]:
        words = (on.say("true"), on.say("false")) if on else ("true", "false")
        return (
            Option(id="true", text=words[0], correct=self.correct),
            Option(id="false", text=words[1], correct=not self.correct),
        )
