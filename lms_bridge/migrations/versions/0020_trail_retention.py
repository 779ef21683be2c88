"""How long a municipality keeps its trail, and the seals of what expired."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import enable_row_level_security

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trail_seal", sa.Column("kind", sa.String(10), nullable=False, server_default="day"))
    op.create_table(
        "trail_retention",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("months", sa.Integer(), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "trail_retention")


def downgrade() -> None:
    op.drop_table("trail_retention")
    op.drop_column("trail_seal", "kind")
