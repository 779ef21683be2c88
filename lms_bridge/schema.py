"""The database's schema: brought up to date at start, never run against one that is newer than this version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from .config import Settings, SettingsError
from .db import Database

_LOCK = 7_270_115  # any number of processes may start at once; one of them migrates


def migrate(database: Database) -> None:
    """Upgrades to the newest schema. Raises SettingsError for a database of a newer version, or one not there."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    try:
        with database.engine.connect() as connection, _alone(connection):
            found = MigrationContext.configure(connection).get_current_heads()
            known = {revision.revision for revision in script.walk_revisions()}
            if set(found) - known:
                raise SettingsError(
                    "The database was made by a newer version of lms-bridge. "
                    "Install that version again, or restore a backup that this one made. Nothing was changed."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DatabaseError as error:
        raise SettingsError(
            f"The database does not answer: {str(error.orig).strip()}. Check LMS_BRIDGE_DATABASE_URL."
        ) from error


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """On PostgreSQL; the lock is the connection's, which goes back to the pool and must not keep it."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date."""
    settings = Settings.from_environ()
    if not settings.database_url:
        settings.prepare_data_dir()
    migrate(Database(settings.database))
