"""Two entries that are one person: merged by a coordinator, and taken apart again where that was wrong."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import utcnow
from ..errors import N_, Conflict, NotFound
from . import derivation
from .models import Evidence, EvidenceDocument, Exemption, IdentityLink, Merge, Person, Position

_TABLES = (IdentityLink, Position, Evidence, Exemption, EvidenceDocument)
"""What belongs to a person."""
_BATCH = 500


@dataclass(frozen=True)
class Entry:
    """What tells one entry from another: its numbers, its units, and how much evidence it has."""

    person: Person
    numbers: list[str]
    evidence: int


def entry_of(session: Session, person_id: uuid.UUID) -> Entry:
    """Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound
    numbers = session.scalars(
        select(Position.employment_id).where(Position.person_id == person_id).distinct()
    ).all()
    count = select(func.count()).where(Evidence.person_id == person_id)
    return Entry(person, sorted(numbers), session.scalar(count) or 0)


def merge(session: Session, kept_id: uuid.UUID, merged_id: uuid.UUID, *, by: uuid.UUID | None) -> Merge:
    """Gives the kept entry all that the other has. Raises NotFound, Conflict for what cannot be merged."""
    kept, other = session.get(Person, kept_id), session.get(Person, merged_id)
    if kept is None or other is None:
        raise NotFound
    if kept_id == merged_id:
        raise Conflict(N_("That is the same entry."))
    if kept.merged_into is not None or other.merged_into is not None:
        raise Conflict(N_("One of the two is merged with another entry already."))
    moved = {}
    for table in _TABLES:
        rows = session.scalars(
            update(table)
            .where(table.person_id == merged_id)
            .values(_now_of(table, kept_id))
            .returning(table.id)
        )
        moved[table.__tablename__] = sorted(str(row) for row in rows)
    other.merged_into = kept_id
    done = Merge(kept_id=kept_id, merged_id=merged_id, moved=moved, decided_by=by)
    session.add(done)
    session.flush()
    audit.record(session, "merge", f"person:{kept_id}", account_id=by, merged=str(merged_id))
    derivation.refresh(session, {kept_id, merged_id})
    return done


def undo(session: Session, merge_id: uuid.UUID, *, by: uuid.UUID | None) -> Merge:
    """Takes the two apart: each has what it had, and what came since by one's user names goes to that one.

    What a person wrote about the kept entry since stays there. Raises NotFound, Conflict.
    """
    done = session.get(Merge, merge_id)
    if done is None or done.undone is not None:
        raise NotFound
    kept, other = session.get_one(Person, done.kept_id), session.get_one(Person, done.merged_id)
    if kept.merged_into is not None:
        raise Conflict(N_("The entry was merged with another since. Undo that first."))
    for table in _TABLES:
        ids = [uuid.UUID(one) for one in done.moved.get(table.__tablename__, [])]
        for start in range(0, len(ids), _BATCH):
            _move(session, table, table.id.in_(ids[start : start + _BATCH]), done)
    theirs = select(IdentityLink.id).where(IdentityLink.person_id == done.merged_id)
    _move(session, Evidence, Evidence.link_id.in_(theirs), done)
    numbers = select(Position.employment_id).where(Position.person_id == done.merged_id)
    _move(session, Position, Position.employment_id.in_(numbers), done)
    other.merged_into, done.undone = None, utcnow()
    session.flush()
    audit.record(session, "unmerge", f"person:{kept.id}", account_id=by, merged=str(other.id))
    derivation.refresh(session, {kept.id, other.id})
    return done


def _now_of(table: type, person_id: uuid.UUID) -> dict[str, object]:
    """Whose a row is now; who keeps a copy of the evidence is told of it."""
    return {"person_id": person_id} | ({"changed": utcnow()} if table is Evidence else {})


def _move(session: Session, table: type, which: object, done: Merge) -> None:
    session.execute(
        update(table)
        .where(which, table.person_id == done.kept_id)  # type: ignore[arg-type, attr-defined]
        .values(_now_of(table, done.merged_id))
    )


def merges_of(session: Session, person_id: uuid.UUID) -> Sequence[tuple[Merge, Person]]:
    """The entries that went into this one and have not been taken apart, with their names, the latest first."""
    rows = session.execute(
        select(Merge, Person)
        .join(Person, Person.id == Merge.merged_id)
        .where(Merge.kept_id == person_id, Merge.undone.is_(None))
        .order_by(Merge.at.desc())
    )
    return rows.tuples().all()
