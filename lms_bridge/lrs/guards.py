"""What the LMS of a launch adds to the LRS's own rules. The LRS asks; slices above it answer (cmi5 is one)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from .documents import Place
    from .protocol import Call


class Guard(Protocol):
    """Stands beside the `Principal` of a launch. One may serve many requests at once, so it keeps nothing of them.
    Each method raises what the sender shall be told: `Forbidden`, `Invalid`.
    """

    def admit(self, call: Call) -> None:
        """Before anything else is done with a request."""

    def check_document(self, call: Call, place: Place) -> None:
        """Before a document is read or changed. A body that is read here is put back into the call."""

    def check_statements(self, session: Session, statements: list[dict[str, Any]]) -> Callable[[], None]:
        """Before sound statements are stored, instead of the LRS's own rules for launches; what it returns is
        called when they are.
        """
