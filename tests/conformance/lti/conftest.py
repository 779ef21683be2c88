"""Every test here launches from an LMS that is connected to Fjordvik.

What a token must be is one code on every database, so these run on SQLite, each on a copy of one prepared file.
"""

import shutil
from pathlib import Path

import pytest

from tests.support.lti_launches import lms, settings, with_lms_sqlite

__all__ = ["lms", "settings", "with_lms_sqlite"]


@pytest.fixture
def database_url(with_lms_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(with_lms_sqlite, tmp_path / "bridge.sqlite")
    return f"sqlite:///{tmp_path / 'bridge.sqlite'}"
