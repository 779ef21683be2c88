"""Every page of the service, opened by somebody whose page it is: no axe finding, nothing to scroll sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from lms_bridge.seed import PASSWORD
from tests.support.addresses import addresses
from tests.support.demo import EVERYTHING, Demo

pytestmark = pytest.mark.browser
CAST = (EVERYTHING, "astrid@fjordvik.example", "david@fjordvik.example", "emma@fjordvik.example")
WIDTHS = (1280, 320)  # 320: as narrow as WCAG asks for (1.4.10), and words of Swedish are long
LEADS_ON = {
    "accounts.sign_in",
    "authoring.brought",
    "register.units",
    "cmi5.launch",
    "moodle.overview",
}  # elsewhere
SIDEWAYS = {"register.overview at 320"}  # figures by state and by unit: a table that is read both ways
UNFOLD = "document.querySelectorAll('main details').forEach((part) => { part.open = true })"
FITS = """() => [document.documentElement, ...document.querySelectorAll(".table-scroll")].every(
    (part) => part.scrollWidth <= part.clientWidth)"""


def test_every_page(served: tuple[str, Demo], new_page: Callable[..., Page], axe: Callable[[Page], None]):
    """With rows of every kind, so that no page is left out for want of something to show."""
    url, demo = served
    unseen = {a.endpoint: a.path for a in addresses(demo.app, demo.fjordvik) if "GET" in a.methods}
    wide = set()
    for email in CAST:
        page = new_page(reduced_motion="reduce")
        sign_in(page, url, email)
        with page.expect_navigation():
            page.locator("#choose-language").select_option("sv")
        for endpoint, path in sorted(unseen.items()):
            answer = page.request.get(url + path, max_redirects=0)
            if answer.status in (302, 303, 403):
                continue
            assert answer.status == 200, path
            del unseen[endpoint]
            if "<html" in answer.text():  # else it is a file, or a part of another page
                page.goto(url + path)
                page.evaluate(UNFOLD)
                wide |= {f"{endpoint} at {width}" for width in WIDTHS if not fits(page, axe, width)}
    assert wide == SIDEWAYS, "a table that is too wide becomes cards by the class table-cards"
    assert set(unseen) <= LEADS_ON, "nobody of the cast may open these"


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_role("textbox").first.fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def test_signing_in(served: tuple[str, Demo], page: Page, axe: Callable[[Page], None]):
    page.goto(f"{served[0]}/sign-in")
    assert all(fits(page, axe, width) for width in WIDTHS)


def test_on_a_phone_a_row_is_a_card_and_its_table_still_a_table(
    served: tuple[str, Demo], new_page: Callable[..., Page]
):
    url, _demo = served
    page = new_page(viewport={"width": 390, "height": 900})
    sign_in(page, url, EVERYTHING)
    page.goto(f"{url}/keys")
    headings = page.get_by_role("table").get_by_role("columnheader")
    assert headings.all_text_contents() == ["What it is for", "May", "Last used", "State", "Actions"]
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="LMS"))
    may, used, _state, actions = row.get_by_role("cell").all()
    shown = [one.evaluate("(cell) => getComputedStyle(cell, '::before').content") for one in (may, actions)]
    assert shown == ['"May" / ""', '"" / ""'], (
        "a screen reader has said it already; a button needs no heading"
    )
    assert used.bounding_box()["y"] >= may.bounding_box()["y"] + may.bounding_box()["height"]


def test_without_script_a_table_scrolls(served: tuple[str, Demo], new_page: Callable[..., Page]):
    url, _demo = served
    page = new_page(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    sign_in(page, url, EVERYTHING)
    page.goto(f"{url}/keys")
    may, used = page.locator("tbody td").all()[:2]
    assert used.bounding_box()["y"] == may.bounding_box()["y"]


def fits(page: Page, axe: Callable[[Page], None], width: int) -> bool:
    """Whether neither the page nor a table in it scrolls sideways; axe must find nothing at that width either."""
    page.set_viewport_size({"width": width, "height": 900})
    axe(page)
    return page.evaluate(FITS)
