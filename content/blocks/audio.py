"""A sound recording with a transcript."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block


@dataclass(frozen=True, kw_only=True)
class Audio(Block):
    type: ClassVar[str] = "audio"

    asset: str | None = fields.asset()
    title: str = fields.string()
    transcript: str = fields.rich()
