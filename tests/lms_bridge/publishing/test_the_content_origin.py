"""Modules are shown from an origin of their own, by signed addresses, to nobody else."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from lms_bridge.publishing import delivery
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, STORSJO, Municipality

TenantId = Callable[[Municipality], uuid.UUID]


def fetch(client: FlaskClient, address: str, **headers: str):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc, **headers})


@pytest.fixture
def page(app: Bridge, version: ModuleVersion) -> str:
    return delivery.version_url(app, version, "xapi")


def test_the_player_and_its_assets_are_served(client: FlaskClient, page: str):
    answer = fetch(client, page)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    for name in set(re.findall(r'(?:src|href)="((?:assets/|player|lms)[^"]+)"', answer.text)):
        part = fetch(client, page.replace("index.html", name))
        assert part.status_code == 200, name
        assert part.headers["X-Content-Type-Options"] == "nosniff"


def test_it_may_be_framed_by_the_service_and_talk_to_it_and_nobody_else(client: FlaskClient, page: str):
    answer = fetch(client, page)
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors http://bridge.localhost" in policy
    assert "connect-src 'self' http://bridge.localhost;" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_part_of_a_file_can_be_asked_for(client: FlaskClient, page: str):
    name = re.search(r'src="(assets/[^"]+)"', fetch(client, page).text).group(1)
    whole = fetch(client, page.replace("index.html", name)).data
    part = fetch(client, page.replace("index.html", name), Range="bytes=10-19")
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert fetch(client, page.replace("index.html", name), Range=f"bytes={len(whole)}-").status_code == 416


@pytest.mark.parametrize(
    "name", ["module.json", "../index.html", "assets/" + "0" * 64 + ".svg", "assets/x", "assets/"]
)
def test_nothing_else_is_there(client: FlaskClient, page: str, name: str):
    assert fetch(client, page.replace("index.html", name)).status_code == 404


def test_a_forged_address_opens_nothing(client: FlaskClient, page: str):
    signed = page.split("/v/")[1].split("/")[0]
    for forged in (signed[:-9] + ("A" if signed[-9] != "A" else "B") + signed[-8:], "x", signed[1:]):
        answer = fetch(client, page.replace(signed, forged))
        assert answer.status_code == 404


def test_an_address_that_names_another_municipality_s_version_opens_nothing(
    app: Bridge, client: FlaskClient, version: ModuleVersion, tenant_id: TenantId
):
    version.tenant_id = tenant_id(STORSJO)
    assert fetch(client, delivery.version_url(app, version, "xapi")).status_code == 404


def test_a_draft_is_previewed_without_being_recorded(
    app: Bridge, client: FlaskClient, module_id: uuid.UUID, tenant_id: TenantId
):
    page = delivery.draft_url(app, tenant_id(FJORDVIK), module_id)
    assert fetch(client, page).status_code == 200
    assert fetch(client, page.replace("index.html", "lms.js")).text == "", "a runtime would keep something"


@pytest.mark.parametrize("path", ["/v/forged/index.html", "/", "/sign-in"])
def test_what_is_not_there_is_said_on_a_page_that_needs_nothing_and_leads_to_the_service(
    client: FlaskClient, page: str, path: str
):
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page))
    answer = fetch(client, origin + path, Accept="text/html")
    assert answer.status_code == 404
    assert '<a href="http://bridge.localhost/" target="_top">' in answer.text
    assert "static" not in answer.text
    assert "<form" not in answer.text
