"""A presentation as pages, a slide a page, read by python-pptx from a copy that has been looked through."""

from collections.abc import Iterator
from html import escape
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER

from content.errors import InvalidDocument
from content.importers.office import Archive, R
from content.importers.pages import Draft, Notes, Page, Picture
from content.importers.word_tidy import is_decorative
from content.sanitize import clean
from content.texts import sentence

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_MAIN = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_SHOWS = (".slideshow.main+xml", ".template.main+xml")
_AROUND = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.SLIDE_NUMBER)
_LISTED = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY)
_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_FRAMES = {"chart": "chart", "chartex": "chart", "diagram": "diagram"}
_MOST_SHAPES = 20_000


def draft(archive: Archive, language: str) -> Draft:
    """The presentation's pages; `language` is the one that the headings of notes are in. Raises InvalidDocument."""
    for one in archive.xml("[Content_Types].xml").iter(f"{_TYPES}Override"):
        if one.get("ContentType", "").endswith(_SHOWS):  # a show or a template is a presentation too
            one.set("ContentType", _MAIN)
    try:
        return _read(Presentation(archive.light()), language)
    except InvalidDocument:
        raise
    except Exception:  # a library meets what no PowerPoint has written in many ways
        raise InvalidDocument("import.damaged") from None


def _read(presentation: Any, language: str) -> Draft:
    made = Draft()
    for slide in presentation.slides:
        if slide.element.get("show") in ("0", "false"):
            made.lost["hidden"] += 1
            continue
        title = slide.shapes.title
        page = made.begin_page(_line(title.text_frame.text) if title is not None else "")
        _Slide(page, slide).read(None if title is None else title.shape_id)
        page.lost["comment"] += sum(one.reltype.endswith("/comments") for one in slide.part.rels.values())
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
            said = "".join(f"<p>{escape(line, quote=False)}</p>" for line in _lines(frame.text))
            if said:
                page.pieces.append(Notes(sentence("import.notes", language), said))
    made.title = next((page.title for page in made.pages if page.title), "")
    return made


class _Slide:
    """Fills a page with what is on a slide, in the order in which a screen reader tells it."""

    def __init__(self, page: Page, slide: Any) -> None:
        self._page, self._slide = page, slide
        self._left = _MOST_SHAPES

    def read(self, title_id: int | None) -> None:
        self._page.lost["formula"] += sum(1 for _ in self._slide.shapes._spTree.iter(f"{_M}oMath"))
        for shape in self._slide.shapes:
            if title_id is None or shape.shape_id != title_id:
                self._shape(shape)

    def _shape(self, shape: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise InvalidDocument("import.too_large")
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        tag = shape._element.tag
        if kind in _AROUND:
            return
        if tag == f"{_P}grpSp":
            for inner in shape.shapes:
                self._shape(inner)
        elif tag == f"{_P}pic":
            self._picture(shape._element)
        elif tag == f"{_P}graphicFrame":
            self._frame(shape)
        elif shape.has_text_frame and shape.text_frame.text.strip():
            self._page.add(clean(_prose(shape.text_frame, listed=kind in _LISTED and not _is_plain(shape))))
        elif tag == f"{_P}sp" and kind is None:
            self._page.lost["drawing"] += 1

    def _picture(self, element: Any) -> None:
        for name, kind in (("videoFile", "film"), ("audioFile", "sound"), ("wavAudioFile", "sound")):
            if next(element.iter(f"{_A}{name}"), None) is not None:
                self._page.lost[kind] += 1
                return
        blip, named = next(element.iter(f"{_A}blip"), None), next(element.iter(f"{_P}cNvPr"), None)
        reference = blip.get(f"{R}embed") if blip is not None else None
        relation = self._slide.part.rels.get(reference) if reference else None
        if relation is None or relation.is_external:
            linked = blip is not None and (blip.get(f"{R}link") or relation)
            self._page.lost["picture_linked" if linked else "picture_damaged"] += 1
            return
        part = str(relation.target_part.partname).lstrip("/")
        alt, decorative = (named.get("descr", ""), is_decorative(named)) if named is not None else ("", False)
        self._page.pieces.append(Picture(part, "" if alt == part.rpartition("/")[2] else alt, decorative))

    def _frame(self, shape: Any) -> None:
        if shape.has_table:
            self._page.lost["table"] += 1
            for row in shape.table.rows:
                words = filter(None, (_line(cell.text_frame.text) for cell in row.cells))
                self._page.add(f"<p>{escape(' – '.join(words), quote=False)}</p>")
            return
        uri = next((one.get("uri", "") for one in shape._element.iter(f"{_A}graphicData")), "")
        self._page.lost[_FRAMES.get(uri.rpartition("/")[2], "object")] += 1


def _prose(frame: Any, *, listed: bool) -> str:
    """The paragraphs of a text; the body of a slide is a list, unless it is one paragraph or has no signs."""
    paragraphs = [one for one in frame.paragraphs if one.text.strip()]
    if len(paragraphs) == 1:
        listed = False
    html = ""
    open_lists: list[str] = []
    for one in paragraphs:
        kind = _list_of(one, listed)
        depth = one.level + 1 if kind else 0
        while len(open_lists) > depth or (kind and len(open_lists) == depth and open_lists[-1] != kind):
            html += f"</li></{open_lists.pop()}>"
        if not kind:
            html += f"<p>{_runs(one)}</p>"
            continue
        if len(open_lists) == depth:
            html += "</li><li>"
        while len(open_lists) < depth:
            open_lists.append(kind)
            html += f"<{kind}><li>"
        html += _runs(one)
    return html + "".join(f"</li></{kind}>" for kind in reversed(open_lists))


def _list_of(paragraph: Any, listed: bool) -> str:
    properties = paragraph._p.pPr
    if properties is not None:
        for name, kind in (("buNone", ""), ("buAutoNum", "ol"), ("buChar", "ul"), ("buBlip", "ul")):
            if properties.find(f"{_A}{name}") is not None:
                return kind
    return "ul" if listed else ""


def _is_plain(shape: Any) -> bool:
    """Whether the layout takes the signs away from this text."""
    bases = (shape._element, *(one._element for one in _bases(shape)))
    return any(one.find(f".//{_A}lstStyle/{_A}lvl1pPr/{_A}buNone") is not None for one in bases)


def _bases(shape: Any) -> Iterator[Any]:
    base = getattr(shape, "_base_placeholder", None)
    if base is not None:
        yield base


def _runs(paragraph: Any) -> str:
    pieces = []
    for run in paragraph._p:
        if run.tag == f"{_A}br":
            pieces.append("<br>")
        words = escape("".join(one.text or "" for one in run.iter(f"{_A}t")), quote=False)
        if run.tag not in (f"{_A}r", f"{_A}fld") or not words:
            continue
        properties = run.find(f"{_A}rPr")
        pieces.append(words if properties is None else _dressed(words, properties, paragraph))
    return "".join(pieces)


def _dressed(words: str, properties: Any, paragraph: Any) -> str:
    if words.strip() and properties.get("i") in ("1", "true"):
        words = f"<em>{words}</em>"
    if words.strip() and properties.get("b") in ("1", "true"):
        words = f"<strong>{words}</strong>"
    link = properties.find(f"{_A}hlinkClick")
    relation = paragraph.part.rels.get(link.get(f"{R}id")) if link is not None else None
    if relation is not None and relation.is_external and relation.target_ref.lower().startswith(_SCHEMES):
        return f'<a href="{escape(relation.target_ref)}">{words}</a>'
    return words


def _line(words: str) -> str:
    return " ".join(words.split())


def _lines(words: str) -> list[str]:
    return [line for line in map(_line, words.replace("\v", "\n").split("\n")) if line]
