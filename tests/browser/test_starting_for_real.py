"""An empty service, both of its addresses on one port as behind a proxy: a command makes the municipality, its
administrator comes in by a link, lets an author in by another, and the author sees a module from the other address.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.s3 import free_port
from tests.support.service import Service, serving

pytestmark = pytest.mark.browser
PASSWORD = "tre ord i rad"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Service]:
    port = free_port()
    names = {"url": f"http://bridge.localhost:{port}", "content_url": f"http://innhold.localhost:{port}"}
    with serving(tmp_path, "-m", "lms_bridge", "serve", "--no-worker", port=port, **names) as running:
        yield running


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Nytt passord").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hei")


def test_from_nothing_to_a_module(empty: Service, new_page, axe):
    liv, nora = new_page(), new_page()
    liv.goto(f"{empty.url}/sign-in")
    expect(liv.get_by_text("Her er det ingen kommune ennå")).to_be_visible()
    made = empty.command(
        *("municipality", "create", "--name", "Nord-Odal kommune", "--organisation-number", "964950768"),
        *("--country", "NO", "--admin-name", "Liv Lund", "--admin-email", "liv@nord-odal.example"),
    )
    choose_password(liv, made.splitlines()[-1])

    liv.goto(f"{empty.url}/accounts/new")
    liv.get_by_label("Navn").fill("Nora Nilsen")
    liv.get_by_label("E-post").fill("nora@nord-odal.example")
    liv.get_by_label("Forfatter").check()
    liv.get_by_role("button", name="Lag kontoen").click()
    link = liv.get_by_role("textbox", name="Lenke")
    expect(link).to_be_visible()
    axe(liv)
    choose_password(nora, link.input_value())

    nora.goto(f"{empty.url}/modules/new")
    nora.get_by_label("Hva handler den om?").fill("Håndhygiene")
    nora.get_by_role("button", name="Begynn å skrive").click()
    nora.wait_for_url("**/modules/*-*")
    nora.goto(f"{nora.url}/preview")
    shown = nora.frame_locator("iframe")
    expect(shown.get_by_text("Håndhygiene").first).to_be_visible()
    assert any(frame.url.startswith(empty.content_url) for frame in nora.frames)
