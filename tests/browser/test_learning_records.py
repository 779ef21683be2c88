"""The coordinator's pages of the LRS in a real browser: accessible, by keyboard, wide and narrow."""

import base64
import json
import urllib.request
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.service import Service

pytestmark = pytest.mark.browser


@pytest.fixture
def records(service: Service) -> None:
    made = json.loads(service.command("credentials", "create", "--tenant", "fjordvik", "--scopes", "all"))
    pair = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
    batch = [
        {
            "id": str(uuid.uuid4()),
            "actor": {"mbox": "mailto:emma@fjordvik.example", "name": "Emma Eide"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": "https://example.com/hands", "definition": {"name": {"nb": "Håndhygiene"}}},
            "result": {"success": True, "score": {"scaled": 0.9}},
        }
        for _ in range(3)
    ]
    headers = {
        "Authorization": f"Basic {pair}",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(f"{service.url}/xapi/statements", json.dumps(batch).encode(), headers)
    urllib.request.urlopen(request).close()


@pytest.mark.parametrize("width", [1280, 390])
def test_records_and_keys_are_accessible_at_any_width(
    service: Service,
    records: None,
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    width: int,
):
    page = new_page(viewport={"width": width, "height": 900}, locale="nb")
    service.sign_in(page, "camilla@fjordvik.example")
    page.goto(f"{service.url}/statements")
    axe(page)
    page.locator(".lrs-table a").first.press("Enter")
    page.wait_for_selector(".lrs-json")
    axe(page)
    page.goto(f"{service.url}/keys")
    page.locator("#f-name").fill("Moodle")
    page.locator(".lrs-key-form button").press("Enter")
    page.wait_for_selector(".lrs-new-key")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
