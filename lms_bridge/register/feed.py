"""Evidence in the order in which it came or changed, for who keeps a copy: nothing is missed, however late it came."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from ..lrs.consistency import consistent_through
from .models import Competence, Evidence, IdentityLink

LAG = timedelta(seconds=2)
"""How far the clocks of several web processes may differ."""
Place = tuple[datetime, uuid.UUID]


@dataclass(frozen=True)
class Told:
    """A row of evidence, the URI of its competence, and who waits to be known (or was, when they were linked)."""

    evidence: Evidence
    competence: str
    link: IdentityLink | None


@dataclass(frozen=True)
class Page:
    """`last`: where to go on; None where nothing was found."""

    rows: list[Told]
    last: Place | None
    more: bool


def evidence_after(
    session: Session, after: Place | None, limit: int, person_id: uuid.UUID | None = None
) -> Page:
    """The next rows after a place (None: from the beginning). A row that was linked to a person since comes again.

    On PostgreSQL several changes are made at once, and may end in another order than they began: rows are told when
    none that comes before them can be on its way.
    """
    place = tuple_(Evidence.changed, Evidence.id)
    query = (
        select(Evidence, Competence.uri, IdentityLink)
        .join(Competence, Competence.id == Evidence.competence_id)
        .outerjoin(IdentityLink, IdentityLink.id == Evidence.link_id)
        .order_by(Evidence.changed, Evidence.id)
        .limit(limit + 1)
    )
    if session.get_bind().dialect.name == "postgresql":
        query = query.where(Evidence.changed < consistent_through(session) - LAG)
    if after is not None:
        query = query.where(place > after)
    if person_id is not None:
        query = query.where(Evidence.person_id == person_id)
    rows = [Told(*row) for row in session.execute(query).tuples()]
    more, rows = len(rows) > limit, rows[:limit]
    last = (rows[-1].evidence.changed, rows[-1].evidence.id) if rows else None
    return Page(rows, last, more)
