"""Tenants (municipalities), their accounts, and the trail of what was done and read."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..errors import N_

ROLES = {
    "author": N_("Author"),
    "librarian": N_("Librarian"),
    "coordinator": N_("Coordinator"),
    "leader": N_("Leader"),
    "employee": N_("Employee"),
    "administrator": N_("Administrator"),
}
ROLE_HINTS = {
    "author": N_("Writes and publishes modules."),
    "librarian": N_("Writes and publishes modules, and brings in courses from others."),
    "coordinator": N_(
        "Keeps the register: units, people, what is required, whose results are whose. Sees everybody."
    ),
    "leader": N_("Sees how the people of their units stand, vouches for them and approves their documents."),
    "employee": N_("Takes courses, and sees their own competence; so does everybody here."),
    "administrator": N_("Lets others in, and connects other systems."),
}


class Tenant(Base):
    """A municipality: everything else belongs to one."""

    __tablename__ = "tenant"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_number: Mapped[str] = mapped_column(String(20), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(10))
    timezone: Mapped[str] = mapped_column(String(40), default="Europe/Oslo")

    @property
    def names(self) -> tuple[str, str]:
        """What rights may call it: its name, and its organisation number."""
        return self.name, self.organisation_number


class Account(Base, TenantRow):
    """Somebody who signs in, with what they may do there. `epoch` rises with every password: links to choose one are
    of an epoch (links.py).
    """

    __tablename__ = "account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(10), default="")
    active: Mapped[bool] = mapped_column(default=True)
    epoch: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    last_sign_in: Mapped[datetime | None]


class SignIn(Base, TenantRow):
    """A browser in which somebody is signed in (sign_ins.py): its cookie names the row, and is nothing without it."""

    __tablename__ = "sign_in"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    browser: Mapped[str] = mapped_column(String(60))
    began: Mapped[datetime] = mapped_column(default=utcnow)
    seen: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class AuditEntry(Base, TenantRow):
    """Who did or read what, when. Append-only, and sealed (the slice trail); `detail` holds no more of a person than is
    needed to explain it.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "tenant_id", "subject", "at"),
        # newest first, and by who did it or what kind it is, without looking at every row
        Index("ix_audit_entry_at", "tenant_id", "at", "id", "account_id", "action"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=utcnow)
    account_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(100))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
