"""Which activities of others give which competence."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0010c"
down_revision = "0010b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_mapping",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("pattern", sa.String(1000), nullable=False),
        sa.Column("competence_id", sa.Uuid(), sa.ForeignKey("competence.id"), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("level", sa.Integer()),
        sa.Column("validity_months", sa.Integer()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("looking", sa.Boolean(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "activity_mapping")


def downgrade() -> None:
    op.drop_table("activity_mapping")
