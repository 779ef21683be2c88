"""What webhooks tell of: the events, and how each becomes messages in the transaction in which it happened.

A message holds ids and the address where to read more, and names only where the administrator chose that. What
happens to many at once is one message of many items.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ..db import utcnow
from ..jobs import Jobs
from ..publishing.models import ModuleVersion
from ..register.models import Competence, Person, Standing
from ..register.signals import Landed
from ..register.status import Result
from ..web.i18n import N_
from .models import ACTIVE, WAITING, Delivery, Webhook

SEND = "webhooks.send"
MOST_ITEMS = 500
PUBLISHED, ATTAINED, RESULT_WAITING = "version.published", "competence.attained", "result.waiting"
EXPIRING, EXPIRED, TEST = "competence.expiring", "competence.expired", "test"
EVENTS = {
    PUBLISHED: N_("A version of a module is published"),
    ATTAINED: N_("Somebody has attained a competence"),
    EXPIRING: N_("A competence begins to expire"),
    EXPIRED: N_("A competence has expired"),
    RESULT_WAITING: N_("A result waits, because nobody knows whose it is"),
}
Item = dict[str, Any]


def tell(session: Session, jobs: Jobs, webhook: Webhook, event: str, items: Sequence[Item]) -> None:
    """Puts messages into the outbox; they leave after the commit."""
    now = utcnow()
    for start in range(0, len(items) or 1, MOST_ITEMS):
        some = list(items[start : start + MOST_ITEMS])
        told = {"type": event, "timestamp": _moment(now), "data": {"items": some}}
        row = Delivery(webhook_id=webhook.id, event=event, count=len(some), body=json.dumps(told))
        session.add(row)
        session.flush()
        jobs.enqueue(session, SEND, delivery_id=str(row.id))


def who_wants(session: Session, *events: str) -> list[Webhook]:
    """The municipality's webhooks that are told of any of these."""
    rows = session.scalars(select(Webhook).where(Webhook.state == ACTIVE))
    return [row for row in rows if set(events) & set(row.events)]


def version_published(
    session: Session, jobs: Jobs, base_url: str, webhooks: list[Webhook], version: ModuleVersion
) -> None:
    item = {
        "module": str(version.identity),
        "version": version.number,
        "title": version.title,
        "address": f"{base_url}/api/v1/modules/{version.module_id}",
    }
    for webhook in webhooks:
        tell(session, jobs, webhook, PUBLISHED, [item])


def evidence_landed(
    session: Session, jobs: Jobs, base_url: str, webhooks: list[Webhook], landed: Sequence[Landed]
) -> None:
    """Competences that were attained, and results of people whom nobody knows yet."""
    gained = [
        (r.person_id, r.competence_id, r.day) for r in landed if r.person_id and r.result == Result.ATTAINED
    ]
    waiting = {r.link_id for r in landed if r.person_id is None and r.link_id}
    items = _items(session, base_url, "occurred", gained, names=any(w.with_names for w in webhooks))
    links = [
        {"user": str(link), "address": f"{base_url}/register/unknown/{link}"} for link in sorted(waiting)
    ]
    for webhook in webhooks:
        if ATTAINED in webhook.events and items:
            tell(session, jobs, webhook, ATTAINED, _as_chosen(webhook, items))
        if RESULT_WAITING in webhook.events and links:
            tell(session, jobs, webhook, RESULT_WAITING, links)


def day_began(session: Session, jobs: Jobs, base_url: str, webhook: Webhook, today: date) -> None:
    """What begins to expire, or has expired, since the day that was told of last; each day is told of once."""
    since, webhook.told_until = webhook.told_until, today
    wanted = (Standing.exempt.is_(False), or_(Standing.required_to.is_(None), Standing.required_to >= today))
    columns = select(Standing.person_id, Standing.competence_id, Standing.valid_until).distinct()
    queries = {
        EXPIRING: columns.where(
            Standing.expiring_from > since, Standing.expiring_from <= today, Standing.valid_until >= today
        ),
        EXPIRED: columns.where(Standing.valid_until >= since, Standing.valid_until < today),
    }
    for event, query in queries.items():
        if event in webhook.events:
            rows = [
                (row.person_id, row.competence_id, row.valid_until)
                for row in session.execute(query.where(*wanted))
            ]
            items = _items(session, base_url, "valid_until", rows, names=webhook.with_names)
            if items:
                tell(session, jobs, webhook, event, _as_chosen(webhook, items))


def _items(
    session: Session,
    base_url: str,
    what: str,
    rows: Iterable[tuple[uuid.UUID, uuid.UUID, date]],
    *,
    names: bool,
) -> list[Item]:
    """An item for each (person, competence, day); the day stands under the name `what`."""
    rows = sorted(set(rows), key=str)
    uris = {row.id: row.uri for row in session.execute(select(Competence.id, Competence.uri))}
    known: dict[uuid.UUID, str] = {}
    people = sorted({person for person, _competence, _day in rows}) if names else []
    for start in range(0, len(people), 500):
        found = session.execute(
            select(Person.id, Person.name).where(Person.id.in_(people[start : start + 500]))
        )
        known.update({row.id: row.name for row in found})
    return [
        {
            "person": str(person),
            "name": known.get(person, ""),
            "competence": uris.get(competence, ""),
            what: day.isoformat(),
            "address": f"{base_url}/api/v1/people/{person}",
        }
        for person, competence, day in rows
    ]


def _as_chosen(webhook: Webhook, items: list[Item]) -> list[Item]:
    if webhook.with_names:
        return items
    return [{name: value for name, value in item.items() if name != "name"} for item in items]


def forget_person(session: Session, person_id: uuid.UUID) -> None:
    """Takes an erased person out of the messages that wait."""
    for row in session.scalars(select(Delivery).where(Delivery.body.contains(str(person_id)))):
        told = json.loads(row.body)
        told["data"]["items"] = [one for one in told["data"]["items"] if one.get("person") != str(person_id)]
        row.count, row.body = len(told["data"]["items"]), json.dumps(told)
        if not row.count and row.state == WAITING:
            session.delete(row)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
