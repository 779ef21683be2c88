"""Fjordvik has a directory that people sign in by: a real provider, on this machine."""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lms_bridge.config import Settings
from lms_bridge.sso import service
from lms_bridge.sso.models import Provider
from lms_bridge.sso.service import Given
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, Municipality
from tests.support.openid_provider import CLIENT, SECRET, OpenIdProvider


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, allow_private_addresses=True)


def given(issuer: str, **changed: Any) -> Given:
    usual = {"name": "Entra ID", "issuer": issuer, "client_id": CLIENT, "secret": SECRET}
    return Given(
        **(
            {**usual, "acr": "", "creates_accounts": False, "signs_out": False, "only": False, "active": True}
            | changed
        )
    )


@dataclasses.dataclass
class Directory:
    """The provider seen from a browser."""

    app: Bridge
    browser: FlaskClient
    provider: OpenIdProvider
    id: uuid.UUID
    tenant_id: uuid.UUID

    def begin(self, browser: FlaskClient | None = None, **query: str) -> dict[str, str]:
        """Presses the button; what the provider is asked for."""
        answer = (browser or self.browser).get(f"/sso/start/{self.id}", query_string=query)
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"].startswith(f"{self.provider.url}/authorize?tenant=fjordvik&")
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def back(self, address: str, browser: FlaskClient | None = None) -> TestResponse:
        """The browser comes back from the provider."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://bridge.localhost/sso/callback"
        return (browser or self.browser).get(
            f"{parts.path}?{parts.query}", headers={"Sec-Fetch-Site": "cross-site"}
        )

    def sign_in(self, browser: FlaskClient | None = None, **query: str) -> TestResponse:
        """The whole of it."""
        return self.back(self.provider.consent(self.begin(browser, **query)), browser)

    def change(self, **changed: Any) -> None:
        with self.app.app_context(), self.app.database.unit_of_work(self.tenant_id) as session:
            row = session.get(Provider, self.id)
            service.save(session, self.app.vault, row, given(self.provider.url, **changed))


@pytest.fixture
def directory(
    app: Bridge, client: FlaskClient, provider: OpenIdProvider, tenant_id: Callable[[Municipality], uuid.UUID]
) -> Directory:
    with app.app_context(), app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        row = service.save(session, app.vault, None, given(provider.url))
    return Directory(app, client, provider, row.id, tenant_id(FJORDVIK))


def who(browser: FlaskClient) -> str:
    """The name that stands at the top for whoever is signed in; nothing for nobody."""
    page = browser.get("/me/settings")
    return (
        page.text.partition('href="/me/settings"')[2].partition(">")[2].partition("<")[0]
        if page.status_code == 200
        else ""
    )
