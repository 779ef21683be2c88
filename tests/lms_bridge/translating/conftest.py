"""Fjordvik translates its module on hand hygiene into Swedish; Storsjö has modules and a translation of its own."""

import uuid
from collections.abc import Callable, Mapping

import pytest

from lms_bridge.accounts import Tenant
from lms_bridge.authoring import drafts
from lms_bridge.db import new_id
from lms_bridge.translating import service
from lms_bridge.translating.service import Line, Progress
from lms_bridge.web.app import Bridge
from tests.lms_bridge.library.conftest import Shelf, database_url
from tests.people import FJORDVIK, STORSJO, Municipality, Person

__all__ = ["database_url"]
TenantId = Callable[[Municipality], uuid.UUID]
AccountId = Callable[[Person], uuid.UUID]


class Desk(Shelf):
    """What the cast does with translations, without pages."""

    def __init__(self, app: Bridge, tenant_id: TenantId) -> None:
        super().__init__(app, tenant_id)
        self.author = drafts.Author(new_id(), "deskofatest")
        self.begin(STORSJO, self.silence, "nb")

    def begin(self, municipality: Municipality, module_id: uuid.UUID, language: str) -> uuid.UUID:
        with self.app.app_context(), self.session(municipality) as session:
            return service.begin(session, module_id, language, by=None).id

    def begin_shared(self, municipality: Municipality, shared_id: uuid.UUID, language: str) -> uuid.UUID:
        with self.app.app_context(), self.session(municipality) as session:
            tenant = self._tenant(session, municipality)
            made = service.begin_shared(session, self.app.database, tenant, shared_id, language, by=None)
            return made.id

    def write(self, municipality: Municipality, module_id: uuid.UUID, texts: Mapping[str, str]) -> None:
        with self.session(municipality) as session:
            service.write(session, module_id, texts, self.author)

    def settle(self, municipality: Municipality, module_id: uuid.UUID, *keys: str) -> None:
        with self.session(municipality) as session:
            service.settle(session, module_id, keys)

    def lines(self, municipality: Municipality, module_id: uuid.UUID) -> dict[str, Line]:
        with self.session(municipality) as session:
            found = service.lines(session, service.get(session, module_id))
            return {line.passage.key: line for line in found}

    def progress(self, municipality: Municipality, module_id: uuid.UUID) -> Progress:
        return service.progress(self.lines(municipality, module_id).values())

    def has_news(self, municipality: Municipality, module_id: uuid.UUID) -> bool:
        with self.app.app_context(), self.session(municipality) as session:
            translation = service.get(session, module_id)
            tenant = self._tenant(session, municipality)
            return service.newest(session, self.app.database, tenant, translation) is not None

    def follow(self, municipality: Municipality, module_id: uuid.UUID) -> Progress:
        with self.app.app_context(), self.session(municipality) as session:
            tenant = self._tenant(session, municipality)
            return service.follow(session, self.app.database, tenant, module_id, self.author)

    def edit(self, municipality: Municipality, module_id: uuid.UUID, target: str, **fields: object) -> None:
        """Somebody writes in the editor."""
        with self.session(municipality) as session:
            revision = drafts.draft_of(session, module_id).revision
            wanted = {"op": "set", "target": target, "fields": fields, "base": revision}
            drafts.edit(session, module_id, wanted, self.author)

    def tenant(self, municipality: Municipality) -> Tenant:
        with self.app.database.unit_of_work() as session:
            return self._tenant(session, municipality)


@pytest.fixture
def desk(app: Bridge, tenant_id: TenantId) -> Desk:
    return Desk(app, tenant_id)


@pytest.fixture
def swedish(desk: Desk) -> uuid.UUID:
    return desk.begin(FJORDVIK, desk.hands, "sv")
