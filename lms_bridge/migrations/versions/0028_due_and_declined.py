"""Who does not want reminders, and when a mail is to leave."""

import sqlalchemy as sa
from alembic import op

from lms_bridge.db import UtcDateTime, enable_row_level_security

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder_declined",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), nullable=False, index=True),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
    enable_row_level_security(op.get_bind(), "reminder_declined")
    op.add_column("mail", sa.Column("due", UtcDateTime()))
    op.create_index("ix_mail_tenant_id_due", "mail", ["tenant_id", "due"])
    if op.get_bind().dialect.name == "postgresql":  # where every tenant's rows are hidden from who names none
        op.execute("SELECT set_config('app.tenant', '*', true)")
    op.execute("UPDATE mail SET due = created WHERE state = 'waiting'")


def downgrade() -> None:
    op.drop_index("ix_mail_tenant_id_due", "mail")
    op.drop_column("mail", "due")
    op.drop_table("reminder_declined")
