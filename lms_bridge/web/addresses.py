"""What an address says after its question mark, read as what it means."""

from datetime import date

from flask import request

from .i18n import N_


def day_in(name: str, fields: dict[str, str]) -> date | None:
    """The day under this name, if there is one; `fields` takes the sentence for what is none."""
    written = request.args.get(name, "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        fields[name] = N_("Write the day as 2026-03-31.")
        return None
