"""A film with captions and a transcript."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class Video(Block):
    type: ClassVar[str] = "video"

    asset: str | None = fields.asset()
    title: str = fields.string()
    captions: str | None = fields.asset()  # WebVTT
    transcript: str = fields.rich()
