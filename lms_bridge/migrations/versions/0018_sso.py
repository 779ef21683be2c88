"""Sign-in by the municipality's own directory."""

import uuid

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0018_sso"
down_revision = "0018"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[uuid.UUID]:
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def upgrade() -> None:
    op.create_table(
        "sso_provider",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("client_id", sa.String(200), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("acr", sa.String(200), nullable=False),
        sa.Column("creates_accounts", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "sso_identity",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("provider_id", sa.Uuid(), sa.ForeignKey("sso_provider.id"), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("provider_id", "subject", name="uq_sso_identity_provider_id_subject"),
        sa.UniqueConstraint("provider_id", "account_id", name="uq_sso_identity_account"),
    )
    enable_row_level_security(op.get_bind(), "sso_provider", "sso_identity")


def downgrade() -> None:
    for table in ("sso_identity", "sso_provider"):
        op.drop_table(table)
