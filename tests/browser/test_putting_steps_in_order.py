"""Steps are put in order by their buttons: mixed at first, judged place by place, kept, and told to the LMS."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.players import Learner
from tests.browser.test_player_resume import Lms, lms  # noqa: F401  # a fixture

pytestmark = pytest.mark.browser
RIGHT = ["a", "b", "c", "d"]


class Steps:
    """The question of the sample: rings off, water, soap, paper."""

    def __init__(self, learner: Learner) -> None:
        learner.go("ptest1")
        self.page = learner.page
        self.block: Locator = learner.page.locator("#border1")

    @property
    def order(self) -> list[str]:
        return [step.get_attribute("data-option") or "" for step in self.block.locator(".to-order").all()]

    def move(self, step: str, way: str) -> None:
        self.block.locator(f"[data-option={step}] [data-move={way}]").click()

    def put(self, order: list[str]) -> None:
        for place, step in enumerate(order):
            while self.order.index(step) > place:
                self.move(step, "up")

    def answer(self) -> None:
        self.block.get_by_role("button", name="Svar").click()

    @property
    def verdicts(self) -> dict[str, bool]:
        return {
            step.get_attribute("data-option") or "": "right" in (step.get_attribute("class") or "").split()
            for step in self.block.locator(".to-order.chosen").all()
        }


@pytest.fixture
def steps(learner: Callable[..., Learner]) -> Steps:
    return Steps(learner())


def test_they_come_mixed_and_the_same_way_each_time(steps: Steps, learner: Callable[..., Learner]):
    assert sorted(steps.order) == RIGHT
    assert steps.order != RIGHT
    assert Steps(learner()).order == steps.order
    expect(steps.block).to_contain_text("Sett stegene i riktig rekkefølge.")


def test_in_the_right_order_it_is_right(steps: Steps):
    steps.put(RIGHT)
    steps.answer()
    expect(steps.block.locator(".question")).to_have_class(re.compile("is-right"))
    expect(steps.block.get_by_text("Slik er det.")).to_be_visible()
    assert steps.verdicts == dict.fromkeys(RIGHT, True)


def test_a_wrong_order_shows_which_stand_right_and_may_be_tried_again(steps: Steps):
    mixed = steps.order
    steps.put(["a", "c", "b", "d"])
    steps.answer()
    expect(steps.block.get_by_text("Se på bildene en gang til.")).to_be_visible()
    assert steps.verdicts == {"a": True, "c": False, "b": False, "d": True}
    expect(steps.block.locator("[data-move]").first).to_be_hidden()
    steps.block.get_by_role("button", name="Prøv igjen").click()
    assert steps.order == mixed
    assert steps.verdicts == {}
    steps.put(RIGHT)
    steps.answer()
    expect(steps.block.locator(".outcome-right")).to_be_visible()


def test_by_keyboard_the_focus_stays_with_the_step_and_its_place_is_said(steps: Steps):
    first = steps.order[0]
    down = steps.block.locator(f"[data-option={first}] [data-move=down]")
    down.focus()
    for number in (2, 3, 4):
        steps.page.keyboard.press("Enter")
        expect(steps.page.locator("[data-live]")).to_have_text(f"Nå nummer {number} av 4.")
        expect(down).to_be_focused()
    expect(down).to_have_attribute("aria-disabled", "true")
    steps.page.keyboard.press("Enter")  # it leads nowhere any more
    assert steps.order[-1] == first
    expect(steps.block.locator("[data-move=up]").nth(0)).to_have_attribute("aria-disabled", "true")


def test_each_button_says_which_step_it_moves(steps: Steps):
    expect(steps.block.get_by_role("button", name="Flytt opp: Ta såpe")).to_be_visible()
    expect(steps.block.get_by_role("button", name="Flytt ned: Ta såpe")).to_be_visible()


def test_what_was_answered_is_there_again(steps: Steps, learner: Callable[..., Learner]):
    steps.put(["b", "a", "c", "d"])
    steps.answer()
    again = Steps(learner(page=steps.page))
    assert again.order == ["b", "a", "c", "d"]
    assert again.verdicts == {"b": False, "a": False, "c": True, "d": True}


def test_the_lms_is_told_of_the_order(lms: Lms):  # noqa: F811
    emma = lms.launch()
    emma.start()
    steps = Steps(emma)
    steps.put(["b", "a", "c", "d"])
    steps.answer()
    lms.page.wait_for_function("localStorage.getItem('lms')?.includes('sequencing')")
    told: Any = lms.cmi["interactions"]["0"]
    assert (told["type"], told["result"]) == (
        "sequencing",
        "incorrect" if "learner_response" in told else "wrong",
    )
    between = "[,]" if "learner_response" in told else ","
    assert (told.get("learner_response") or told["student_response"]) == between.join("bacd")
    assert told["correct_responses"]["0"]["pattern"] == between.join("abcd")


def test_on_paper_there_are_boxes_to_number(steps: Steps):
    steps.page.emulate_media(media="print")
    expect(steps.block.locator("[data-move]").first).to_be_hidden()
    expect(steps.block.get_by_text("Fukt hendene")).to_be_visible()
    box = steps.page.evaluate(
        "getComputedStyle(document.querySelector('.to-order'), '::before').borderTopStyle"
    )
    assert box == "solid"


def test_without_script_the_steps_are_read_and_no_button_does_nothing(
    new_page: Callable[..., Page], player_url: str
):
    page = new_page(java_script_enabled=False)
    page.goto(f"{player_url}/none/index.html")
    expect(page.locator("#border1").get_by_text("Fukt hendene")).to_be_visible()
    expect(page.locator("#border1 button").first).to_be_hidden()
