"""Courses that were brought in, who is registered for them, and each visit to a unit.

Words are cmi5's: a course structure is a tree of blocks and assignable units (AUs); a registration is one learner's
enrolment in a course; a session is one launch of an AU. Every LMS id is the row's own: `urn:uuid:<id>`.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow


class Course(Base, TenantRow):
    """A course structure as it was brought in (cmi5 13.1.1); `publisher_id` is its id there."""

    __tablename__ = "cmi5_course"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    publisher_id: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    language: Mapped[str] = mapped_column(String(35))
    objectives: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """13.1.3: [{"id": LMS id, "publisher_id", "title", "description"}]."""
    brought_in: Mapped[datetime] = mapped_column(default=utcnow)
    brought_in_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    withdrawn: Mapped[datetime | None]
    """Nobody can open it any more; what was done in it stays."""


class Node(Base, TenantRow):
    """A block (13.1.2) or an AU (13.1.4) of a course. A block has none of the fields from `url` on."""

    __tablename__ = "cmi5_node"
    __table_args__ = (Index("ix_cmi5_node_course_id_position", "course_id", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_course.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cmi5_node.id"))
    position: Mapped[int]
    """In the order of the course structure, from 0, blocks and AUs together."""
    kind: Mapped[str] = mapped_column(String(5))
    """block or au."""
    publisher_id: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    objectives: Mapped[list[str]] = mapped_column(JSON)
    """Publisher ids of the course's objectives."""
    url: Mapped[str] = mapped_column(default="")
    launch_method: Mapped[str] = mapped_column(String(10), default="")
    move_on: Mapped[str] = mapped_column(String(20), default="")
    mastery_score: Mapped[float | None]
    launch_parameters: Mapped[str] = mapped_column(default="")
    entitlement_key: Mapped[str] = mapped_column(default="")
    activity_type: Mapped[str] = mapped_column(default="")

    @property
    def activity_id(self) -> str:
        """What statements are about: never the publisher's id (8.1.5, 9.4)."""
        return f"urn:uuid:{self.id}"


class CourseFile(Base, TenantRow):
    """A file of a course's zip: its path there, and the address of its bytes in the storage."""

    __tablename__ = "cmi5_file"

    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_course.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), info={"stored_file": True})
    media_type: Mapped[str] = mapped_column(String(100))


class Registration(Base, TenantRow):
    """One learner's way through a course; `id` is the registration of xAPI (8.1.4)."""

    __tablename__ = "cmi5_registration"
    __table_args__ = (Index("ix_cmi5_registration_account_id_course_id", "account_id", "course_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    course_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_course.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    actor: Mapped[dict[str, Any]] = mapped_column(JSON)
    registered: Mapped[datetime] = mapped_column(default=utcnow)
    registered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    satisfied: Mapped[datetime | None]


class Progress(Base, TenantRow):
    """How far a registration is with a node. A block has `satisfied` only, an AU everything else."""

    __tablename__ = "cmi5_progress"

    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_registration.id"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_node.id"), primary_key=True)
    launched: Mapped[datetime | None]
    """The last time."""
    completed: Mapped[datetime | None]
    passed: Mapped[datetime | None]
    failed: Mapped[datetime | None]
    waived: Mapped[datetime | None]
    satisfied: Mapped[datetime | None]
    score: Mapped[float | None]
    """The best scaled score, 0..1."""


class LaunchSession(Base, TenantRow):
    """One launch of an AU. The address of its token opens once; the token is known by its hash only."""

    __tablename__ = "cmi5_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_registration.id"), index=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cmi5_node.id"))
    mode: Mapped[str] = mapped_column(String(6))
    """Normal, Browse or Review (10.2.2)."""
    fetch_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    launched: Mapped[datetime] = mapped_column(default=utcnow)
    expires: Mapped[datetime]
    preferences_read: Mapped[datetime | None]
    last_statement: Mapped[datetime | None]
    said: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The cmi5 verbs that the AU has used in this session, in order."""
    terminated: Mapped[datetime | None]
    abandoned: Mapped[datetime | None]

    @property
    def ended(self) -> bool:
        return self.terminated is not None or self.abandoned is not None
