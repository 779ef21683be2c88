"""What every importer makes: pages of texts and pictures, and what had to be left behind."""

import io
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from content.errors import InvalidDocument, RejectedMedia
from content.fields import LONGEST_TEXT
from content.importers.office import LARGEST_PICTURE, Archive
from content.module import new_id
from content.sanitize import text

MOST_PAGES = 500
MOST_PICTURES = 300
SECONDS_FOR_PICTURES = 60
LONGEST_BLOCK = 8_000  # characters; a longer text is divided, so that its parts can be moved
_LONGEST_LINE = 5_000
_NOT_FOR_THE_WEB = (".emf", ".wmf", ".emz", ".wmz", ".tif", ".tiff", ".bmp", ".pict", ".wdp", ".jxr")
_TOO_LARGE = ("media.too_large", "media.too_many_pixels")

Intake = Callable[[BinaryIO, str], tuple[str, dict[str, Any]]]
"""Takes in a picture by its bytes and name: its SHA-256 and the asset's record. Raises RejectedMedia."""

LOST = (
    *("no_headings", "chart", "formula", "diagram", "drawing", "object", "film", "sound"),
    *("picture_format", "picture_size", "picture_damaged", "picture_linked", "picture_many"),
    *("table", "struck", "change", "comment", "hidden"),
)
"""What may be told; each has its sentences in content/texts, as lost.KIND.one and lost.KIND.many."""


@dataclass(frozen=True)
class Picture:
    """A picture of the document, by the part that holds it."""

    part: str
    alt: str = ""
    decorative: bool = False


@dataclass(frozen=True)
class Notes:
    """What a speaker would have said."""

    title: str
    html: str


@dataclass(frozen=True)
class Lost:
    """Something that could not come along as it was. `page` counts from 0; None: the whole document."""

    kind: str
    count: int
    page: int | None = None

    @property
    def code(self) -> str:
        """The sentence's in content/texts; its parameter is `count`."""
        return f"lost.{self.kind}.{'one' if self.count == 1 else 'many'}"


@dataclass(frozen=True)
class Imported:
    """The title, pages and assets of a module's document, to be completed by who knows the rest."""

    document: dict[str, Any]
    lost: tuple[Lost, ...]


@dataclass
class Page:
    """A page that is being filled."""

    title: str = ""
    pieces: list[str | Picture | Notes] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, html: str) -> None:
        """An element of running text; a heading or a long text begins a block of its own."""
        if not text(html):
            return
        if len(html) > LONGEST_TEXT:
            raise InvalidDocument("import.too_large")
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, str) and not html.startswith("<h3>") and len(last) + len(html) < LONGEST_BLOCK:
            self.pieces[-1] = last + html
        else:
            self.pieces.append(html)


@dataclass
class Draft:
    """The pages as they are in the file, before its pictures are taken in."""

    title: str = ""
    pages: list[Page] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def begin_page(self, title: str = "") -> Page:
        if len(self.pages) >= MOST_PAGES:
            raise InvalidDocument("import.too_large")
        self.pages.append(Page(title[:_LONGEST_LINE]))
        return self.pages[-1]

    def finished(self, archive: Archive, *, title: str, take: Intake) -> Imported:
        """`title` is for a document that has none. Raises InvalidDocument where there is nothing in it."""
        if not any(page.title or page.pieces or page.lost for page in self.pages):
            raise InvalidDocument("import.nothing")
        title = (self.title or title)[:200]
        pictures = _Pictures(archive, take)
        pages = [
            {
                "id": new_id("p"),
                "title": page.title or ("" if number else title),
                "blocks": [block for piece in page.pieces if (block := pictures.block(piece, page))],
            }
            for number, page in enumerate(self.pages)
        ]
        lost = [Lost(kind, self.lost[kind]) for kind in LOST if self.lost[kind]]
        for number, page in enumerate(self.pages):
            lost += [Lost(kind, page.lost[kind], number) for kind in LOST if page.lost[kind]]
        return Imported({"title": title, "pages": pages, "assets": pictures.assets}, tuple(lost))


class _Pictures:
    """Takes in each picture once, as long as there is time; what is not taken is told on its page."""

    def __init__(self, archive: Archive, take: Intake) -> None:
        self._archive, self._take = archive, take
        self._taken: dict[str, str] = {}  # from a part to the SHA-256, or why not
        self._until = time.monotonic() + SECONDS_FOR_PICTURES
        self.assets: dict[str, Any] = {}

    def block(self, piece: str | Picture | Notes, page: Page) -> dict[str, Any] | None:
        if isinstance(piece, str):
            return {"id": new_id("b"), "type": "text", "html": piece}
        if isinstance(piece, Notes):
            item = {"id": "a", "title": piece.title, "html": piece.html}
            return {"id": new_id("b"), "type": "accordion", "items": [item]}
        if piece.part not in self._taken:
            self._taken[piece.part] = self._take_in(piece.part)
        found = self._taken[piece.part]
        if found not in self.assets:
            page.lost[found] += 1
            return None
        alt = "" if piece.decorative else " ".join(piece.alt.split())[:_LONGEST_LINE]
        return {
            "id": new_id("b"),
            "type": "image",
            "asset": found,
            "alt": alt,
            "decorative": piece.decorative,
        }

    def _take_in(self, part: str) -> str:
        if part.lower().endswith(_NOT_FOR_THE_WEB):
            return "picture_format"
        if len(self._taken) >= MOST_PICTURES or time.monotonic() > self._until:
            return "picture_many"
        try:
            body = self._archive.read(part, LARGEST_PICTURE)
            digest, record = self._take(io.BytesIO(body), part.rpartition("/")[2])
        except InvalidDocument as error:
            return "picture_size" if error.code == "import.too_large" else "picture_damaged"
        except RejectedMedia as error:
            if error.code in _TOO_LARGE:
                return "picture_size"
            return "picture_damaged" if error.code in ("media.damaged", "media.empty") else "picture_format"
        self.assets[digest] = record
        return digest
