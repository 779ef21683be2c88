"""What municipalities share with each other. These rows belong to nobody alone: every municipality reads them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, new_id, utcnow


class SharedModule(Base):
    """A published version that its municipality shows to others; sharing a newer one changes the row."""

    __tablename__ = "shared_module"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity: Mapped[uuid.UUID] = mapped_column(unique=True)
    """The document's id, the same in every municipality."""
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    module_id: Mapped[uuid.UUID]
    version_id: Mapped[uuid.UUID]
    """The owner's row: on PostgreSQL no other municipality reads it but through the service."""
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(500))
    summary: Mapped[str]
    language: Mapped[str] = mapped_column(String(35))
    duration_minutes: Mapped[int | None]
    licence: Mapped[str] = mapped_column(String(30))
    members: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Names and organisation numbers of those whom a grant names; None: everybody."""
    competences: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    picture: Mapped[str | None] = mapped_column(String(64))
    picture_type: Mapped[str] = mapped_column(String(40), default="")
    shared: Mapped[datetime] = mapped_column(default=utcnow)
    withdrawn: Mapped[datetime | None]
    """Since then nobody finds it any more; whoever has it keeps it."""


class Taking(Base):
    """A municipality has a shared module: as it is, in this version, or one of its own that was made from it."""

    __tablename__ = "module_taking"
    __table_args__ = (UniqueConstraint("shared_id", "taker_id", "module_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    shared_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("shared_module.id"))
    taker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    module_id: Mapped[uuid.UUID]
    """The taker's row."""
    number: Mapped[int]
    adapted: Mapped[bool]
    taken: Mapped[datetime] = mapped_column(default=utcnow)
