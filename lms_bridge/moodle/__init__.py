"""Moodle (KS Læring): modules are put into its courses, and results come back, by push and by pull."""

import uuid

from sqlalchemy.orm import Session

from ..connectors import interface
from ..jobs import job
from ..web.app import Bridge, bridge
from . import placements
from .connector import MoodleConnector


def init_app(app: Bridge) -> None:
    from . import publishing_pages, push, routes

    interface.register(MoodleConnector())
    push.init_app(app)
    routes.init_app(app)
    publishing_pages.init_app(app)


def _given_up(session: Session, placement_id: str, tries: int = 0) -> None:
    placements.given_up(session, uuid.UUID(placement_id))


@job(placements.JOB, _given_up)
def _publish(session: Session, placement_id: str, tries: int = 0) -> None:
    tenant_id: uuid.UUID = session.info["tenant_id"]
    placements.carry_out(bridge(), tenant_id, uuid.UUID(placement_id), tries)


@job(placements.LOOK_JOB)
def _look(session: Session, connection_id: str) -> None:
    tenant_id: uuid.UUID = session.info["tenant_id"]
    placements.look(bridge(), tenant_id, uuid.UUID(connection_id))
