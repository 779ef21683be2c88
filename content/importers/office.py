"""An Office file (.docx, .pptx) of anybody: a zip of XML, looked through before any library sees it.

Sizes are counted while inflating, a DOCTYPE is refused (so nothing expands and nothing is fetched), and what the
libraries get is a light copy: the XML alone, without pictures, films, fonts and embedded files.
"""

import io
import mmap
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree import ElementTree

from content.errors import InvalidDocument

MB = 2**20
LARGEST_FILE = 300 * MB
LARGEST_XML = 24 * MB  # of one part; a thesis of 400 pages has 10
LARGEST_TEXT = 48 * MB  # of all parts together
LARGEST_PICTURE = 30 * MB
MOST_ELEMENTS = 250_000  # with their attributes; a document of 300 pages has 80,000
MOST_DEPTH = 120
MOST_FILES = 20_000
_LARGEST_DIRECTORY = 4 * MB
_CHUNK = 2**18
_ENDLESS_TAG = re.compile(rb"<[^<]{2000000}")  # a million attributes of one element
_ENCRYPTED = 0x1
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the compound files of Word 97, which also wrap encrypted ones
_STRICT = "{http://purl.oclc.org/ooxml/"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_KINDS = {f"{W}document": "word", f"{P}presentation": "slides"}
_FAMILIES = {  # from the strict form's names to the usual ones
    "wordprocessingml/main": W,
    "officeDocument/relationships": R,
    "presentationml/main": P,
    "drawingml/main": "{http://schemas.openxmlformats.org/drawingml/2006/main}",
    "drawingml/wordprocessingDrawing": "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}",
    "drawingml/picture": "{http://schemas.openxmlformats.org/drawingml/2006/picture}",
    "drawingml/chart": "{http://schemas.openxmlformats.org/drawingml/2006/chart}",
    "drawingml/diagram": "{http://schemas.openxmlformats.org/drawingml/2006/diagram}",
    "officeDocument/math": "{http://schemas.openxmlformats.org/officeDocument/2006/math}",
}
Element = ElementTree.Element


class Archive:
    """The parts of an Office file by name. Raises InvalidDocument for what is none, or not safe to read."""

    def __init__(self, path: Path) -> None:
        _refuse_what_is_no_zip(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
            raise InvalidDocument("import.damaged") from None
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        self._budget = _Budget()
        self._trees: dict[str, Element] = {}
        if len(self._entries) != len(self._zip.infolist()) or len(self._entries) > MOST_FILES:
            self._zip.close()
            raise InvalidDocument("import.damaged")

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str, most: int) -> bytes:
        """A part's bytes; never more than `most`, whatever its header says."""
        entry = self._entries.get(name)
        if entry is None:
            raise InvalidDocument("import.damaged")
        if entry.flag_bits & _ENCRYPTED:
            raise InvalidDocument("import.password")
        pieces, count = [], 0
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(_CHUNK):
                    count += len(piece)
                    if count > most:
                        raise InvalidDocument("import.too_large")
                    pieces.append(piece)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,
        ):
            raise InvalidDocument("import.damaged") from None
        return b"".join(pieces)

    def xml(self, name: str) -> Element:
        """A part as a tree, parsed once; strict names are told as the usual ones."""
        if name not in self._trees:
            self._trees[name] = self._parsed(name)
        return self._trees[name]

    def _parsed(self, name: str) -> Element:
        body = self.read(name, LARGEST_XML)
        self._budget.take(len(body))
        if b"\0" in body:  # UTF-16, which Office does not write
            raise InvalidDocument("import.damaged")
        if _ENDLESS_TAG.search(body):
            raise InvalidDocument("import.too_large")
        parser = ElementTree.XMLParser(target=_Guarded(self._budget), encoding="utf-8")  # noqa: S314 (guarded)
        try:
            for start in range(0, len(body), _CHUNK):
                parser.feed(body[start : start + _CHUNK])
            root: Element = parser.close()
        except (ElementTree.ParseError, ValueError, LookupError, AssertionError):
            raise InvalidDocument("import.damaged") from None
        return root

    def relations(self, name: str) -> dict[str, "Relation"]:
        """What a part refers to, by id."""
        folder, _slash, file = name.rpartition("/")
        place = f"{folder}/_rels/{file}.rels".lstrip("/")
        if place not in self:
            return {}
        found = {}
        for one in self.xml(place).iter(f"{_PACKAGE}Relationship"):
            target, outside = one.get("Target", ""), one.get("TargetMode") == "External"
            if not outside:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[one.get("Id", "")] = Relation(one.get("Type", "").rpartition("/")[2], target, outside)
        return found

    def main(self) -> str:
        """The name of the part that all others hang on."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.target in self:
                return relation.target
        raise InvalidDocument("import.unknown")

    def light(self, *, only: Callable[[str], bool] = lambda name: True) -> io.BytesIO:
        """A copy for a library: the XML alone, as it was looked through and may have been changed in `xml`'s trees;
        of parts for which `only` does not hold, and of all others, the names without their content.
        """
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as copy:
            for name in self._entries:
                if name.endswith("/"):
                    continue
                body = b""
                if name.endswith((".xml", ".rels")) and only(name):
                    body = ElementTree.tostring(self.xml(name), "utf-8", xml_declaration=True)
                copy.writestr(name, body)
        target.seek(0)
        return target


class Relation:
    """From one part to another, or out of the file."""

    __slots__ = ("kind", "outside", "target")

    def __init__(self, kind: str, target: str, outside: bool) -> None:
        self.kind, self.target, self.outside = kind, target, outside


class _Budget:
    """What all parts together may have."""

    def __init__(self) -> None:
        self.text, self.elements = LARGEST_TEXT, MOST_ELEMENTS

    def take(self, text: int = 0, elements: int = 0) -> None:
        self.text -= text
        self.elements -= elements
        if self.text < 0 or self.elements < 0:
            raise InvalidDocument("import.too_large")


class _Guarded(ElementTree.TreeBuilder):
    """Builds the tree of a stranger's XML: no DOCTYPE, so no entities; not too deep, not too much."""

    def __init__(self, budget: _Budget) -> None:
        super().__init__()
        self._budget, self._depth = budget, 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise InvalidDocument("import.unsafe")

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        self._depth += 1
        self._budget.take(elements=1 + len(attributes) // 4)
        if self._depth > MOST_DEPTH:
            raise InvalidDocument("import.too_large")
        if tag.startswith(_STRICT):
            tag = _usual(tag)
        if any(name.startswith(_STRICT) for name in attributes):
            attributes = {_usual(name): value for name, value in attributes.items()}
        return super().start(tag, attributes)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(_usual(tag))


def _usual(name: str) -> str:
    if not name.startswith(_STRICT):
        return name
    family, _brace, local = name.removeprefix(_STRICT).partition("}")
    return f"{_FAMILIES[family]}{local}" if family in _FAMILIES else name


def kind_of(archive: Archive) -> str:
    """word or slides. Raises InvalidDocument for a workbook, a LibreOffice file, any other zip."""
    kind = _KINDS.get(archive.xml(archive.main()).tag)
    if kind is None:
        raise InvalidDocument("import.unknown")
    return kind


def _refuse_what_is_no_zip(path: Path) -> None:
    size = path.stat().st_size
    if not size:
        raise InvalidDocument("import.empty_file")
    if size > LARGEST_FILE:
        raise InvalidDocument("import.too_large")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
        if body[:8] == _OLD:
            secret = body.find("EncryptedPackage".encode("utf-16-le")) >= 0
            raise InvalidDocument("import.password" if secret else "import.old_format")
        if body[:4] != b"PK\x03\x04":
            raise InvalidDocument("import.unknown")
        _refuse_large_directory(body[-(2**16 + 64) :])


def _refuse_large_directory(tail: bytes) -> None:
    """The list of files is read whole: it must not fill the memory. Every place where it may be told is looked at."""
    at = tail.find(b"PK\x05\x06")
    if at < 0 or b"PK\x06\x07" in tail:  # cut off; or in the form for more than 4 GB
        raise InvalidDocument("import.damaged")
    while at >= 0:
        if int.from_bytes(tail[at + 12 : at + 16], "little") > _LARGEST_DIRECTORY:
            raise InvalidDocument("import.damaged")
        at = tail.find(b"PK\x05\x06", at + 1)
