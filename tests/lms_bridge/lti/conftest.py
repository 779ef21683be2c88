"""Every test here may launch from an LMS that is connected to Fjordvik, on each kind of database."""

import shutil
from pathlib import Path

import pytest

from tests.support.lti_launches import lms, settings, with_lms_postgres, with_lms_sqlite
from tests.support.postgres import Postgres

__all__ = ["lms", "settings", "with_lms_postgres", "with_lms_sqlite"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("with_lms_sqlite"), tmp_path / "bridge.sqlite")
        return f"sqlite:///{tmp_path / 'bridge.sqlite'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.create(request.getfixturevalue("with_lms_postgres")))
