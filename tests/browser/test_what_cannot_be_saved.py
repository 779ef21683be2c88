"""What the service does not take as it is stays on the page, and nothing there says that it is saved."""

import pytest
from playwright.sync_api import expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser


def test_a_text_that_is_too_long_is_not_called_saved(page, service, page_problems):
    astrid = Writer(page, service, "astrid@fjordvik.example")
    address = astrid.make("For langt")
    block = astrid.add("callout")
    astrid.write(block, "Tekst", "Kort")
    astrid.saved()
    state = page.locator("#editor-state")
    long = "Hender " * 30_000
    astrid.write(block, "Tekst", long)
    expect(state).to_have_text("Ikke lagret: endre det du skrev")
    expect(page.locator(".toast")).to_contain_text("Teksten er for lang")
    expect(page.locator(".toast")).to_contain_text("200000")

    block.get_by_label("Advarsel").check()  # another part of it is saved, and the long text stays
    expect(state).to_have_text("Ikke lagret: endre det du skrev")
    field = block.get_by_role("textbox", name="Tekst", exact=True)
    expect(field).to_contain_text(long.strip())

    astrid.write(block, "Tekst", "Kortere")
    expect(state).to_have_text("Lagret")
    [written] = blocks(astrid.document(address))
    assert (written["html"], written["tone"]) == ("<p>Kortere</p>", "warning")
    assert all("400" in problem for problem in page_problems)
    page_problems.clear()


def test_a_part_that_is_deleted_takes_its_unsaved_text_along(page, service, page_problems):
    astrid = Writer(page, service, "astrid@fjordvik.example")
    astrid.make("Slettet")
    block = astrid.add("text")
    astrid.write(block, "Tekst", "Hender " * 30_000)
    state = page.locator("#editor-state")
    expect(state).to_have_text("Ikke lagret: endre det du skrev")
    block.get_by_role("button", name="Slett: Tekst").click()
    expect(astrid.canvas.locator(".frame")).to_have_count(0)
    expect(state).to_have_text("Lagret")
    page_problems.clear()
