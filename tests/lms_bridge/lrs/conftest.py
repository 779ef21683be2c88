"""A sender to the LRS: a key pair of a municipality, and the requests that a system makes with it."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from lms_bridge import create_app
from lms_bridge.db import Database
from lms_bridge.lrs import activities, blocks, credentials
from lms_bridge.lrs.models import IndexEntry
from lms_bridge.schema import migrate
from lms_bridge.web.app import Bridge
from tests.people import EMMA, FJORDVIK, Municipality
from tests.support.postgres import Postgres

EXPERIENCED = "http://adlnet.gov/expapi/verbs/experienced"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
HYGIENE = "urn:uuid:6f6b5f4e-38cf-4b5c-9a27-7d2f4b7e5a10"
EMMA_AGENT = {"mbox": f"mailto:{EMMA.email}"}


def statement(**more: Any) -> dict[str, Any]:
    """Emma completed hand hygiene, with these properties over it; None takes one away."""
    made = {
        "id": str(uuid.uuid4()),
        "actor": dict(EMMA_AGENT),
        "verb": {"id": COMPLETED, "display": {"en": "completed", "nb": "fullførte"}},
        "object": {"id": HYGIENE, "definition": {"name": {"nb": "Håndhygiene", "en": "Hand hygiene"}}},
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


class Sender:
    """A system with credentials; answers are Flask's."""

    def __init__(self, client: FlaskClient, authorization: str | None, version: str = "1.0.3") -> None:
        self.client = client
        self.headers = {"X-Experience-API-Version": version}
        if authorization:
            self.headers["Authorization"] = authorization

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        query = {
            name: json.dumps(value) if isinstance(value, dict) else value
            for name, value in more.pop("query", {}).items()
        }
        return self.client.open(
            f"/xapi/{path}",
            method=method,
            headers={**self.headers, **(headers or {})},
            query_string=query,
            **more,
        )

    def post(self, *statements: Any) -> TestResponse:
        return self.request("POST", "statements", json=statements[0] if len(statements) == 1 else statements)

    def put(self, statement: Any) -> TestResponse:
        return self.request("PUT", "statements", json=statement, query={"statementId": statement["id"]})

    def get(self, **query: Any) -> TestResponse:
        return self.request("GET", "statements", query=query)

    def ids(self, **query: Any) -> list[str]:
        """The ids of the statements that a query finds."""
        answer = self.get(**query)
        assert answer.status_code == 200, answer.text
        return [found["id"] for found in answer.json["statements"]]


def index_entries(database: Database) -> list[tuple[int, int]]:
    """What the index says, a (position, key) for each statement, in blocks or not; in order."""
    with database.unit_of_work() as session:
        rows = session.execute(select(IndexEntry.position, IndexEntry.key, IndexEntry.mask)).all()
    return sorted(
        (first + behind, key)
        for first, key, mask in rows
        for behind in range(63)
        if (1 if mask is None else mask) >> behind & 1
    )


def put_in_blocks(database: Database) -> None:
    """As if all statements whose positions lie near each other had come together, on either database."""
    keys_at: dict[int, set[int]] = {}
    for position, key in index_entries(database):
        keys_at.setdefault(position, set()).add(key)
    rows = zip(*blocks.blocks(list(keys_at.items())), strict=True)
    with database.unit_of_work() as session:
        session.execute(delete(IndexEntry))
        session.add_all(IndexEntry(key=key, position=position, mask=mask) for key, position, mask in rows)


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """Each test has a database of its own, so nothing may be remembered of another's."""
    credentials.remembered.clear()
    activities.remembered.clear()


@pytest.fixture
def sender(
    app: Bridge, database: Database, tenant_id: Callable[[Municipality], uuid.UUID]
) -> Callable[..., Sender]:
    """Makes a sender: `sender()`, `sender(STORSJO)`, `sender(scopes=["state"], version="2.0.0")`."""

    def make(
        municipality: Municipality = FJORDVIK, *, scopes: tuple[str, ...] = ("all",), version: str = "1.0.3"
    ) -> Sender:
        with database.unit_of_work(tenant_id(municipality)) as session:
            made = credentials.create_credential(session, name="A test", scopes=list(scopes))
        pair = f"{made.credential.key}:{made.secret}"
        client = app.test_client()
        client.environ_base["HTTP_HOST"] = "bridge.localhost"
        return Sender(client, "Basic " + base64.b64encode(pair.encode()).decode(), version)

    return make


@pytest.fixture
def lrs(sender: Callable[..., Sender]) -> Sender:
    """A sender of Fjordvik that may do everything, in version 1.0.3."""
    return sender()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(app: Bridge, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    """Another service on either database, with nothing in it."""
    url = ""
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.create())
    other = create_app(replace(app.settings, data_dir=tmp_path / "other", database_url=url))
    other.settings.prepare_data_dir()
    migrate(other.database)
    yield other
    other.database.engine.dispose()
