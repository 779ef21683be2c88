"""A presentation becomes pages, a slide a page: its text, lists, pictures and what would have been said."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Cm

from content.errors import InvalidDocument
from tests.support.office import image, zipped

from .conftest import Bring

PLACE = (Cm(1), Cm(1), Cm(5), Cm(5))
TITLE, BULLETS, TITLE_ONLY = 0, 1, 5


def pptx(*slides: Callable[[Any], None], layout: int = BULLETS) -> bytes:
    presentation = Presentation()
    for fill in slides:
        fill(presentation.slides.add_slide(presentation.slide_layouts[layout]))
    target = io.BytesIO()
    presentation.save(target)
    return target.getvalue()


def titled(words: str) -> Callable[[Any], None]:
    return lambda slide: setattr(slide.shapes.title, "text", words)


def with_parts(body: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    return zipped(parts)


def test_each_slide_is_a_page_and_the_first_names_the_module(bring: Bring):
    brought = bring(pptx(titled("Håndhygiene"), titled("Når"), titled(" ")))
    assert brought.module.title == "Håndhygiene"
    assert brought.titles == ["Håndhygiene", "Når", ""]


def test_lines_of_a_slide_are_a_list_with_what_is_below_them(bring: Bring):
    def fill(slide: Any) -> None:
        frame = slide.placeholders[1].text_frame
        frame.text = "vann"
        for words, level in (("lunkent", 1), ("såpe < gel", 0)):
            added = frame.add_paragraph()
            added.text, added.level = words, level

    assert bring(pptx(fill)).html() == "<ul><li>vann<ul><li>lunkent</li></ul></li><li>såpe &lt; gel</li></ul>"


def test_one_line_alone_and_a_text_box_are_no_lists(bring: Bring):
    def fill(slide: Any) -> None:
        slide.placeholders[1].text_frame.text = "Vask hendene."
        slide.shapes.add_textbox(*PLACE).text_frame.text = "Husk\nringen"

    assert bring(pptx(fill)).html() == "<p>Vask hendene.</p><p>Husk</p><p>ringen</p>"


def test_bold_italic_and_links_stay_and_harmful_links_do_not(bring: Bring):
    def fill(slide: Any) -> None:
        paragraph = slide.shapes.add_textbox(*PLACE).text_frame.paragraphs[0]
        for words, bold, italic, link in (
            ("Vask", True, None, None),
            ("tørk", None, True, None),
            ("råd", None, None, "https://fhi.example/a"),
            ("x", None, None, "javascript:alert(1)"),
        ):
            run = paragraph.add_run()
            run.text, run.font.bold, run.font.italic = words, bold, italic
            if link:
                run.hyperlink.address = link

    assert bring(pptx(fill)).html() == (
        '<p><strong>Vask</strong><em>tørk</em><a href="https://fhi.example/a">råd</a>x</p>'
    )


def test_a_picture_comes_with_its_alternative_text_and_unknown_rights(bring: Bring):
    def fill(slide: Any) -> None:
        shape = slide.shapes.add_picture(io.BytesIO(image()), *PLACE)
        shape._element.nvPicPr.cNvPr.set("descr", "To hender")
        slide.shapes.add_picture(io.BytesIO(image(colour=9)), *PLACE)._element.nvPicPr.cNvPr.set("descr", "")

    brought = bring(pptx(fill))
    assert [block["alt"] for block in brought.page()] == ["To hender", ""]
    assert {asset.rights.licence for asset in brought.module.assets.values()} == {"unknown"}


def test_what_is_grouped_comes_along(bring: Bring):
    def fill(slide: Any) -> None:
        group = slide.shapes.add_group_shape()
        group.shapes.add_picture(io.BytesIO(image()), *PLACE)
        group.shapes.add_textbox(*PLACE).text_frame.text = "i gruppen"

    assert [block["type"] for block in bring(pptx(fill)).page()] == ["image", "text"]


@pytest.mark.parametrize(("language", "title"), [("nb", "Notater"), ("sv", "Anteckningar")])
def test_what_would_have_been_said_can_be_unfolded(bring: Bring, language: str, title: str):
    def fill(slide: Any) -> None:
        slide.notes_slide.notes_text_frame.text = "Vis hvordan.\nSpør om ringer < 5."

    (block,) = bring(pptx(fill), language=language).page()
    assert block["type"] == "accordion"
    (item,) = block["items"]
    assert (item["title"], item["html"]) == (title, "<p>Vis hvordan.</p><p>Spør om ringer &lt; 5.</p>")


def test_a_table_s_rows_become_lines_and_that_is_told(bring: Bring):
    def fill(slide: Any) -> None:
        table = slide.shapes.add_table(2, 2, *PLACE).table
        for number, words in enumerate(("Alder", "Dose", "1–3 år", "5 ml")):
            table.cell(number // 2, number % 2).text = words

    brought = bring(pptx(fill))
    assert brought.html() == "<p>Alder – Dose</p><p>1–3 år – 5 ml</p>"
    assert brought.told == [(0, "1 table, whose rows have become lines of text")]


def test_charts_films_and_shapes_are_told_with_their_page(bring: Bring):
    def fill(slide: Any) -> None:
        data = CategoryChartData()
        data.categories = ["2025", "2026"]
        data.add_series("Infeksjoner", (3, 1))
        slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *PLACE, data)
        slide.shapes.add_movie(io.BytesIO(b"film"), *PLACE, poster_frame_image=io.BytesIO(image()))
        slide.shapes.add_shape(MSO_SHAPE.RIGHT_ARROW, *PLACE)
        slide.shapes.add_shape(MSO_SHAPE.OVAL, *PLACE).text_frame.text = "med ord"

    brought = bring(pptx(titled("A"), fill))
    assert brought.told == [(1, "1 chart"), (1, "1 drawn shape"), (1, "a film")]
    assert brought.html(1) == "<p>med ord</p>"
    assert brought.module.assets == {}


def test_hidden_slides_stay_behind_and_that_is_told(bring: Bring):
    def hide(slide: Any) -> None:
        slide.shapes.title.text = "Skjult"
        slide._element.set("show", "0")

    brought = bring(pptx(titled("A"), hide))
    assert (brought.titles, brought.told) == (["A"], [(None, "1 hidden slide")])


def test_a_saved_show_is_a_presentation_too(bring: Bring):
    def show(parts: dict[str, bytes]) -> None:
        types = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = types.replace(b".presentation.main+xml", b".slideshow.main+xml")
        assert types != parts["[Content_Types].xml"]

    assert bring(with_parts(pptx(titled("A")), show)).titles == ["A"]


def test_a_presentation_without_slides_is_told(bring: Bring):
    with pytest.raises(InvalidDocument) as refused:
        bring(pptx())
    assert refused.value.code == "import.nothing"


def slide(parts: dict[str, bytes], old: bytes, new: bytes) -> None:
    name = "ppt/slides/slide1.xml"
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new, 1)


HARMFUL: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "billion laughs in a slide": (
        lambda parts: slide(parts, b"<p:sld ", b'<!DOCTYPE a [<!ENTITY b "ha">]><p:sld '),
        "import.unsafe",
    ),
    "a slide that is not there": (lambda parts: parts.pop("ppt/slides/slide1.xml"), "import.damaged"),
    "a slide that is something else": (
        lambda parts: parts.update({"ppt/slides/slide1.xml": b"<a/>"}),
        "import.damaged",
    ),
    "no types": (lambda parts: parts.pop("[Content_Types].xml"), "import.damaged"),
    "a million shapes": (
        lambda parts: slide(parts, b"</p:spTree>", b"<p:sp/>" * 1_000_000 + b"</p:spTree>"),
        "import.too_large",
    ),
}  # type: ignore[dict-item]


@pytest.mark.parametrize(("change", "code"), HARMFUL.values(), ids=HARMFUL)
def test_what_does_harm_or_is_damaged_gets_a_sentence(
    bring: Bring, change: Callable[[dict[str, bytes]], None], code: str
):
    with pytest.raises(InvalidDocument) as refused:
        bring(with_parts(pptx(titled("A")), change))
    assert refused.value.code == code


def test_a_picture_on_somebody_s_server_is_told_and_never_fetched(bring: Bring):
    def fill(slide: Any) -> None:
        blip = slide.shapes.add_picture(io.BytesIO(image()), *PLACE)._element.blipFill.find(
            "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
        )
        relation = slide.part.rels.get_or_add_ext_rel("image", "http://127.0.0.1:9/t.png")
        name = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
        del blip.attrib[f"{name}embed"]
        blip.set(f"{name}link", relation)

    brought = bring(pptx(fill))
    assert brought.told == [(0, "1 picture that lies outside the document")]
