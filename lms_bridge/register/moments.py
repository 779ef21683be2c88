"""Reads a point in time as Nordic people and systems write it in lists.

Moodle writes "1 March 2026, 2:30 PM" in the reader's language, HR systems write
"01.03.2026", Swedish ones "2026-03-01" or "20260301", Excel stores 46082, and
databases count seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOON = time(12)

_MONTHS = (
    "januar januari january jan",
    "februar februari february feb",
    "mars march mar",
    "april apr",
    "mai maj may",
    "juni june jun",
    "juli july jul",
    "august augusti aug",
    "september sept sep",
    "oktober october okt oct",
    "november nov",
    "desember december des dec",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_TIME = r"(?:[T,\s]+(?:kl\.?\s*)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
_TIME += r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?)?"
_SHAPES = [
    re.compile(pattern + _TIME + r"\.?$", re.IGNORECASE)
    for pattern in (
        r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})",
        r"^(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4}|\d{2})",
        r"^(?:[a-zåäöø]+,?\s+)?(?:den\s+)?(?P<day>\d{1,2})\.?[\s-]+(?P<name>[a-z]+)\.?,?[\s-]+(?P<year>\d{4})",
        r"^(?:[a-z]+,\s+)?(?P<name>[a-z]+)\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})",
    )
]
_EXCEL_EPOCH = date(1899, 12, 30)


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """The instant in UTC; a day without a time is its noon in `zone`.

    Raises `ValueError` for what is no date, or could be two.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"\d{5}(?:[.,]\d+)?", text):
        return _local(*_excel(float(text.replace(",", "."))), zone)
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    for shape in _SHAPES:
        if found := shape.match(text):
            return _moment(found, zone)
    raise ValueError(text)


def read_day(text: str, zone: ZoneInfo) -> date:
    """The local day; raises `ValueError` as `read_moment` does."""
    return read_moment(text, zone).astimezone(zone).date()


def _excel(serial: float) -> tuple[date, time]:
    day = _EXCEL_EPOCH + timedelta(days=int(serial))
    seconds = min(round(serial % 1 * 86400), 86399)
    return day, time(seconds // 3600, seconds // 60 % 60, seconds % 60) if seconds else NOON


def _moment(found: re.Match[str], zone: ZoneInfo) -> datetime:
    parts = found.groupdict()
    month = _MONTH.get(parts["name"].lower(), 0) if parts.get("name") else int(parts["month"])
    year = int(parts["year"])
    day = date(year + 2000 if year < 100 else year, month, int(parts["day"]))
    if parts["hour"] is None:
        return _local(day, NOON, zone)
    hour, half = int(parts["hour"]), (parts["half"] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError(found.string)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    clock = time(hour, int(parts["minute"]), int(parts["second"] or 0))
    if offset := parts["offset"]:
        iso = "+00:00" if offset.upper() == "Z" else offset
        return datetime.fromisoformat(f"{day}T{clock}{iso}").astimezone(UTC)
    return _local(day, clock, zone)


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
