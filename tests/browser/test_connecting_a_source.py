"""An administrator connects a source by keyboard alone, and sees how it goes; nothing for axe to find."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from werkzeug.wrappers import Response

from tests.support.far import serving
from tests.support.service import Service

pytestmark = pytest.mark.browser


def test_by_keyboard_from_the_menu_to_the_first_run(
    service: Service, page: Page, axe: Callable[[Page], None]
):
    lists = Response("Ansattnummer;Fullført dato\n1007;2026-09-01\n", content_type="text/csv")
    with serving(lists) as far:
        service.sign_in(page, "frode@fjordvik.example")
        page.goto(f"{service.url}/connections/new")
        reach(page, "Enter", lambda: focused(page, "href").endswith("/new/web-list"))
        page.wait_for_url("**/new/web-list")
        write(page, "name", "Lønnssystemet")
        write(page, "address", f"{far.url}/liste.csv")
        axe(page)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/new" not in address)
        service.command("sync", "Lønnssystemet")
        for narrow in (False, True):
            page.set_viewport_size({"width": 390 if narrow else 1280, "height": 900})
            page.reload()
            axe(page)
            assert (
                page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                <= 0
            )
        assert "liste.csv" in page.locator("main").inner_text()
        page.goto(page.url + "/edit")
        axe(page)
    page.goto(f"{service.url}/connections")
    axe(page)
    page.get_by_role("link", name="Lønnssystemet").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("button[value=remove]").click()
    page.wait_for_url("**/connections")


def focused(page: Page, attribute: str) -> str:
    return page.evaluate("name => document.activeElement.getAttribute(name) || ''", attribute)


def reach(page: Page, key: str, there: Callable[[], bool]) -> None:
    """Tabs until the focus is there, then presses the key."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if there():
            page.keyboard.press(key)
            return
    raise AssertionError("the keyboard does not get there")


def write(page: Page, name: str, text: str) -> None:
    for _ in range(60):
        if focused(page, "name") == name:
            page.keyboard.type(text)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not get to {name}")
