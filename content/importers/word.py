"""A Word document as pages: mammoth makes HTML of it, which is cut at the headings and down to content's few tags."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from xml.etree import ElementTree

import mammoth

from content.errors import InvalidDocument
from content.importers.office import Archive, Element
from content.importers.pages import Draft, Page, Picture
from content.importers.word_tidy import BEGIN, END, HEADING, NUMBER, TITLE, Tidier
from content.sanitize import clean

_LEVELS = range(1, 7)
_STYLES = "\n".join(
    [f"p.{TITLE} => h1.title:fresh", *(f"p.{HEADING}{level} => h{level}:fresh" for level in _LEVELS)]
)
_MARK = re.compile(f"{BEGIN}([^{END}]*){END}")
_HEADING = re.compile(r"h([1-6])")
_NOTE = re.compile(r"#?(footnote|endnote)-(\d+)")
_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em"}
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_PARTS = ("styles.xml", "numbering.xml", "footnotes.xml", "endnotes.xml")
_MOST_ELEMENTS = 120_000  # of what is left; mammoth takes a second for 20,000
_NO_HEADINGS_MATTER = 3_000  # characters; less fits on a page well


def draft(archive: Archive, language: str) -> Draft:
    """The document's pages. Raises InvalidDocument."""
    main = archive.main()
    tidier = Tidier(archive, main)
    notes = [one.target for one in archive.relations(main).values() if one.kind in ("footnotes", "endnotes")]
    for part in (main, *notes):
        if part in archive:
            tidier.tidy(part)
    if (
        sum(1 for part in (main, *notes) if part in archive for _ in archive.xml(part).iter())
        > _MOST_ELEMENTS
    ):
        raise InvalidDocument("import.too_large")
    folder = main.rpartition("/")[0]
    wanted = {main, *notes, "[Content_Types].xml", *(f"{folder}/{name}" for name in _PARTS)}
    wanted |= {one.target for one in archive.relations(main).values() if one.kind in ("styles", "numbering")}
    html = _html(archive, wanted)
    return _Cutter(tidier.pictures).cut(html, tidier)


def _html(archive: Archive, wanted: set[str]) -> Element:
    light = archive.light(only=lambda name: name in wanted or name.endswith(".rels"))
    try:
        result = mammoth.convert_to_html(
            light,
            style_map=_STYLES,
            convert_image=lambda image: [],
            include_embedded_style_map=False,
            external_file_access=False,
        )
        return ElementTree.fromstring(f"<div>{result.value}</div>")  # noqa: S314 (mammoth's, of looked-through XML)
    except Exception:  # a library meets what no Word has written in many ways
        raise InvalidDocument("import.damaged") from None


@dataclass
class _Text:
    """An element's HTML, and what was marked in it."""

    html: str = ""
    marks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Cutter:
    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures
        self._notes: dict[str, str] = {}
        self._cited: list[tuple[Page, str]] = []

    def cut(self, html: Element, tidier: Tidier) -> Draft:
        made = Draft(lost=tidier.counted)
        elements = [one for one in _laid_open(html) if not self._keep_notes(one)]
        title = _title_of(elements)
        if title is not None:
            made.title = _words(title)
            elements.remove(title)
        levels = [level for one in elements if (level := _level(one))]
        if not levels and sum(len("".join(one.itertext())) for one in elements) > _NO_HEADINGS_MATTER:
            made.lost["no_headings"] = 1
        self._fill(made, elements, min(levels, default=0))
        for page, note in self._cited:
            if html_of_note := self._notes.pop(note, ""):
                page.add(html_of_note)
        if not made.title and levels:
            made.title = next((page.title for page in made.pages if page.title), "")
        return made

    def _fill(self, made: Draft, elements: Sequence[Element], first: int) -> None:
        page: Page | None = None
        below: list[int] = []
        for number, one in enumerate(elements):
            level = _level(one)
            if level and level == first:
                text = self._text(one)
                if _words(one):
                    page = made.begin_page(_words(one))
                    below = _levels_until(elements[number + 1 :], first)
                page = page or made.begin_page()
                self._put_marks(page, text)
            else:
                page = page or made.begin_page()
                self._put(page, one, level, below)

    def _put(self, page: Page, one: Element, level: int, below: list[int]) -> None:
        text = self._text(one)
        if level:
            tag = "h3" if level == min(below, default=level) else "h4"
            page.add(f"<{tag}>{escape(_words(one), quote=False)}</{tag}>")
        elif one.tag == "table":
            page.lost["table"] += 1
            for row in _rows(one):
                page.add(f"<p>{escape(' – '.join(filter(None, map(_words, row))))}</p>")
        elif one.tag == "ol" and (first := _number(one)):
            for number, item in enumerate(one.findall("li"), start=first):
                page.add(clean(_numbered(number, self._text(item).html)))
        else:
            page.add(clean(text.html))
        self._put_marks(page, text)

    def _put_marks(self, page: Page, text: _Text) -> None:
        for what in text.marks:
            if what.isdecimal():
                page.pieces.append(self._pictures[int(what)])
            elif not what.startswith(NUMBER):
                page.lost[what] += 1
        self._cited += [(page, note) for note in text.notes]

    def _text(self, element: Element) -> _Text:
        text = _Text()
        text.html = self._written(element, text)
        return text

    def _written(self, element: Element, text: _Text) -> str:
        inside = self._inside(element, text)
        tag = element.tag
        if tag in _INLINE:
            return f"<{_INLINE[tag]}>{inside}</{_INLINE[tag]}>" if inside.strip() else inside
        if tag == "a":
            return self._link(element, inside, text)
        if tag == "sup":
            return _shifted(inside, _RAISED)
        if tag == "sub":
            return _shifted(inside, _LOWERED)
        if tag == "br":
            return "<br>"
        if tag == "input":
            return "☑ " if element.get("checked") else "☐ "
        if tag in ("p", "ul", "ol", "li"):
            return f"<{tag}>{inside}</{tag}>"
        return inside

    def _inside(self, element: Element, text: _Text) -> str:
        pieces = [self._plain(element.text, text)]
        for child in element:
            pieces += [self._written(child, text), self._plain(child.tail, text)]
        return "".join(pieces)

    def _plain(self, words: str | None, text: _Text) -> str:
        text.marks += _MARK.findall(words or "")
        return escape(_MARK.sub("", words or ""), quote=False)

    def _link(self, element: Element, inside: str, text: _Text) -> str:
        target = element.get("href", "")
        if note := _NOTE.fullmatch(target):
            text.notes.append("-".join(note.groups()))
            return f" {inside}"
        if not target.lower().startswith(_SCHEMES) or not inside.strip():
            return inside
        return f'<a href="{escape(target)}">{inside}</a>'

    def _keep_notes(self, element: Element) -> bool:
        """Footnotes stand at the end of the document; they are kept for the end of the page that has their number."""
        items = element.findall("li") if element.tag == "ol" else []
        found = [(match, item) for item in items if (match := _NOTE.fullmatch(item.get("id", "")))]
        for number, (match, item) in enumerate(found, start=1):
            words = " ".join(_words(item).removesuffix("↑").split())
            self._notes["-".join(match.groups())] = f"<p>[{number}] {escape(words)}</p>"
        return bool(found)


def _laid_open(html: Element) -> Iterator[Element]:
    """The elements of the text; a table of one column is only there for looks."""
    for one in html:
        rows = _rows(one)
        if rows and all(len(row) == 1 for row in rows):
            for row in rows:
                yield from _laid_open(row[0])
        else:
            yield one


def _rows(table: Element) -> list[Element]:
    """A table's own rows, not those of tables in its cells."""
    return table.findall("tr") + table.findall("*/tr") if table.tag == "table" else []


def _title_of(elements: Sequence[Element]) -> Element | None:
    """What is styled as the title; or the one heading above all others, if there are several below it."""
    said = [one for one in elements if _words(one)]
    titled = next((one for one in said if one.get("class") == "title"), None)
    if titled is not None or not said:
        return titled
    levels = [level for one in said if (level := _level(one))]
    if levels and _level(said[0]) == min(levels) and levels.count(min(levels)) == 1 and len(levels) > 2:
        return said[0]
    return None


def _levels_until(elements: Sequence[Element], first: int) -> list[int]:
    """The levels of the headings on this page."""
    found = []
    for one in elements:
        level = _level(one)
        if level == first:
            break
        if level:
            found.append(level)
    return found


def _level(element: Element) -> int:
    match = _HEADING.fullmatch(element.tag)
    return int(match[1]) if match else 0


def _words(element: Element) -> str:
    """The words without the marks, on one line."""
    return " ".join(_MARK.sub("", "".join(_strings(element))).split())


def _strings(element: Element) -> Iterator[str]:
    """As itertext, but what stood in different paragraphs does not run together."""
    yield element.text or ""
    for child in element:
        yield from _strings(child)
        yield " " if child.tag in ("p", "li", "br", "td", "th", "tr") else ""
        yield child.tail or ""


def _number(ordered: Element) -> int:
    """With which number a list goes on, or 0."""
    first = ordered.find("li")
    match = _MARK.search("".join(first.itertext())) if first is not None else None
    return int(match[1].removeprefix(NUMBER)) if match and match[1].startswith(NUMBER) else 0


def _numbered(number: int, item: str) -> str:
    inside = item.removeprefix("<li>").removesuffix("</li>").removeprefix("<p>")
    return f"<p>{number}. {inside}"


def _shifted(words: str, table: dict[int, int]) -> str:
    """10⁵ must not become 105."""
    return words.translate(table) if all(ord(one) in table for one in words) else words
