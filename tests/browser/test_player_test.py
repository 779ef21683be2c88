"""Being asked: feedback, practice, failing, trying again, passing, and the result page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.players import Learner

pytestmark = pytest.mark.browser


def test_a_wrong_answer_gets_its_feedback_and_keeps_the_right_one_secret(
    learner: Callable[..., Learner],
) -> None:
    emma = learner()
    emma.go("ptest1")
    emma.answer("bsingle1", "b")
    question = emma.page.locator("#bsingle1")
    expect(question.get_by_text("Sprit fjerner ikke skitt.")).to_be_visible()
    expect(question.get_by_text("Les siden om såpe en gang til.")).to_be_visible()
    expect(question.locator(".outcome-wrong")).to_be_focused()
    expect(question.locator(".option.right")).to_have_count(0)
    expect(question.get_by_text("Såpe løser skitt.")).to_be_hidden()
    expect(question.locator("input").first).to_be_disabled()
    expect(question.get_by_role("button", name="Svar")).to_be_hidden()
    expect(emma.page.locator("[data-live]")).to_contain_text(
        "Galt. Les siden om såpe en gang til.. Sprit fjerner"
    )


def test_a_right_answer_says_why(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.go("ptest1")
    emma.answer("bsingle1", "a")
    for words in ("Riktig valg.", "Såpe løser skitt."):
        expect(emma.page.locator("#bsingle1").get_by_text(words)).to_be_visible()


@pytest.mark.parametrize(
    ("chosen", "outcome"),
    [(("a", "b"), "right"), (("a",), "wrong"), (("a", "b", "c"), "wrong"), (("c",), "wrong")],
)
def test_of_several_all_and_no_other_is_right(
    learner: Callable[..., Learner], chosen: tuple[str, ...], outcome: str
) -> None:
    emma = learner()
    emma.go("ptest1")
    emma.answer("bmulti1", *chosen)
    expect(emma.page.locator("#bmulti1 .question")).to_have_class(re.compile(f"is-{outcome}"))


def test_no_answer_is_no_answer(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.go("ptest1")
    emma.answer("bsingle1")
    expect(emma.page.locator("[data-live]")).to_have_text("Velg et svar først.")
    expect(emma.page.locator("#bsingle1 input").first).to_be_focused()
    expect(emma.page.locator("#bsingle1 .answered")).to_have_count(0)


def test_practice_may_be_tried_again_and_does_not_count(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.go("ptest1")
    before = emma.percent
    practice = emma.page.locator("#bpract1")
    expect(practice).to_contain_text("teller ikke i prøven")
    emma.answer("bpract1", "true")
    expect(practice.get_by_text("Hansker kan ha hull.", exact=True)).to_be_visible()
    practice.get_by_role("button", name="Prøv igjen").click()
    expect(practice.locator("input").first).to_be_focused()
    emma.answer("bpract1", "false")
    expect(practice.get_by_text("Nettopp: hansker kan ha hull.")).to_be_visible()
    assert emma.percent == before


def test_failed_then_passed(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.start()
    emma.next()
    emma.take_test(right=False)
    emma.go("result-page")
    result = emma.page.locator("#result-page")
    assert emma.verdict == "Ikke bestått denne gangen"
    expect(result).to_contain_text("Du svarte riktig på 1 av 3 spørsmål.")
    expect(result).to_contain_text("Du trenger 60 % for å bestå.")
    expect(result.locator(".answer.wrong")).to_have_count(2)
    result.get_by_role("button", name="Ta prøven på nytt").click()
    assert emma.heading == "Test deg selv"
    expect(emma.page.locator("#bsingle1 input").first).to_be_enabled()
    emma.take_test(right=True)
    emma.go("result-page")
    assert emma.verdict == "Bestått!"
    expect(result).to_contain_text("Du svarte riktig på 3 av 3 spørsmål.")
    expect(result.get_by_role("button")).to_have_count(0)
    assert emma.percent == 100


def test_the_result_page_says_what_is_missing_and_leads_there(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.start()
    emma.go("result-page")
    result = emma.page.locator("#result-page")
    expect(result).to_contain_text("Du har 2 sider igjen å se.")
    expect(result).to_contain_text("Du har 3 spørsmål igjen i prøven.")
    result.get_by_role("button", name="Gå til det som mangler").click()
    assert emma.heading == "Film, lyd og huskeliste"
    emma.go("result-page")
    expect(result).to_contain_text("Du har 1 side igjen å se.")
    emma.go("phow1")
    emma.next()
    emma.answer("bsingle1", "a")
    emma.go("result-page")
    result.get_by_role("button", name="Gå til det som mangler").click()
    expect(emma.page.locator("#bmulti1 input").first).to_be_focused()


def test_an_answer_in_the_result_leads_to_its_question(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.take_test(right=False)
    emma.go("result-page")
    emma.page.get_by_role("link", name="Når rengjør du hendene?").click()
    assert emma.heading == "Test deg selv"
    expect(emma.page.locator("#bmulti1")).to_be_focused()


def test_all_of_it_by_keyboard(learner: Callable[..., Learner]) -> None:
    emma = learner()
    keyboard = emma.page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(40):
            if emma.page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
            keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached with Tab")

    keyboard.press("Tab")
    expect(emma.page.locator(".skip")).to_be_focused()
    tab_to("[data-step=begin]")
    keyboard.press("Enter")
    tab_to("#bfold1 summary")
    keyboard.press("Enter")
    expect(emma.page.get_by_text("Når hendene er synlig skitne.")).to_be_visible()
    tab_to("[data-step=next]")
    keyboard.press("Enter")
    tab_to("#bcheck1 input")
    keyboard.press("Space")
    tab_to("[data-step=next]")
    keyboard.press("Enter")
    tab_to("#bsingle1 input")
    keyboard.press("Space")  # the first
    tab_to("#bsingle1 [type=submit]")
    keyboard.press("Enter")
    tab_to("#bmulti1 input")
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("Space")
    tab_to("#bmulti1 [type=submit]")
    keyboard.press("Enter")
    tab_to("#btrue1 input")
    keyboard.press("ArrowDown")  # false: wrong, two of three still pass
    tab_to("#btrue1 [type=submit]")
    keyboard.press("Enter")
    tab_to("[data-step=next]")
    keyboard.press("Enter")
    assert emma.verdict == "Bestått!"
