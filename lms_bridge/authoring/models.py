"""Modules, their drafts, the log of every change to a draft, and who has one open."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow


class Module(Base, TenantRow):
    """A learning module of a municipality: what lists show of it. Its pages are in its draft and its versions."""

    __tablename__ = "module"
    __table_args__ = (
        UniqueConstraint("tenant_id", "identity"),
        Index("ix_module_list", "tenant_id", "archived", "changed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    """The row's, in addresses of the service."""
    identity: Mapped[uuid.UUID]
    """The document's id, the same in every municipality that has the module: activity `urn:uuid:<identity>`."""
    title: Mapped[str] = mapped_column(String(5000), default="")
    language: Mapped[str] = mapped_column(String(35), default="nb")
    picture: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the first image that a block shows."""
    created: Mapped[datetime] = mapped_column(default=utcnow)
    created_by: Mapped[uuid.UUID | None]
    changed: Mapped[datetime] = mapped_column(default=utcnow)
    changed_by: Mapped[uuid.UUID | None]
    taken_from: Mapped[str | None] = mapped_column(String(200))
    """The municipality whose module this is, used here as it is and not written in; None: our own."""
    archived: Mapped[datetime | None]
    """When it was deleted; it can be taken back as long as the row is there."""
    published_version: Mapped[int | None]
    """Number of the newest version, set by publishing."""
    published_revision: Mapped[int | None]
    """The draft's revision that became that version: a higher one has changes that are not published."""


class Draft(Base, TenantRow):
    """The module's document as it is being written (content.module, schema 1). Changed by service.edit only."""

    __tablename__ = "draft"

    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON, info={"document_with_assets": True})
    revision: Mapped[int] = mapped_column(default=1)
    """Raised by one with every change."""
    field_revisions: Mapped[dict[str, dict[str, list[Any]]]] = mapped_column(JSON, default=dict)
    """{target: {field: [revision, client]}}: when each field was last written, and by which open editor."""


class DraftChange(Base, TenantRow):
    """One change to a draft, with what undoes it. Typing in one part is one change, not one for each letter."""

    __tablename__ = "draft_change"
    __table_args__ = (UniqueConstraint("module_id", "revision"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"))
    revision: Mapped[int]
    """The draft's revision that this change made."""
    at: Mapped[datetime] = mapped_column(default=utcnow)
    account_id: Mapped[uuid.UUID | None]
    client: Mapped[str] = mapped_column(String(40))
    """The open editor it came from: a person's second tab is another one."""
    target: Mapped[str] = mapped_column(String(64))
    """Id of the block, page or asset that was changed, or "module"."""
    edit: Mapped[dict[str, Any]] = mapped_column(JSON)
    inverse: Mapped[dict[str, Any]] = mapped_column(JSON)


class EditorPresence(Base, TenantRow):
    """An editor that is open right now; one that was not heard of for a while is gone."""

    __tablename__ = "editor_presence"

    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"), primary_key=True)
    client: Mapped[str] = mapped_column(String(40), primary_key=True)
    account_id: Mapped[uuid.UUID]
    seen: Mapped[datetime] = mapped_column(default=utcnow)
