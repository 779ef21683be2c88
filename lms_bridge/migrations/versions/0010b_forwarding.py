"""Other LRSs that are told of statements, what is on its way to them, and what they refuse."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0010b"
down_revision = "0010a"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[uuid.UUID]:
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    op.create_table(
        "forward_target",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("username", sa.String(200), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("verbs", sa.JSON(), nullable=False),
        sa.Column("activity", sa.String(1000), nullable=False),
        sa.Column("only_from", sa.String(64), nullable=False),
        sa.Column("never_from", sa.String(64), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("claimed_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("problem", sa.JSON()),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("last_success", UtcDateTime()),
    )
    op.create_table(
        "forward_parcel",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("statements", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_forward_parcel_target_id_id", "forward_parcel", ["target_id", "id"])
    op.create_table(
        "forward_refusal",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("target_id", sa.Uuid(), sa.ForeignKey("forward_target.id"), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_forward_refusal_target_id_id", "forward_refusal", ["target_id", "id"])
    enable_row_level_security(op.get_bind(), "forward_target", "forward_parcel", "forward_refusal")


def downgrade() -> None:
    for table in ("forward_refusal", "forward_parcel", "forward_target"):
        op.drop_table(table)
