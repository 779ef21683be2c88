"""Who is told what by webhook, and the outbox of it."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..vault import Sealed

ACTIVE, PAUSED, DISABLED = "active", "paused", "disabled"
WAITING, SENT, FAILED = "waiting", "sent", "failed"


class Webhook(Base, TenantRow):
    """An address that is told of events. `disabled`: it failed for days, or said that it is gone (410).

    `former_secret` signs too until `former_until`, while the receiver changes over. `told_until` is the last day of
    which expiring and expired competences were told.
    """

    __tablename__ = "webhook"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(1000))
    events: Mapped[list[str]] = mapped_column(JSON)
    with_names: Mapped[bool] = mapped_column(default=False)
    secret: Mapped[bytes] = mapped_column(Sealed)
    former_secret: Mapped[bytes | None] = mapped_column(Sealed)
    former_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default=ACTIVE)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    failing_since: Mapped[datetime | None]
    last_success: Mapped[datetime | None]
    told_until: Mapped[date]


class Delivery(Base, TenantRow):
    """One message (a row of the outbox). `body` is emptied as soon as it has arrived or was given up."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_webhook_id_created", "webhook_id", "created"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[str] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None] = mapped_column(default=utcnow)
    claimed_until: Mapped[datetime | None]
    claimed_by: Mapped[uuid.UUID | None]
    status: Mapped[int | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), doc="A sentence; see errors.Told."
    )
    created: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
