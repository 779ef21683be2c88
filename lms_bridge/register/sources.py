"""What the sources of evidence are called to people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..connectors.models import Connection
from ..web.i18n import N_, _
from .documents import UPLOAD
from .service import MANUAL, XAPI

OWN = {
    XAPI: N_("Learning records"),
    MANUAL: N_("Vouched for here"),
    UPLOAD: N_("A document"),
    "list:list": N_("A list"),
}
NAMED = ("list:", "api:")


def names(session: Session, sources: Iterable[str]) -> dict[str, str]:
    """Source → its name in the reader's language; a connection's is the one that the administrator gave it."""
    wanted = set(sources)
    ids = {source: uuid.UUID(source[4:]) for source in wanted if source.startswith("lms:")}
    query = select(Connection.id, Connection.name).where(Connection.id.in_(ids.values()))
    connections = dict(session.execute(query).tuples().all()) if ids else {}
    return {source: _name(source, connections.get(ids.get(source, uuid.UUID(int=0)))) for source in wanted}


def _name(source: str, connection: str | None) -> str:
    if source.startswith("lms:"):
        return connection or _("A connection that was removed")
    if source in OWN:
        return _(OWN[source])
    for start in NAMED:
        source = source.removeprefix(start)
    return source
