"""Reading a course's participants, so that the register knows them before their first result."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import Database, utcnow
from ..errors import NotFound
from ..jobs import Jobs
from ..outgoing import OutgoingError
from .models import Deployment, Platform, ResourceLink
from .roster import members
from .services import Services
from .signals import LmsLearner, learners_known

JOB = "lti.read_roster"
BATCH = 500


def readable(session: Session, limit: int = 200) -> Sequence[ResourceLink]:
    """The courses whose LMS tells who is in them, by a number that the register knows people by."""
    return session.scalars(
        select(ResourceLink)
        .join(Deployment, Deployment.id == ResourceLink.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(ResourceLink.memberships != "", Platform.idnumber_is_employment_id)
        .order_by(ResourceLink.context_title, ResourceLink.id)
        .limit(limit)
    ).all()


def ask(session: Session, jobs: Jobs, link_id: uuid.UUID) -> None:
    """Reads the roster after the commit. Raises NotFound for a course whose LMS tells nobody who is in it."""
    link = session.scalar(
        select(ResourceLink).where(ResourceLink.id == link_id, ResourceLink.memberships != "")
    )
    if link is None:
        raise NotFound
    audit.record(session, "lti.roster", f"lti_resource_link:{link.id}")
    jobs.enqueue(session, JOB, link_id=str(link_id))


def read(database: Database, services: Services, tenant_id: uuid.UUID, link_id: uuid.UUID) -> None:
    """Tells the register of everybody in the course, in batches; what went wrong is kept for the page."""
    with database.unit_of_work(tenant_id, write=False) as session:
        row = session.execute(
            select(ResourceLink, Platform)
            .join(Deployment, Deployment.id == ResourceLink.deployment_id)
            .join(Platform, Platform.id == Deployment.platform_id)
            .where(ResourceLink.id == link_id)
        ).first()
    if row is None:
        return
    link, platform = row._tuple()
    size, problem, batch = 0, None, []
    try:
        for member in members(services, platform, link.memberships):
            if not member.active:
                continue
            size += 1
            if not member.idnumber or not platform.idnumber_is_employment_id:
                continue  # who cannot be known by it is not written down before they have taken something
            batch.append(
                LmsLearner(platform.issuer, member.subject, member.name, member.email, member.idnumber)
            )
            if len(batch) == BATCH:
                _tell(database, tenant_id, batch)
                batch = []
    except OutgoingError as error:
        problem = error.plain()
    with database.unit_of_work(tenant_id) as session:
        if batch:
            learners_known.send(None, session=session, learners=batch)
        kept = session.get(ResourceLink, link_id)
        if kept is not None:
            kept.roster_problem = problem
            if problem is None:
                kept.roster_read, kept.roster_size = utcnow(), size


def _tell(database: Database, tenant_id: uuid.UUID, batch: list[LmsLearner]) -> None:
    with database.unit_of_work(tenant_id) as session:
        learners_known.send(None, session=session, learners=batch)
