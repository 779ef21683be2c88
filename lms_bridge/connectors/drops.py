"""Lists that another system puts down somewhere: found, left until they are whole, and taken once.

A file is at rest when its size and time are what they were a minute ago. It is known by what is in it, so that one
that is put down again, or under another name, is nothing new. What a list means is not known here: see `signals`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import utcnow
from ..web.i18n import N_
from .interface import Note, Page
from .models import Connection, TakenFile
from .signals import list_received

MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 2000
REST = timedelta(minutes=1)
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp", "~")
WAITS = N_("Left for now, because it is still being written or has just come: %(name)s.")
TOO_LARGE = N_("Left out, because it is larger than %(limit)s MB: %(name)s.")


@dataclass(frozen=True)
class Found:
    """A file that is there: its size in bytes, and when it was changed in seconds since 1970."""

    name: str
    size: int
    changed: float


def wanted(name: str, pattern: str) -> bool:
    """Whether a file is one of those to be taken: by the pattern, not hidden, and not a half of a transfer."""
    low = name.lower()
    return (
        not name.startswith((".", "~"))
        and not low.endswith(_UNFINISHED)
        and fnmatchcase(low, pattern.lower())
    )


def pull(
    session: Session,
    connection: Connection,
    files: Iterable[Found],
    read: Callable[[str], bytes],
    *,
    old: timedelta | None = None,
) -> Iterator[Page]:
    """A page for each file that is at rest and was not taken; then the last one, which remembers what was seen.

    `old`: a file that was changed longer ago is at rest at first sight; only where its clock is ours.
    """
    pattern, now = str(connection.settings.get("pattern") or "*"), utcnow()
    before: dict[str, Any] = connection.cursor.get("seen", {})
    seen: dict[str, list[Any]] = {}
    notes: list[Note] = []
    waiting = False
    for file in sorted((f for f in files if wanted(f.name, pattern)), key=lambda f: (f.changed, f.name))[
        :MOST_FILES
    ]:
        entry = _entry(before.get(file.name), file, now)
        seen[file.name] = entry
        if entry[3]:
            continue
        if file.size > MOST_BYTES:
            notes.append(Note(TOO_LARGE, {"name": file.name, "limit": MOST_BYTES // 2**20}))
            continue
        if not _rests(entry, now, old):
            waiting = True
            notes.append(Note(WAITS, {"name": file.name}))
            continue
        content = read(file.name)
        if len(content) != file.size:
            entry[:3] = [len(content), file.changed, now.isoformat()]
            waiting = True
            continue
        entry[3] = True
        if page := taking(session, connection, file.name, content, {"seen": before | seen}):
            yield page
    yield Page({"seen": seen}, True, warnings=notes, again=2 * REST if waiting else None)


def _entry(before: list[Any] | None, file: Found, now: datetime) -> list[Any]:
    """[size, changed, since when it is so, taken]."""
    if before and before[:2] == [file.size, file.changed]:
        return list(before)
    return [file.size, file.changed, now.isoformat(), False]


def _rests(entry: list[Any], now: datetime, old: timedelta | None) -> bool:
    if old is not None and now.timestamp() - entry[1] > old.total_seconds():
        return True
    return now - datetime.fromisoformat(entry[2]) >= REST


def taking(
    session: Session,
    connection: Connection,
    name: str,
    content: bytes,
    cursor: dict[str, Any],
    *,
    done: bool = False,
) -> Page | None:
    """The page that takes a file; None for one whose contents were taken before."""
    sha256 = hashlib.sha256(content).hexdigest()
    query = select(TakenFile.id).where(TakenFile.connection_id == connection.id, TakenFile.sha256 == sha256)
    if not content or session.scalar(query):
        return None
    notes: list[Note] = []

    def write(writing: Session) -> int:
        writing.add(TakenFile(connection_id=connection.id, sha256=sha256, name=name[:300]))
        new = 0
        for _receiver, (count, told) in list_received.send(
            None, session=writing, connection=connection, filename=name, content=content
        ):
            new += count
            notes.extend(told)
        return new

    return Page(cursor, done, warnings=notes, write=write)
