"""A trainer has the text already, in Word or Google Docs: what was a heading, a list or bold there is so here."""

import pytest
from playwright.sync_api import Locator, expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser

SIGN = "<![if !supportLists]><span style='mso-list:Ignore'>{}<span style='font:7.0pt'>&nbsp; </span></span><![endif]>"
WORD = f"""<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><style><!-- p {{margin:0}} --></style></head><body>
<p class=MsoTitle>Smittevern<o:p></o:p></p>
<p class=MsoNormal>Vask <b>før</b> og <i>etter</i>.<o:p></o:p></p>
<h1>Slik gjør du</h1>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>{SIGN.format("·")}Ta av ringer</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'>{SIGN.format("o")}også gifteringen</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>{SIGN.format("·")}Brett opp</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'>{SIGN.format("1.")}Fukt</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'>{SIGN.format("2.")}Såpe</p>
<table><tr><td><p>Når</p></td><td><p>Hva</p></td></tr></table></body></html>"""
DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1">
<h2 dir="ltr"><span style="font-weight:700">Plan</span></h2>
<p dir="ltr"><span style="font-weight:400;">Helt vanlig, </span>
<span style="font-weight:700;">fet</span><span style="font-weight:400;font-style:italic"> og skrå</span></p></b>"""


@pytest.fixture
def astrid(page, service):
    return Writer(page, service, "astrid@fjordvik.example")


def paste(block: Locator, html: str, files: bool = False) -> None:
    block.get_by_role("textbox", name="Tekst").last.click()
    block.page.evaluate(
        """([html, files]) => {
          const data = new DataTransfer();
          if (html) data.setData("text/html", html);
          if (files) data.items.add(new File([new Uint8Array(9)], "image.png", { type: "image/png" }));
          const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(event);
        }""",
        [html, files],
    )


def test_word_s_headings_and_lists_are_headings_and_lists(astrid: Writer):
    address = astrid.make("Fra Word")
    paste(astrid.add("text"), WORD)
    [block] = blocks(astrid.document(address))
    assert block["html"] == (
        "<h3>Smittevern</h3><p>Vask <strong>før</strong> og <em>etter</em>.</p><h4>Slik gjør du</h4>"
        "<ul><li><p>Ta av ringer</p><ul><li><p>også gifteringen</p></li></ul></li><li><p>Brett opp</p></li></ul>"
        "<ol><li><p>Fukt</p></li><li><p>Såpe</p></li></ol><p>Når – Hva</p>"
    )


def test_google_docs_bold_is_bold_and_nothing_else_is(astrid: Writer):
    address = astrid.make("Fra Docs")
    paste(astrid.add("text"), DOCS)
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<h3>Plan</h3><p>Helt vanlig, <strong>fet</strong><em> og skrå</em></p>"


def test_where_no_headings_stand_they_are_bold(astrid: Writer):
    address = astrid.make("I en boks")
    paste(astrid.add("callout"), DOCS)
    [block] = blocks(astrid.document(address))
    assert block["html"].startswith("<p><strong>Plan</strong></p><p>Helt vanlig, ")


def test_what_is_copied_in_the_editor_itself_stays_as_it_is(astrid: Writer):
    address = astrid.make("Herfra")
    paste(astrid.add("text"), '<h4 data-pm-slice="0 0 []">Liten</h4><p>Tekst</p>')
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<h4>Liten</h4><p>Tekst</p>"


@pytest.mark.parametrize(("html", "files"), [('<p>Se</p><img src="file:///c:/a.png">', False), ("", True)])
def test_pictures_that_do_not_come_along_are_not_lost_in_silence(astrid: Writer, html: str, files: bool):
    astrid.make("Med bilde")
    paste(astrid.add("text"), html, files)
    expect(astrid.page.locator(".toast")).to_contain_text("En tekst har ikke bilder i seg")


def test_a_file_let_go_beside_its_place_leaves_the_page_open(astrid: Writer):
    astrid.make("Ved siden av")
    kept = astrid.page.evaluate(
        """() => ["dragover", "drop"].map((kind) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(9)], "image.png", { type: "image/png" }));
          const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
          return !document.querySelector(".page-sheet").dispatchEvent(event);
        })"""
    )
    assert kept == [True, True]
    expect(astrid.page.locator(".toast")).to_contain_text("Legg inn hvert av dem")
