"""Where statements are forwarded to, and the outbox of what is still to go."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..vault import Sealed


class Target(Base, TenantRow):
    """Another LRS that is told. `activity` is a pattern of patterns.py; empty filters let everything through."""

    __tablename__ = "forward_target"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    username: Mapped[str] = mapped_column(String(200))
    password: Mapped[bytes] = mapped_column(Sealed, doc="Sealed; see vault.py.")
    version: Mapped[str] = mapped_column(String(10))
    verbs: Mapped[list[str]] = mapped_column(JSON, default=list)
    activity: Mapped[str] = mapped_column(String(1000), default="")
    only_from: Mapped[str] = mapped_column(
        String(64), default="", doc="Key of the credential that stored it."
    )
    never_from: Mapped[str] = mapped_column(
        String(64), default="", doc="The key that LRS itself sends here by."
    )
    paused: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    claimed_until: Mapped[datetime | None] = mapped_column(doc="A process is sending until then at most.")
    claimed_by: Mapped[uuid.UUID | None] = mapped_column(doc="The job that does it.")
    attempts: Mapped[int] = mapped_column(default=0, doc="In vain, since the last success.")
    due: Mapped[datetime | None] = mapped_column(doc="Not before; None: at once.")
    problem: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), doc="A sentence; see errors.Told."
    )
    sent: Mapped[int] = mapped_column(default=0)
    last_success: Mapped[datetime | None]


class Parcel(Base, TenantRow):
    """A row of the outbox, written in the transaction that stores: up to a hundred statements for one target.

    No foreign keys: a target that was removed a moment ago must not stop what others store; the sweep clears up.
    """

    __tablename__ = "forward_parcel"
    __table_args__ = (Index("ix_forward_parcel_target_id_id", "target_id", "id"),)

    tenant_id: Mapped[uuid.UUID] = mapped_column()
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    target_id: Mapped[uuid.UUID]
    size: Mapped[int]
    statements: Mapped[bytes] = mapped_column(LargeBinary, doc="Their ids, sixteen bytes each, in order.")


class Refusal(Base, TenantRow):
    """A statement that the other LRS does not take, until somebody sends it again or lets it be."""

    __tablename__ = "forward_refusal"
    __table_args__ = (Index("ix_forward_refusal_target_id_id", "target_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("forward_target.id"))
    statement_id: Mapped[uuid.UUID]
    problem: Mapped[dict[str, Any]] = mapped_column(JSON, doc="A sentence; see errors.Told.")
    at: Mapped[datetime] = mapped_column(default=utcnow)
