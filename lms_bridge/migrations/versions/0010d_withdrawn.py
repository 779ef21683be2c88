"""A course of others can be withdrawn."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime

revision = "0010d"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cmi5_course", sa.Column("withdrawn", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("cmi5_course", "withdrawn")
