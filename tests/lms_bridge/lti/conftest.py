"""Every test here may launch from an LMS that is connected to Fjordvik, on each kind of database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lti_launches import lms, settings, with_lms_postgres, with_lms_sqlite
from tests.support.postgres import Postgres

__all__ = ["lms", "settings", "with_lms_postgres", "with_lms_sqlite"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("with_lms_sqlite"), tmp_path / "bridge.sqlite")
        yield f"sqlite:///{tmp_path / 'bridge.sqlite'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.copy(request.getfixturevalue("with_lms_postgres")) as name:
        yield postgres.url(name)
