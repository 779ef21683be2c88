"""What an address says after its question mark, or a form in its fields, read as what it means."""

from datetime import date

from flask import request

from .i18n import N_

YEARS = range(1900, 9000)
"""A day before or after them could not be reckoned with."""


def day_of(written: str) -> date:
    """Raises ValueError for what is no day, or one that nobody means."""
    day = date.fromisoformat(written)
    if day.year not in YEARS:
        raise ValueError(written)
    return day


def whole(written: str) -> int | None:
    """A number of a few digits; None for anything else."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


def day_in(name: str, fields: dict[str, str]) -> date | None:
    """The day under this name, if there is one; `fields` takes the sentence for what is none."""
    written = request.args.get(name, "")
    try:
        return day_of(written) if written else None
    except ValueError:
        fields[name] = N_("Write the day as 2026-03-31.")
        return None
