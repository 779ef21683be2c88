"""Lists by keyset: a page names where the next begins, so that nothing is skipped or told twice as rows come."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import Invalid

Limit = Annotated[int, Meta(ge=1, le=1000, description="How many at most.")]
Cursor = Annotated[
    str, Meta(max_length=400, description="`next` of the page before, unchanged; without it, the beginning.")
]
Next = Annotated[str | None, Meta(description="The cursor of the next page; null on the last one.")]


class Paging(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 100
    cursor: Cursor = ""


def write(*values: object) -> str:
    """A cursor that stands after a row with these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read(cursor: str, *kinds: Any) -> tuple[Any, ...] | None:
    """The values of a cursor; None for the beginning. Raises Invalid for one that was not made here."""
    if not cursor:
        return None
    try:
        written = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = msgspec.json.decode(written, type=tuple[*kinds])  # type: ignore[valid-type]
        return tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in values)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise Invalid("The parameter 'cursor' comes from a page before, unchanged.") from None
