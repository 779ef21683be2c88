"""Which module is another one in another language, and how far it has come."""

import uuid
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow


class Translation(Base, TenantRow):
    """A module that is translated from another one of the municipality's, or from one that is shared with it."""

    __tablename__ = "translation"

    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"), primary_key=True)
    original_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("module.id"), index=True)
    shared_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("shared_module.id"))
    number: Mapped[int | None]
    """The version of the original that it follows; None: its draft, which had no version yet."""
    base: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The original's document, as the translation follows it."""
    made_from: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """{key: the original's text when it was translated}: where that is another one in `base`, or the same in both
    languages (content.translation).
    """
