"""What the LRS tells the slices above it, within the transaction, so that both hold or neither."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from blinker import Signal

from . import values
from .statementrefs import is_voiding, target_of


@dataclass(slots=True)
class StoredStatement:
    """A statement as the LRS keeps it (format=exact). What few ask for is found out when somebody does."""

    statement: dict[str, Any]

    @property
    def id(self) -> UUID:
        return UUID(self.statement["id"])

    @property
    def stored(self) -> datetime:
        return values.parse_timestamp(self.statement["stored"])

    @property
    def voids(self) -> UUID | None:
        """The id of the statement that this one voids, if it does."""
        return UUID(target_of(self.statement)) if is_voiding(self.statement) else None


statements_stored = Signal(
    """New statements. Called as `statements_stored.send(None, session=session, tenant_id=UUID,
    statements=[StoredStatement])`, in the order of storing, each statement once however often it was sent. One that
    was voided before it arrived is not told of.
    """
)
