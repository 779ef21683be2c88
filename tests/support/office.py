"""Word documents as Word writes them, made by zipfile alone; and the pictures that go into them."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from PIL import Image

W_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

STYLES = (
    f"<w:styles {W_NAMES}>"
    # Word names its own styles in English in every language; only the id is translated.
    + "".join(
        f'<w:style w:type="paragraph" w:styleId="Overskrift{n}"><w:name w:val="heading {n}"/></w:style>'
        for n in range(1, 7)
    )
    + '<w:style w:type="paragraph" w:styleId="Tittel"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="INNH1"><w:name w:val="toc 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Kommunens"><w:name w:val="Fjordvik kapittel"/>'
    '<w:basedOn w:val="Overskrift1"/></w:style>'
    "</w:styles>"
)
NUMBERING = (
    f"<w:numbering {W_NAMES}>"
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    "</w:numbering>"
)


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def p(*inside: str, style: str = "", properties: str = "") -> str:
    """A paragraph; what does not begin with < is words."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    content = "".join(one if one.startswith("<") else run(one) for one in inside)
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{content}</w:p>"


def heading(words: str, level: int = 1) -> str:
    return p(words, style=f"Overskrift{level}")


def item(words: str, *, numbered: bool = False, level: int = 0) -> str:
    number = 2 if numbered else 1
    numbering = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return p(words, style="Listeavsnitt", properties=numbering)


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def drawing(uri: str, inside: str, *, alt: str = "", extra: str = "") -> str:
    return (
        '<w:r><w:drawing><wp:inline><wp:extent cx="9" cy="9"/>'
        f'<wp:docPr id="1" name="Bilde 1" descr="{escape(alt)}">{extra}</wp:docPr>'
        f'<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/{uri}">{inside}'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def picture(relation: str, *, alt: str = "", how: str = "embed", extra: str = "") -> str:
    inside = (
        '<pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="hender.jpg"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:{how}="{relation}"/></pic:blipFill><pic:spPr/></pic:pic>'
    )
    return drawing("picture", inside, alt=alt, extra=extra)


def chart(relation: str = "rChart") -> str:
    return drawing("chart", f'<c:chart r:id="{relation}"/>')


def formula() -> str:
    return "<m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath>"


def text_box(*paragraphs: str) -> str:
    """As Word writes it: once for new programs, once more for old ones."""
    inside = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:docPr id="2" name="Boks"/>'
        '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        f"<wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )


def image(form: str = "PNG", size: tuple[int, int] = (64, 48), colour: int = 90, mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, (colour, 90, 90) if mode == "RGB" else 0).save(target, form)
    return target.getvalue()


def relation(name: str, kind: str, target: str, *, outside: bool = False) -> str:
    mode = ' TargetMode="External"' if outside else ""
    return f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="{escape(target)}"{mode}/>'


def relations(*inside: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(inside)}</Relationships>'


def docx(
    *body: str, files: Mapping[str, bytes | str] | None = None, links: tuple[str, ...] = (), notes: str = ""
) -> bytes:
    """A document; `files` are further parts or take the place of these, `links` the relations to them."""
    main = [relation("rStyles", "styles", "styles.xml"), relation("rNumbers", "numbering", "numbering.xml")]
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{DOCUMENT_TYPE}"/></Types>'
        ),
        "_rels/.rels": relations(relation("r1", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {W_NAMES}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
    }
    if notes:
        parts["word/footnotes.xml"] = f"<w:footnotes {W_NAMES}>{notes}</w:footnotes>"
        main.append(relation("rNotes", "footnotes", "footnotes.xml"))
    parts["word/_rels/document.xml.rels"] = relations(*main, *links)
    return zipped({**parts, **(files or {})})


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()
