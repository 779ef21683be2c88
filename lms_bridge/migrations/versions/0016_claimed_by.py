"""Which job has claimed what is sent: the same job, run again after its process was killed, need not wait."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
TABLES = ("lti_score", "webhook_delivery", "forward_target")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("claimed_by", sa.Uuid()))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "claimed_by")
