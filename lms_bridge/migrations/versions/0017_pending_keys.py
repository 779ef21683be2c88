"""The keys of the statements that came last, until they go into the index."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lrs_pending",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=False),
        sa.Column("keys", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "INSERT OR IGNORE INTO lrs_index (key, position) SELECT value, position FROM lrs_pending, "
            "json_each('[' || trim(keys, ',') || ']')"
        )
    op.drop_table("lrs_pending")
