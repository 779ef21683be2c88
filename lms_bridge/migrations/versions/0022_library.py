"""What municipalities share with each other, who has taken it, and until when a version may be taken."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _tenant(name: str) -> sa.Column[uuid.UUID]:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    op.add_column("module", sa.Column("taken_from", sa.String(200)))
    op.add_column("module_version", sa.Column("ends", sa.Date()))
    op.create_table(
        "shared_module",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("identity", sa.Uuid(), nullable=False, unique=True),
        _tenant("owner_id"),
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("duration_minutes", sa.Integer()),
        sa.Column("licence", sa.String(30), nullable=False),
        sa.Column("members", sa.JSON()),
        sa.Column("competences", sa.JSON(), nullable=False),
        sa.Column("picture", sa.String(64)),
        sa.Column("picture_type", sa.String(40), nullable=False),
        sa.Column("shared", UtcDateTime(), nullable=False),
        sa.Column("withdrawn", UtcDateTime()),
    )
    op.create_table(
        "module_taking",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("shared_id", sa.Uuid(), sa.ForeignKey("shared_module.id"), nullable=False),
        _tenant("taker_id"),
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("adapted", sa.Boolean(), nullable=False),
        sa.Column("taken", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("shared_id", "taker_id", "module_id"),
    )


def downgrade() -> None:
    op.drop_table("module_taking")
    op.drop_table("shared_module")
    op.drop_column("module_version", "ends")
    op.drop_column("module", "taken_from")
