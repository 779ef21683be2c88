"""An author at the editor, for the tests of writing."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.service import Service


class Writer:
    """Somebody who writes in a module, by what is seen on the page: Astrid in bokmål, Birger in nynorsk."""

    def __init__(self, page: Page, service: Service, email: str) -> None:
        self.page = page
        self.service = service
        service.sign_in(page, email)

    def make(self, title: str, starter: str = "empty") -> str:
        """Makes a module and opens it; returns its address."""
        self.page.goto(f"{self.service.url}/modules/new")
        self.page.get_by_label("Hva handler den om?").fill(title)
        self.page.locator(f"[name=starter][value={starter}]").check()
        self.page.get_by_role("button", name="Begynn å skrive").click()
        expect(self.title).to_be_visible()
        return self.page.url

    def open(self, address: str) -> None:
        self.page.goto(address)
        expect(self.title).to_be_visible()

    @property
    def canvas(self) -> Locator:
        return self.page.locator(".canvas")

    @property
    def title(self) -> Locator:
        return self.canvas.locator("h2").get_by_role("textbox")

    def add(self, kind: str) -> Locator:
        """Adds a block at the end of the page, with the mouse; returns it."""
        there = self.canvas.locator(".frame").count()
        if there:
            self.canvas.locator(".gap-large button").click()
            self.page.locator(f"dialog [data-type={kind}]").click()
        else:
            self.canvas.locator(f"[data-type={kind}]").click()
        expect(self.canvas.locator(".frame")).to_have_count(there + 1)
        return self.canvas.locator(".frame").last

    def write(self, block: Locator, label: str, text: str, number: int = 0) -> None:
        """Writes in the field of a block that is called `label`."""
        field = block.get_by_role("textbox", name=label, exact=True).nth(number)
        field.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)  # at once: a slow machine would save half of it

    def fill(self, block: Locator, field: str, text: str) -> None:
        """Types into a field of a block, formatted or plain."""
        place = block.locator(f"[data-field='{field}']")
        rich = place.locator("[contenteditable]")
        target = rich if rich.count() else place
        target.click()
        self.page.keyboard.type(text)

    def question(self, kind: str, prompt: str, options: dict[str, bool]) -> None:
        """A question with its options and which of them are right."""
        block = self.add(kind)
        self.fill(block, "prompt", prompt)
        for number, (text, right) in enumerate(options.items(), 1):
            self.fill(block, f"options.o{number}.text", text)
            box = block.locator(f"[data-option=o{number}] input[data-field]")
            if box.is_checked() != right:
                box.click()

    def image(self, file: Path, alt: str) -> None:
        """A picture of one's own with its alternative text."""
        block = self.add("image")
        block.locator("input[type=file]").set_input_files(file)
        block.locator(".rights-shortcuts button").first.click()
        block.locator("textarea").first.fill(alt)

    def set(self, name: str, value: str) -> None:
        """A field of “About the module”."""
        if self.page.locator("#editor-settings").is_hidden():
            self.page.locator("[data-panel=settings]").click()
        self.page.locator(f"#s-{name}").fill(value)

    def gives(self, competence: str, months: int) -> None:
        """A competence of the register that the module gives, for so many months."""
        fieldset = self.page.locator("fieldset", has=self.page.locator("#s-known"))
        fieldset.get_by_role("button").last.click()
        fieldset.locator("[data-key=competences]").fill(competence)
        fieldset.locator("input[type=number]").fill(str(months))

    def saved(self) -> None:
        """Waits until everything is at the server."""
        expect(self.page.locator("#editor-state")).to_have_attribute("data-state", "saved")
        self.page.wait_for_function(
            "Object.keys(localStorage).every((key) => !key.startsWith('lms-bridge-edits'))"
        )

    def document(self, address: str) -> dict[str, Any]:
        """The draft as a freshly loaded page has it."""
        self.saved()
        self.page.goto(address)
        read = "JSON.parse(document.getElementById('editor-start').textContent).draft"
        draft: dict[str, Any] = self.page.evaluate(read)
        return draft


def blocks(draft: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of all pages in order."""
    return [draft["blocks"][name]["block"] for page in draft["pages"] for name in page["blocks"]]
