"""Which mapping gave a piece of evidence, so that it can be taken back when its statement is no more."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
INDEX = "ix_evidence_mapping_id"


def upgrade() -> None:
    op.add_column("evidence", sa.Column("mapping_id", sa.Uuid(), nullable=True))
    given = sa.text("mapping_id IS NOT NULL")
    op.create_index(INDEX, "evidence", ["mapping_id"], sqlite_where=given, postgresql_where=given)


def downgrade() -> None:
    op.drop_index(INDEX, "evidence")
    op.drop_column("evidence", "mapping_id")
