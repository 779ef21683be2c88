"""Keys of hashes that outlive the secret key."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime

revision = "0013"
down_revision = "0010d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_key",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("kept_key")
