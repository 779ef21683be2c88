"""A manifest that a stranger wrote: decoded here, and parsed with everything switched off.

The text is decoded before the parser sees it and handed over as UTF-8, so that what is checked (no DOCTYPE)
and what is parsed are the same characters. What an exporter got wrong about its encoding is mended and told.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from lxml import etree

from scorm.errors import UnreadableError

MAX_BYTES = 16 * 1024**2
MAX_ATTRIBUTES = 200  # of one element; no standard knows a tenth of them

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be", b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(-?[lb]e)?|utf-?32(-?[lb]e)?|ucs-?[24]|(us-)?ascii|iso[-_]?8859[-_]\d{1,2}|latin-?\d{1,2}"
    r"|(windows-|cp)\d{3,4}|mac-?(roman|intosh)|koi8-[ru]|shift_?jis|euc-?(jp|kr)|gb2312|gbk|gb18030|big5"
)
_DECLARATION = re.compile(r"<\?xml[^>]{0,400}?\?>")
# What may stand before the root element, besides a DOCTYPE (XML 1.0, 2.8); possessive in effect: each
# alternative ends at its own terminator, so that nothing is scanned twice.
_PROLOG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_KNOWN_PREFIXES = {
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "imsss": "http://www.imsglobal.org/xsd/imsss",
    "adlseq": "http://www.adlnet.org/xsd/adlseq_v1p3",
    "adlnav": "http://www.adlnet.org/xsd/adlnav_v1p3",
    "lom": "http://ltsc.ieee.org/xsd/LOM",
    "imsmd": "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1",
}
_ADLCP = {False: "http://www.adlnet.org/xsd/adlcp_rootv1p2", True: "http://www.adlnet.org/xsd/adlcp_v1p3"}
_UNDECLARED = re.compile(r"Namespace prefix ([A-Za-z_][\w.-]{0,20}) ")


@dataclass(frozen=True, slots=True)
class Problem:
    """What had to be mended before the text could be parsed; a code and values of the table of findings."""

    code: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    root: etree._Element
    problems: tuple[Problem, ...] = ()


def parse(data: bytes, name: str) -> Document:
    """Parses untrusted XML.

    Raises `UnreadableError`: file-empty, file-too-large, xml-encoding-unknown, xml-doctype, xml-malformed.
    """
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableError("file-empty", f"{name} is empty.", "Publish the course again.")
    if len(data) > MAX_BYTES:
        message = f"{name} has {len(data):,} bytes; {MAX_BYTES:,} are the most that are read."
        raise UnreadableError("file-too-large", message, "Look whether this is the right file.")
    text, problems = _decode(data, name)
    bare = text.lstrip("\ufeff \t\r\n")
    before = text[: len(text) - len(bare)]
    if before and bare.startswith("<?xml"):
        problems.append(Problem("xml-start"))
    # Without its declaration, which may name another encoding; lines are counted as the author sees them.
    text = "\n" * before.count("\n") + _DECLARATION.sub(lambda m: "\n" * m[0].count("\n"), bare, count=1)
    _refuse_doctype(text, name)
    return _parsed(text, name, problems)


def _decode(data: bytes, name: str) -> tuple[str, list[Problem]]:
    """The text without its byte order mark. UTF-8 and Windows-1252 are tried where the claim is false."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, name), []
    if data[:4] in _BARE:
        return _strictly(data, _BARE[data[:4]], name), []
    declared = _DECLARED.match(data)
    claimed = declared[1].decode().lower() if declared else "utf-8"
    if not _ENCODINGS.fullmatch(claimed):
        raise _unknown_encoding(name, claimed)
    # One that can be read byte by byte is not UTF-16, whatever it says.
    candidates = () if claimed.startswith(("utf-16", "utf-32", "ucs")) else (claimed,)
    for candidate in (*candidates, "utf-8", "cp1252", "latin-1"):
        try:
            text = data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        wrong = candidate != claimed
        return text, [Problem("xml-encoding", (("claimed", claimed), ("real", candidate)))] if wrong else []
    raise AssertionError("latin-1 decodes everything")


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "xml-malformed",
            f"{name} begins as {encoding.upper()}, but byte {error.start:,} is not.",
            "Save it as UTF-8.",
        ) from None


def _refuse_doctype(text: str, name: str) -> None:
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    if text[at : at + 2] == "<!" and text[at + 2 : at + 4] != "--":
        head = text[at : at + 40].lower()
        if head.startswith("<!doctype html"):
            raise _web_page(name)
        raise UnreadableError(
            "xml-doctype",
            f"{name} has a DOCTYPE, which can make a computer give away its files; it is not opened.",
            "Remove the line that begins with <!DOCTYPE; no manifest needs one.",
        )


def _web_page(name: str) -> UnreadableError:
    return UnreadableError(
        "not-a-package",
        f"{name} is a web page, not a manifest.",
        "If you downloaded it, you may have got a sign-in page instead of the file: sign in and try again.",
    )


def _parsed(text: str, name: str, problems: list[Problem]) -> Document:
    for _ in range(len(_KNOWN_PREFIXES) + 2):
        parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(text.encode(), parser)
        except etree.XMLSyntaxError as error:
            undeclared = _UNDECLARED.match(error.msg or "")
            mended = _declare(text, undeclared[1]) if undeclared else None
            if mended is None:
                raise _malformed(name, error) from None
            assert undeclared
            problems.append(Problem("xml-prefix-undeclared", (("prefix", undeclared[1]),)))
            text = mended
            continue
        if root.getroottree().docinfo.internalDTD is not None:  # cannot be: looked for above
            raise UnreadableError("xml-doctype", f"{name} has a DOCTYPE.", "Remove it.")
        if root.xpath(f"boolean(//*[count(@*) > {MAX_ATTRIBUTES}])"):
            message = f"{name} has an element with more than {MAX_ATTRIBUTES} attributes."
            raise UnreadableError("xml-malformed", message, "Publish the course again.")
        return Document(root, tuple(problems))
    raise AssertionError("each round declares another prefix")


def _declare(text: str, prefix: str) -> str | None:
    """The text with a known prefix declared on its root element; None where that cannot help."""
    uri = _ADLCP["imscp_v1p1" in text] if prefix == "adlcp" else _KNOWN_PREFIXES.get(prefix)
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    root = re.compile(r"<[\w:.-]+").match(text, at)
    if not uri or not root or f"xmlns:{prefix}=" in text:
        return None
    return f'{text[: root.end()]} xmlns:{prefix}="{uri}"{text[root.end() :]}'


def _malformed(name: str, error: etree.XMLSyntaxError) -> UnreadableError:
    line = error.lineno or 0
    reason = re.sub(r", line \d+, column \d+.*$", "", error.msg or "").strip() or "it ends too early"
    return UnreadableError(
        "xml-malformed",
        f"{name} is not well-formed XML; in line {line}: {reason}.",
        "Publish the course again, or correct this line in a text editor.",
    )


def _unknown_encoding(name: str, encoding: str) -> UnreadableError:
    return UnreadableError(
        "xml-encoding-unknown",
        f"{name} says that its encoding is {encoding}, which is not read here.",
        "Save it as UTF-8.",
    )
