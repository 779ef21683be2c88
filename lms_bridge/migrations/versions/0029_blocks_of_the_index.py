"""One row of the LRS's index for several statements that came together."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lrs_index", sa.Column("mask", sa.BigInteger()))


def downgrade() -> None:
    """Each statement has a row of its own again."""
    op.execute(
        "INSERT INTO lrs_index (key, position) SELECT key, position + bit.column1 FROM lrs_index, "  # noqa: S608
        f"(VALUES {', '.join(f'({n})' for n in range(1, 16))}) AS bit "
        "WHERE (mask >> bit.column1) & 1 = 1"
    )
    op.execute("DELETE FROM lrs_index WHERE mask & 1 = 0")
    op.drop_column("lrs_index", "mask")
