"""Everything in the editor is done with the keyboard alone: make, write, add, move, copy, delete, undo, check."""

import pytest
from playwright.sync_api import Page, expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser


class Keyboard:
    """A person without a mouse: Tab, and what is focused."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def focused(self) -> str:
        """The name of what has the focus, as a screen reader would say it."""
        name: str = self.page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.id; }"
        )
        return " ".join(name.split())

    def tab_to(self, name: str, key: str = "Tab") -> None:
        """Tabs until the focus is on `name`; what cannot be reached fails."""
        seen = []
        for _ in range(80):
            self.press(key)
            seen.append(self.focused())
            if seen[-1].startswith(name):
                return
        raise AssertionError(f"{name!r} was not reached; the focus went over {seen}")


def test_a_module_is_written_without_a_mouse(page, service):
    writer, keyboard = Writer(page, service, "astrid@fjordvik.example"), Keyboard(page)
    page.goto(f"{service.url}/modules/")
    keyboard.tab_to("Ny modul")
    keyboard.press("Enter")
    page.wait_for_url("**/modules/new")
    keyboard.tab_to("Hva handler den om?")
    keyboard.type("Uten mus")
    keyboard.tab_to("Begynn å skrive")
    keyboard.press("Enter")
    expect(writer.title).to_be_visible()
    address = page.url

    keyboard.tab_to("Sidens tittel")
    keyboard.type("Første side")
    keyboard.tab_to("Tekst")
    keyboard.press("Enter")
    expect(writer.canvas.locator(".frame")).to_have_count(1)
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Tekst")
    keyboard.type("En lenke")
    keyboard.press("ControlOrMeta+a", "Alt+F10")
    assert keyboard.focused() == "Overskrift"
    keyboard.press("ArrowRight", "ArrowRight", "Enter")
    keyboard.press("End")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Tekst")

    keyboard.tab_to("Legg til noe")
    keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keyboard.tab_to("Ett riktig svar")
    keyboard.press("Enter")
    expect(writer.canvas.locator(".frame")).to_have_count(2)
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Spørsmålet")
    keyboard.type("Hva er rett?")
    keyboard.tab_to("Svar")
    keyboard.type("Dette")
    keyboard.tab_to("Merk som riktig")
    keyboard.press("ArrowDown")
    keyboard.tab_to("Legg til et svar")
    keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Svar")
    keyboard.type("Noe annet")

    keyboard.press("Alt+ArrowUp")
    expect(page.locator("#editor-live")).to_have_text("Nå nummer 1 av 2.")
    keyboard.press("Alt+ArrowUp")
    expect(page.locator("#editor-live")).to_have_text("Den er først allerede.")
    keyboard.tab_to("Lag en kopi: Ett riktig svar", "Shift+Tab")
    keyboard.press("Enter")
    expect(writer.canvas.locator(".frame")).to_have_count(3)
    keyboard.tab_to("Slett: Ett riktig svar", "Shift+Tab")
    keyboard.press("Enter")
    expect(writer.canvas.locator(".frame")).to_have_count(2)
    keyboard.press("ControlOrMeta+z")
    expect(writer.canvas.locator(".frame")).to_have_count(3)

    keyboard.tab_to("Legg til en side", "Shift+Tab")
    keyboard.press("Enter")
    expect(page.locator(".page-entry")).to_have_count(2)
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Sidens tittel")
    keyboard.type("Andre side")
    keyboard.tab_to("Flytt side 2 opp", "Shift+Tab")
    keyboard.press("Enter")
    expect(page.locator(".page-entry").first).to_contain_text("Andre side")

    draft = writer.document(address)
    assert [entry["title"] for entry in draft["pages"]] == ["Andre side", "Første side"]
    question, copied, text = blocks(draft)
    assert question["type"] == copied["type"] == "single_choice"
    assert [option["text"] for option in question["options"]] == ["Dette", "", "", "Noe annet"]
    assert [option["correct"] for option in question["options"]].count(True) == 1
    assert text["html"] == "<p><strong>En lenke</strong></p>"


def test_the_panel_is_opened_used_and_closed_and_the_focus_comes_back(page, service):
    writer, keyboard = Writer(page, service, "astrid@fjordvik.example"), Keyboard(page)
    writer.make("Panel", "news")
    keyboard.tab_to("Om modulen")
    keyboard.press("Enter")
    keyboard.tab_to("Sammendrag")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("Kort.")
    keyboard.press("Escape")
    assert keyboard.focused() == "Om modulen"
    keyboard.tab_to("Sjekk")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Før du publiserer")).to_be_focused()
