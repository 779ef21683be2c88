"""Running text: headings, paragraphs, lists and links."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class Text(Block):
    type: ClassVar[str] = "text"

    html: str = fields.rich()
