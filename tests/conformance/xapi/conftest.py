"""One LRS for all of a version and database: conformance never needs an empty one."""

import base64
import copy
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.lrs import activities, credentials
from tests.support.postgres import Postgres

GONE = object()
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
AGENT = {"objectType": "Agent", "name": "xAPI", "mbox": "mailto:xapi@example.com"}
VERB = {"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en-GB": "attended", "nb": "deltok"}}
ACTIVITY = {"objectType": "Activity", "id": "http://www.example.com/meetings/34534"}
UUID = "12345678-1234-5678-8234-567812345678"
GROUP = {"objectType": "Group", "name": "Team", "mbox": "mailto:team@example.com", "member": [AGENT]}
REF = {"objectType": "StatementRef", "id": UUID}
SUB = {"objectType": "SubStatement", "actor": AGENT, "verb": VERB, "object": ACTIVITY}
ATTACHMENT = {
    "usageType": "http://example.com/usage",
    "display": {"en": "A file"},
    "contentType": "text/plain",
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "http://example.com/file.txt",
}


def statement(**more: Any) -> dict[str, Any]:
    """A plain statement with these properties over it."""
    return copy.deepcopy({"actor": AGENT, "verb": VERB, "object": ACTIVITY, **more})


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `base` with the value at a dotted path replaced (or taken away by GONE); "" is the whole."""
    made: Any = copy.deepcopy(base)
    if not path:
        return value
    *way, last = path.split(".")
    place = made
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is GONE:
        place.pop(last)
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return made


class Lrs:
    """Requests with a version and credentials."""

    def __init__(self, app: Any, authorization: str, version: str) -> None:
        self.client = app.test_client()
        self.version = version
        self.headers = {"Authorization": authorization, "X-Experience-API-Version": version}

    def request(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        **more: Any,
    ) -> TestResponse:
        query = {n: json.dumps(v) if isinstance(v, dict) else v for n, v in (query or {}).items()}
        sent = {
            name: value for name, value in {**self.headers, **(headers or {})}.items() if value is not None
        }
        return self.client.open(
            f"/xapi/{path}",
            base_url="http://bridge.localhost",
            method=method,
            headers=sent,
            query_string=query,
            **more,
        )

    def post(self, body: Any, **more: Any) -> TestResponse:
        return self.request("POST", "statements", json=body, **more)

    def stored(self, body: dict[str, Any]) -> str:
        """Stores a statement and returns its id."""
        answer = self.post(body)
        assert answer.status_code == 200, answer.text
        return answer.json[0]

    def get(self, **query: Any) -> TestResponse:
        return self.request("GET", "statements", query)

    def found(self, **query: Any) -> list[str]:
        answer = self.get(**query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json["statements"]]


def new_iri() -> str:
    return f"http://www.example.com/{uuid.uuid4()}"


@pytest.fixture(scope="session")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    folder = tmp_path_factory.mktemp("xapi")
    shutil.copy(sqlite_template, folder / "bridge.sqlite")
    yield from opened(f"sqlite:///{folder / 'bridge.sqlite'}", folder)


@pytest.fixture(scope="session")
def on_postgres(
    postgres: Postgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, str]]:
    url = postgres.url(postgres.create(postgres_template))
    yield from opened(url, tmp_path_factory.mktemp("xapi"))


def opened(url: str, folder: Path) -> Iterator[tuple[Any, str]]:
    """The LRS on this database, and what a client says to be let in."""
    app = create_app(
        Settings(
            data_dir=folder / "data",
            database_url=url,
            secret_key="of the conformance tests, and of nobody else",
            base_url="http://bridge.localhost",
            content_url="http://content.localhost",
            log_level="error",
        )
    )
    with app.database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    with app.database.unit_of_work(tenant_id) as session:
        made = credentials.create_credential(session, name="Conformance", scopes=["all"])
    pair = f"{made.credential.key}:{made.secret}"
    yield app, "Basic " + base64.b64encode(pair.encode()).decode()
    app.database.engine.dispose()


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def lrs_app(request: pytest.FixtureRequest) -> tuple[Any, str]:
    return request.getfixturevalue({"sqlite": "on_sqlite", "postgresql": "on_postgres"}[request.param])


@pytest.fixture(scope="session", params=["1.0.3", "2.0.0"])
def lrs(lrs_app: tuple[Any, str], request: pytest.FixtureRequest) -> Lrs:
    return Lrs(*lrs_app, request.param)


@pytest.fixture(autouse=True)
def no_memory_of_other_databases(lrs: Lrs) -> None:
    """Other tests run between; what they remembered is not true of this database."""
    if getattr(activities.remembered, "database", None) is not lrs.client.application:
        activities.remembered.clear()
        activities.remembered.database = lrs.client.application  # type: ignore[attr-defined]
