"""People whom an LMS tells of by LTI: their identity waits under (issuer, subject), or is linked by employment id."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..lti.signals import LmsLearner
from . import identities, privacy
from .models import Position


def know(
    session: Session, learners: Sequence[LmsLearner], key: bytes
) -> dict[tuple[str, str], identities.Link]:
    """Opens a link for each learner; links those whose employment id is one person's, and nobody by name or e-mail.

    Returns the link by (issuer, subject). A link that a person made, undid or rejected stays as they left it. Who
    was erased does not come back, and has none; `key` is that of the hashes which stand for them.
    """
    erased = privacy.erased_hashes(session)
    learners = [one for one in learners if not _was_erased(one, erased, key)]
    known = {
        one: identities.Identity(one.issuer, identities.ACTOR, one.subject, one.name, one.email)
        for one in learners
    }
    links = identities.resolve(session, known.values())
    undecided = {
        one: links[identity.key] for one, identity in known.items() if _undecided(links[identity.key])
    }
    people = people_by_employment(session, {one.employment_id for one in undecided if one.employment_id})
    linked: dict[uuid.UUID, uuid.UUID] = {}
    for one, link in undecided.items():
        matched = people[one.employment_id]
        if len(matched) == 1:
            linked[link.id] = person_id = next(iter(matched))
            links[link.key] = link._replace(person_id=person_id)
    identities.link_many(session, linked)
    return {(one.issuer, one.subject): links[identity.key] for one, identity in known.items()}


def _undecided(link: identities.Link) -> bool:
    return link.person_id is None and not link.rejected and link.decided_by is None


def _was_erased(one: LmsLearner, erased: set[str], key: bytes) -> bool:
    values = (one.subject, one.employment_id, one.email)
    return any(value and privacy.is_erased(erased, key, value) for value in values)


def people_by_employment(session: Session, numbers: set[str]) -> defaultdict[str, set[uuid.UUID]]:
    """Employment id → the people who have or had it."""
    found: defaultdict[str, set[uuid.UUID]] = defaultdict(set)
    wanted = sorted(numbers)
    for start in range(0, len(wanted), 500):
        rows = session.execute(
            select(Position.employment_id, Position.person_id)
            .where(Position.employment_id.in_(wanted[start : start + 500]))
            .distinct()
        )
        for number, person_id in rows:
            found[number].add(person_id)
    return found
