"""Reading a module: start page, pages one at a time, table of contents, links, print, and without script or server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.players import Learner
from tests.content.samples import sample

pytestmark = pytest.mark.browser
NAMES = ["start-page", *(page.id for page in sample().pages), "result-page", "credits-page"]


def test_the_start_page_says_what_to_expect(learner: Callable[..., Learner]) -> None:
    start = learner().page.locator("#start-page")
    for words in ("ca. 15 minutter", "3 sider", "3 spørsmål", "bestått ved 60 %", "gyldig i 24 måneder"):
        expect(start).to_contain_text(words)
    expect(start).to_contain_text("velge riktig metode")


def test_pages_come_one_at_a_time_and_the_focus_goes_with_them(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.start()
    for name in NAMES[1:]:
        assert emma.page.locator(".page:visible").count() == 1
        expect(emma.page.locator(f"#{name}-title")).to_be_focused()
        expect(emma.page.locator(f".contents a[href='#{name}']")).to_have_attribute("aria-current", "page")
        assert emma.page.locator(".contents [aria-current]").count() == 1
        if name != NAMES[-1]:
            emma.next()
    expect(emma.page.locator("[data-step=next]")).to_be_hidden()
    emma.page.locator("[data-step=previous]").click()
    assert emma.heading == "Resultat"


def test_progress_counts_pages_and_answers(learner: Callable[..., Learner]) -> None:
    emma = learner()
    assert emma.percent == 0
    emma.start()
    assert emma.percent == 17  # one of three pages and three questions
    assert emma.page.locator(".contents .seen").count() == 1
    expect(emma.page.locator(".contents a.seen")).to_contain_text("(sett)")
    emma.take_test(right=True)
    emma.go("phow1")
    assert emma.percent == 100


def test_a_link_within_the_module_goes_to_its_page(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.start()
    emma.page.evaluate(
        "document.querySelector('#btext1 p').innerHTML = '<a href=\"#bcheck1\">sjekklisten</a>'"
    )
    emma.page.get_by_role("link", name="sjekklisten").click()
    assert emma.heading == "Film, lyd og huskeliste"
    expect(emma.page.locator("#bcheck1")).to_be_focused()


def test_a_small_screen_has_the_contents_behind_a_button(learner: Callable[..., Learner]) -> None:
    emma = learner(viewport={"width": 320, "height": 640})
    menu = emma.page.locator(".menu")
    expect(emma.page.locator(".contents")).to_be_hidden()
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(emma.page.locator(".contents a").first).to_be_focused()
    emma.page.keyboard.press("Escape")
    expect(emma.page.locator(".contents")).to_be_hidden()
    expect(menu).to_be_focused()
    emma.go("phow1")
    expect(emma.page.locator(".contents")).to_be_hidden()
    assert emma.heading == "Film, lyd og huskeliste"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(learner: Callable[..., Learner], width: int) -> None:
    emma = learner(viewport={"width": width, "height": 700})
    for name in NAMES:
        emma.go(name)
        assert emma.page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_on_paper_every_page_is_there_and_no_answer(learner: Callable[..., Learner]) -> None:
    emma = learner()
    emma.take_test(right=True)
    emma.page.emulate_media(media="print")
    for page in sample().pages:
        expect(emma.page.locator(f"#{page.id}")).to_be_visible()
    expect(emma.page.locator("#credits-page")).to_be_visible()
    expect(emma.page.get_by_text("Når hendene er synlig skitne.")).to_be_visible()  # a closed section
    for gone in (
        ".contents",
        ".steps",
        "#result-page",
        ".outcome-right",
        ".option-feedback",
        ".verdict",
        ".actions",
    ):
        for found in emma.page.locator(gone).all():
            expect(found).to_be_hidden()


def test_pictures_of_pages_not_yet_seen_are_there_to_be_printed(learner: Callable[..., Learner]) -> None:
    emma = learner()
    expect(emma.page.locator("[data-step=begin]")).to_be_enabled()
    emma.page.wait_for_function("[...document.images].every((picture) => picture.naturalWidth > 0)")
    assert emma.page.locator(".page:not(.current) img").count()


def test_without_script_all_of_it_can_be_read(new_page: Callable[..., Page], player_url: str) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{player_url}/none/index.html")
    for section in sample().pages:
        expect(page.get_by_role("heading", name=section.title, exact=True)).to_be_visible()
    expect(page.get_by_text("Hånddesinfeksjon", exact=True)).to_be_visible()
    for hidden in (".steps", ".outcome", ".actions", ".option-feedback"):
        assert page.locator(f"{hidden}:visible").count() == 0


def test_it_works_from_a_file(
    new_page: Callable[..., Page], packages: Path, page_problems: list[str]
) -> None:
    page = new_page()
    page.goto((packages / "none/index.html").as_uri())
    emma = Learner(page)
    emma.start()
    assert emma.heading == "Hvorfor reine hender?"
    emma.take_test(right=True)
    page.reload()
    assert Learner(page).percent == 83
    # The browser lets no caption file be read beside a page that is a file; the transcript is there.
    page_problems[:] = [problem for problem in page_problems if ".vtt" not in problem]


def test_little_motion_for_who_wants_little(learner: Callable[..., Learner]) -> None:
    moving = "getComputedStyle(document.querySelector('.page.current')).animationName"
    assert learner(reduced_motion="no-preference").page.evaluate(moving) == "arrive"
    assert learner().page.evaluate(moving) == "none"
