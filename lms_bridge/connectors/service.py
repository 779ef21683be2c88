"""Connections are made, changed, paused and removed here; their secrets are sealed, and given out to connectors."""

from __future__ import annotations

import json
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
from ..jobs import Job, Jobs
from ..vault import Vault
from ..web.i18n import N_
from . import interface
from .interface import Connector
from .models import ACTIVE, PAUSED, Connection, Run, TakenFile

JOB = "connectors.sync"
TIMES = (5, 15, 60, 360, 1440)
"""Minutes between two runs that an administrator may choose."""


def create(
    session: Session,
    vault: Vault,
    kind: str,
    *,
    name: str,
    address: str,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    minutes: int | None = None,
) -> Connection:
    """Makes a connection; it runs within a minute. Raises Invalid with `fields`."""
    connector = interface.find(kind)
    if connector is None:
        raise NotFound
    row = Connection(kind=kind, name="", address="", minutes=connector.minutes)
    _fill(row, vault, connector, name, address, dict(settings or {}), dict(secrets or {}), minutes)
    session.add(row)
    session.flush()
    audit.record(session, "connect", f"connection:{row.id}", kind=kind)
    return row


def edit(
    session: Session,
    vault: Vault,
    connection_id: uuid.UUID,
    *,
    name: str,
    address: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    minutes: int | None = None,
) -> Connection:
    """Changes a connection. A secret left empty stays, unless the address leads to another host.

    The cursor stays too: what was taken is known by its ids. The next run is at once. Raises Invalid with `fields`.
    """
    row = get(session, connection_id)
    connector = interface.find(row.kind)
    if connector is None:
        raise NotFound
    given = {name: value for name, value in secrets.items() if value}
    if _host(address) == _host(row.address):
        given = {**secrets_of(vault, row), **given}
    kept = {k: v for k, v in row.settings.items() if k not in {f.name for f in connector.fields}}
    _fill(row, vault, connector, name, address, {**kept, **settings}, given, minutes)
    row.failures, row.problem, row.next_run = 0, None, utcnow()
    audit.record(session, "change", f"connection:{row.id}", kind=row.kind)
    return row


def _fill(
    row: Connection,
    vault: Vault,
    connector: Connector,
    name: str,
    address: str,
    settings: dict[str, Any],
    secrets: dict[str, str],
    minutes: int | None,
) -> None:
    name, address = " ".join(name.split())[:200], address.strip()
    problems = {}
    if not name:
        problems["name"] = N_("Give it a name.")
    if not address or len(address) > 1000:
        problems["address"] = N_("Write the address.")
    for field in connector.fields:
        value = (secrets if field.secret else settings).get(field.name)
        if field.required and not value:
            problems[field.name] = N_("This is needed.")
        elif field.options and value and value not in {key for key, _text in field.options}:
            problems[field.name] = N_("Choose one of these.")
        elif isinstance(value, str) and len(value) > 20_000:
            problems[field.name] = N_("This is too long.")
    if problems:
        raise Invalid(N_("Some of it needs another look."), problems)
    connector.settle(address, settings, secrets)
    row.name, row.address, row.settings = name, address, settings
    row.secret = vault.seal(json.dumps(secrets).encode()) if secrets else None
    if minutes in TIMES:
        row.minutes = minutes


def _host(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return "", address
    return parts.scheme, parts.netloc


def secrets_of(vault: Vault, connection: Connection) -> dict[str, str]:
    """The secrets of a connection, opened. Raises Unavailable where the key does not fit."""
    return dict(json.loads(vault.open(connection.secret))) if connection.secret else {}


def get(session: Session, connection_id: uuid.UUID) -> Connection:
    row = session.get(Connection, connection_id)
    if row is None:
        raise NotFound
    return row


def every(session: Session, kind: str | None = None) -> Sequence[Connection]:
    """The municipality's connections, by name."""
    query = select(Connection).order_by(Connection.name, Connection.id)
    return session.scalars(query.where(Connection.kind == kind) if kind else query).all()


def pause(session: Session, connection_id: uuid.UUID, paused: bool) -> None:
    """Leaves the source alone until further notice, or takes it up again at once."""
    row = get(session, connection_id)
    row.state = PAUSED if paused else ACTIVE
    if not paused:
        row.failures, row.next_run = 0, utcnow()
    audit.record(session, "pause" if paused else "resume", f"connection:{row.id}")


def remove(session: Session, connection_id: uuid.UUID) -> None:
    """Forgets the connection, its secret and its log; what came by it stays where it is."""
    row = get(session, connection_id)
    for table in (Run, TakenFile):
        session.execute(delete(table).where(table.connection_id == row.id))
    session.delete(row)
    audit.record(session, "remove", f"connection:{connection_id}", kind=row.kind)


def run_soon(session: Session, jobs: Jobs, connection_id: uuid.UUID) -> None:
    """Has it run by the worker now, also one that waits after failures."""
    row = get(session, connection_id)
    row.next_run = utcnow() + timedelta(
        minutes=5
    )  # the minute's look at what is due need not ask for it again
    jobs.enqueue(session, JOB, connection_id=str(row.id))


def asked_for(session: Session, connection_id: uuid.UUID) -> bool:
    """Whether a run waits for the worker."""
    tenant_id = session.info["tenant_id"]
    waiting = select(Job.arguments).where(Job.name == JOB, Job.state == "waiting", Job.tenant_id == tenant_id)
    return any(one.get("connection_id") == str(connection_id) for one in session.scalars(waiting))


def runs_of(session: Session, connection_id: uuid.UUID, limit: int = 50) -> Sequence[Run]:
    """The newest runs first."""
    query = select(Run).where(Run.connection_id == connection_id).order_by(Run.started.desc()).limit(limit)
    return session.scalars(query).all()
