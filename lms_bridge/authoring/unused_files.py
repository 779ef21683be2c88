"""Files that were put into a draft, taken out again, and that nothing brings back: forgotten after thirty days.

A draft keeps every file that was put into it, for what was taken out can be taken back: by the change that took it out,
which counts for thirty days. When a draft has forgotten a file, it is nobody's business here whether a version, another
draft or another municipality still names it: the storage keeps what anybody names (stored_files.py).
"""

import uuid
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import NotFound
from ..jobs import every_night
from ..storage import Storage
from ..web.app import bridge
from .edits import Document, files_named
from .models import Draft, DraftChange
from .service import draft_of

log = structlog.get_logger()
KEPT = timedelta(days=30)


@every_night
def tidy_up() -> None:
    app = bridge()
    log.info("draft_files_forgotten", files=forget(app.database, app.storage, utcnow()))


def forget(database: Database, storage: Storage, now: datetime) -> int:
    """Takes out of each draft the files that have been of no use to it for thirty days; how many."""
    with database.unit_of_work(write=False) as session:
        rows = select(Draft.tenant_id, Draft.module_id, Draft.document).execution_options(yield_per=100)
        found = [(row.tenant_id, row.module_id, unshown(row.document)) for row in session.execute(rows)]
    count = 0
    for tenant_id, module_id, files in found:
        if old := {digest for digest in files if _is_old(storage, digest, now)}:
            with database.unit_of_work(tenant_id) as session:
                count += _forget(session, module_id, old, now - KEPT)
    return count


def unshown(document: Document) -> set[str]:
    """The files that a draft keeps and no part of it names."""
    return set(document["assets"]) - files_named({**document, "assets": {}})


def _is_old(storage: Storage, digest: str, now: datetime) -> bool:
    """Whoever uploads a file again makes it new."""
    try:
        return storage.put_at(digest) < now - KEPT
    except NotFound:
        return True


def _forget(session: Session, module_id: uuid.UUID, old: set[str], since: datetime) -> int:
    """Of these, those that are still unshown, and that no change since then names: none is made meanwhile."""
    try:
        draft = draft_of(session, module_id, lock=True)
    except NotFound:  # the module was removed meanwhile
        return 0
    gone = old & unshown(draft.document)
    recent = select(DraftChange.edit, DraftChange.inverse, DraftChange.target).where(
        DraftChange.module_id == module_id, DraftChange.at >= since
    )
    for row in session.execute(recent):
        gone -= files_named([row.edit, row.inverse, row.target])
    kept = {digest: asset for digest, asset in draft.document["assets"].items() if digest not in gone}
    draft.document = {**draft.document, "assets": kept}
    return len(gone)
