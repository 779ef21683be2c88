"""A municipality's colour in the player, made dark enough to be read."""

import re
from dataclasses import dataclass

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
READABLE = 4.5  # WCAG 2.2, 1.4.3 Contrast (minimum)


@dataclass(frozen=True)
class Theme:
    """`accent`: six hexadecimal digits, with or without #. Raises ValueError for anything else."""

    accent: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.accent):
            raise ValueError(f"{self.accent!r} is not a colour such as #1d5c54")

    def css(self) -> str:
        """The custom property that the player's style builds on; darkened until white can be read on it."""
        match = _HEX.fullmatch(self.accent)
        assert match
        rgb = [int(match[1][at : at + 2], 16) / 255 for at in (0, 2, 4)]
        while 1.05 / (_luminance(rgb) + 0.05) < READABLE + 0.5:  # the half is for text on the tinted ground
            rgb = [channel * 0.95 for channel in rgb]
        digits = "".join(f"{round(channel * 255):02x}" for channel in rgb)
        return f".module{{--accent:#{digits}}}\n"


def _luminance(rgb: list[float]) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
