"""Camilla follows what is reported while it comes: by keyboard, pausable, told politely."""

import json
import urllib.request
import uuid
from base64 import b64encode
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.service import Service

pytestmark = pytest.mark.browser


@pytest.fixture
def report(service: Service) -> Callable[[str], None]:
    """Somebody's LMS reports that they completed a course of this name."""
    made = json.loads(service.command("credentials", "create", "--tenant", "fjordvik", "--scopes", "all"))
    pair = b64encode(f"{made['key']}:{made['secret']}".encode()).decode()

    def send(name: str) -> None:
        statement = {
            "actor": {"mbox": "mailto:gro@fjordvik.example"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/attempted"},
            "object": {"id": f"https://x.example/{uuid.uuid4()}", "definition": {"name": {"en": name}}},
        }
        request = urllib.request.Request(
            f"{service.url}/xapi/statements",
            json.dumps(statement).encode(),
            {
                "Authorization": f"Basic {pair}",
                "X-Experience-API-Version": "1.0.3",
                "Content-Type": "application/json",
            },
        )
        urllib.request.urlopen(request).close()

    return send


def test_new_statements_appear_and_pausing_stops_them(
    service: Service, page: Page, axe: Callable[[Page], None], report: Callable[[str], None]
):
    report("There before")
    service.sign_in(page, "camilla@fjordvik.example")
    page.goto(f"{service.url}/statements?verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fattempted")
    rows, button = page.locator("#rows tr"), page.locator("#live button")
    before = rows.count()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live-next span")).to_have_count(1)
    expect(button).to_be_focused()
    report("Came meanwhile")
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text("Came meanwhile")
    expect(rows.first.get_by_role("cell").nth(1)).to_have_attribute("data-label", "Hvem")
    expect(page.locator("#live-said")).to_have_text("1 ny melding")
    expect(button).to_be_focused()
    axe(page)
    page.keyboard.press("Enter")
    expect(page.locator("#live-next span")).to_have_count(0)
    expect(button).to_be_focused()
