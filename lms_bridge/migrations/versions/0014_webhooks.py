"""Webhooks, and the outbox of what they are told."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[uuid.UUID]:
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(1000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("with_names", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary()),
        sa.Column("former_until", UtcDateTime()),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("last_success", UtcDateTime()),
        sa.Column("told_until", sa.Date(), nullable=False),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("webhook_id", sa.Uuid(), sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("claimed_until", UtcDateTime()),
        sa.Column("status", sa.Integer()),
        sa.Column("problem", sa.JSON()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime()),
    )
    op.create_index("ix_webhook_delivery_webhook_id_created", "webhook_delivery", ["webhook_id", "created"])
    enable_row_level_security(op.get_bind(), "webhook", "webhook_delivery")


def downgrade() -> None:
    for table in ("webhook_delivery", "webhook"):
        op.drop_table(table)
