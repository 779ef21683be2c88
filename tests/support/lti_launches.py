"""Launching against the service in a test: Fjordvik's Moodle is connected, hand hygiene is published there."""

import dataclasses
import uuid
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content.files import opened
from lms_bridge.authoring import service as authoring
from lms_bridge.config import Settings
from lms_bridge.lti import registration
from lms_bridge.publishing import service as publishing
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality
from tests.support.lti_platform import CLAIM, CLIENT, LtiPlatform

HANDS = Path(str(files("lms_bridge") / "demo" / "modules" / "hand-hygiene"))
LAUNCH = "http://bridge.localhost/lti/launch"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The platform of the tests is on this machine."""
    return dataclasses.replace(settings, allow_private_addresses=True)


def publish_hands(app: Bridge, tenant_id: uuid.UUID) -> uuid.UUID:
    with app.app_context(), app.database.unit_of_work(tenant_id) as session, opened(HANDS) as found:
        module_id = authoring.take_in(session, app.storage, found).id
        publishing.publish(session, app.jobs, module_id)
        return module_id


def connect(app: Bridge, tenant_id: uuid.UUID, platform: LtiPlatform, **changed: str) -> None:
    with app.database.unit_of_work(tenant_id) as session:
        registration.add_by_hand(session, platform.registration(**changed))


@pytest.fixture
def module_id(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> uuid.UUID:
    """Fjordvik's published module."""
    return publish_hands(app, tenant_id(FJORDVIK))


@pytest.fixture
def lms(
    app: Bridge,
    client: FlaskClient,
    platform: LtiPlatform,
    module_id: uuid.UUID,
    tenant_id: Callable[[Municipality], uuid.UUID],
) -> "Lms":
    """The LMS and a learner's browser in it, connected to Fjordvik."""
    connect(app, tenant_id(FJORDVIK), platform)
    return Lms(app, client, platform, module_id)


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
