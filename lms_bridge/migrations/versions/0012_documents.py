"""Documents that wait for approval, and entries that turned out to be one person."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_document",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("competence_id", sa.Uuid(), sa.ForeignKey("competence.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("uploaded", UtcDateTime(), nullable=False),
        sa.Column("declined", sa.Text()),
    )
    op.create_table(
        "person_merge",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("kept_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("merged_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("undone", UtcDateTime()),
    )
    column = sa.Column("merged_into", sa.Uuid(), sa.ForeignKey("person.id"))
    op.add_column("person", column, inline_references=True)
    op.create_index("ix_person_merged_into", "person", ["merged_into"])
    op.create_index(
        "ix_evidence_awaiting_approval",
        "evidence",
        ["tenant_id", "received"],
        sqlite_where=sa.text("awaiting_approval"),
        postgresql_where=sa.text("awaiting_approval"),
    )
    enable_row_level_security(op.get_bind(), "evidence_document", "person_merge")


def downgrade() -> None:
    op.drop_index("ix_evidence_awaiting_approval", "evidence")
    op.drop_index("ix_person_merged_into", "person")
    with op.batch_alter_table("person") as person:
        person.drop_column("merged_into")
    op.drop_table("person_merge")
    op.drop_table("evidence_document")
