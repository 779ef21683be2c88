"""A Word document made plain before mammoth turns it into HTML.

Headings get one name whatever their style is called, text boxes stand after their paragraph, suggested changes are as
if accepted, and each picture, chart or formula is a mark in the text, of which `word` makes a block or tells the loss.
"""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from content.importers.office import Archive, Element, R, Relation, W
from content.importers.pages import Picture

BEGIN, END = "\ufdd0", "\ufdd1"  # characters that no text has (Unicode: noncharacters)
NUMBER = "number "
TITLE, HEADING = "BridgeTitle", "BridgeHeading"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_PIC = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_V = "{urn:schemas-microsoft-com:vml}"
_O = "{urn:schemas-microsoft-com:office:office}"
_BOX = f"{W}txbxContent"
_HEADING_NAME = re.compile(r"heading ([1-9])")
_CONTENTS_NAME = re.compile(r"toc( [1-9]| heading)")
_LINES = (f"{_O}hr", f"{_O}hrstd")


class Tidier:
    """Tidies the document and its notes, and knows the pictures that its marks number."""

    def __init__(self, archive: Archive, main: str) -> None:
        self._archive = archive
        self._styles = _Styles(archive, archive.relations(main))
        self._relations: dict[str, Relation] = {}
        self._boxes: list[Element] = []
        self._items: Counter[str] = Counter()  # how many each numbered list has so far
        self._list = ""  # the one that the last paragraph belonged to
        self.pictures: list[Picture] = []
        self.counted: Counter[str] = Counter()  # what concerns no page

    def tidy(self, part: str) -> None:
        self._relations = self._archive.relations(part)
        self._fill(self._archive.xml(part))

    def _fill(self, element: Element) -> None:
        element[:] = [new for child in list(element) for new in self._instead_of(child)]

    def _instead_of(self, element: Element) -> list[Element]:
        """What stands in an element's place."""
        tag = element.tag
        if tag in _NOTHING:
            return []
        if tag in _GONE:
            self.counted[_GONE[tag]] += 1
            return []
        if tag in _UNWRAPPED:
            self.counted["change"] += tag in (f"{W}ins", f"{W}moveTo")
            self._fill(element)
            return list(element)
        if tag in (f"{_M}oMath", f"{_M}oMathPara"):
            formulas = max(1, sum(1 for _ in element.iter(f"{_M}oMath")))
            return [_run(*(mark("formula") for _ in range(formulas)))]
        if tag == f"{W}altChunk":
            return [_paragraph(_run(mark("object")))]
        if tag in _DRAWN:
            return self._drawn(element)
        if tag == f"{W}p":
            return self._paragraph(element)
        if tag == f"{W}r" and self._is_left_out(element):
            return []
        if tag == f"{W}t":
            element.text = (element.text or "").replace(BEGIN, "").replace(END, "")
        elif tag == f"{W}rPr":
            element[:] = [one for one in element if one.tag in _KEPT_OF_A_RUN]
            return [element] if len(element) else []
        elif tag not in _PROPERTIES:
            self._fill(element)
        return [element]

    def _paragraph(self, paragraph: Element) -> list[Element]:
        outer, self._boxes = self._boxes, []
        level = self._styles.level(paragraph)
        self._fill(paragraph)
        boxes, self._boxes = self._boxes, outer
        self._number(paragraph)
        if level is not None:
            _restyle(paragraph, f"{HEADING}{level}" if level else TITLE)
        if self._styles.is_contents(paragraph):
            return boxes
        return [paragraph, *boxes]

    def _number(self, paragraph: Element) -> None:
        """A list that goes on after a picture does not begin with 1 again: its next item says its number."""
        properties = paragraph.find(f"{W}pPr")
        numbering = properties.find(f"{W}numPr") if properties is not None else None
        name = level = ""
        if numbering is not None:
            name, level = _value(numbering, "numId"), _value(numbering, "ilvl")
        if properties is not None and name and level in ("", "0"):
            self._items[name] += 1
            if self._list != name and self._items[name] > 1:
                place = 1 + list(paragraph).index(properties)
                paragraph.insert(place, _run(mark(f"{NUMBER}{self._items[name]}")))
        self._list = name

    def _is_left_out(self, run: Element) -> bool:
        properties = run.find(f"{W}rPr")
        if properties is None:
            return False
        if _is_on(properties, "vanish"):
            return True
        struck = _is_on(properties, "strike") or _is_on(properties, "dstrike")
        self.counted["struck"] += struck
        return struck

    def _drawn(self, element: Element) -> list[Element]:
        """Marks for the pictures and what else is drawn; the text of text boxes is kept for after the paragraph."""
        if element.tag == f"{_MC}AlternateContent":
            versions = [*element.findall(f"{_MC}Choice"), *element.findall(f"{_MC}Fallback")]
            if not versions:
                return []
            element = versions[0]
            if element.find(f"{W}r") is not None or element.find(f"{W}p") is not None:
                self._fill(element)
                return list(element)
        inside = list(_outside_boxes(element))
        boxes = [one for one in inside if one.tag == _BOX]
        for box in boxes:
            self._fill(box)
            self._boxes += list(box)
        marks = list(self._marks(element, inside))
        return marks if marks or boxes or _is_line(inside) else [mark("drawing")]

    def _marks(self, element: Element, inside: list[Element]) -> Iterator[Element]:
        tags = {one.tag for one in inside} | {element.tag}
        if f"{W}object" in tags:
            yield mark("object")
            return
        if any(tag.endswith("}webVideoPr") for tag in tags):
            yield mark("film")
            return
        for one in inside:
            uri = one.get("uri", "") if one.tag == f"{_A}graphicData" else ""
            if uri.endswith(("/chart", "/chartex")):
                yield mark("chart")
            elif uri.endswith("/diagram"):
                yield mark("diagram")
        yield from self._pictures(inside)

    def _pictures(self, inside: list[Element]) -> Iterator[Element]:
        named = next((one for one in inside if one.tag == f"{_WP}docPr"), None)
        several = sum(one.tag == f"{_A}blip" for one in inside) > 1
        for one in inside:
            if one.tag == f"{_PIC}cNvPr" and (named is None or several):
                named = one
            if one.tag == f"{_V}shape":
                named = one
            reference = one.get(f"{R}embed") if one.tag == f"{_A}blip" else None
            if one.tag == f"{_V}imagedata":
                reference = one.get(f"{R}id") or one.get(f"{R}pict")
            if one.tag == f"{_A}blip" or reference:
                yield self._picture(reference or one.get(f"{R}link") or "", named)

    def _picture(self, reference: str, named: Element | None) -> Element:
        relation = self._relations.get(reference)
        if relation is None or relation.outside:
            return mark("picture_linked" if relation else "picture_damaged")
        alt = (named.get("descr") or named.get("alt") or "") if named is not None else ""
        self.pictures.append(Picture(relation.target, alt, named is not None and is_decorative(named)))
        return mark(str(len(self.pictures) - 1))


class _Styles:
    """Which paragraphs are headings, by the names that Word gives its styles in every language, or their outline."""

    def __init__(self, archive: Archive, relations: dict[str, Relation]) -> None:
        part = next((one.target for one in relations.values() if one.kind == "styles"), "")
        found = archive.xml(part).iter(f"{W}style") if part in archive else iter(())
        self._styles = {style.get(f"{W}styleId", ""): style for style in found}

    def level(self, paragraph: Element) -> int | None:
        """1 to 6 for a heading, 0 for the document's title."""
        own = _outline(paragraph)
        return own if own is not None else self._level_of(_style_of(paragraph), 20)

    def is_contents(self, paragraph: Element) -> bool:
        """Whether it is a line of a table of contents, which the module has by itself."""
        return bool(_CONTENTS_NAME.fullmatch(self._name(_style_of(paragraph))))

    def _level_of(self, style: str, left: int) -> int | None:
        name = self._name(style)
        if match := _HEADING_NAME.fullmatch(name):
            return min(int(match[1]), 6)
        if name == "title":
            return 0
        if style not in self._styles or not left:
            return None
        own = _outline(self._styles[style])
        return own if own is not None else self._level_of(_value(self._styles[style], "basedOn"), left - 1)

    def _name(self, style: str) -> str:
        found = self._styles.get(style)
        if found is not None:
            return _value(found, "name").casefold()
        return re.sub(r"^heading([1-9])$", r"heading \1", style.casefold())


def mark(what: str) -> Element:
    text = ElementTree.Element(f"{W}t")
    text.text = f"{BEGIN}{what}{END}"
    return text


def is_decorative(named: Element) -> bool:
    return any(
        one.tag.endswith("/decorative}decorative") and one.get("val") in ("1", "true") for one in named.iter()
    )


def _run(*children: Element) -> Element:
    run = ElementTree.Element(f"{W}r")
    run.extend(children)
    return run


def _paragraph(run: Element) -> Element:
    paragraph = ElementTree.Element(f"{W}p")
    paragraph.append(run)
    return paragraph


def _outside_boxes(element: Element) -> Iterator[Element]:
    """What is in an element; of text boxes no more than that they are there, of alternatives the first."""
    for child in element:
        yield child
        if child.tag == f"{_MC}AlternateContent":
            yield from _outside_boxes(child[0] if len(child) else child)
        elif child.tag != _BOX:
            yield from _outside_boxes(child)


def _is_line(inside: list[Element]) -> bool:
    """A line across the page is a shape too, and nobody's loss; so is the form of a shape that is used nowhere."""
    shapes = [one for one in inside if one.tag.startswith(_V) and one.tag != f"{_V}shapetype"]
    return any(one.get(name) for one in shapes for name in _LINES)


def _is_on(properties: Element, name: str) -> bool:
    found = properties.find(f"{W}{name}")
    return found is not None and found.get(f"{W}val", "true") not in ("0", "false", "off", "none")


def _value(element: Element, name: str) -> str:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def _style_of(paragraph: Element) -> str:
    properties = paragraph.find(f"{W}pPr")
    return _value(properties, "pStyle") if properties is not None else ""


def _outline(element: Element) -> int | None:
    properties = element.find(f"{W}pPr")
    level = _value(properties, "outlineLvl") if properties is not None else ""
    return min(int(level) + 1, 6) if level in set("012345678") else None


def _restyle(paragraph: Element, style: str) -> None:
    """A heading is no item of a list, though it may be numbered."""
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        properties = ElementTree.Element(f"{W}pPr")
        paragraph.insert(0, properties)
    for name in ("pStyle", "numPr"):
        for found in properties.findall(f"{W}{name}"):
            properties.remove(found)
    properties.insert(0, ElementTree.Element(f"{W}pStyle", {f"{W}val": style}))


_GONE = {f"{W}del": "change", f"{W}moveFrom": "change", f"{W}commentReference": "comment"}
_UNWRAPPED = {f"{W}{name}" for name in ("ins", "moveTo", "fldSimple", "customXml", "smartTag")}
_DRAWN = {f"{W}drawing", f"{W}pict", f"{W}object", f"{_MC}AlternateContent"}
_NOTHING = {
    f"{W}{name}"
    for name in ("proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak", "permStart", "permEnd")
}
_KEPT_OF_A_RUN = {
    f"{W}{name}" for name in ("b", "i", "vertAlign", "rStyle")
}  # of the rest, mammoth makes nothing
_PROPERTIES = {f"{W}{name}" for name in ("pPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr")}
