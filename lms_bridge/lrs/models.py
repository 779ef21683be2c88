"""What the LRS keeps. Statements are bytes under a position; one narrow table finds them; nothing is ever updated on
the way in except the mark of a voided statement.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from lms_bridge.db import Base, TenantRow, UtcDateTime, new_id, utcnow

# SQLite's own row number is an INTEGER PRIMARY KEY; PostgreSQL's INTEGER is too small.
Position = BigInteger().with_variant(Integer, "sqlite")


class Statement(TenantRow, Base):
    """A statement as the LRS gives it back (format=exact), in JSON."""

    __tablename__ = "lrs_statement"
    __table_args__ = (
        Index("ix_lrs_statement_tenant_position", "tenant_id", "position"),
        {"postgresql_partition_by": "RANGE (position)"},  # by month: partitions.py
    )

    # No foreign key: each insert would lock the municipality's row on PostgreSQL.
    tenant_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column(
        Position,
        primary_key=True,
        autoincrement=False,
        doc="Time of storing and order; see positions.py.",
    )
    voided: Mapped[bool] = mapped_column(default=False, doc="Another statement has voided this one.")
    payload: Mapped[bytes] = mapped_column(LargeBinary, doc="The statement, UTF-8 JSON without spaces.")


class StatementId(Base):
    """Which statement ids are taken, and by which statement: one narrow table over all months, since an id may be
    there once only. `key` is a hash over municipality and id (references.py).
    """

    __tablename__ = "lrs_statement_id"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy wants a dict

    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    position: Mapped[int | None] = mapped_column(
        BigInteger, doc="None: another statement refers to this one, which has not come yet."
    )


class IndexEntry(Base):
    """Where a key occurs: what every filter of GET statements reads, in order, a row for a statement or for a block of
    them (blocks.py). Keys differ between municipalities by their making (references.py), and each is joined to the
    statement, which names its municipality.
    """

    __tablename__ = "lrs_index"
    __table_args__ = {  # noqa: RUF012 - SQLAlchemy wants a dict
        "sqlite_with_rowid": False,
        "postgresql_partition_by": "RANGE (position)",
    }

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    mask: Mapped[int | None] = mapped_column(
        BigInteger, doc="Of a block (blocks.py), which are found by the key."
    )


class PendingKeys(Base):
    """SQLite: what a statement is found by, until it goes into the index (pending.py). Empty on PostgreSQL."""

    __tablename__ = "lrs_pending"

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    keys: Mapped[str] = mapped_column(String, doc="Whole numbers between commas: ,12,-3,")


class ActivityDefinition(TenantRow, Base):
    """A definition that somebody sent for an activity. Rows are only added, one a differing definition, so that
    statements never wait for each other; the canonical definition is all of them merged in their order.
    """

    __tablename__ = "lrs_activity_definition"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    key: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, doc="The activity's key, as in references.py."
    )
    digest: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, doc="Of the statement that brought it first.")
    activity_id: Mapped[str] = mapped_column(String)
    definition: Mapped[bytes] = mapped_column(LargeBinary)


class Attachment(TenantRow, Base):
    """The raw data of an attachment lies in the storage; this knows it by the hash that statements name."""

    __tablename__ = "lrs_attachment"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    sha2: Mapped[str] = mapped_column(String(128), primary_key=True, doc="As statements name it, lower case.")
    content_type: Mapped[str] = mapped_column(String(200))
    length: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(
        String(64), doc="SHA-256: the address in the storage.", info={"stored_file": True}
    )


class Retention(TenantRow, Base):
    """How long a municipality keeps its statements; without a row, for ever."""

    __tablename__ = "lrs_retention"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    months: Mapped[int]


class DayCount(TenantRow, Base):
    """How many statements a municipality stored on a day that is over: derived, may be missing (days.py)."""

    __tablename__ = "lrs_day"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, doc="Position with which it begins.")
    last: Mapped[int] = mapped_column(BigInteger, primary_key=True, doc="Position with which it ends.")
    count: Mapped[int]


class Document(TenantRow, Base):
    """A document of the State, Agent Profile or Activity Profile resource. What a kind does not have is empty."""

    __tablename__ = "lrs_document"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True, doc="state, agent or activity.")
    agent: Mapped[str] = mapped_column(String, primary_key=True, doc="Its identity; see identity.py.")
    activity_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String, primary_key=True, doc="stateId or profileId.")
    content_type: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(40), doc="SHA-1 of the content, hexadecimal, without quotes.")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Credential(TenantRow, Base):
    """A key pair with which a system of the municipality, or one of its LMSs, talks to the LRS."""

    __tablename__ = "lrs_credential"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), doc="What it is for, in the words of who made it.")
    key: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), doc="BLAKE2b of the secret, keyed by the key."
    )
    scopes: Mapped[str] = mapped_column(String(200), doc="Separated by spaces; see credentials.py.")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, doc="To the minute.")


class LaunchToken(TenantRow, Base):
    """What one person's visit to one activity may write: statements about it and its state, until it expires."""

    __tablename__ = "lrs_launch_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    actor: Mapped[dict[str, object]] = mapped_column(JSON)
    activity_id: Mapped[str] = mapped_column(String)
    registration: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
