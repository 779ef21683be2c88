"""Reminders by mail: people learn in time what they must renew or take, and leaders how their units stand."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..accounts import own_settings
from ..db import bind_tenant, utcnow
from ..jobs import every_minute, job
from ..register.service import time_zone
from ..register.signals import person_erased, person_exported
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_
from . import choices, outbox, service
from .models import Declined, Mail, ReminderPlan

KEPT = timedelta(days=30)
"""How long it can be seen that a mail was sent."""
FROM_HOUR = 7
"""Nobody is written to in the night."""


def init_app(app: Bridge) -> None:
    from . import routes

    app.register_blueprint(routes.blueprint)
    own_settings.add(app, "reminders/own_choices.html", routes.own_choices)
    person_exported.connect(_person_exported)
    person_erased.connect(_person_erased)
    navigation.add(
        N_("Reminders by e-mail"),
        "reminders.plan",
        "administrator",
        order=87,
        setup=True,
        hint=N_("Tell people in time what they must renew, and leaders how their units stand."),
    )


def _person_erased(_sender: object, *, session: Session, person_id: uuid.UUID, **_more: object) -> None:
    for table in (Mail, Declined):
        session.execute(delete(table).where(table.person_id == person_id))


def _person_exported(
    _sender: object, *, session: Session, person_id: uuid.UUID, export: dict[str, Any], **_more: object
) -> None:
    export.update(choices.kept_on(session, person_id))


@job(outbox.SEND)
def _send(session: Session) -> None:
    app = bridge()
    if outbox.send(app, session.info["tenant_id"]):
        app.jobs.enqueue(session, outbox.SEND)


@every_minute
def remind(session: Session) -> None:
    """Once a municipality's new day has come so far that people are up, writes the day's reminders."""
    app, now = bridge(), utcnow()
    if app.settings.mail_url:
        rows = session.scalars(
            select(ReminderPlan.tenant_id).where(ReminderPlan.to_employees | ReminderPlan.to_leaders)
        ).all()
        for tenant_id in rows:
            bind_tenant(session, tenant_id)
            session.info.pop("time_zone", None)
            if now.astimezone(time_zone(session)).hour >= FROM_HOUR:
                service.write_the_day_s(session, app)
            session.flush()
        bind_tenant(session, None)
        session.info.pop("time_zone", None)
        outbox.wake(session, app.jobs)
    session.execute(delete(Mail).where(Mail.created < now - KEPT))
