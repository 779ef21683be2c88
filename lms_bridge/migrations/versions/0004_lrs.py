"""Statements, their index, attachments, documents, credentials and launch tokens."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security
from lms_bridge.lrs import partitions

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lrs_statement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        postgresql_partition_by="RANGE (position)",
    )
    op.create_index("ix_lrs_statement_tenant_position", "lrs_statement", ["tenant_id", "position"])
    op.create_table(
        "lrs_index",
        sa.Column("key", sa.BigInteger(), autoincrement=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False),
        sa.PrimaryKeyConstraint("key", "position"),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (position)",
    )
    op.create_table(
        "lrs_statement_id",
        sa.Column("key", sa.LargeBinary(16), primary_key=True),
        sa.Column("position", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lrs_activity_definition",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False),
        sa.Column("digest", sa.BigInteger(), autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("activity_id", sa.String(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", "digest"),
    )
    op.create_table(
        "lrs_attachment",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id")),
        sa.Column("sha2", sa.String(128)),
        sa.Column("content_type", sa.String(200), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sha2"),
    )
    op.create_table(
        "lrs_document",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id")),
        sa.Column("kind", sa.String(10)),
        sa.Column("agent", sa.String()),
        sa.Column("activity_id", sa.String()),
        sa.Column("registration", sa.String(36)),
        sa.Column("name", sa.String()),
        sa.Column("content_type", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.String(40), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "agent", "activity_id", "registration", "name"),
    )
    op.create_table(
        "lrs_credential",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("last_used_at", UtcDateTime()),
    )
    op.create_table(
        "lrs_launch_token",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("activity_id", sa.String(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "lrs_retention",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("months", sa.Integer(), nullable=False),
    )
    op.create_table(
        "lrs_day",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id")),
        sa.Column("first", sa.BigInteger(), autoincrement=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "first", "last"),
    )
    tables = (
        "statement",
        "activity_definition",
        "attachment",
        "document",
        "credential",
        "launch_token",
        "retention",
        "day",
    )
    enable_row_level_security(op.get_bind(), *(f"lrs_{table}" for table in tables))
    partitions.prepare_default(op.get_bind())
    partitions.prepare(op.get_bind())


def downgrade() -> None:
    for table in (
        "day",
        "retention",
        "launch_token",
        "credential",
        "document",
        "attachment",
        "activity_definition",
        "index",
        "statement_id",
        "statement",
    ):
        op.drop_table(f"lrs_{table}")
