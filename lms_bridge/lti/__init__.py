"""LTI 1.3 Advantage: modules open inside the LMS, and results go back to its gradebook."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from ..jobs import job
from ..lrs.signals import StoredStatement, statements_stored
from ..web.app import Bridge, bridge
from . import roster_reading, scores
from .services import Services


def init_app(app: Bridge) -> None:
    from . import pages, routes

    app.extensions["lti_services"] = Services(app)
    routes.init_app(app)
    pages.init_app(app)
    statements_stored.connect(_note_scores)


def _note_scores(
    _sender: object, *, session: Session, statements: Sequence[StoredStatement], **_: object
) -> None:
    scores.note(session, bridge().jobs, statements)


@job(scores.JOB)
def _send_score(session: Session, score_id: str) -> None:
    app = bridge()
    tenant_id: uuid.UUID = session.info["tenant_id"]
    services, job_id = app.extensions["lti_services"], session.info["job_id"]
    scores.send(app.database, services, app.jobs, tenant_id, uuid.UUID(score_id), job_id)


@job(roster_reading.JOB)
def _read_roster(session: Session, link_id: str) -> None:
    app = bridge()
    tenant_id: uuid.UUID = session.info["tenant_id"]
    roster_reading.read(app.database, app.extensions["lti_services"], tenant_id, uuid.UUID(link_id))
