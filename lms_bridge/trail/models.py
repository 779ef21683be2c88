"""The seals of the trail, whose entries are the accounts slice's (AuditEntry)."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow

DAY, RULE, EXPIRED, EXPIRED_BROKEN = "day", "rule", "expired", "broken"


class TrailSeal(Base, TenantRow):
    """A link of the chain; `seal` is the SHA-256 over the other columns, `previous` among them, as hexadecimal digits.

    Of a day, as it was: `entries` holds an id (16 bytes) and a SHA-256 (32) of each entry, and nothing once the day has
    expired. `late`: they came after their day was sealed. Of a rule that was chosen that day: `entries` is the months
    that the trail is kept, in digits. Of a day that expired: `entries` is what its seals keep (32 bytes each), `count`
    how many entries were deleted; EXPIRED_BROKEN where these were not as sealed.
    """

    __tablename__ = "trail_seal"
    __table_args__ = (Index("ix_trail_seal_day", "tenant_id", "day"),)

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10), default=DAY)
    day: Mapped[date]
    late: Mapped[bool]
    made: Mapped[datetime]
    count: Mapped[int]
    entries: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    previous: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


class TrailRetention(Base, TenantRow):
    """How long a municipality keeps its trail; without a row, without end."""

    __tablename__ = "trail_retention"

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    months: Mapped[int]
