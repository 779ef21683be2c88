"""A module that is ready to be published: the demo's hand hygiene, in Fjordvik."""

import uuid
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import select

from content.files import opened
from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.authoring import service as authoring
from lms_bridge.authoring.models import Module
from lms_bridge.publishing import service
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, STORSJO, Municipality
from tests.support.app import CAST, KINDS, Templates, settings_of

MODULES = Path(str(files("lms_bridge") / "demo" / "modules"))
HANDS = MODULES / "hand-hygiene"
SILENCE = MODULES / "confidentiality"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """Fjordvik has a draft; Storsjö has one of its own, published, that nobody in Fjordvik sees."""
    file, data = tmp_path / "bridge.sqlite", tmp_path / "data"
    with templates.copy(request.param, file, *CAST, with_a_draft, data=data) as url:
        yield url


def with_a_draft(url: str, data: Path) -> None:
    app = create_app(settings_of(url, data))
    taken_in(app, tenant_of(app, STORSJO), SILENCE, publish=True)
    taken_in(app, tenant_of(app, FJORDVIK), HANDS)
    app.database.engine.dispose()


@pytest.fixture
def module_id(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> uuid.UUID:
    """Fjordvik's draft."""
    return only_module(app, tenant_id(FJORDVIK))


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


def tenant_of(app: Bridge, municipality: Municipality) -> uuid.UUID:
    with app.database.unit_of_work(write=False) as session:
        return session.scalars(select(Tenant.id).where(Tenant.slug == municipality.slug)).one()


def only_module(app: Bridge, tenant_id: uuid.UUID) -> uuid.UUID:
    with app.database.unit_of_work(tenant_id, write=False) as session:
        return session.scalars(select(Module.id)).one()


def taken_in(app: Bridge, tenant_id: uuid.UUID, folder: Path, *, publish: bool = False) -> uuid.UUID:
    with app.app_context(), app.database.unit_of_work(tenant_id) as session, opened(folder) as found:
        module_id = authoring.take_in(session, app.storage, found).id
        if publish:
            service.publish(session, app.jobs, module_id)
        return module_id


def published(app: Bridge, tenant_id: uuid.UUID, module_id: uuid.UUID) -> ModuleVersion:
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        return service.publish(session, app.jobs, module_id)
