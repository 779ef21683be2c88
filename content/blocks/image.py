"""A picture with its alternative text and caption."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class Image(Block):
    type: ClassVar[str] = "image"

    asset: str | None = fields.asset()
    alt: str = fields.string()
    decorative: bool = fields.flag(default=False)
    caption: str = fields.string()
