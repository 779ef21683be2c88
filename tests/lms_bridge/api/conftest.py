"""Keys of a municipality's systems, and what they ask: on the demo, which a test may change at will."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge.accounts import Tenant
from lms_bridge.lrs.credentials import create_credential
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality
from tests.support.demo import Demo

Ask = Callable[..., TestResponse]


class System:
    """Another program with a key."""

    def __init__(self, client: FlaskClient, authorization: str) -> None:
        self.client, self.headers = client, {"Host": "bridge.localhost", "Authorization": authorization}

    def get(self, path: str, *, headers: dict[str, str] | None = None, **query: Any) -> TestResponse:
        return self.client.get(
            f"/api/v1{path}", headers=self.headers | (headers or {}), query_string=query or None
        )

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The items of every page."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {})).json
            found += page["items"]
            cursor = page["next"]
        return found

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.client.post(f"/api/v1{path}", headers=self.headers, **more)


def system_of(
    app: Bridge, *scopes: str, municipality: Municipality = FJORDVIK, name: str = "Data warehouse"
) -> System:
    """A system whose key has these scopes."""
    with app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == municipality.slug)).one()
    with app.app_context(), app.database.unit_of_work(tenant_id) as session:
        made = create_credential(session, name=name, scopes=list(scopes))
    written = base64.b64encode(f"{made.credential.key}:{made.secret}".encode()).decode()
    return System(app.test_client(), f"Basic {written}")


@pytest.fixture
def warehouse(demo: Demo) -> System:
    """It reads everything of Fjordvik."""
    return system_of(demo.app, "modules/read", "register/read")


@pytest.fixture
def hr(demo: Demo) -> System:
    """It sends, and reads what it sent."""
    return system_of(demo.app, "register/write", "register/read", name="HR system")
