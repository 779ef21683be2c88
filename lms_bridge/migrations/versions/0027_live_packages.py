"""Modules in LMSs by packages that stay up to date."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_package",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), nullable=False, unique=True),
        sa.Column("key", sa.String(40), nullable=False, unique=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("last_opened", UtcDateTime()),
    )
    enable_row_level_security(op.get_bind(), "live_package")


def downgrade() -> None:
    op.drop_table("live_package")
