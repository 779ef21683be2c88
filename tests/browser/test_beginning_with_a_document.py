"""Astrid has her course in Word: she begins a module with it, sees what did not come along, and goes on writing;
Ingrid does the same with her slides, from a telephone and by the keyboard.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pptx import Presentation

from tests.support.office import chart, docx, heading, image, item, p, picture, relation, table
from tests.support.service import Service

pytestmark = pytest.mark.browser


def course() -> bytes:
    return docx(
        p("Forebygging av fall", style="Tittel"),
        heading("Hvorfor"),
        p("Mange eldre faller hjemme."),
        p(picture("rPic", alt="En gang med løse tepper")),
        heading("Slik gjør du"),
        heading("Før besøket", 2),
        item("Les journalen", numbered=True),
        item("Spør om svimmelhet", numbered=True),
        p(chart()),
        table(("Tiltak", "Når"), ("Ta bort tepper", "Med en gang")),
        files={"word/media/image1.png": image(size=(640, 320))},
        links=(relation("rPic", "image", "media/image1.png"),),
    )


def slides() -> bytes:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Basala hygienrutiner"
    slide.placeholders[1].text_frame.text = "Sprit\nHandskar"
    slide.notes_slide.notes_text_frame.text = "Visa hur."
    target = io.BytesIO()
    presentation.save(target)
    return target.getvalue()


def look(page: Page, name: str) -> None:
    """Keeps a picture where somebody wants to look at the pages."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_word_document_becomes_a_draft_and_what_is_missing_is_told(
    service: Service,
    new_page: Callable[..., Page],
    page_problems: list[str],
    axe: Callable[[Page], None],
    width: int,
):
    astrid = new_page(locale="nb", viewport={"width": width, "height": 900})
    service.sign_in(astrid, "astrid@fjordvik.example")
    astrid.goto(f"{service.url}/modules/new")
    look(astrid, f"new-{width}")
    axe(astrid)
    astrid.get_by_role("link", name="Begynn med et Word-dokument eller en presentasjon").click()
    look(astrid, f"choose-{width}")
    axe(astrid)

    field = astrid.get_by_label("Word-dokument (.docx) eller presentasjon (.pptx)")
    make = astrid.get_by_role("button", name="Lag et utkast av det")
    field.set_input_files(
        {"name": "fall.docx", "mimeType": "", "buffer": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}
    )
    make.click()
    expect(astrid.get_by_role("alert")).to_contain_text("formatet som Office hadde før 2007")
    assert "400" in page_problems.pop()
    look(astrid, f"refused-{width}")
    axe(astrid)

    field.set_input_files({"name": "fall.docx", "mimeType": "", "buffer": course()})
    make.click()
    expect(astrid.get_by_role("heading", name="«Forebygging av fall» er et utkast nå")).to_be_visible()
    told = astrid.locator("main")
    expect(told.get_by_role("heading", name="Side 2: Slik gjør du")).to_be_visible()
    expect(told.get_by_role("listitem")).to_have_text(
        ["1 diagram", "1 tabell, der radene er blitt linjer med tekst"]
    )
    look(astrid, f"told-{width}")
    axe(astrid)

    astrid.get_by_role("link", name="Skriv videre").click()
    canvas = astrid.locator(".canvas")
    expect(canvas.get_by_text("Mange eldre faller hjemme.")).to_be_visible()
    expect(canvas.get_by_role("img", name="En gang med løse tepper")).to_be_visible()
    look(astrid, f"editor-{width}")
    axe(astrid)


def test_slides_become_a_draft_by_the_keyboard(
    service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None]
):
    ingrid = new_page(locale="sv", viewport={"width": 390, "height": 900})
    service.sign_in(ingrid, "ingrid@storsjo.example")
    ingrid.goto(f"{service.url}/modules/new")
    ingrid.get_by_role("link", name="Börja med ett Word-dokument eller en presentation").press("Enter")
    field = ingrid.get_by_label("Word-dokument (.docx) eller presentation (.pptx)")
    field.set_input_files({"name": "hygien.pptx", "mimeType": "", "buffer": slides()})
    field.focus()
    ingrid.keyboard.press("Tab")
    expect(ingrid.get_by_label("Modulens språk")).to_be_focused()
    ingrid.keyboard.press("Tab")
    ingrid.keyboard.press("Enter")
    expect(ingrid.get_by_text("Allt följde med.")).to_be_visible()
    canvas = ingrid.locator(".canvas")
    expect(canvas.get_by_text("Handskar")).to_be_visible()
    expect(canvas.get_by_text("Anteckningar")).to_be_visible()
    look(ingrid, "slides-390")
    axe(ingrid)
