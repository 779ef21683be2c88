"""Run by alembic with the connection that lms_bridge.schema gives it."""

from alembic import context

from lms_bridge.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
