"""Which process holds a job, and which job a run and a placement are done by: what a crash left is taken up."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("worker", sa.Uuid()))
    op.add_column("connection_run", sa.Column("job_id", sa.Uuid()))
    op.add_column("moodle_placement", sa.Column("job_id", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("moodle_placement", "job_id")
    op.drop_column("connection_run", "job_id")
    op.drop_column("job", "worker")
