"""Which files of the storage somebody refers to, and the nightly clearing away of the rest.

A file is put first and referred to later, when its upload is committed; the grace is longer than any upload. Who
puts a file that is there already makes it new again, so it is looked at once more in the moment before it goes.
"""

from collections.abc import Iterator
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from .db import Base, utcnow
from .errors import NotFound
from .storage import Storage
from .web.app import Bridge, bridge

log = structlog.get_logger()
GRACE = timedelta(hours=48)


def files_named(session: Session) -> Iterator[str]:
    """The files that drafts, versions, courses and statements name, some more than once. A column tells by its
    `info`: `stored_file` is a SHA-256, `document_with_assets` a module's document."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("stored_file"):
                yield from session.scalars(select(column).where(column.is_not(None)).distinct())
            elif column.info.get("document_with_assets"):
                for document in session.scalars(select(column).execution_options(yield_per=100)):
                    yield from document.get("assets", {})


def clear_away(app: Bridge, grace: timedelta = GRACE) -> int:
    """Deletes the files that nobody refers to and that were put longer ago than `grace`; how many they were."""
    before = utcnow() - grace
    old = {bytes.fromhex(sha256) for sha256, at in app.storage.stored() if at < before}
    with app.database.unit_of_work(write=False) as session:
        for sha256 in files_named(session):
            old.discard(bytes.fromhex(sha256))
    return sum(_delete(app.storage, digest.hex(), grace) for digest in old)


def _delete(storage: Storage, sha256: str, grace: timedelta) -> bool:
    try:
        if storage.put_at(sha256) >= utcnow() - grace:
            return False
    except NotFound:
        return False
    storage.delete(sha256)
    return True


def tidy_up() -> None:
    app = bridge()
    halves = app.storage.drop_halves(utcnow() - GRACE)
    log.info("unused_files_deleted", files=clear_away(app), halves=halves)
