"""A sound recording with a transcript."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.blocks.video import transcript
from content.html import Child, h
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class Audio(Block):
    type: ClassVar[str] = "audio"

    asset: str | None = fields.asset()
    title: str = fields.string()
    transcript: str = fields.rich()

    def draw(self, on: "Drawing") -> Child:
        found = on.asset(self.asset)
        if not found:
            return on.empty_slot("audio")
        sound = h("audio", src=found[0], controls=True, preload="metadata", aria_label=self.title or None)
        return [
            h("figure", on.line("figcaption", "title", self.title), sound),
            transcript(self.transcript, on),
        ]

    def check(self, module: "Module") -> Iterator[Problem]:
        if not self.asset:
            yield Problem("audio.no_file", "asset")
        if not self.title.strip():
            yield Problem("media.no_title", "title")
        if not text(self.transcript):  # WCAG 2.2, 1.2.1 Audio-only (level A)
            yield Problem("audio.no_transcript", "transcript")
