"""Fjordvik has published its module on hand hygiene; Storsjö has published something else, which it shares."""

import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.authoring.models import Draft, Module
from lms_bridge.library import service, sharing
from lms_bridge.library.models import SharedModule
from lms_bridge.publishing import service as publishing
from lms_bridge.web.app import Bridge
from tests.lms_bridge.publishing.conftest import HANDS, SILENCE, only_module, taken_in, tenant_of
from tests.people import FJORDVIK, STORSJO, Municipality, Person
from tests.support.app import CAST, KINDS, Templates, settings_of

TenantId = Callable[[Municipality], uuid.UUID]
SignedIn = Callable[[Person], FlaskClient]


class Shelf:
    """What the cast does in the library, without pages."""

    def __init__(self, app: Bridge, tenant_id: TenantId) -> None:
        self.app, self.tenant_id = app, tenant_id
        self.hands, self.silence = (only_module(app, tenant_id(one)) for one in (FJORDVIK, STORSJO))

    def session(self, municipality: Municipality):
        return self.app.database.unit_of_work(self.tenant_id(municipality))

    def share(self, municipality: Municipality, module_id: uuid.UUID) -> uuid.UUID:
        with self.app.app_context(), self.session(municipality) as session:
            return sharing.share(session, self._tenant(session, municipality), module_id, by=None).id

    def withdraw(self, municipality: Municipality, module_id: uuid.UUID) -> None:
        with self.app.app_context(), self.session(municipality) as session:
            sharing.withdraw(session, module_id, by=None)

    def take(self, municipality: Municipality, shared_id: uuid.UUID, **gives: str) -> uuid.UUID:
        with self.app.app_context(), self.session(municipality) as session:
            tenant, app = self._tenant(session, municipality), self.app
            return service.take(session, app.database, app.jobs, tenant, shared_id, gives=gives, by=None).id

    def adapt(self, municipality: Municipality, shared_id: uuid.UUID) -> uuid.UUID:
        with self.app.app_context(), self.session(municipality) as session:
            tenant = self._tenant(session, municipality)
            return service.adapt(session, self.app.database, tenant, shared_id, by=None).id

    def titles(self, municipality: Municipality, **asked: str) -> list[str]:
        with self.session(municipality) as session:
            found = service.offers(session, self._tenant(session, municipality), **asked)
            return [offer.shared.title for offer in found]

    def offer(self, municipality: Municipality, shared_id: uuid.UUID) -> service.Offer:
        with self.session(municipality) as session:
            return service.get(session, self._tenant(session, municipality), shared_id)

    def document(self, municipality: Municipality, module_id: uuid.UUID) -> dict[str, Any]:
        with self.session(municipality) as session:
            return session.scalars(select(Draft.document).where(Draft.module_id == module_id)).one()

    def publish(
        self, municipality: Municipality, module_id: uuid.UUID, change: Callable[[dict], None]
    ) -> None:
        """The draft is changed, and published as the next version."""
        with self.app.app_context(), self.session(municipality) as session:
            draft = session.scalars(select(Draft).where(Draft.module_id == module_id)).one()
            document = deepcopy(draft.document)
            change(document)
            draft.document, draft.revision = document, draft.revision + 1
            publishing.publish(session, self.app.jobs, module_id)

    def modules(self, municipality: Municipality) -> list[Module]:
        with self.session(municipality) as session:
            return list(session.scalars(select(Module).order_by(Module.created)))

    def shared(self) -> list[SharedModule]:
        with self.app.database.unit_of_work() as session:
            return list(session.scalars(select(SharedModule)))

    def _tenant(self, session: Any, municipality: Municipality) -> Tenant:
        return session.get_one(Tenant, self.tenant_id(municipality))


def with_a_shelf(url: str, data: Path) -> None:
    app = create_app(settings_of(url, data))
    tenants = {one: tenant_of(app, one) for one in (FJORDVIK, STORSJO)}
    taken_in(app, tenants[FJORDVIK], HANDS, publish=True)
    taken_in(app, tenants[STORSJO], SILENCE, publish=True)
    shelf = Shelf(app, tenants.__getitem__)
    shelf.share(STORSJO, shelf.silence)
    app.database.engine.dispose()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[str]:
    file, data = tmp_path / "bridge.sqlite", tmp_path / "data"
    with templates.copy(request.param, file, *CAST, with_a_shelf, data=data) as url:
        yield url


@pytest.fixture
def shelf(app: Bridge, tenant_id: TenantId) -> Shelf:
    return Shelf(app, tenant_id)


def rights(licence: str, **more: Any) -> Callable[[dict], None]:
    """A change of a document: another licence for the whole and for each picture."""

    def change(document: dict) -> None:
        for one in (document["rights"], *(asset["rights"] for asset in document["assets"].values())):
            one.update(licence=licence, **deepcopy(more))

    return change


def grant(*members: str, **more: Any) -> Callable[[dict], None]:
    """A change of a document: its holder lets these have it."""
    return rights("GROUP", grant={"members": [*members], **more})
