"""Steps that the learner puts in their order: how something is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Problem
from content.blocks.question import Option, Question
from content.html import Child, Markup, h
from content.icons import icon

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class Step:
    id: str = fields.identifier(fields.ITEM_ID)
    text: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class Ordering(Question):
    type: ClassVar[str] = "ordering"
    interaction: ClassVar[str] = "sequencing"
    hint: ClassVar[str] = "put_in_order"

    options: tuple[Step, ...] = fields.several(Step)  # in their order

    def choices(self, on: "Drawing | None" = None) -> tuple[Option, ...]:
        """The steps in their order; none is wrong, they may only stand in the wrong place."""
        return tuple(Option(id=step.id, text=step.text, correct=True) for step in self.options)

    def check(self, module: "Module") -> Iterator[Problem]:
        yield from super().check(module)
        yield from self.check_options()

    def _draw_options(self, on: "Drawing") -> Child:
        choices = self.choices() if on.editing else self._mixed()
        return h(
            "ol",
            [self._draw_option(option, on) for option in choices],
            class_="options list-to-order",
            aria_labelledby=f"{self.id}-prompt",
        )

    def _mixed(self) -> list[Option]:
        """In an order that is always the same, since a package is, and never the right one."""
        steps = list(self.choices())
        mixed = sorted(steps, key=lambda step: sha256(f"{self.id} {step.id}".encode()).digest())
        return mixed if mixed != steps else [*mixed[1:], *mixed[:1]]

    def _draw_option(self, option: Option, on: "Drawing") -> Markup:
        return h(
            "li",
            on.line("span", f"options.{option.id}.text", option.text, class_="option-text"),
            None if on.editing else h("span", icon("check"), icon("cross"), class_="verdict"),
            None if on.editing else h("span", self._moves(option, on), class_="moves"),
            class_="option to-order",
            data_option=option.id,
        )

    def _moves(self, option: Option, on: "Drawing") -> list[Markup]:
        return [
            h(
                "button",
                icon(way),
                type="button",
                data_move=way,
                aria_label=on.say(word, step=option.text),
            )
            for way, word in (("up", "move_up"), ("down", "move_down"))
        ]
