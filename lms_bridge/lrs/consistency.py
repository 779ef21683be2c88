"""Up to when everything that was stored can be read (X-Experience-API-Consistent-Through)."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms_bridge.db import utcnow

from .asking import ask
from .bulk import is_postgresql

_OLDEST_WRITER = (
    "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)


def consistent_through(session: Session) -> datetime:
    """Now on SQLite, where writers queue up; on PostgreSQL the start of the oldest change not yet committed, since
    its statements may carry an earlier time than some that can be read already.
    """
    now = utcnow()
    if not is_postgresql(session):
        return now
    oldest: datetime | None = ask(session, _OLDEST_WRITER, {})[0][0]
    return min(now, oldest) if oldest else now
