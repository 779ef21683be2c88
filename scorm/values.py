"""Numbers and times as manifests write them."""

import re
from contextlib import suppress
from datetime import timedelta

_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2}(?:\.\d{1,2})?)")
_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE
)


def number(text: str) -> float | None:
    """A plain, finite number; None for anything else."""
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", text.strip()):
        return None
    return float(text)


def duration(text: str) -> timedelta | None:
    """`HHHH:MM:SS.SS` (1.2) or ISO 8601 (2004); months and years, which have no length, count 30 and 365."""
    text = text.strip()
    with suppress(OverflowError):
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (float(part) for part in clock.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if len(text) > 2 and (iso := _ISO.fullmatch(text)) and not text.upper().endswith("T"):
            years, months, days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
            return timedelta(
                days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds
            )
    return None
