"""A trainer translates a module beside its original: by the keyboard, on a telephone, together with a colleague."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.service import Service

from .writing import Writer

pytestmark = pytest.mark.browser
ASTRID, BIRGER = "astrid@fjordvik.example", "birger@fjordvik.example"


class Translator(Writer):
    """Writes the lines of a translation, each by its key."""

    def begin(self, title: str, language: str) -> str:
        """From the editor's own page; returns the address of the work."""
        self.make(title)
        self.title.fill("Forside")
        text = self.add("text")
        self.write(text, "Tekst", "Vask hendene.")
        self.saved()
        self.page.get_by_role("link", name="Oversett").click()
        self.page.locator("main").get_by_role("combobox", name="Språk").select_option(language)
        self.page.get_by_role("button", name="Begynn oversettelsen").click()
        expect(self.page.locator(".line")).to_have_count(3)
        return self.page.url

    def line(self, key: str) -> Locator:
        return self.page.locator(f"[data-line$='{key}']")

    @property
    def text(self) -> Locator:
        return self.line(":html").get_by_role("textbox")

    @property
    def progress(self) -> Locator:
        return self.page.locator("[data-progress-words]")


@pytest.fixture
def astrid(new_page: Callable[..., Page], service: Service) -> Translator:
    return Translator(new_page(), service, ASTRID)


def test_text_by_text_with_the_keyboard_only(astrid: Translator, axe: Callable[[Page], None]):
    page = astrid.page
    astrid.begin("Reine hender", "sv")
    axe(page)
    expect(astrid.progress).to_have_text("0 av 3 tekster er oversatt")

    astrid.line("@module:title").locator("textarea").focus()
    page.keyboard.type("Rena händer")  # what stands there is chosen, and goes
    expect(astrid.progress).to_have_text("1 av 3 tekster er oversatt")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(astrid.text).to_be_focused()
    page.keyboard.type("Tvätta ")
    page.keyboard.press("Control+b")
    page.keyboard.type("händerna")
    page.keyboard.press("Alt+F10")
    expect(page.get_by_role("toolbar").get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(astrid.text).to_be_focused()
    expect(page.locator("#editor-state")).to_have_attribute("data-state", "saved")

    page.keyboard.press("Control+Enter")
    same = astrid.line(":title").last.get_by_role("button", name="Det er likt på begge språk")
    page.keyboard.press("Shift+Tab")
    expect(same).to_be_focused()
    page.keyboard.press("Enter")
    expect(astrid.progress).to_have_text("3 av 3 tekster er oversatt")
    page.get_by_role("button", name="Bare det som gjenstår").press("Enter")
    expect(page.locator("[data-none]")).to_be_visible()
    axe(page)

    page.reload()
    expect(astrid.progress).to_have_text("3 av 3 tekster er oversatt")
    expect(astrid.line("@module:title").locator("textarea")).to_have_value("Rena händer")
    expect(astrid.text.locator("strong")).to_have_text("händerna")
    page.get_by_role("link", name="Åpne i redigeringen").click()
    expect(page.locator("#editor-title")).to_have_text("Rena händer")


def test_what_the_original_has_become_comes_in_on_a_telephone(
    astrid: Translator, axe: Callable[[Page], None]
):
    page = astrid.page
    work = astrid.begin("Reine negler", "uk")
    astrid.text.click()
    page.keyboard.type("Мийте руки.")
    expect(page.locator("#editor-state")).to_have_attribute("data-state", "saved")
    page.goto(f"{astrid.service.url}/modules/?q=negler")
    page.locator(".module-card", has_text="Bokmål").get_by_role(
        "link", name="Reine negler", exact=True
    ).click()
    astrid.write(astrid.canvas.locator(".frame"), "Tekst", "Vask hendene ofte.")
    astrid.saved()

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(work)
    axe(page)
    page.get_by_role("button", name="Hent inn det nye").click()
    expect(page.get_by_text("Oversettelsen har det nye.")).to_be_visible()
    line = astrid.line(":html")
    expect(line).to_have_attribute("data-state", "changed")
    expect(line.locator(".line-original")).to_contain_text("Vask hendene ofte.")
    line.get_by_text("Hva det sto før").click()
    expect(line.locator(".line-earlier .prose")).to_have_text("Vask hendene.")
    axe(page)
    astrid.text.press("End")
    page.keyboard.type(" Часто.")
    expect(line).to_have_attribute("data-state", "translated")
    page.reload()
    expect(line).to_have_attribute("data-state", "translated")
    expect(astrid.text).to_have_text("Мийте руки. Часто.")


@pytest.fixture
def birger(new_page: Callable[..., Page], service: Service, page_problems: list[str]) -> Iterator[Translator]:
    yield Translator(new_page(), service, BIRGER)
    page_problems[:] = [problem for problem in page_problems if "409" not in problem]


def test_two_translators_see_each_other(astrid: Translator, birger: Translator):
    address = astrid.begin("Sammen", "en")
    birger.page.goto(address)
    expect(birger.page.locator(".line")).to_have_count(3)
    expect(birger.page.locator("#editor-people")).to_have_text(re.compile("Astrid Aune"))
    birger.text.click()
    birger.page.keyboard.type("Wash your hands.")
    expect(astrid.text).to_have_text("Wash your hands.")
    expect(astrid.line(":html")).to_have_attribute("data-state", "translated")


def test_what_is_typed_before_the_page_is_ready_is_saved(astrid: Translator):
    page, held = astrid.page, []
    address = astrid.begin("Treg linje", "en")
    page.route("**/translating*.js*", lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    astrid.line("@module:title").locator("textarea").fill("A slow line")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        for script in held:
            script.continue_()
    page.unroute("**/translating*.js*")
    page.reload()
    expect(astrid.line("@module:title").locator("textarea")).to_have_value("A slow line")


def test_what_is_written_without_the_service_is_kept(astrid: Translator, page_problems: list[str]):
    page = astrid.page
    astrid.begin("Uten nett", "en")
    page.context.set_offline(True)
    astrid.line("@module:title").locator("textarea").fill("Without the net")
    expect(page.locator("#editor-state")).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    expect(page.locator("#editor-state")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(astrid.line("@module:title").locator("textarea")).to_have_value("Without the net")
    page_problems[:] = [problem for problem in page_problems if "ERR_INTERNET_DISCONNECTED" not in problem]
