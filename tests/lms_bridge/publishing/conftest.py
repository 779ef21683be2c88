"""A module that is ready to be published: the demo's hand hygiene, in Fjordvik."""

import uuid
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from content.files import opened
from lms_bridge.authoring import service as authoring
from lms_bridge.publishing import service
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, STORSJO, Municipality

MODULES = Path(str(files("lms_bridge") / "demo" / "modules"))
HANDS = MODULES / "hand-hygiene"
SILENCE = MODULES / "confidentiality"


@pytest.fixture
def module_id(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> uuid.UUID:
    """Fjordvik's draft; Storsjö has one of its own, published, that nobody in Fjordvik sees."""
    taken_in(app, tenant_id(STORSJO), SILENCE, publish=True)
    return taken_in(app, tenant_id(FJORDVIK), HANDS)


@pytest.fixture
def version(
    app: Bridge, module_id: uuid.UUID, tenant_id: Callable[[Municipality], uuid.UUID]
) -> ModuleVersion:
    """Version 1 of it."""
    return published(app, tenant_id(FJORDVIK), module_id)


@pytest.fixture
def others_version(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> ModuleVersion:
    """A version that Storsjö published."""
    with app.database.unit_of_work(tenant_id(STORSJO)) as session:
        return service.newest_versions(session)[0]


def taken_in(app: Bridge, tenant_id: uuid.UUID, folder: Path, *, publish: bool = False) -> uuid.UUID:
    with app.app_context(), app.database.unit_of_work(tenant_id) as session, opened(folder) as found:
        module_id = authoring.take_in(session, app.storage, found).id
        if publish:
            service.publish(session, app.jobs, module_id)
        return module_id


def published(app: Bridge, tenant_id: uuid.UUID, module_id: uuid.UUID) -> ModuleVersion:
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        return service.publish(session, app.jobs, module_id)
