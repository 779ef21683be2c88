"""What is no document, or made to do harm: one kind sentence, in time and without filling the memory."""

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from content.errors import InvalidDocument
from content.importers import office, word
from content.texts import LANGUAGES, sentence
from tests.support.office import DOCUMENT_TYPE, W_NAMES, docx, heading, p, zipped

from .conftest import Bring

SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a SYSTEM "http://evil.example/a.dtd">'
FILES = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


def document(xml: str | bytes) -> bytes:
    return docx(files={"word/document.xml": xml})


def in_body(xml: str, before: str = "") -> str:
    return f"{before}<w:document {W_NAMES}><w:body>{xml}</w:body></w:document>"


def renamed(body: bytes, old: bytes, new: bytes) -> bytes:
    assert old in body
    return body.replace(old, new)


def directory_of(size: int) -> bytes:
    """A file whose end says that its list of files is so large."""
    body = docx(p("a"))
    return body[:-10] + struct.pack("<I", size) + body[-6:]


def million_attributes() -> bytes:
    attributes = " ".join(f'a{number}="1"' for number in range(1_000_000))
    return document(in_body(f"<w:p {attributes}/>"))


def encrypted() -> bytes:
    body = bytearray(docx(p("a")))
    at = body.find(b"PK\x01\x02")
    while at >= 0:
        body[at + 8] |= 1
        at = body.find(b"PK\x01\x02", at + 1)
    return bytes(body)


def twice() -> bytes:
    target = io.BytesIO(docx(p("a")))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", in_body(p("b")))
    return target.getvalue()


# What is large is made by its test: every process that runs some of the tests reads this file.
REFUSED = {
    "empty": (b"", "import.empty_file"),
    "a PDF": (b"%PDF-1.7", "import.unknown"),
    "a web page": (b"<html>", "import.unknown"),
    "a .doc renamed": (OLD, "import.old_format"),
    "a password": (OLD + "EncryptedPackage".encode("utf-16-le"), "import.password"),
    "a zip of something else": (zipped({"hei.txt": "hei"}), "import.unknown"),
    "LibreOffice": (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "import.unknown"),
    "a workbook": (document(f'<workbook xmlns="{SHEETS}"/>'), "import.unknown"),
    "cut off": (docx(p("a"))[:-30], "import.damaged"),
    "cut in the middle": (docx(p("a"))[:200], "import.damaged"),
    "encrypted entries": (encrypted(), "import.password"),
    "two of a name": (twice(), "import.damaged"),
    "a list of files that fills the memory": (directory_of(2**31), "import.damaged"),
    "not XML": (document("nei"), "import.damaged"),
    "no end": (document(in_body(p("a"))[:-20]), "import.damaged"),
    "billion laughs": (document(in_body(p("a"), LAUGHS)), "import.unsafe"),
    "a DTD from elsewhere": (document(in_body(p("a"), OUTSIDE)), "import.unsafe"),
    "files of the server": (document(in_body(p("&b;"), FILES)), "import.unsafe"),
    "a DOCTYPE in UTF-16": (document(in_body(p("a"), LAUGHS).encode("utf-16")), "import.damaged"),
    "a DOCTYPE in the styles": (docx(p("a"), files={"word/styles.xml": LAUGHS + "<a/>"}), "import.unsafe"),
    "a DOCTYPE in the relations": (docx(p("a"), files={"_rels/.rels": LAUGHS + "<a/>"}), "import.unsafe"),
    "a hundred million words": (lambda: document(in_body("<w:p>" + " " * 100_000_000 + "</w:p>")), "import.too_large"),
    "more paragraphs than a book": (lambda: docx(*[p("a")] * 9_000), "import.too_large"),
    "paragraphs with nothing in them": (lambda: document(in_body("<w:p/>" * 200_000)), "import.too_large"),
    "a million attributes": (million_attributes, "import.too_large"),
    "depth": (document(in_body("<w:sdt>" * 5_000 + "</w:sdt>" * 5_000)), "import.too_large"),
    "thousands of pages": (lambda: docx(*[heading("a")] * 2_000), "import.too_large"),
    "one endless paragraph": (docx(p("a" * 300_000)), "import.too_large"),
    "nothing in it": (docx(), "import.nothing"),
    "only empty lines": (docx(p(" "), p()), "import.nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_each_gets_a_sentence_in_time_and_without_filling_the_memory(
    bring: Bring, body: bytes | Callable[[], bytes], code: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(office, "MOST_ELEMENTS", office.MOST_ELEMENTS // 5)  # counting memory is slow
    monkeypatch.setattr(word, "_MOST_ELEMENTS", word._MOST_ELEMENTS // 5)
    body = body() if callable(body) else body
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(InvalidDocument) as refused:
        bring(body)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert time.monotonic() - began < 30  # measured while counting memory; it takes a second
    assert most < 256 * office.MB
    for language in LANGUAGES:
        assert "{" not in sentence(code, language)


def test_a_part_that_is_larger_than_it_says_is_not_read_to_its_end(bring: Bring):
    """The sizes in a zip are told by who made it."""
    body = document(in_body("<w:p>" + " " * 60_000_000 + "</w:p>"))
    size = struct.pack("<I", len(in_body("<w:p>" + " " * 60_000_000 + "</w:p>")))
    with pytest.raises(InvalidDocument):
        bring(renamed(body, size, struct.pack("<I", 900)))


def test_relations_out_of_the_file_are_not_followed(bring: Bring):
    """A template, a linked chapter and a web page on somebody's server: nobody hears that the document was opened."""
    kinds = ("attachedTemplate", "subDocument", "frame", "oleObject", "styles", "footnotes")
    links = tuple(
        f'<Relationship Id="x{kind}" TargetMode="External" Target="http://127.0.0.1:9/{kind}" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>'
        for kind in kinds
    )
    assert bring(docx(p("a"), '<w:subDoc r:id="xsubDocument"/>', links=links)).html() == "<p>a</p>"


@pytest.mark.parametrize("target", ["../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x"])
def test_a_relation_to_a_place_outside_the_file_leads_nowhere(bring: Bring, target: str):
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Target="{target}" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
    )
    with pytest.raises(InvalidDocument):
        bring(docx(p("a"), files={"_rels/.rels": rels}))


def test_macros_are_left_alone(bring: Bring):
    macros = DOCUMENT_TYPE.replace(
        "openxmlformats-officedocument.wordprocessingml.document", "ms-word.document.macroEnabled"
    )
    types = (
        zipfile.ZipFile(io.BytesIO(docx()))
        .read("[Content_Types].xml")
        .decode()
        .replace(DOCUMENT_TYPE, macros)
    )
    brought = bring(docx(p("a"), files={"word/vbaProject.bin": OLD, "[Content_Types].xml": types}))
    assert brought.html() == "<p>a</p>"


def test_a_style_map_in_the_document_does_not_decide_what_its_styles_become(bring: Bring):
    """mammoth would follow it."""
    brought = bring(docx(p("a", style="Tekst"), files={"mammoth/style-map": "p.Tekst => h1"}))
    assert (brought.html(), brought.titles) == ("<p>a</p>", ["Håndhygiene i Fjordvik"])


def test_the_strict_form_of_the_standard_is_read_as_well(bring: Bring):
    strict = in_body(heading("En") + p("a")).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert bring(document(strict)).titles == ["En"]


def test_tables_in_tables_in_tables_take_no_longer_than_their_words(bring: Bring):
    began = time.monotonic()
    deep = "<w:tbl><w:tr><w:tc>" * 25 + p("innerst") + "</w:tc></w:tr></w:tbl>" * 25
    assert bring(docx(deep)).html() == "<p>innerst</p>"
    assert time.monotonic() - began < 10
