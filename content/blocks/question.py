"""What all kinds of questions share: prompt, options, feedback, and their one template."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, Markup, h
from content.icons import icon
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str = fields.identifier(fields.ITEM_ID)
    text: str = fields.string()
    correct: bool = fields.flag(default=False)
    feedback: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class Question(Block):
    """A block that asks. It counts in the test unless `scored` is false: then it is practice."""

    several: ClassVar[bool] = False  # may several options be chosen?
    interaction: ClassVar[str] = "choice"  # as SCORM and xAPI call it
    own_options: ClassVar[bool] = True  # are the options the author's, or the player's words?
    hint: ClassVar[str] = ""  # the player's word on how to answer, where that is not plain

    prompt: str = fields.rich(headings=False)
    feedback_correct: str = fields.string()
    feedback_wrong: str = fields.string()
    scored: bool = fields.flag(default=True)

    def choices(self, on: "Drawing | None" = None) -> tuple[Option, ...]:
        """What can be chosen."""
        raise NotImplementedError

    def check(self, module: "Module") -> Iterator[Problem]:
        if not text(self.prompt):
            yield Problem("question.no_prompt", "prompt")
        if not (
            self.feedback_wrong or any(option.feedback for option in self.choices() if not option.correct)
        ):
            yield Problem("question.no_feedback", "feedback_wrong")

    def check_options(self) -> Iterator[Problem]:
        options = self.choices()
        if len(options) < 2:
            yield Problem("question.few_options", "options")
        seen: set[str] = set()
        for option in options:
            words = option.text.strip().casefold()
            if not words:
                yield Problem("question.empty_option", f"options.{option.id}.text")
            elif words in seen:
                yield Problem("question.equal_options", f"options.{option.id}.text")
            seen.add(words)

    def draw(self, on: "Drawing") -> Child:
        number = on.numbers.get(self.id)
        label = on.say("question_of", number=number, total=len(on.numbers)) if number else on.say("practice")
        return h(
            "form",
            h("p", label, class_="question-label"),
            on.prose("div", "prompt", self.prompt, class_="prompt", id=f"{self.id}-prompt"),
            h("p", on.say(self.hint), class_="hint") if self.hint else None,
            self._draw_options(on),
            self._draw_outcomes(on),
            class_="question",
            data_question=self.interaction,
            data_scored="yes" if self.scored else "no",
            data_correct=" ".join(option.id for option in self.choices() if option.correct),
            autocomplete="off",
        )

    def _draw_options(self, on: "Drawing") -> Child:
        return h(
            "div",
            [self._draw_option(option, on) for option in self.choices(on)],
            class_="options",
            role="group" if self.several else "radiogroup",
            aria_labelledby=f"{self.id}-prompt",
        )

    def _hook(self, option: Option) -> str:
        return f"options.{option.id}.correct" if self.own_options else "correct"

    def _draw_option(self, option: Option, on: "Drawing") -> Markup:
        place = f"options.{option.id}"
        return h(
            "div",
            h(
                "label",
                h(
                    "input",
                    type="checkbox" if self.several else "radio",
                    name=self.id,
                    value=option.id,
                    checked=on.editing and option.correct,
                    data_field=self._hook(option) if on.editing else None,
                ),
                on.line("span", f"{place}.text", option.text, class_="option-text")
                if self.own_options
                else h("span", option.text, class_="option-text"),
                h("span", icon("check"), icon("cross"), class_="verdict"),
            ),
            on.line("p", f"{place}.feedback", option.feedback, class_="option-feedback")
            if self.own_options
            else None,
            class_="option",
            data_option=option.id,
        )

    def _draw_outcomes(self, on: "Drawing") -> Child:
        right = self.feedback_correct if on.editing else self.feedback_correct or on.say("right_answer")
        wrong = self.feedback_wrong if on.editing else self.feedback_wrong or on.say("wrong_answer")
        return [
            h("div", icon("check"), on.line("p", "feedback_correct", right), class_="outcome outcome-right"),
            h("div", icon("cross"), on.line("p", "feedback_wrong", wrong), class_="outcome outcome-wrong"),
            None
            if on.editing
            else h(
                "div",
                h("button", on.say("check_answer"), type="submit", class_="button"),
                h(
                    "button",
                    on.say("try_again"),
                    type="button",
                    class_="button button-quiet",
                    data_again=True,
                ),
                class_="actions",
            ),
        ]
