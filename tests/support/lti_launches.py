"""Launching against the service in a test: Fjordvik's Moodle is connected, hand hygiene is published there."""

import dataclasses
import shutil
import uuid
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from content.files import opened
from lms_bridge import create_app
from lms_bridge.accounts import Tenant
from lms_bridge.authoring import service as authoring
from lms_bridge.config import Settings
from lms_bridge.lti import keys, registration
from lms_bridge.publishing import service as publishing
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK
from tests.support.app import SECRET
from tests.support.lti_platform import CLAIM, CLIENT, LtiPlatform
from tests.support.postgres import Postgres

HANDS = Path(str(files("lms_bridge") / "demo" / "modules" / "hand-hygiene"))
LAUNCH = "http://bridge.localhost/lti/launch"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The platform of the tests is on this machine."""
    return dataclasses.replace(settings, allow_private_addresses=True)


def connect(app: Bridge, tenant_id: uuid.UUID, platform: LtiPlatform, **changed: str) -> None:
    with app.database.unit_of_work(tenant_id) as session:
        registration.add_by_hand(session, platform.registration(**changed))


def prepare(url: str, folder: Path, platform: LtiPlatform) -> None:
    """Publishes Fjordvik's module and connects its LMS, which fetches the service's keys: making one takes long."""
    app = create_app(Settings(data_dir=folder, database_url=url, secret_key=SECRET))
    with app.database.unit_of_work(write=False) as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == FJORDVIK.slug)).one()
    with app.app_context(), app.database.unit_of_work(tenant_id) as session, opened(HANDS) as found:
        publishing.publish(session, app.jobs, authoring.take_in(session, app.storage, found).id)
    connect(app, tenant_id, platform)
    keys.published(app.database, app.vault)
    app.jobs.huey.storage.close()
    app.database.engine.dispose()


@pytest.fixture(scope="session")
def with_lms_sqlite(
    sqlite_template: Path, running_platform: LtiPlatform, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A database in which Fjordvik has a module and an LMS, to be copied."""
    folder = tmp_path_factory.mktemp("with-lms")
    path = folder / "bridge.sqlite"
    shutil.copy(sqlite_template, path)
    prepare(f"sqlite:///{path}", folder, running_platform)
    return path


@pytest.fixture(scope="session")
def with_lms_postgres(
    postgres_template: str,
    postgres: Postgres,
    running_platform: LtiPlatform,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The same on PostgreSQL."""
    name = postgres.create(postgres_template)
    prepare(postgres.url(name), tmp_path_factory.mktemp("with-lms-postgres"), running_platform)
    return name


@pytest.fixture
def lms(app: Bridge, client: FlaskClient, platform: LtiPlatform) -> "Lms":
    """The LMS, and a learner's browser in it."""
    with app.database.unit_of_work(write=False) as session:
        return Lms(app, client, platform, session.scalars(select(ModuleVersion.module_id)).one())


@dataclasses.dataclass
class Lms:
    """The platform seen from a browser."""

    app: Bridge
    browser: FlaskClient
    platform: LtiPlatform
    module_id: uuid.UUID

    def initiation(self, **changed: str | None) -> dict[str, str]:
        values = {
            "iss": self.platform.issuer,
            "login_hint": "4711",
            "target_link_uri": LAUNCH,
            "lti_message_hint": "{}",
            "client_id": CLIENT,
        } | changed
        return {name: value for name, value in values.items() if value is not None}

    def login(self, browser: FlaskClient | None = None, **changed: str | None) -> tuple[str, str]:
        """Begins a login and follows it to the LMS; (state, nonce)."""
        browser = browser or self.browser
        begun = browser.post("/lti/login", data=self.initiation(**changed))
        assert begun.status_code == 303, begun.text
        sent = browser.get(begun.headers["Location"])
        assert sent.status_code == 303, sent.text
        query = parse_qs(urlsplit(sent.headers["Location"]).query)
        return query["state"][0], query["nonce"][0]

    def claims(self, nonce: str, /, **changed: Any) -> dict[str, Any]:
        return self.platform.launch_claims(
            nonce, **({CLAIM + "custom": {"module": str(self.module_id)}} | changed)
        )

    def post(self, state: str, token: str, browser: FlaskClient | None = None) -> TestResponse:
        return (browser or self.browser).post(
            "/lti/launch",
            data={"state": state, "id_token": token},
            headers={"Sec-Fetch-Site": "cross-site", "Origin": self.platform.site},
        )

    def launch(self, **changed: Any) -> TestResponse:
        """A whole launch; claims are laid over those of a student."""
        state, nonce = self.login()
        return self.post(state, self.platform.sign(self.claims(nonce, **changed)))


def course_of(answer: TestResponse) -> dict[str, str]:
    """What the player gets in its address after a launch that worked."""
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    assert address.startswith("http://content.localhost/v/"), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
