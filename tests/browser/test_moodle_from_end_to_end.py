"""Frode connects a Moodle by keyboard, Astrid puts a module into a course, Emma passes it, and the register knows."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.moodle import TOKEN, Moodle, moodle, running_moodle
from tests.support.service import Service

from .test_connecting_a_source import focused, reach, write

__all__ = ["moodle", "running_moodle"]
pytestmark = pytest.mark.browser
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looked_at(page: Page, axe: Callable[[Page], None], name: str) -> None:
    """Nothing for axe to find and nothing too wide; with SHOTS, a picture of it in that folder."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        assert page.evaluate(WIDER) <= 0
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def connect(service: Service, page: Page, axe: Callable[[Page], None], moodle: Moodle) -> None:
    service.sign_in(page, "frode@fjordvik.example")
    page.goto(f"{service.url}/moodle")
    looked_at(page, axe, "none")
    reach(page, "Enter", lambda: focused(page, "href").endswith("/moodle/new"))
    page.wait_for_url("**/moodle/new")
    write(page, "address", moodle.url)
    write(page, "name", "KS Læring")
    looked_at(page, axe, "address")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/moodle/[0-9a-f-]{36}"))
    looked_at(page, axe, "no-token")
    moodle.held -= {"mod/lti:view"}
    write(page, "token", TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**#capabilities")
    expect(page.locator("#capabilities")).to_contain_text("mod/lti:view")
    looked_at(page, axe, "lacking")
    moodle.held |= {"mod/lti:view"}
    page.locator("#push button").click()
    page.wait_for_url("**#push")
    expect(page.locator("#push")).to_contain_text("12 ms")
    page.locator("#idnumber").check()
    page.wait_for_load_state()
    page.locator("#results button[value=start]").click()


def test_from_connecting_to_the_register(
    service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None], moodle: Moodle
):
    frode = new_page()
    connect(service, frode, axe, moodle)
    astrid = new_page()
    service.sign_in(astrid, "astrid@fjordvik.example")
    astrid.goto(f"{service.url}/modules")
    astrid.get_by_role("link", name=re.compile("hygiene", re.IGNORECASE)).first.click()
    astrid.goto(astrid.url.split("?")[0].rstrip("/") + "/publish")
    astrid.locator("a[href$='/moodle']").click()
    astrid.locator(".moodle-courses summary").first.click()
    looked_at(astrid, axe, "course")
    astrid.locator(".moodle-courses form button").first.click()
    expect(astrid.locator("#places .ds-tag").first).to_have_text(
        re.compile("I Moodle|In Moodle"), timeout=20_000
    )
    looked_at(astrid, axe, "placed")
    (activity,) = moodle.activities.values()
    emma = moodle.enrol(activity.course, "emma", "Emma Eide", idnumber="F1005")
    moodle.attempt(emma, activity.cmid, "passed", 0.95)
    assert moodle.cron() == 200
    emmas = new_page()
    service.sign_in(emmas, "emma@fjordvik.example")
    emmas.goto(f"{service.url}/register/me")
    expect(emmas.locator("main")).to_contain_text("95")
    frode.reload()
    looked_at(frode, axe, "connected")
    frode.on("dialog", lambda dialog: dialog.accept())
    frode.locator(".moodle-end button").click()
    frode.wait_for_url("**/moodle")
    assert moodle.push["enabled"] is False
