"""What a learner answers in the browser is in the figures that its author sees."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.players import Learner
from tests.people import ASTRID, FRODE
from tests.support.service import Service

pytestmark = pytest.mark.browser
HANDS = "Håndhygiene"
FIRST_PAGE, FIRST_QUESTION, WRONG = "pf552c0f4", "b8d93ed12", "false"


def figures(astrid: Page) -> tuple[int, int]:
    """How many have begun, and how many have answered the first question."""
    begun = astrid.locator(".outcome-figures dd").first.inner_text()
    answered = astrid.locator("section.panel").first.locator("p").first.inner_text()
    return int(begun), int(re.match(r"\d+", answered)[0])


def test_an_answer_is_counted(new_page: Callable[..., Page], service: Service, axe: Callable[[Page], None]):
    astrid, frode = new_page(viewport={"width": 390, "height": 844}), new_page()
    service.sign_in(astrid, ASTRID.email)
    astrid.goto(f"{service.url}/modules")
    astrid.get_by_role("link", name=re.compile(HANDS)).first.click()
    astrid.goto(re.sub(r"(/modules/[0-9a-f-]{36}).*", r"\1/publish", astrid.url))
    astrid.get_by_role("link", name="Se hvordan det går").click()
    expect(astrid.get_by_role("heading", name="Hvordan det går")).to_be_visible()
    begun, answered = figures(astrid)
    axe(astrid)

    service.sign_in(frode, FRODE.email)
    frode.goto(f"{service.url}/courses")
    frode.get_by_role("link", name=re.compile(f"Start: {HANDS}")).click()
    frame = frode.frame_locator("iframe.course-frame__content")
    expect(frame.locator("html.ready")).to_be_attached()
    learner = Learner(frode.frames[-1])
    learner.start()
    learner.go(FIRST_PAGE)
    with frode.expect_response(lambda answer: "/xapi/statements" in answer.url):
        learner.answer(FIRST_QUESTION, WRONG)

    astrid.reload()
    assert figures(astrid) == (begun + 1, answered + 1)
    link = astrid.get_by_role("link", name="Gå til spørsmål 1", exact=True)
    link.focus()
    astrid.keyboard.press("Enter")
    expect(
        astrid.locator(f"[data-block='{FIRST_QUESTION}'], [id='{FIRST_QUESTION}']").first
    ).to_be_in_viewport()
