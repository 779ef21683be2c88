"""LTI: keys, platforms, deployments, logins, invitations, resource links, scores."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column:  # type: ignore[type-arg]
    return sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True)


def _platforms() -> None:
    op.create_table(
        "lti_signing_key",
        sa.Column("kid", sa.String(40), primary_key=True),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "lti_platform",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("auth_url", sa.String(1000), nullable=False),
        sa.Column("token_url", sa.String(1000), nullable=False),
        sa.Column("jwks_url", sa.String(1000), nullable=False),
        sa.Column("token_audience", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("idnumber_is_employment_id", sa.Boolean(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("issuer", "client_id"),
    )
    op.create_table(
        "lti_deployment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("platform_id", sa.Uuid(), sa.ForeignKey("lti_platform.id"), nullable=False),
        sa.Column("deployment_id", sa.String(255), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("platform_id", "deployment_id"),
    )


def _logins() -> None:
    op.create_table(
        "lti_login",
        sa.Column("state_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("platform_id", sa.Uuid(), sa.ForeignKey("lti_platform.id"), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("binding_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("storage", sa.String(100), nullable=False),
        sa.Column("initiation", sa.JSON(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "lti_invitation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False),
        sa.Column("used", UtcDateTime()),
    )


def _results() -> None:
    op.create_table(
        "lti_resource_link",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("deployment_id", sa.Uuid(), sa.ForeignKey("lti_deployment.id"), nullable=False),
        sa.Column("resource_link_id", sa.String(500), nullable=False),
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("context_title", sa.String(500), nullable=False),
        sa.Column("lineitem", sa.String(2000), nullable=False),
        sa.Column("lineitems", sa.String(2000), nullable=False),
        sa.Column("lineitem_scope", sa.String(100), nullable=False),
        sa.Column("memberships", sa.String(2000), nullable=False),
        sa.Column("roster_read", UtcDateTime()),
        sa.Column("roster_size", sa.Integer()),
        sa.Column("roster_problem", sa.JSON()),
        sa.UniqueConstraint("deployment_id", "resource_link_id"),
    )
    op.create_table(
        "lti_score",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _tenant(),
        sa.Column("link_id", sa.Uuid(), sa.ForeignKey("lti_resource_link.id"), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), sa.ForeignKey("enrolment.id"), nullable=False, index=True),
        sa.Column("wanted", sa.Float()),
        sa.Column("sent", sa.Float()),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("stamp", UtcDateTime()),
        sa.Column("claimed_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("problem", sa.JSON()),
        sa.UniqueConstraint("link_id", "subject"),
    )


def upgrade() -> None:
    _platforms()
    _logins()
    _results()
    tables = ("platform", "deployment", "invitation", "resource_link", "score")
    enable_row_level_security(op.get_bind(), *(f"lti_{table}" for table in tables))


def downgrade() -> None:
    for table in (
        "score",
        "resource_link",
        "invitation",
        "login",
        "deployment",
        "platform",
        "signing_key",
    ):
        op.drop_table(f"lti_{table}")
