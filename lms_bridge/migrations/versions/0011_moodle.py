"""Where modules are published in Moodles."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0011"
down_revision = "0010c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moodle_placement",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("connection_id", sa.Uuid(), sa.ForeignKey("connection.id"), nullable=False),
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), nullable=False, index=True),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("course_name", sa.String(300), nullable=False),
        sa.Column("section", sa.Integer(), nullable=False),
        sa.Column("completion", sa.String(10), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("cmid", sa.Integer()),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("leaving", sa.String(10), nullable=False),
        sa.Column("problem", sa.JSON()),
        sa.Column("learners", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("under_way", sa.Integer(), nullable=False),
        sa.Column("checked", UtcDateTime()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("account.id")),
        sa.UniqueConstraint("connection_id", "course_id", "module_id"),
    )
    enable_row_level_security(op.get_bind(), "moodle_placement")


def downgrade() -> None:
    op.drop_table("moodle_placement")
