"""Statements forwarded to other Learning Record Stores."""

import uuid
from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session

from ..jobs import every_minute, job
from ..lrs.signals import StoredStatement, statements_stored
from ..web.app import Bridge, bridge
from . import collect, delivery, outbox

OUTBOX = "forwarding.outbox"


def init_app(app: Bridge) -> None:
    from . import routes

    app.extensions[OUTBOX] = outbox.Outbox(app.jobs)
    routes.init_app(app)
    statements_stored.connect(_note)


def own_outbox() -> outbox.Outbox:
    """This process's."""
    return cast(outbox.Outbox, bridge().extensions[OUTBOX])


def _note(
    _sender: object,
    *,
    session: Session,
    tenant_id: uuid.UUID,
    statements: Sequence[StoredStatement],
    **_: object,
) -> None:
    own_outbox().note(session, tenant_id, statements)


@job(outbox.SEND)
def _send(session: Session, target_id: str) -> None:
    delivery.deliver(bridge(), session.info["tenant_id"], uuid.UUID(target_id), session.info["job_id"])


@job(collect.COLLECT)
def _collect(session: Session, target_id: str, first: int, last: int) -> None:
    collect.collect(session, bridge().jobs, uuid.UUID(target_id), first, last)


@every_minute
def _sweep(session: Session) -> None:
    delivery.sweep(session, bridge().jobs)
