"""Work of the register that takes longer than a person should wait for a page."""

import uuid

from sqlalchemy.orm import Session

from ..errors import DomainError
from ..jobs import job
from ..web.app import bridge
from . import imports, list_sources, looking_back

WRITE_LIST = "register.write_list"
TAKE_WAITING = "register.take_waiting_lists"
HASHES = "register"
"""The key of hashes of national numbers and of erased people, in the vault."""


@job(WRITE_LIST)
def write_list(session: Session, import_id: str, approve_closing: bool) -> None:
    """Writes a large list that a person has confirmed; a second run finds it written."""
    row = imports.get_import(session, uuid.UUID(import_id))
    if row.state != "running":
        return
    row.state = "uploaded"
    try:
        with session.begin_nested():
            imports.confirm(session, row, secret_key(session), approve_closing=approve_closing)
    except DomainError as refused:
        row.state, row.summary = "failed", {"problem": str(refused)}


@job(TAKE_WAITING)
def take_waiting(session: Session, connection_id: str) -> None:
    """Takes the lists that came from a source before a person had said what its columns are."""
    list_sources.take_waiting(session, uuid.UUID(connection_id), secret_key(session))


@job(looking_back.LOOK_BACK)
def look_back(session: Session, patterns: list[str], shown: str, record: str | None, first: int) -> None:
    app = bridge()
    looking_back.look_back(
        session,
        app.jobs,
        app.settings.base_url,
        secret_key(session),
        patterns=patterns,
        shown=shown,
        record=record,
        first=first,
    )


def secret_key(session: Session) -> bytes:
    """The key of the hashes that stand for national numbers and erased people; it outlives every secret key."""
    return bridge().vault.kept_key(session, HASHES)
