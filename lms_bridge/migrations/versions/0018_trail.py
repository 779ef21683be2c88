"""The trail read newest first, and sealed day by day."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_at", "audit_entry", ["tenant_id", "at", "id", "account_id", "action"])
    op.create_table(
        "trail_seal",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("made", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
    op.create_index("ix_trail_seal_day", "trail_seal", ["tenant_id", "day"])
    enable_row_level_security(op.get_bind(), "trail_seal")


def downgrade() -> None:
    op.drop_table("trail_seal")
    op.drop_index("ix_audit_entry_at", "audit_entry")
