"""The texts of a module as XLIFF 1.2, the file that translators' tools take and give back.

`write` makes one from a module's texts; `read` takes the translations out of one that has been anywhere since.
Rich text goes as inline elements (`<g>`, `<x>`), so that a translator sees words and protected tags. The standard:
docs.oasis-open.org/xliff/v1.2/os/xliff-core.html (#trans-unit, #Struct_InLine, #ctype); where a link's address stands,
xhtml:href, is of its Representation Guide for HTML.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape as escape_html
from html.parser import HTMLParser
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from content.errors import NotXliff
from content.html import Markup, join
from content.sanitize import HEADINGS, TAGS, clean, text

LARGEST_FILE = 20 * 2**20
MOST_DEPTH = 256
MOST_UNITS = 50_000
MOST_ELEMENTS = 1_000_000  # with their attributes
NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
XHTML = "http://www.w3.org/1999/xhtml"
HREF = f"{{{XHTML}}}href"
STATES = {"new": "new", "changed": "needs-review-translation", "translated": "translated"}
UNTOUCHED = {"new", "needs-translation"}
_OLDER = re.compile(r"\{urn:oasis:names:tc:xliff:document:1\.[0-2]\}")
_CTYPES = {"strong": "bold", "em": "italic", "a": "link", "br": "lb"}  # others: x-html-TAG
_ALIKE = {"b": "strong", "i": "em"}
_TAGS = {tag: tag for tag in TAGS | HEADINGS} | {kind: tag for tag, kind in _CTYPES.items()} | _ALIKE
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENDLESS_TAG = re.compile(rb"<[^<]{2000000}")  # hundreds of thousands of attributes of one element
Element = ElementTree.Element


@dataclass(frozen=True)
class Unit:
    """One text of a module."""

    key: str  # "@module:title", "p1a2b3c4:title", "b1234567:items.a.html": ASCII
    source: str  # plain text, or HTML of content.sanitize's closed list where `rich`
    target: str = ""  # the translation; "" where there is none
    rich: bool = False
    state: str = "new"  # "new" | "changed" (the source changed after it was translated) | "translated"
    note: str = ""  # where it stands, for the translator: "Page 2 – Hand hygiene"


@dataclass(frozen=True)
class Translated:
    """What came back: of each text that has a translation, cleaned HTML or plain text."""

    original: str  # what `write` was given: the module's id; "" where a tool dropped it
    source_language: str
    target_language: str
    targets: Mapping[str, str]  # {key: translation}


def write(units: Iterable[Unit], *, original: str, source_language: str, target_language: str) -> bytes:
    """The file, as UTF-8; equal units give equal bytes. Characters that XML cannot hold are left out."""
    languages = f"source-language={_quoted(source_language)} target-language={_quoted(target_language)}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xliff version="1.2" xmlns="{NAMESPACE}" xmlns:xhtml="{XHTML}">',
        f'<file original={_quoted(original)} {languages} datatype="html" tool-id="lms-bridge">',
        '<header><tool tool-id="lms-bridge" tool-name="lms-bridge"/></header>',
        "<body>",
        *map(_written, units),
        "</body></file></xliff>\n",
    ]
    return "\n".join(lines).encode()


def _written(unit: Unit) -> str:
    """A `<trans-unit>`. `resname` says the key once more: some tools number ids anew."""
    if unit.rich:
        first = _Inline(unit.source)
        source, target = first.xml(), _Inline(unit.target, first.tags).xml()
    else:
        source, target = _escaped(unit.source), _escaped(unit.target)
    key, kind = _quoted(unit.key), "html" if unit.rich else "plaintext"
    approved = "yes" if unit.target and unit.state == "translated" else "no"
    state = STATES[unit.state] if unit.target else "new"
    note = f"<note>{_escaped(unit.note)}</note>\n" if unit.note else ""
    return (
        f'<trans-unit id={key} resname={key} datatype="{kind}" approved="{approved}" xml:space="preserve">\n'
        f'<source>{source}</source>\n<target state="{state}">{target}</target>\n{note}</trans-unit>'
    )


class _Inline(HTMLParser):
    """Rich text as inline elements (#Struct_InLine). Ids count from 1 through the source; an element of the
    translation has the id of its like there, so that a tool sees the same tags on both sides.
    """

    def __init__(self, html: str, of_source: Iterable[str] = ()) -> None:
        super().__init__()
        self.tags = list(of_source)  # what stands under the ids 1, 2, …: "p", "a https://fjordvik.example"
        self._free: dict[str, deque[int]] = defaultdict(deque)
        for number, tag in enumerate(self.tags, 1):
            self._free[tag].append(number)
        self._pieces: list[str] = []
        self.feed(clean(_NOT_IN_XML.sub("", html)))
        self.close()

    def xml(self) -> str:
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        href = dict(attributes).get("href") or ""
        what = f"{tag} {href}".strip()
        if self._free[what]:
            number = self._free[what].popleft()
        else:
            self.tags.append(what)
            number = len(self.tags)
        kind = _CTYPES.get(tag, f"x-html-{tag}")
        address = f" xhtml:href={_quoted(href)}" if href else ""
        element = "x" if tag == "br" else "g"
        self._pieces.append(f'<{element} id="{number}" ctype="{kind}"{address}{"/" if tag == "br" else ""}>')

    def handle_endtag(self, tag: str) -> None:
        self._pieces.append("</g>")

    def handle_data(self, data: str) -> None:
        self._pieces.append(_escaped(data))


def read(data: bytes) -> Translated:
    """The translations in a file of anybody. Raises NotXliff with a sentence for the person.

    Several `<file>`s of one module and language are read as one; of a key that comes twice, the last translation
    counts. Left out is a text whose target is empty, and one whose target is its source while its state says that
    nobody has translated it (tools copy the source there, and some leave the state "new" when it is translated).
    Which text is rich is told by the file: who keeps one as HTML cleans it, as `fields.rich` does.
    """
    if len(data) > LARGEST_FILE or _ENDLESS_TAG.search(data):
        raise NotXliff("xliff.too_large")
    if not data.strip():
        raise NotXliff("xliff.empty")
    intake = _Intake()
    parser = ElementTree.XMLParser(target=intake)  # noqa: S314 (guarded: _Intake refuses a DOCTYPE)
    try:
        parser.feed(data)
        parser.close()
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NotXliff("xliff.damaged" if intake.begun else "xliff.unknown") from None
    return intake.translated()


class _Intake:
    """Gets the file's elements from the parser and keeps no more of them than the unit that is being read."""

    def __init__(self) -> None:
        self.begun = False
        self._files: list[dict[str, str]] = []
        self._targets: dict[str, str] = {}
        self._depth = self._elements = self._units = self._unit_depth = 0
        self._unit: ElementTree.TreeBuilder | None = None

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise NotXliff("xliff.unsafe")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1 + len(attributes)
        name = _OLDER.sub("", tag)
        if self._depth == 1:
            _refuse_other_formats(name, attributes)
            self.begun = True
        elif name == "file":
            self._files.append(attributes)
        elif name == "trans-unit" and self._unit is None:
            self._units += 1
            self._unit, self._unit_depth = ElementTree.TreeBuilder(), self._depth
        if self._depth > MOST_DEPTH or self._elements > MOST_ELEMENTS or self._units > MOST_UNITS:
            raise NotXliff("xliff.too_large")
        if self._unit is not None:
            self._unit.start(name, attributes)

    def data(self, words: str) -> None:
        if self._unit is not None:
            self._unit.data(words)

    def end(self, tag: str) -> None:
        if self._unit is not None:
            self._unit.end(_OLDER.sub("", tag))
            if self._depth == self._unit_depth:
                self._take(self._unit.close())
                self._unit = None
        self._depth -= 1

    def close(self) -> None:
        """Asked for by the parser."""

    def _take(self, unit: Element) -> None:
        key = unit.get("resname") or unit.get("id")
        if not key:
            raise NotXliff("xliff.no_id")
        if translation := _translation(unit):
            self._targets[key] = translation

    def translated(self) -> Translated:
        if not self._files:
            raise NotXliff("xliff.no_file")
        if len({file.get("original", "") for file in self._files}) > 1:
            raise NotXliff("xliff.several_modules")
        languages = {name.lower(): name for name in self._told("target-language")}
        if len(languages) != 1:
            raise NotXliff("xliff.several_languages" if languages else "xliff.no_language")
        return Translated(
            original=self._files[0].get("original", ""),
            source_language=next(self._told("source-language"), ""),
            target_language=next(iter(languages.values())),
            targets=self._targets,
        )

    def _told(self, attribute: str) -> Iterator[str]:
        return (file[attribute] for file in self._files if file.get(attribute))


def _refuse_other_formats(root: str, attributes: Mapping[str, str]) -> None:
    if root.endswith("xliff") and attributes.get("version", "").startswith("2"):
        raise NotXliff("xliff.version_2")
    if root != "xliff":
        raise NotXliff("xliff.unknown")


def _translation(unit: Element) -> str:
    """A unit's translation, or "" where there is none. Proposals (`<alt-trans>`) are not looked at."""
    source, target = unit.find("source"), unit.find("target")
    if target is None:
        return ""
    codes = {code.get("id", ""): code for code in source.iter()} if source is not None else {}
    rich = unit.get("datatype", "html" if len(codes) > 1 else "") == "html"
    found = _content(target, codes, rich)
    if target.get("state") in UNTOUCHED and source is not None and found == _content(source, codes, rich):
        return ""
    return found if (text(found) if rich else found.strip()) else ""


def _content(element: Element, codes: Mapping[str, Element], rich: bool) -> str:
    """The HTML, or the text, of a `<source>` or `<target>`."""
    runs: list[str] = []
    _collect(element, codes, runs, {})
    if rich:
        return clean(join(runs))
    return "".join("\n" * (run == "<br>") if isinstance(run, Markup) else run for run in runs)


def _collect(element: Element, codes: Mapping[str, Element], runs: list[str], begun: dict[str, str]) -> None:
    """Adds texts, and tags as Markup, to `runs`. Segments (`<mrk>`) are read through. A tool may have made `<bx>`
    and `<ex>` or `<bpt>` and `<ept>` of a `<g>` that reaches over segments; what stands in those is code, no text.
    `begun` has their tags by what pairs them.
    """
    runs.append(element.text or "")
    for child in element:
        tag, href = _tag_of(child, codes)
        pair = child.get("rid") or child.get("id") or ""
        kind = f"{child.tag}-{child.get('pos')}" if child.tag == "it" else child.tag
        if kind in ("x", "ph") and tag == "br":
            runs.append(Markup("<br>"))
        elif kind == "mrk" or (kind == "g" and tag in ("", "br")):
            _collect(child, codes, runs, begun)
        elif kind == "g":
            runs.append(_opening(tag, href))
            _collect(child, codes, runs, begun)
            runs.append(Markup(f"</{tag}>"))
        elif kind in ("bx", "bpt", "it-open") and tag not in ("", "br") and pair not in begun:
            if len(begun) >= MOST_DEPTH:
                raise NotXliff("xliff.too_large")
            begun[pair] = tag
            runs.append(_opening(tag, href))
        elif kind in ("ex", "ept", "it-close") and pair in begun:
            runs.append(Markup(f"</{begun.pop(pair)}>"))
        runs.append(child.tail or "")


def _tag_of(code: Element, codes: Mapping[str, Element]) -> tuple[str, str]:
    """The tag and address that an inline element stands for, by itself or, where a tool dropped its attributes, by
    its like in the source; "" for none of ours.
    """
    like = codes.get(code.get("id", ""), code)
    kind = (code.get("ctype") or like.get("ctype") or "").lower().removeprefix("x-html-")
    return _TAGS.get(kind, ""), code.get(HREF) or like.get(HREF) or ""


def _opening(tag: str, href: str) -> Markup:
    return Markup(f'<a href="{escape_html(href)}">' if tag == "a" and href else f"<{tag}>")


def _escaped(words: str) -> str:
    return escape(_NOT_IN_XML.sub("", words), {"\r": "&#13;"})


def _quoted(value: str) -> str:
    return quoteattr(_NOT_IN_XML.sub("", value))
