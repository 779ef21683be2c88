"""Whom a municipality reminds by mail, and the outbox of it."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder_plan",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("to_employees", sa.Boolean(), nullable=False),
        sa.Column("to_leaders", sa.Boolean(), nullable=False),
        sa.Column("reply_to", sa.String(254), nullable=False),
        sa.Column("told_until", sa.Date(), nullable=False),
        sa.Column("week_told", sa.Date(), nullable=False),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Uuid(), index=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime()),
    )
    op.create_index("ix_mail_tenant_id_created", "mail", ["tenant_id", "created"])
    enable_row_level_security(op.get_bind(), "reminder_plan", "mail")


def downgrade() -> None:
    op.drop_table("mail")
    op.drop_table("reminder_plan")
