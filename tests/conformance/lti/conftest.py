"""Every test here launches from an LMS that is connected to Fjordvik.

What a token must be is one code on every database, so these run on SQLite, each on a copy of one prepared file.
"""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality
from tests.support.app import SECRET
from tests.support.lti_launches import Lms, connect, publish_hands, settings
from tests.support.lti_platform import LtiPlatform

__all__ = ["settings"]


@pytest.fixture(scope="session")
def connected(
    sqlite_template: Path, running_platform: LtiPlatform, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A database in which Fjordvik has a module and an LMS."""
    folder = tmp_path_factory.mktemp("connected")
    path = folder / "bridge.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(Settings(data_dir=folder, database_url=f"sqlite:///{path}", secret_key=SECRET))
    with app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == FJORDVIK.slug)).one()
    publish_hands(app, tenant_id)
    connect(app, tenant_id, running_platform)
    app.database.engine.dispose()
    return path


@pytest.fixture
def database_url(connected: Path, tmp_path: Path) -> str:
    shutil.copy(connected, tmp_path / "bridge.sqlite")
    return f"sqlite:///{tmp_path / 'bridge.sqlite'}"


@pytest.fixture
def lms(
    app: Bridge,
    client: FlaskClient,
    platform: LtiPlatform,
    tenant_id: Callable[[Municipality], uuid.UUID],
) -> Lms:
    """The LMS, and a learner's browser in it."""
    with app.database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        return Lms(app, client, platform, session.scalars(select(ModuleVersion.module_id)).one())
