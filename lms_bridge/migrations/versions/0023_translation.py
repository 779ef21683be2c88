"""Which module is another one in another language."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import enable_row_level_security

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "translation",
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("original_id", sa.Uuid(), sa.ForeignKey("module.id"), index=True),
        sa.Column("shared_id", sa.Uuid(), sa.ForeignKey("shared_module.id")),
        sa.Column("number", sa.Integer()),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("made_from", sa.JSON(), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "translation")


def downgrade() -> None:
    op.drop_table("translation")
