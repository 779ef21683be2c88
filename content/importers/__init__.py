"""What people teach already, as a draft module: a Word document or a presentation.

`read` tells pages from a file of anybody, and what could not come along; it fetches nothing and runs nothing.
"""

from pathlib import Path

from content.importers.office import Archive, kind_of
from content.importers.pages import Imported, Intake, Lost

__all__ = ["Imported", "Intake", "Lost", "read"]


def read(path: Path, name: str, *, language: str, take: Intake) -> Imported:
    """The pages in a .docx or .pptx; `name` is the file's own name, and what a nameless document is called.

    `take` takes in a picture and raises RejectedMedia. Pictures are taken when all else has been read.
    Raises InvalidDocument with a sentence for the person.
    """
    with Archive(path) as archive:
        if kind_of(archive) == "word":
            from content.importers import word as importer
        else:
            from content.importers import slides as importer  # type: ignore[no-redef]
        draft = importer.draft(archive, language)
        return draft.finished(archive, title=Path(name.replace("\\", "/")).stem[:200], take=take)
