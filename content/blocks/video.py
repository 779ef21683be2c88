"""A film with captions and a transcript."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from content import fields
from content.blocks.base import Block, Problem
from content.html import Child, h
from content.sanitize import text

if TYPE_CHECKING:
    from content.drawing import Drawing
    from content.module import Module


@dataclass(frozen=True, kw_only=True)
class Video(Block):
    type: ClassVar[str] = "video"

    asset: str | None = fields.asset()
    title: str = fields.string()
    captions: str | None = fields.asset()  # WebVTT
    transcript: str = fields.rich()

    def draw(self, on: "Drawing") -> Child:
        found = on.asset(self.asset)
        if not found:
            return on.empty_slot("video")
        address, asset = found
        captions = on.asset(self.captions)
        track = captions and h(
            "track",
            kind="captions",
            src=captions[0],
            srclang=on.module.language,
            label=on.say("captions"),
            default=True,
        )
        film = h(
            "video",
            track,
            src=address,
            controls=True,
            preload="metadata",
            playsinline=True,
            width=asset.width,
            height=asset.height,
            aria_label=self.title or None,
        )
        return [
            h("figure", film, on.line("figcaption", "title", self.title)),
            transcript(self.transcript, on),
        ]

    def check(self, module: "Module") -> Iterator[Problem]:
        if not self.asset:
            yield Problem("video.no_file", "asset")
        if not self.title.strip():
            yield Problem("media.no_title", "title")
        if not self.captions:  # WCAG 2.2, 1.2.2 Captions (level A)
            yield Problem("video.no_captions", "captions")
        if not text(self.transcript):
            yield Problem("video.no_transcript", "transcript")


def transcript(html: str, on: "Drawing") -> Child:
    """What is said, to be opened by who wants to read it."""
    words = on.prose("div", "transcript", html, class_="prose")
    return words and h("details", h("summary", on.say("transcript")), words, class_="fold", open=on.editing)
