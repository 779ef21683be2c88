"""A highlighted box: information, a tip, a warning, or what matters most."""

from dataclasses import dataclass
from typing import ClassVar

from content import fields
from content.blocks.base import Block

TONES = ("info", "tip", "warning", "important")


@dataclass(frozen=True, kw_only=True)
class Callout(Block):
    type: ClassVar[str] = "callout"

    tone: str = fields.string(among=TONES, default="info")
    title: str = fields.string()
    html: str = fields.rich(headings=False)
