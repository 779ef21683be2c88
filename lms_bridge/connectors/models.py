"""Connections to other systems, and what each run of fetching from them did."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, TenantRow, new_id, utcnow
from ..vault import Sealed

ACTIVE, PAUSED = "active", "paused"
RUNNING, DONE, PARTLY, FAILED, CUT_OFF = "running", "done", "partly", "failed", "cut off"


class Connection(Base, TenantRow):
    """A source of one kind, how far it was read, and how it goes.

    `secret` is a sealed JSON object (vault). `run_id` and `claimed_until`: the run that has it, until when at most.
    `failures` counts those in a row; `problem` is the last one's sentence {"message", "details"}.
    """

    __tablename__ = "connection"
    __table_args__ = (Index("ix_connection_next_run", "state", "next_run"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(1000))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    secret: Mapped[bytes | None] = mapped_column(Sealed)
    cursor: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=ACTIVE)
    minutes: Mapped[int] = mapped_column(default=15)
    created: Mapped[datetime] = mapped_column(default=utcnow)
    last_run: Mapped[datetime | None]
    last_success: Mapped[datetime | None]
    next_run: Mapped[datetime | None] = mapped_column(default=utcnow)
    failures: Mapped[int] = mapped_column(default=0)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    estimate: Mapped[dict[str, int] | None] = mapped_column(JSON)
    rows: Mapped[int] = mapped_column(default=0)
    """All that ever came and was new."""
    run_id: Mapped[uuid.UUID | None]
    claimed_until: Mapped[datetime | None]


class Run(Base, TenantRow):
    """One run: `rows` came, `new` of them were; `state` is running, done, partly (time was up), failed or cut off.

    `job_id` is the job that does it; None where it is run by the command.
    """

    __tablename__ = "connection_run"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("connection.id"), index=True)
    job_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(10), default=RUNNING)
    started: Mapped[datetime] = mapped_column(default=utcnow)
    finished: Mapped[datetime | None]
    pages: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    detail: Mapped[str] = mapped_column(Text, default="")
    """What only a technician reads: the name of an unexpected error."""


class TakenFile(Base, TenantRow):
    """A file that was taken from a source, known by what is in it: under whatever name, it is taken once."""

    __tablename__ = "connection_file"
    __table_args__ = (UniqueConstraint("connection_id", "sha256"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("connection.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(300))
    taken: Mapped[datetime] = mapped_column(default=utcnow)
