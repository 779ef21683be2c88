"""Where modules are published in Moodles, and in which version."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow

WAITING, SENDING, THERE, HIDDEN, GONE, FAILED = "waiting", "sending", "there", "hidden", "gone", "failed"
HIDE, DELETE = "hide", "delete"


class Placement(Base, TenantRow):
    """A module in a course of a Moodle: what is wanted there, and what is known to be there.

    `state`: waiting and sending are on their way; there, hidden and gone (deleted in Moodle) are as last seen;
    failed has its sentence in `problem` {"message", "details"}. `version` is in Moodle, `wanted` is to be.
    `leaving` is hide or delete while it is being taken away.
    """

    __tablename__ = "moodle_placement"
    __table_args__ = (UniqueConstraint("connection_id", "course_id", "module_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("connection.id"))
    module_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("module.id"), index=True)
    course_id: Mapped[int]
    course_name: Mapped[str] = mapped_column(String(300))
    section: Mapped[int]
    completion: Mapped[str] = mapped_column(String(10))
    visible: Mapped[bool]
    wanted: Mapped[int]
    version: Mapped[int | None]
    cmid: Mapped[int | None]
    url: Mapped[str] = mapped_column(String(1000), default="")
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    leaving: Mapped[str] = mapped_column(String(10), default="")
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    learners: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    under_way: Mapped[int] = mapped_column(default=0)
    """Attempts that went on when it was last updated: they finish on their own version."""
    checked: Mapped[datetime | None]
    job_id: Mapped[uuid.UUID | None]
    """The job that makes Moodle so, or made it."""
    created: Mapped[datetime] = mapped_column(default=utcnow)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
