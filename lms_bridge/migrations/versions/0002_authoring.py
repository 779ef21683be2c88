"""Modules, drafts, their changes, and who has one open."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "module",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("identity", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(5000), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("picture", sa.String(64)),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("changed", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid()),
        sa.Column("archived", UtcDateTime()),
        sa.Column("published_version", sa.Integer()),
        sa.Column("published_revision", sa.Integer()),
        sa.UniqueConstraint("tenant_id", "identity"),
    )
    op.create_index("ix_module_list", "module", ["tenant_id", "archived", "changed"])
    op.create_table(
        "draft",
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("field_revisions", sa.JSON(), nullable=False),
    )
    op.create_table(
        "draft_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("client", sa.String(40), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("edit", sa.JSON(), nullable=False),
        sa.Column("inverse", sa.JSON(), nullable=False),
        sa.UniqueConstraint("module_id", "revision"),
    )
    op.create_table(
        "editor_presence",
        sa.Column("module_id", sa.Uuid(), sa.ForeignKey("module.id"), primary_key=True),
        sa.Column("client", sa.String(40), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "module", "draft", "draft_change", "editor_presence")


def downgrade() -> None:
    for table in ("editor_presence", "draft_change", "draft", "module"):
        op.drop_table(table)
