"""Webhooks: other systems are told of what happens here."""

import uuid
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db import bind_tenant, utcnow
from ..jobs import every_minute, job
from ..publishing.signals import version_published
from ..register.service import today
from ..register.signals import evidence_landed, person_erased
from ..web.app import Bridge, bridge
from . import events, sending
from .models import ACTIVE, WAITING, Delivery, Webhook
from .service import KEPT


def init_app(app: Bridge) -> None:
    from . import routes

    version_published.connect(_version_published)
    evidence_landed.connect(_evidence_landed)
    person_erased.connect(_person_erased)
    routes.init_app(app)


def _version_published(_sender: object, *, session: Session, version: Any, **_more: Any) -> None:
    webhooks = events.who_wants(session, events.PUBLISHED)
    if webhooks:
        app = bridge()
        events.version_published(session, app.jobs, app.settings.base_url, webhooks, version)


def _evidence_landed(_sender: object, *, session: Session, landed: Any, **_more: Any) -> None:
    webhooks = events.who_wants(session, events.ATTAINED, events.RESULT_WAITING)
    if webhooks:
        app = bridge()
        events.evidence_landed(session, app.jobs, app.settings.base_url, webhooks, landed)


def _person_erased(_sender: object, *, session: Session, person_id: uuid.UUID, **_more: Any) -> None:
    events.forget_person(session, person_id)


@job(events.SEND)
def _send(session: Session, delivery_id: str) -> None:
    tenant_id: uuid.UUID = session.info["tenant_id"]
    sending.send(bridge(), tenant_id, uuid.UUID(delivery_id), session.info["job_id"])


@every_minute
def tell_of_the_day(session: Session) -> None:
    """Once a municipality's new day has begun, tells of what begins to expire, and of what has."""
    app, now = bridge(), utcnow()
    wanted = {events.EXPIRING, events.EXPIRED}
    rows = session.execute(
        select(Webhook.tenant_id, Webhook.id, Webhook.events).where(Webhook.state == ACTIVE)
    )
    for tenant_id, webhook_id in [(row[0], row[1]) for row in rows if wanted & set(row[2])]:
        bind_tenant(session, tenant_id)
        session.info.pop("time_zone", None)
        webhook, day = session.get_one(Webhook, webhook_id, with_for_update=True), today(session)
        if webhook.told_until < day:
            events.day_began(session, app.jobs, app.settings.base_url, webhook, day)
        session.flush()
    bind_tenant(session, None)
    session.info.pop("time_zone", None)
    session.execute(delete(Delivery).where(Delivery.created < now - KEPT, Delivery.state != WAITING))
