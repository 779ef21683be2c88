"""Whom a municipality reminds, who does not want it, and the outbox of its mails."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow

WAITING, SENT, FAILED = "waiting", "sent", "failed"
EMPLOYEE, LEADER, TEST = "employee", "leader", "test"
"""Kinds of mail: what somebody must do themselves, how a leader's units stand, and whether mail arrives at all."""


class ReminderPlan(Base, TenantRow):
    """Whom a municipality reminds; without a row, nobody. Each day is told of once."""

    __tablename__ = "reminder_plan"

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    to_employees: Mapped[bool] = mapped_column(default=False)
    to_leaders: Mapped[bool] = mapped_column(default=False)
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    """Where answers go: somebody whom people may ask."""
    told_until: Mapped[date]
    """The last day of which employees were told."""
    week_told: Mapped[date]
    """The Monday of the last week in which leaders were told."""


class Declined(Base, TenantRow):
    """Somebody does not want a kind of mail. No foreign key, as of a mail."""

    __tablename__ = "reminder_declined"

    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    since: Mapped[datetime] = mapped_column(default=utcnow)


class Mail(Base, TenantRow):
    """One mail (a row of the outbox). Whom it goes to and what it says is emptied as soon as it has left."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_tenant_id_created", "tenant_id", "created"),
        Index("ix_mail_tenant_id_due", "tenant_id", "due"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """Whose register it is about; None for a test. No foreign key: what waits for somebody who is erased goes with
    the signal of it, which comes afterwards.
    """
    kind: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    due: Mapped[datetime | None]
    """When somebody may take it to send it; None when it waits no more."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was taken to be sent."""
    problem: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), doc="A sentence; see errors.Told."
    )
    created: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
