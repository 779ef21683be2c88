"""What an address says after its question mark, read as what it means."""

from datetime import date

from flask import request

from .i18n import N_

YEARS = range(1900, 2200)
"""A day before or after them could not be reckoned with."""


def day_in(name: str, fields: dict[str, str]) -> date | None:
    """The day under this name, if there is one; `fields` takes the sentence for what is none."""
    written = request.args.get(name, "")
    try:
        day = date.fromisoformat(written) if written else None
        if day is None or day.year in YEARS:
            return day
        raise ValueError
    except ValueError:
        fields[name] = N_("Write the day as 2026-03-31.")
        return None
