"""A module is updated in its LMS while somebody is in the middle of it: she finishes what she began."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from content.module import Module
from tests.browser.players import API, Learner, Server, write
from tests.content.samples import DIGEST, changed, sample

pytestmark = pytest.mark.browser
FIRST, SECOND = "Reine hender på sykehjemmet", "Rena händer på äldreboendet"


def second() -> Module:
    """Version 2: another language, title and pass mark, a page more, and neither the picture nor a question."""

    def change(made: dict[str, Any]) -> None:
        made.update(title=SECOND, language="sv", pass_mark=100)
        made["pages"][0]["blocks"] = [
            block for block in made["pages"][0]["blocks"] if block["id"] != "bimage1"
        ]
        made["pages"].insert(1, {"id": "pnew1", "title": "Nytt sedan sist", "blocks": []})
        questions = made["pages"][3]["blocks"]
        questions[:] = [block for block in questions if block["id"] != "bmulti1"]
        del made["assets"][DIGEST]

    return changed(change)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Version 1, version 2 that carries it, and one that does not, in an LMS of each standard."""
    folder = tmp_path_factory.mktemp("updated")
    for standard in API:
        write(folder / standard / "1", sample(), standard, revision="1")
        write(folder / standard / "2", second(), standard, revision="2", earlier={"1": sample()})
        write(folder / standard / "alone", second(), standard, revision="2")
    server = Server(folder)
    yield server.url
    server.close()


@pytest.fixture(params=list(API))
def opens(request: pytest.FixtureRequest, page: Page, url: str) -> Callable[..., Learner]:
    """opens("2"): the LMS has that version now, and Emma opens it, where she was."""

    def open_version(version: str) -> Learner:
        mastery = 0.6 if version == "1" else 1
        page.goto(f"{url}/{request.param}/{version}/lms.html?mastery={mastery}")
        frame = page.frame("content")
        assert frame
        return Learner(frame)

    return open_version


def test_who_has_begun_finishes_on_that_version_and_the_next_attempt_is_on_the_newest(
    opens: Callable[..., Learner], page: Page
) -> None:
    emma = opens("1")
    emma.start()
    emma.next()
    emma.go("ptest1")
    emma.answer("bsingle1", "a")
    emma = opens("2")
    assert emma.heading == FIRST
    assert emma.page.title() == FIRST
    assert emma.page.locator("html").get_attribute("lang") == "nb"
    assert emma.page.locator(".contents a[href='#pnew1']").count() == 0
    expect(emma.page.locator("[data-step=begin]")).to_contain_text("Fortsett der du var")
    expect(emma.page.locator("[data-notice]")).to_be_hidden()
    emma.start()
    assert emma.heading == "Test deg selv"
    expect(emma.page.locator("#bsingle1 .outcome-right")).to_be_visible()
    emma.go("pwhy1")
    picture = emma.page.locator("#bimage1 img")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("(it) => it.decode().then(() => it.naturalWidth)") == 640
    emma.go("ptest1")
    emma.answer("bmulti1", "a", "b")
    emma.answer("btrue1", "false")  # wrong: two of three, above 60 % and below 100 %
    emma.go("result-page")
    assert emma.verdict == "Bestått!"
    expect(emma.page.locator("#result-page")).to_contain_text("Du trenger 60 %")
    emma = opens("2")
    assert emma.heading == SECOND
    expect(emma.page.locator("[data-notice]")).to_be_hidden()
    page.goto(page.url.replace("lms.html", "player.js"))  # on the way, the LMS stores what it has
    page.evaluate("localStorage.clear()")  # and begins another attempt
    emma = opens("2")
    assert emma.heading == SECOND
    expect(emma.page.locator("[data-step=begin]")).to_have_text("Starta")


@pytest.mark.parametrize("opens", ["scorm12"], indirect=True)
def test_a_version_that_is_not_there_any_more_gives_way_to_the_newest_and_says_so_once(
    opens: Callable[..., Learner],
) -> None:
    emma = opens("1")
    emma.start()
    emma.go("ptest1")
    emma.answer("bsingle1", "a")
    emma.answer("bmulti1", "a", "b")
    emma = opens("alone")
    assert emma.heading == SECOND
    expect(emma.page.locator("[data-notice]")).to_contain_text("Kursen har uppdaterats")
    emma.start()
    expect(emma.page.locator("#bsingle1 .outcome-right")).to_be_visible()
    assert emma.percent == 50  # two of four pages, one of two questions
    emma.go("pnew1")
    emma = opens("alone")
    expect(emma.page.locator("[data-notice]")).to_be_hidden()
    assert emma.percent == 67


def test_a_folder_opened_without_a_server_keeps_to_the_version_too(page: Page, tmp_path: Path) -> None:
    def without_film(made: dict[str, Any]) -> None:
        del made["pages"][1]  # browsers let no film opened as a file have captions, and complain

    first, newest = (
        changed(without_film),
        changed(lambda made: (without_film(made), made.update(title=SECOND))),
    )
    write(tmp_path, first, revision="1")
    page.goto((tmp_path / "index.html").as_uri())
    Learner(page).start()
    write(tmp_path, newest, revision="2", earlier={"1": first})
    page.goto((tmp_path / "index.html").as_uri())
    emma = Learner(page)
    assert emma.heading == FIRST
    emma.go("ptest1")
    assert emma.heading == "Test deg selv"
