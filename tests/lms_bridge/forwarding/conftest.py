"""Fjordvik, whose statements are to be told to another LRS."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from lms_bridge.db import Database
from lms_bridge.forwarding import delivery, service
from lms_bridge.forwarding.models import Target
from lms_bridge.outgoing import Outgoing
from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import forgetful, lrs, sender  # noqa: F401 - fixtures
from tests.people import FJORDVIK, Municipality
from tests.support.other_lrs import OtherLrs


class Forwarding:
    """A target of a municipality, and the worker that serves it."""

    def __init__(self, app: Bridge, tenant_id: uuid.UUID) -> None:
        self.app, self.tenant_id = app, tenant_id
        self.target_id = uuid.UUID(int=0)

    def connect(self, url: str, **form: str) -> None:
        values = {"name": "The county", "url": url, "username": "key", "password": "secret", **form}
        with self.app.app_context(), self.app.database.unit_of_work(self.tenant_id) as session:
            outbox = self.app.extensions["forwarding.outbox"]
            self.target_id = service.save(
                session,
                self.app.jobs,
                self.app.vault,
                outbox,
                {"version": "1.0.3", **values},
                allow_http=True,
            ).id

    def work(self) -> None:
        """What the worker does when it is woken."""
        with self.app.app_context():
            self.app.jobs.run_waiting()
            delivery.deliver(self.app, self.tenant_id, self.target_id)

    def change(self, **values: Any) -> None:
        with self.app.database.unit_of_work(self.tenant_id) as session:
            target = session.get_one(Target, self.target_id)
            for name, value in values.items():
                setattr(target, name, value)

    @property
    def standing(self) -> service.Standing:
        with self.app.database.unit_of_work(self.tenant_id, write=False) as session:
            return service.standings(session)[0]


@pytest.fixture
def forwarding(app: Bridge, database: Database, tenant_id: Callable[[Municipality], uuid.UUID]) -> Forwarding:
    app.outgoing = Outgoing(allow_private=True)
    return Forwarding(app, tenant_id(FJORDVIK))


@pytest.fixture
def county(forwarding: Forwarding, other_lrs: OtherLrs) -> OtherLrs:
    """The county's LRS, which is told everything."""
    forwarding.connect(other_lrs.url)
    return other_lrs
