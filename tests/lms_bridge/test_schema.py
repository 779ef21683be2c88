"""The database's schema: what the migrations make is what the models say, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from lms_bridge.config import SettingsError
from lms_bridge.db import Base, Database, TenantRow
from lms_bridge.schema import migrate


def test_the_migrations_make_what_the_models_say(database: Database):
    with database.engine.connect() as connection:
        ours = {"compare_type": False, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(name: str | None, *_: object) -> bool:
    """Not huey's tables, nor the partitions of ours, which come and go with the months."""
    return not (name or "").startswith("huey_") and "_part_" not in (name or "")


def test_a_second_start_changes_nothing(database: Database):
    migrate(database)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="made by a newer version"):
        migrate(database)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_every_table_of_a_tenant_is_guarded_by_row_level_security(database: Database):
    if database.engine.dialect.name != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    tables = {m.class_.__tablename__ for m in Base.registry.mappers if issubclass(m.class_, TenantRow)}
    with database.engine.connect() as connection:
        forced = set(
            connection.scalars(
                text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
            )
        )
    assert tables <= forced
