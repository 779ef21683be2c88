"""Connections to other systems, their runs, and the results they told of."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[uuid.UUID]:
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    _make_connections()
    _make_records()
    op.add_column("import", sa.Column("connection_id", sa.Uuid()))
    tables = ("connection", "connection_run", "connection_file", "lms_record")
    enable_row_level_security(op.get_bind(), *tables)


def _make_connections() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(1000), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_run", UtcDateTime()),
        sa.Column("last_success", UtcDateTime()),
        sa.Column("next_run", UtcDateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON()),
        sa.Column("estimate", sa.JSON()),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid()),
        sa.Column("claimed_until", UtcDateTime()),
    )
    op.create_index("ix_connection_next_run", "connection", ["state", "next_run"])
    op.create_table(
        "connection_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("connection_id", sa.Uuid(), sa.ForeignKey("connection.id"), nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("started", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime()),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("problem", sa.JSON()),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_table(
        "connection_file",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("connection_id", sa.Uuid(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("taken", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("connection_id", "sha256"),
    )


def _make_records() -> None:
    op.create_table(
        "lms_record",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.String(200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Uuid(), sa.ForeignKey("identity_link.id"), nullable=False, index=True),
        sa.Column("activity", sa.String(1000), nullable=False),
        sa.Column("activity_name", sa.String(300), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("occurred", UtcDateTime(), nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("version", sa.Integer()),
        sa.Column("noted", UtcDateTime()),
        sa.Column("received", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("tenant_id", "source_id", "record"),
    )


def downgrade() -> None:
    op.drop_column("import", "connection_id")
    for table in ("lms_record", "connection_file", "connection_run", "connection"):
        op.drop_table(table)
