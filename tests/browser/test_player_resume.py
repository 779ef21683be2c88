"""Coming back: where the learner was, what she answered and ticked, and what an LMS has of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.players import Learner

pytestmark = pytest.mark.browser


def test_a_closed_tab_goes_on_where_it_was(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.go("phow1")
    emma.page.locator("#bcheck1 input").first.check()
    emma.go("ptest1")
    emma.answer("bsingle1", "a")
    emma.answer("bpract1", "true")
    emma.go("start-page")
    emma = learner(page=emma.page)
    assert emma.heading == "Reine hender på sykehjemmet"
    expect(emma.page.locator("[data-step=begin]")).to_contain_text("Fortsett der du var")
    emma.start()
    assert emma.heading == "Test deg selv"
    expect(emma.page.locator("#bsingle1 .outcome-right")).to_be_visible()
    expect(emma.page.locator("#bpract1 .outcome-wrong")).to_be_visible()
    expect(emma.page.locator("#bcheck1 input").first).to_be_checked()
    assert emma.percent == 50


class Lms:
    """scorm-again around the package; what it has committed is `cmi`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def launch(self) -> Learner:
        self.page.goto(self.url)
        frame = self.page.frame("content")
        assert frame
        return Learner(frame)

    @property
    def cmi(self) -> Any:
        return json.loads(self.page.evaluate("localStorage.getItem('lms')"))["cmi"]


@pytest.fixture(params=["scorm12", "scorm2004"])
def lms(request: pytest.FixtureRequest, page: Page, player_url: str) -> Lms:
    return Lms(page, f"{player_url}/{request.param}/lms.html")


def statuses(lms: Lms) -> tuple[str, str, str]:
    """completion, success, raw score; SCORM 1.2 has one status for the first two."""
    if "core" in lms.cmi:
        status, score = lms.cmi["core"]["lesson_status"], lms.cmi["core"]["score"]["raw"]
        return status, status, score
    return lms.cmi["completion_status"], lms.cmi["success_status"], lms.cmi["score"]["raw"]


def test_failing_leaving_and_passing_in_an_lms(lms: Lms) -> None:
    emma = lms.launch()
    expect(emma.page.locator("[data-notice]")).to_be_hidden()
    emma.start()
    emma.next()
    emma.take_test(right=False)
    assert statuses(lms)[1:] == ("failed", "33.33")
    emma = lms.launch()  # the tab was closed
    emma.start()
    assert emma.heading == "Test deg selv"
    emma.go("result-page")
    assert emma.verdict == "Ikke bestått denne gangen"
    emma.page.get_by_role("button", name="Ta prøven på nytt").click()
    emma.answer("bsingle1", "a")
    emma = lms.launch()  # and again, halfway
    emma.start()
    expect(emma.page.locator("#bsingle1 .outcome-right")).to_be_visible()
    emma.answer("bmulti1", "a", "b")
    emma.answer("btrue1", "false")
    assert statuses(lms)[1:] == ("passed", "66.67")
    emma.go("result-page")
    assert emma.verdict == "Bestått!"
    expect(emma.page.locator("#result-page")).to_contain_text("Resultatet er lagret.")
    if "core" not in lms.cmi:
        assert statuses(lms)[0] == "completed"


def test_what_the_lms_is_told_about_an_answer(lms: Lms) -> None:
    emma = lms.launch()
    emma.go("ptest1")
    emma.answer("bmulti1", "a", "c")
    emma.go("credits-page")
    api = "window.API ?? window.API_1484_11"
    value = f"(name) => (({api}).LMSGetValue ?? ({api}).GetValue).call({api}, name)"
    assert lms.page.evaluate(value, "cmi.interactions._count") in (1, "1")
    if "scorm2004" in lms.url:  # in 1.2 they are write-only
        assert lms.page.evaluate(value, "cmi.interactions.0.type") == "choice"
        assert lms.page.evaluate(value, "cmi.interactions.0.description") == "Når rengjør du hendene?"
        assert lms.page.evaluate(value, "cmi.interactions.0.result") == "incorrect"


def test_an_lms_that_stores_nothing_is_told_kindly(learner: Callable[..., Learner]) -> None:
    emma = learner()
    expect(emma.page.locator("[data-notice]")).to_have_text("Framdriften lagres bare i denne nettleseren.")


def test_who_has_passed_before_sees_it_though_the_answers_are_gone(lms: Lms) -> None:
    emma = lms.launch()
    emma.start()
    emma.next()
    emma.take_test(right=True)
    lms.page.evaluate("""() => {
        const kept = JSON.parse(localStorage.getItem("lms"));
        kept.cmi.suspend_data = "";
        localStorage.setItem("lms", JSON.stringify(kept));
        addEventListener("pagehide", () => localStorage.setItem("lms", JSON.stringify(kept)));
    }""")
    emma = lms.launch()
    emma.go("result-page")
    assert emma.verdict == "Bestått!"
    expect(emma.page.locator("#result-page")).to_contain_text("Resultatet er lagret.")
