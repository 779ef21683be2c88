"""A translation as a file for a translator's own program (XLIFF 1.2), and back."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from content import xliff

from ..authoring import service as authoring
from ..authoring.drafts import Author
from ..authoring.models import Module
from ..errors import N_, Invalid
from ..publishing.packages import slug
from . import service
from .models import Translation
from .service import Line
from .views import label

LARGEST = 25_000_000  # bytes


def write(
    translation: Translation, module: Module, lines: Sequence[Line], spoken: Mapping[str, str]
) -> bytes:
    """Every text with its translation, as far as there is one."""
    units = (
        xliff.Unit(
            line.passage.key,
            line.passage.text,
            line.translation if line.state.value != "new" else "",
            rich=line.passage.rich,
            state=line.state.value,
            note=_place(line, spoken),
        )
        for line in lines
    )
    return xliff.write(
        units,
        original=str(module.identity),
        source_language=translation.base["language"],
        target_language=module.language,
    )


def bring_in(session: Session, module_id: uuid.UUID, data: bytes, author: Author) -> int:
    """How many texts were taken. Raises NotXliff, Invalid for another module's or another language's file, and as
    service.write.
    """
    found = xliff.read(data)
    translation = service.get(session, module_id)
    module = authoring.get(session, module_id)
    if found.original != str(module.identity):
        raise Invalid(N_("This file belongs to another module."))
    languages = (translation.base["language"], module.language)
    if _spoken(found.source_language, found.target_language) != _spoken(*languages):
        raise Invalid(
            N_("This file is from %(source)s to %(target)s, and this translation is not."),
            source=found.source_language,
            target=found.target_language,
        )
    return len(service.write(session, module_id, found.targets, author))


def _spoken(*codes: str) -> list[str]:
    """Without the country, which programs add: nb-NO."""
    return [code.lower().partition("-")[0] for code in codes]


def name_of(module: Module) -> str:
    """handhygiene-sv.xlf"""
    return f"{slug(module.title)}-{module.language}.xlf"


def _place(line: Line, spoken: Mapping[str, str]) -> str:
    page = line.passage.page
    words = label(line.passage, spoken)
    return f"{page.title} – {words}" if page and page.title else words
