"""How many learners the agreements that a version rests on let begin it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("module_version", sa.Column("most_learners", sa.Integer()))
    op.create_index("ix_enrolment_version_id", "enrolment", ["version_id"])  # who has begun a version


def downgrade() -> None:
    op.drop_index("ix_enrolment_version_id", "enrolment")
    op.drop_column("module_version", "most_learners")
