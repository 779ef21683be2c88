"""What somebody is to be reminded of on a day: each thing once when it begins, and once a week before its last day."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ..register.figures import in_force
from ..register.models import Competence, Standing
from ..web.i18n import N_

OVERDUE, EXPIRED, EXPIRING, TO_DO = "overdue", "expired", "expiring", "to_do"
HEADINGS = {
    OVERDUE: N_("Should have been done by now"),
    EXPIRED: N_("Has expired"),
    EXPIRING: N_("Expires soon"),
    TO_DO: N_("To be done"),
}
LAST_CALL = timedelta(days=7)
AHEAD = timedelta(days=14)
"""So long before its last day somebody is told of what is still missing."""


@dataclass(frozen=True, order=True)
class Due:
    """`day`: the last day on which it is valid, or on which it was to be done."""

    day: date
    kind: str
    competence_id: uuid.UUID


def on(session: Session, since: date, today: date) -> dict[uuid.UUID, list[Due]]:
    """{person: what begins to concern them after `since`, up to and with today}, the soonest first."""
    soon = (since, today + AHEAD)
    rows = session.execute(
        select(
            Standing.person_id,
            Standing.competence_id,
            Standing.required_from,
            Standing.due_on,
            Standing.attained_on,
            Standing.valid_until,
            Standing.expiring_from,
        ).where(
            in_force(today),
            Standing.exempt.is_(False),
            Standing.awaiting_approval.is_(False),
            or_(
                Standing.valid_until.between(*soon),
                Standing.expiring_from.between(since, today),
                and_(Standing.attained_on.is_(None), Standing.due_on.between(*soon)),
                and_(Standing.attained_on.is_(None), Standing.required_from.between(since, today)),
            ),
        )
    )
    found: dict[uuid.UUID, dict[uuid.UUID, Due]] = defaultdict(dict)
    for person_id, competence_id, *days in rows:
        if told := _told(since, today, *days):
            due = Due(told[1], told[0], competence_id)
            known = found[person_id].get(competence_id)
            found[person_id][competence_id] = min(due, known) if known else due
    return {person_id: sorted(of.values()) for person_id, of in found.items()}


def _told(
    since: date,
    today: date,
    required_from: date,
    due_on: date | None,
    attained_on: date | None,
    valid_until: date | None,
    expiring_from: date | None,
) -> tuple[str, date] | None:
    """What a standing gives reason to tell of, and its day."""

    def begins(*days: date) -> bool:
        return any(since < day <= today for day in days)

    if attained_on is not None and attained_on <= today:
        if valid_until is None:
            return None
        if begins(valid_until + timedelta(days=1)):
            return EXPIRED, valid_until
        if valid_until >= today and begins(expiring_from or valid_until, valid_until - LAST_CALL):
            return EXPIRING, valid_until
    elif due_on is not None:
        if begins(due_on + timedelta(days=1)):
            return OVERDUE, due_on
        if due_on >= today and begins(max(required_from, due_on - AHEAD), due_on - LAST_CALL):
            return TO_DO, due_on
    return None


def titles(session: Session, wanted: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    """{competence: its title in each language}"""
    rows = session.scalars(select(Competence).where(Competence.id.in_(set(wanted))))
    return {row.id: row.titles for row in rows}
