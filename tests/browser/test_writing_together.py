"""Two people, or two tabs, in one module: each sees the other's changes, and no text is lost."""

import pytest
from playwright.sync_api import expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser
ASTRID, BIRGER = "astrid@fjordvik.example", "birger@fjordvik.example"


@pytest.fixture
def astrid(new_page, service):
    return Writer(new_page(), service, ASTRID)


@pytest.fixture
def birger(new_page, service):
    return Writer(new_page(), service, BIRGER)


@pytest.fixture(autouse=True)
def conflicts_are_expected(page_problems, astrid, birger):
    yield
    page_problems[:] = [p for p in page_problems if "409" not in p and "ERR_FAILED" not in p]


def pause_looking(writer):
    """The editor asks for others' changes every few seconds; this one does not."""
    writer.page.route(
        "**/changes?*",
        lambda route: route.abort() if "block=" not in route.request.url else route.continue_(),
    )


def open_both(astrid, birger, title):
    address = astrid.make(title)
    text = astrid.add("text")
    astrid.write(text, "Tekst", "Begge skriver")
    astrid.saved()
    birger.open(address)
    return address


def test_what_one_writes_the_other_sees_and_who_is_here(astrid, birger):
    open_both(astrid, birger, "Sammen")
    expect(birger.page.locator("#editor-people")).to_have_text("Også her: Astrid Aune")
    birger.write(birger.canvas.locator(".frame"), "Tekst", "Birger var her")
    expect(astrid.canvas.locator(".frame")).to_contain_text("Birger var her")
    expect(astrid.page.locator("#editor-people")).to_have_text("Også her: Birger Berg")
    birger.add("callout")
    expect(astrid.canvas.locator(".frame")).to_have_count(2)
    astrid.title.fill("Felles side")
    expect(birger.title).to_have_text("Felles side")


@pytest.mark.parametrize(
    ("button", "html"),
    [
        ("Behald begge", "<p>Astrid sin</p><p>Birger sin</p>"),
        ("Bruk min", "<p>Birger sin</p>"),
        ("Bruk den frå Astrid Aune", "<p>Astrid sin</p>"),
    ],
)
def test_both_wrote_in_one_text_and_the_second_decides(astrid, birger, button, html):
    address = open_both(astrid, birger, "Samtidig")
    pause_looking(birger)
    astrid.write(astrid.canvas.locator(".frame"), "Tekst", "Astrid sin")
    astrid.saved()
    birger.write(birger.canvas.locator(".frame"), "Tekst", "Birger sin")
    dialog = birger.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Astrid Aune endra dette samstundes")
    expect(dialog).to_contain_text("Astrid sin")
    expect(dialog).to_contain_text("Birger sin")
    dialog.get_by_role("button", name=button).click()
    expect(dialog).to_have_count(0)
    [block] = blocks(birger.document(address))
    assert block["html"] == html


def test_the_dialog_is_only_closed_and_both_texts_are_kept(astrid, birger):
    address = open_both(astrid, birger, "Lukket")
    pause_looking(birger)
    astrid.write(astrid.canvas.locator(".frame"), "Tekst", "Astrid sin")
    astrid.saved()
    birger.write(birger.canvas.locator(".frame"), "Tekst", "Birger sin")
    expect(birger.page.get_by_role("dialog")).to_be_visible()
    birger.page.keyboard.press("Escape")
    [block] = blocks(birger.document(address))
    assert "Astrid sin" in block["html"]
    assert "Birger sin" in block["html"]


def test_one_deletes_what_the_other_writes_in_and_the_text_is_taken_back(astrid, birger):
    address = open_both(astrid, birger, "Slettet")
    pause_looking(birger)
    frame = astrid.canvas.locator(".frame")
    frame.click()
    frame.get_by_role("button", name="Slett: Tekst").click()
    astrid.saved()
    birger.write(birger.canvas.locator(".frame"), "Tekst", "Birger skrev videre")
    dialog = birger.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Astrid Aune sletta dette medan du skreiv")
    expect(dialog).to_contain_text("Birger skrev videre")
    dialog.get_by_role("button", name="Hent tilbake").click()
    expect(birger.canvas.locator(".frame")).to_contain_text("Birger skrev videre")
    [block] = blocks(birger.document(address))
    assert block["html"] == "<p>Birger skrev videre</p>"


def test_two_tabs_of_one_person_keep_both_parts(astrid, service):
    address = astrid.make("To faner", "procedure")
    other = Writer.__new__(Writer)
    other.page, other.service = astrid.page.context.new_page(), service
    other.open(address)
    astrid.write(astrid.canvas.locator(".frame").first, "Tekst", "Fra den første fanen")
    other.write(other.canvas.locator(".frame").nth(1), "Overskrift i boksen", "Fra den andre fanen")
    for tab in (astrid, other):
        expect(tab.canvas).to_contain_text("Fra den første fanen")
        expect(tab.canvas).to_contain_text("Fra den andre fanen")
