"""The trail of what was done, and of whose data was read."""

import uuid
from collections.abc import Iterable

from flask import g
from sqlalchemy import insert
from sqlalchemy.orm import Session

from .. import db
from ..web.app import bridge
from .models import AuditEntry


def record(
    session: Session, action: str, subject: str, *, account_id: uuid.UUID | None = None, **detail: object
) -> None:
    """Adds what was done to the trail, in the session's change. `subject` names it: "person:<id>"."""
    detail |= _key()
    session.add(AuditEntry(action=action, subject=subject, account_id=account_id or _reader(), detail=detail))


def record_all(session: Session, action: str, subjects: Iterable[str], **detail: object) -> None:
    """The same of many at once, as a list or an LMS brings them."""
    common = {
        "tenant_id": session.info["tenant_id"],
        "account_id": _reader(),
        "action": action,
        "detail": detail | _key(),
    }
    rows = [common | {"subject": subject} for subject in subjects]
    if rows:
        session.execute(insert(AuditEntry), rows)


def record_read(session: Session, subject: str, **detail: object) -> None:
    """Notes after the answer that the person who is signed in read somebody's data (a read never writes itself)."""
    tenant_id, reader, database = session.info["tenant_id"], _reader(), bridge().database
    detail |= _key()

    def note() -> None:
        with database.unit_of_work(tenant_id) as own:
            own.add(AuditEntry(action="read", subject=subject, account_id=reader, detail=detail))

    db.after_commit(session, note)


def _reader() -> uuid.UUID | None:
    account = g.get("account") if g else None
    return account.id if account else None


def _key() -> dict[str, object]:
    """The name of the key that another system came with, if it is one that asks."""
    name = g.get("key_name") if g else None
    return {"key": name} if name else {}
