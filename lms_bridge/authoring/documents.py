"""A module begun with a Word document or a presentation: looked through like anything from outside, then a draft."""

from pathlib import Path
from typing import Any, BinaryIO

from content import importers
from content.errors import InvalidDocument
from content.importers import Lost
from content.module import Rights
from content.texts import sentence

from ..errors import Invalid
from ..storage import Storage
from . import uploads


def read(
    path: Path, name: str, storage: Storage, *, language: str, spoken: str, most_mb: int, aside: Path
) -> tuple[dict[str, Any], tuple[Lost, ...]]:
    """A document of content's schema (without an id and rights), its pictures judged, cleaned and stored; and what
    could not come along. `language` is the module's, `spoken` the reader's.

    Raises Invalid with a sentence in that one, TooLarge, Unavailable.
    """

    def take(stream: BinaryIO, picture: str) -> tuple[str, dict[str, object]]:
        return uploads.take_in(
            storage,
            stream,
            picture,
            kind="image",
            rights=Rights(),  # whoever wrote the document may have found it anywhere: the checks ask
            announced=None,
            most_mb=most_mb,
            aside=aside,
        )

    try:
        imported = importers.read(path, name, language=language, take=take)
    except InvalidDocument as error:
        raise Invalid(sentence(error.code, spoken)) from None
    return {**imported.document, "language": language}, imported.lost
