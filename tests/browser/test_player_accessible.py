"""Nobody is shut out: axe finds nothing on any page of the player, wide or narrow, in any municipality's colour."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.players import Learner
from tests.browser.test_player_reading import NAMES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 320])
def test_every_page(learner: Callable[..., Learner], axe: Callable[[Page], None], width: int) -> None:
    emma = learner(viewport={"width": width, "height": 800})
    for name in NAMES:
        emma.go(name)
        axe(emma.page)


def test_the_contents_on_a_small_screen(learner: Callable[..., Learner], axe: Callable[[Page], None]) -> None:
    emma = learner(viewport={"width": 320, "height": 640})
    emma.page.locator(".menu").click()
    axe(emma.page)


@pytest.mark.parametrize("package", ["none", "yellow"])
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_answers_and_result(
    learner: Callable[..., Learner], axe: Callable[[Page], None], package: str, right: bool
) -> None:
    emma = learner(package)
    emma.go("pwhy1")
    emma.page.locator("summary").first.click()
    axe(emma.page)
    emma.go("phow1")
    emma.page.locator("#bcheck1 input").first.check()
    axe(emma.page)
    emma.take_test(right=right)
    emma.answer("bpract1", "true")
    axe(emma.page)
    emma.go("result-page")
    axe(emma.page)


def test_without_script(new_page: Callable[..., Page], player_url: str, axe: Callable[[Page], None]) -> None:
    """As it is drawn, before a script has run: the style's no-script rules apply because `js` is missing."""
    page = new_page(reduced_motion="reduce")
    page.route("**/player.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{player_url}/none/index.html")
    axe(page)
