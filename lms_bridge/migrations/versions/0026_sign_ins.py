"""The browsers in which people are signed in, and the sessions of providers that they came by."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("browser", sa.String(60), nullable=False),
        sa.Column("began", UtcDateTime(), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "sso_session",
        sa.Column("sign_in_id", sa.Uuid(), sa.ForeignKey("sign_in.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("provider_id", sa.Uuid(), sa.ForeignKey("sso_provider.id"), nullable=False, index=True),
        sa.Column("sid", sa.String(255), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "sign_in", "sso_session")


def downgrade() -> None:
    op.drop_table("sso_session")
    op.drop_table("sign_in")
