"""The seals of the trail, whose entries are the accounts slice's (AuditEntry)."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow


class TrailSeal(Base, TenantRow):
    """A day of the trail as it was: `entries` holds an id (16 bytes) and a SHA-256 (32) of each entry, `seal` is the
    SHA-256 over the other columns, `previous` among them, as hexadecimal digits. `late`: they came after their day was
    sealed.
    """

    __tablename__ = "trail_seal"
    __table_args__ = (Index("ix_trail_seal_day", "tenant_id", "day"),)

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    late: Mapped[bool]
    made: Mapped[datetime]
    count: Mapped[int]
    entries: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    previous: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
