"""The worker's part: every minute, what is due is run."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ..db import bind_tenant, utcnow
from ..jobs import every_minute, job
from ..web.app import bridge
from .models import ACTIVE, Connection, Run
from .runs import sync
from .service import JOB, run_soon

KEPT = timedelta(days=90)
"""How long the log of runs is kept."""


@job(JOB)
def _sync(session: Session, connection_id: str) -> None:
    tenant_id: uuid.UUID = session.info["tenant_id"]
    sync(bridge(), tenant_id, uuid.UUID(connection_id), job_id=session.info["job_id"])


@every_minute
def ask_for_due(session: Session) -> None:
    """Has every connection run whose time has come, in every municipality."""
    now = utcnow()
    free = or_(Connection.claimed_until.is_(None), Connection.claimed_until < now)
    due = session.execute(
        select(Connection.tenant_id, Connection.id).where(
            Connection.state == ACTIVE, Connection.next_run <= now, free
        )
    ).all()
    for tenant_id, connection_id in due:
        bind_tenant(session, tenant_id)
        run_soon(session, bridge().jobs, connection_id)
        session.flush()
    bind_tenant(session, None)
    session.execute(delete(Run).where(Run.started < now - KEPT))
