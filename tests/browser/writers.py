"""Somebody who writes a module in the editor, as a test drives the page."""

from pathlib import Path

from playwright.sync_api import Locator, Page


class Writer:
    """An author at the editor; what is added goes to the end of the page that is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def add(self, kind: str) -> Locator:
        """Adds a block and returns it."""
        known = self.page.locator("[data-frame]").count()
        first = self.page.locator(f".first-choices [data-type={kind}]")
        if first.count():
            first.click()
        else:
            self.page.locator(".gap-large .add-block").click()
            self.page.locator(f"dialog .add-choice[data-type={kind}]").click()
        self.page.locator("[data-frame]").nth(known).wait_for()
        return self.page.locator("[data-frame]").nth(known)

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
        """Waits until all that was typed is stored."""
        self.page.locator("#editor-state[data-state=saved]").wait_for()
