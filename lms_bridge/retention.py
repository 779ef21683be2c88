"""How long something is kept: months that a municipality chooses from, counted by the calendar."""

from datetime import datetime

from .errors import N_, Invalid

CHOICES = (6, 12, 24, 36, 60, 120)
"""Months; none of them: without end."""


def chosen(months: int | None) -> int | None:
    """One of the choices, or None for without end. Raises `Invalid` with the field months."""
    if months is not None and months not in CHOICES:
        raise Invalid(N_("Look at the marked fields."), {"months": N_("Choose one of these.")})
    return months


def written(months: str) -> int | None:
    """What a form sent: nothing is without end, and what is no number is none of the choices."""
    if not months:
        return None
    return int(months) if months.isdecimal() and len(months) < 10 else 0


def kept_from(now: datetime, months: int) -> datetime:
    """The same day some months earlier, midnight; the first of the next month where there is no such day."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return midnight.replace(year=years, month=month + 1)
    except ValueError:
        return midnight.replace(year=years, month=month + 2, day=1)
