"""Whether people are signed out at their directory as well, and whether it is their only way in."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018_sso"
branch_labels = None
depends_on = None
NEW = ("signs_out", "only")


def upgrade() -> None:
    for name in NEW:
        op.add_column(
            "sso_provider", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    for name in NEW:
        op.drop_column("sso_provider", name)
