"""A Word document becomes pages: what was a heading, a list, bold or a picture there is so here."""

import pytest

from tests.support.office import (
    chart,
    docx,
    formula,
    heading,
    image,
    item,
    p,
    picture,
    relation,
    run,
    table,
    text_box,
)

from .conftest import Bring

PICTURE = relation("rPic", "image", "media/image1.png")
DECORATIVE = (
    '<a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative '
    'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
)


def with_picture(*body: str, content: bytes | None = None, name: str = "image1.png") -> bytes:
    link = relation("rPic", "image", f"media/{name}")
    return docx(*body, files={f"word/media/{name}": content or image()}, links=(link,))


# --- pages -------------------------------------------------------------------------------------------------------


def test_each_first_heading_begins_a_page(bring: Bring):
    brought = bring(
        docx(p("Håndhygiene", style="Tittel"), heading("Når"), p("Før."), heading("Slik"), p("Gni."))
    )
    assert brought.module.title == "Håndhygiene"
    assert brought.titles == ["Når", "Slik"]
    assert [brought.html(0), brought.html(1)] == ["<p>Før.</p>", "<p>Gni.</p>"]
    assert brought.told == []


def test_a_document_s_only_first_heading_is_its_title_when_several_stand_below(bring: Bring):
    brought = bring(
        docx(heading("Fall"), p("Om fall."), heading("Når", 2), p("A"), heading("Hva", 2), p("B"))
    )
    assert brought.module.title == "Fall"
    assert brought.titles == ["Fall", "Når", "Hva"]


def test_without_a_title_the_first_heading_names_the_module(bring: Bring):
    brought = bring(docx(heading("Når"), p("A"), heading("Hva"), p("B")))
    assert (brought.module.title, brought.titles) == ("Når", ["Når", "Hva"])


def test_without_headings_the_file_s_name_names_the_module(bring: Bring):
    brought = bring(docx(p("Vask hendene.")), name="C:\\kurs\\Håndvask.docx")
    assert (brought.module.title, brought.titles) == ("Håndvask", ["Håndvask"])
    assert brought.told == []


def test_a_long_document_without_headings_is_told(bring: Bring):
    brought = bring(docx(*[p("Vask hendene før og etter. " * 10)] * 20))
    assert brought.told == [
        (None, "The document has no headings in Word's heading styles, so everything stands on one page.")
    ]


def test_what_stands_before_the_first_heading_comes_along(bring: Bring):
    brought = bring(docx(p("Tittelen", style="Tittel"), p("Innledning."), heading("Når"), p("A")))
    assert brought.titles == ["Tittelen", "Når"]
    assert brought.html(0) == "<p>Innledning.</p>"


def test_a_style_made_from_heading_1_is_one_too(bring: Bring):
    assert bring(docx(p("En", style="Kommunens"), p("A"), p("To", style="Kommunens"), p("B"))).titles == [
        "En",
        "To",
    ]


def test_a_paragraph_with_an_outline_level_is_a_heading(bring: Bring):
    outline = '<w:outlineLvl w:val="0"/>'
    assert bring(docx(p("En", properties=outline), p("A"), p("To", properties=outline), p("B"))).titles == [
        "En",
        "To",
    ]


def test_headings_below_the_page_s_keep_their_order_and_begin_a_block_each(bring: Bring):
    brought = bring(
        docx(
            heading("En"),
            heading("Side"),
            heading("Del", 2),
            p("a"),
            heading("Under", 3),
            p("b"),
            heading("Del 2", 2),
            p("c"),
        )
    )
    assert [block["html"] for block in brought.page(1)] == [
        "<h3>Del</h3><p>a</p><h4>Under</h4><p>b</p>",
        "<h3>Del 2</h3><p>c</p>",
    ]


def test_a_level_that_was_skipped_there_is_not_skipped_here(bring: Bring):
    assert bring(docx(heading("Side"), heading("Del", 4), p("a"))).html() == "<h3>Del</h3><p>a</p>"


def test_a_table_of_contents_stays_behind(bring: Bring):
    assert bring(docx(p("Når ........ 3", style="INNH1"), heading("Når"), p("A"))).titles == ["Når"]


# --- text ------------------------------------------------------------------------------------------------------------


def test_bold_italic_and_links_stay(bring: Bring):
    link = relation("rLink", "hyperlink", "https://fhi.example/råd?a=1&b=2", outside=True)
    linked = f'<w:hyperlink r:id="rLink">{run("rådene")}</w:hyperlink>'
    brought = bring(
        docx(
            p(run("Vask", "<w:b/>"), run(" og ", "<w:b w:val='0'/>"), run("tørk", "<w:i/>"), linked),
            links=(link,),
        )
    )
    assert brought.html() == (
        "<p><strong>Vask</strong> og <em>tørk</em>"
        '<a href="https://fhi.example/råd?a=1&amp;b=2">rådene</a></p>'
    )


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "\\\\server\\felles", "data:text/html,x"]
)
def test_of_a_link_that_leads_nowhere_on_the_web_the_words_stay(bring: Bring, address: str):
    link = relation("rLink", "hyperlink", address, outside=True)
    linked = f'<w:hyperlink r:id="rLink">{run("felles")}</w:hyperlink>'
    assert bring(docx(p(linked), links=(link,))).html() == "<p>felles</p>"


def test_lists_stay_with_what_is_below_them(bring: Bring):
    brought = bring(docx(item("vann"), item("lunkent", level=1), item("såpe"), item("Skyll", numbered=True)))
    assert (
        brought.html()
        == "<ul><li>vann<ul><li>lunkent</li></ul></li><li>såpe</li></ul><ol><li>Skyll</li></ol>"
    )


def test_a_numbered_list_goes_on_after_a_picture(bring: Bring):
    body = (
        item("Vask", numbered=True),
        p(picture("rPic", alt="Vask")),
        item("Tørk", numbered=True),
        item("Gni", numbered=True),
    )
    blocks = bring(with_picture(*body)).page()
    assert [block["type"] for block in blocks] == ["text", "image", "text"]
    assert blocks[0]["html"] == "<ol><li>Vask</li></ol>"
    assert blocks[2]["html"] == "<p>2. Tørk</p><p>3. Gni</p>"


def test_raised_and_lowered_figures_do_not_become_other_numbers(bring: Bring):
    up, down = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'
    brought = bring(docx(p("10", run("5", up), " og H", run("2", down), "O, 1", run("st", up))))
    assert brought.html() == "<p>10⁵ og H₂O, 1st</p>"


def test_a_table_s_rows_become_lines_and_that_is_told(bring: Bring):
    brought = bring(docx(heading("Doser"), table(("Alder", "Dose"), ("1–3 år", "5 ml"))))
    assert brought.html() == "<p>Alder – Dose</p><p>1–3 år – 5 ml</p>"
    assert brought.told == [(0, "1 table, whose rows have become lines of text")]


def test_a_table_of_one_column_was_only_there_for_looks(bring: Bring):
    brought = bring(docx(table(("Husk",), ("Vask",))))
    assert (brought.html(), brought.told) == ("<p>Husk</p><p>Vask</p>", [])


def test_footnotes_stand_at_the_end_of_their_page(bring: Bring):
    notes = "".join(
        f'<w:footnote w:id="{n}">{p(words)}</w:footnote>' for n, words in ((1, "Kilde A"), (2, "Kilde B"))
    )
    cited = [f'<w:r><w:footnoteReference w:id="{n}"/></w:r>' for n in (1, 2)]
    brought = bring(
        docx(heading("En"), p("Før.", cited[0]), p("Mer."), heading("To"), p("Etter.", cited[1]), notes=notes)
    )
    assert brought.html(0) == "<p>Før. [1]</p><p>Mer.</p><p>[1] Kilde A</p>"
    assert brought.html(1) == "<p>Etter. [2]</p><p>[2] Kilde B</p>"


def test_suggested_changes_are_as_if_accepted_and_that_is_told(bring: Bring):
    who = 'w:id="1" w:author="Bjørn" w:date="2026-01-01T00:00:00Z"'
    removed = f"<w:del {who}><w:r><w:delText>kaldt</w:delText></w:r></w:del>"
    brought = bring(docx(p("Bruk ", removed, f"<w:ins {who}>{run('lunkent')}</w:ins>", " vann.")))
    assert brought.html() == "<p>Bruk lunkent vann.</p>"
    assert brought.told == [
        (None, "2 suggested changes were taken as accepted. Look whether that was meant.")
    ]


def test_hidden_and_struck_out_text_stays_behind(bring: Bring):
    brought = bring(docx(p("Gi ", run("ikke ", "<w:vanish/>"), run("10", "<w:strike/>"), "5 ml")))
    assert brought.html() == "<p>Gi 5 ml</p>"
    assert brought.told == [(None, "Text that was struck out was left out in 1 place.")]


def test_the_text_of_a_text_box_comes_once_after_its_paragraph(bring: Bring):
    brought = bring(
        docx(p("Før.", text_box(p("Husk", run(" ringen", "<w:b/>")), p("og klokken"))), p("Etter."))
    )
    assert brought.html() == "<p>Før.</p><p>Husk<strong> ringen</strong></p><p>og klokken</p><p>Etter.</p>"
    assert brought.told == []


def test_content_controls_and_fields_keep_their_words(bring: Bring):
    inside = f"<w:sdtContent>{p('I en kontroll')}</w:sdtContent>"
    control = f"<w:sdt><w:sdtPr><w:alias w:val='Tittel'/></w:sdtPr>{inside}</w:sdt>"
    field = f'<w:fldSimple w:instr=" AUTHOR ">{run("Astrid")}</w:fldSimple>'
    assert bring(docx(control, p("Av ", field))).html() == "<p>I en kontroll</p><p>Av Astrid</p>"


def test_markup_in_the_words_is_words(bring: Bring):
    brought = bring(
        docx(
            p(run("<b>5 < 6"), style="Overskrift1"),
            p("A &amp; ", run("<script>alert(1)</script>")),
            heading("To"),
        )
    )
    assert brought.titles[0] == "<b>5 < 6"
    assert brought.html() == "<p>A &amp;amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>"


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_picture_comes_with_its_alternative_text_and_unknown_rights(bring: Bring):
    brought = bring(with_picture(p("Slik:", picture("rPic", alt="To hender  med såpe"))))
    text, block = brought.page()
    assert text["html"] == "<p>Slik:</p>"
    assert (block["type"], block["alt"], block["decorative"]) == ("image", "To hender med såpe", False)
    assert brought.module.assets[block["asset"]].rights.licence == "unknown"


def test_a_picture_marked_as_decoration_stays_so(bring: Bring):
    assert bring(with_picture(p(picture("rPic", extra=DECORATIVE)))).page()[0]["decorative"] is True


def test_a_picture_used_twice_is_taken_once(bring: Bring):
    brought = bring(with_picture(p(picture("rPic")), p(picture("rPic"))))
    assert len(brought.page()) == 2
    assert len(brought.module.assets) == 1


def test_an_old_picture_of_vml_comes_too(bring: Bring):
    old = '<w:r><w:pict><v:shape alt="Kart"><v:imagedata r:id="rPic"/></v:shape></w:pict></w:r>'
    assert bring(with_picture(p(old))).page()[0]["alt"] == "Kart"


def test_a_line_across_the_page_is_nobody_s_loss(bring: Bring):
    line = '<w:r><w:pict><v:rect o:hr="t" o:hrstd="t"/></w:pict></w:r>'
    assert bring(docx(p("a"), p(line))).told == []


def test_what_cannot_come_along_is_told_with_its_page(bring: Bring):
    video = '<a:ext><wp15:webVideoPr xmlns:wp15="http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing"/></a:ext>'
    ole = '<w:r><w:object><v:shape><v:imagedata r:id="rPic"/></v:shape><o:OLEObject r:id="rOle"/></w:object></w:r>'
    brought = bring(
        with_picture(
            heading("En"),
            p("a"),
            p(chart()),
            p(formula(), " og ", formula()),
            heading("To"),
            p("b"),
            p(picture("rPic", extra=video)),
            p(ole),
        )
    )
    assert brought.told == [(0, "1 chart"), (0, "2 formulas"), (1, "1 embedded file"), (1, "a film")]
    assert brought.module.assets == {}


def test_a_linked_picture_is_told_and_never_fetched(bring: Bring):
    link = relation("rOut", "image", "https://sporing.example/t.png", outside=True)
    brought = bring(docx(p("a", picture("rOut", how="link")), links=(link,)))
    assert brought.told == [(0, "1 picture that lies outside the document")]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "image1.emf",
            b"\x01\0\0\0" + b"\0" * 36 + b" EMF",
            "1 picture in a format that browsers do not show",
        ),
        ("image1.wmf", b"\xd7\xcd\xc6\x9a" + b"\0" * 40, "1 picture in a format that browsers do not show"),
        ("image1.png", image("TIFF"), "1 picture in a format that browsers do not show"),
        ("image1.png", image()[:60], "1 picture that is damaged"),
    ],
    ids=["EMF", "WMF", "TIFF", "cut off"],
)
def test_a_picture_that_cannot_be_shown_is_told(bring: Bring, name: str, content: bytes, told: str):
    brought = bring(with_picture(p("a", picture("rPic")), content=content, name=name))
    assert (brought.told, brought.module.assets) == ([(0, told)], {})


def test_a_picture_of_too_many_pixels_is_told(bring: Bring):
    content = image("PNG", (20_000, 20_000), mode="1")
    brought = bring(with_picture(p("a", picture("rPic")), content=content))
    assert (brought.told, brought.module.assets) == ([(0, "1 picture that is too large")], {})


def test_a_picture_that_is_not_in_the_file_is_told(bring: Bring):
    assert bring(docx(p("a", picture("rPic")), links=(PICTURE,))).told == [(0, "1 picture that is damaged")]
