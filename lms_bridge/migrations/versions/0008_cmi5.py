"""cmi5 courses, registrations and sessions."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[uuid.UUID]:
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    _make_courses()
    _make_registrations()
    tables = ("course", "node", "file", "registration", "progress", "session")
    enable_row_level_security(op.get_bind(), *(f"cmi5_{table}" for table in tables))


def _make_courses() -> None:
    op.create_table(
        "cmi5_course",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("publisher_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("objectives", sa.JSON(), nullable=False),
        sa.Column("brought_in", UtcDateTime(), nullable=False),
        sa.Column("brought_in_by", sa.Uuid(), sa.ForeignKey("account.id")),
    )
    op.create_table(
        "cmi5_node",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("course_id", sa.Uuid(), sa.ForeignKey("cmi5_course.id"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("cmi5_node.id")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("publisher_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("objectives", sa.JSON(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("launch_method", sa.String(10), nullable=False),
        sa.Column("move_on", sa.String(20), nullable=False),
        sa.Column("mastery_score", sa.Float()),
        sa.Column("launch_parameters", sa.String(), nullable=False),
        sa.Column("entitlement_key", sa.String(), nullable=False),
        sa.Column("activity_type", sa.String(), nullable=False),
        sa.Index("ix_cmi5_node_course_id_position", "course_id", "position"),
    )
    op.create_table(
        "cmi5_file",
        _tenant(),
        sa.Column("course_id", sa.Uuid(), sa.ForeignKey("cmi5_course.id"), primary_key=True),
        sa.Column("path", sa.String(), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
    )


def _make_registrations() -> None:
    op.create_table(
        "cmi5_registration",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("course_id", sa.Uuid(), sa.ForeignKey("cmi5_course.id"), nullable=False, index=True),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("registered", UtcDateTime(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), sa.ForeignKey("account.id")),
        sa.Column("satisfied", UtcDateTime()),
        sa.Index("ix_cmi5_registration_account_id_course_id", "account_id", "course_id"),
    )
    moments = ("launched", "completed", "passed", "failed", "waived", "satisfied")
    op.create_table(
        "cmi5_progress",
        _tenant(),
        sa.Column("registration_id", sa.Uuid(), sa.ForeignKey("cmi5_registration.id"), primary_key=True),
        sa.Column("node_id", sa.Uuid(), sa.ForeignKey("cmi5_node.id"), primary_key=True),
        *(sa.Column(name, UtcDateTime()) for name in moments),
        sa.Column("score", sa.Float()),
    )
    op.create_table(
        "cmi5_session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column(
            "registration_id",
            sa.Uuid(),
            sa.ForeignKey("cmi5_registration.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("node_id", sa.Uuid(), sa.ForeignKey("cmi5_node.id"), nullable=False),
        sa.Column("mode", sa.String(6), nullable=False),
        sa.Column("fetch_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("token_hash", sa.LargeBinary(32), unique=True),
        sa.Column("launched", UtcDateTime(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False),
        sa.Column("preferences_read", UtcDateTime()),
        sa.Column("last_statement", UtcDateTime()),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("terminated", UtcDateTime()),
        sa.Column("abandoned", UtcDateTime()),
    )


def downgrade() -> None:
    for table in ("session", "progress", "registration", "file", "node", "course"):
        op.drop_table(f"cmi5_{table}")
