"""A published version never changes; an enrolment is one learner's attempt at one version."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts import Account
from ..db import Base, TenantRow, new_id, utcnow
from ..errors import N_, Forbidden


class ModuleVersion(Base, TenantRow):
    """A module as it was published: its document, frozen. `build_memory` is what a package's build learnt."""

    __tablename__ = "module_version"
    __table_args__ = (UniqueConstraint("module_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"))
    identity: Mapped[uuid.UUID] = mapped_column(index=True)
    """The document's id, the same in every municipality: activity `urn:uuid:<identity>`."""
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(500))
    summary: Mapped[str]
    language: Mapped[str] = mapped_column(String(35))
    duration_minutes: Mapped[int | None]
    pass_mark: Mapped[int | None]
    competences: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    picture: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the module's first image, for lists."""
    ends: Mapped[date | None]
    """The last day on which the grants it rests on let somebody begin it or go on."""
    most_learners: Mapped[int | None]
    """How many learners the grants it rests on let begin it; None: any number."""
    published: Mapped[datetime] = mapped_column(default=utcnow)
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    document: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True, info={"document_with_assets": True})
    build_memory: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)

    @property
    def has_ended(self) -> bool:
        return self.ends is not None and self.ends < utcnow().date()

    def refuse_if_ended(self) -> None:
        """Raises Forbidden when the agreement that lets people have it is over."""
        if self.has_ended:
            raise Forbidden(
                N_(
                    "The agreement on “%(title)s” ended on %(day)s, so it cannot be opened or fetched any more."
                ),
                title=self.title,
                day=self.ends,
            )


@dataclass(frozen=True)
class Learner:
    """Who takes a course: a subject of an issuer. The issuer is "" for this service's own accounts, and an LMS's
    address for those who come from there."""

    issuer: str
    subject: str

    @classmethod
    def of(cls, account: Account) -> "Learner":
        return cls("", str(account.id))


class LivePackage(Base, TenantRow):
    """A module in LMSs by packages that stay up to date (live.py). `key` is in them, and opens it without more."""

    __tablename__ = "live_package"
    __table_args__ = (UniqueConstraint("module_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    opened: Mapped[int] = mapped_column(default=0)
    last_opened: Mapped[datetime | None]


class Enrolment(Base, TenantRow):
    """A learner's attempt: it stays on the version it began with. `registration` is xAPI's (section 4.1.8)."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("tenant_id", "issuer", "subject", "version_id", "attempt"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str] = mapped_column(String(500), default="")
    subject: Mapped[str] = mapped_column(String(255))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module_version.id"), index=True)
    attempt: Mapped[int] = mapped_column(default=1)
    registration: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    started: Mapped[datetime] = mapped_column(default=utcnow)
    last_seen: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
    passed: Mapped[bool | None]
    score: Mapped[float | None]
