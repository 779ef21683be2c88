"""Webhooks are made, changed, tested and removed here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import utcnow
from ..errors import Invalid, NotFound
from ..jobs import Jobs
from ..register.service import today
from ..vault import Vault
from ..web.i18n import N_
from . import events, sending
from .models import ACTIVE, PAUSED, WAITING, Delivery, Webhook

KEPT = timedelta(days=30)
"""How long the log of deliveries is kept."""


def create(session: Session, vault: Vault, given: Mapping[str, Any]) -> tuple[Webhook, str]:
    """Makes a webhook; (it, its secret, which is told this once). Raises Invalid with `fields`."""
    secret = sending.new_secret()
    row = Webhook(secret=vault.seal(secret.encode()), told_until=today(session))
    _fill(row, given)
    session.add(row)
    session.flush()
    audit.record(session, "webhook", f"webhook:{row.id}", events=row.events)
    return row, secret


def edit(session: Session, webhook_id: uuid.UUID, given: Mapping[str, Any]) -> Webhook:
    row = get(session, webhook_id)
    _fill(row, given)
    audit.record(session, "change", f"webhook:{row.id}", events=row.events)
    return row


def _fill(row: Webhook, given: Mapping[str, Any]) -> None:
    name, address = " ".join(str(given.get("name", "")).split())[:200], str(given.get("address", "")).strip()
    chosen = [event for event in events.EVENTS if event in given.get("events", ())]
    problems = {}
    if not name:
        problems["name"] = N_("Give it a name.")
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and len(address) <= 1000
    except ValueError:
        sound = False
    if not sound:
        problems["address"] = N_("Write an address that begins with https://")
    if not chosen:
        problems["events"] = N_("Choose at least one of these.")
    if problems:
        raise Invalid(N_("Some of it needs another look."), problems)
    row.name, row.address, row.events = name, address, chosen
    row.with_names = bool(given.get("with_names"))


def get(session: Session, webhook_id: uuid.UUID) -> Webhook:
    row = session.get(Webhook, webhook_id)
    if row is None:
        raise NotFound
    return row


def every(session: Session) -> Sequence[Webhook]:
    return session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)).all()


def deliveries(session: Session, webhook_id: uuid.UUID, limit: int = 50) -> Sequence[Delivery]:
    """The newest first."""
    query = select(Delivery).where(Delivery.webhook_id == webhook_id)
    return session.scalars(query.order_by(Delivery.created.desc()).limit(limit)).all()


def rotate(session: Session, vault: Vault, webhook_id: uuid.UUID) -> tuple[Webhook, str]:
    """A new secret; the one before it signs too for a day."""
    row, secret = get(session, webhook_id), sending.new_secret()
    row.former_secret, row.former_until = row.secret, utcnow() + sending.OVERLAP
    row.secret = vault.seal(secret.encode())
    audit.record(session, "rotate", f"webhook:{row.id}")
    return row, secret


def test(session: Session, jobs: Jobs, webhook_id: uuid.UUID) -> None:
    """Sends a message without items."""
    events.tell(session, jobs, get(session, webhook_id), events.TEST, [])


def pause(session: Session, jobs: Jobs, webhook_id: uuid.UUID, paused: bool) -> None:
    """Tells it nothing more, or takes it up again with what waits; what happens meanwhile is not told."""
    row = get(session, webhook_id)
    row.state = PAUSED if paused else ACTIVE
    audit.record(session, "pause" if paused else "resume", f"webhook:{row.id}")
    if not paused:
        row.failing_since, row.told_until = None, today(session)
        waiting = select(Delivery).where(Delivery.webhook_id == row.id, Delivery.state == WAITING)
        for one in session.scalars(waiting.order_by(Delivery.created).limit(1000)):
            one.attempts = 0
            jobs.enqueue(session, events.SEND, delivery_id=str(one.id))


def remove(session: Session, webhook_id: uuid.UUID) -> None:
    row = get(session, webhook_id)
    session.execute(delete(Delivery).where(Delivery.webhook_id == row.id))
    session.delete(row)
    audit.record(session, "remove", f"webhook:{webhook_id}")
