"""Published versions and enrolments."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "module_version",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), nullable=False),
        sa.Column("identity", sa.Uuid(), nullable=False, index=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("duration_minutes", sa.Integer()),
        sa.Column("pass_mark", sa.Integer()),
        sa.Column("competences", sa.JSON(), nullable=False),
        sa.Column("picture", sa.String(64)),
        sa.Column("published", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.Uuid(), sa.ForeignKey("account.id")),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("build_memory", sa.JSON()),
        sa.UniqueConstraint("module_id", "number"),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("version_id", sa.Uuid(), sa.ForeignKey("module_version.id"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=False, unique=True),
        sa.Column("started", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime()),
        sa.Column("passed", sa.Boolean()),
        sa.Column("score", sa.Float()),
        sa.UniqueConstraint("tenant_id", "issuer", "subject", "version_id", "attempt"),
    )
    enable_row_level_security(op.get_bind(), "module_version", "enrolment")


def downgrade() -> None:
    op.drop_table("enrolment")
    op.drop_table("module_version")
