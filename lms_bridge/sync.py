"""`lms-bridge sync [SOURCE]`: fetches from the connected sources now."""

from __future__ import annotations

import sys
import uuid

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from . import create_app
from .accounts import Tenant
from .connectors.models import ACTIVE, FAILED, PARTLY, Connection, Run
from .connectors.runs import SECONDS, sync
from .web.app import Bridge
from .web.i18n import told


@click.command("sync")
@click.argument("source", required=False)
@click.option("--tenant", help="The municipality's short name, such as fjordvik; without it, all of them.")
@click.option("--seconds", default=SECONDS, show_default=True, help="The most time that one source may take.")
def sync_command(source: str | None, tenant: str | None, seconds: float) -> None:
    """Fetch what is new from SOURCE (a connection's name or id), or from every connection that is not paused."""
    app = create_app()
    found = _wanted(app, source, tenant)
    if not found:
        click.echo(f"There is no connection {source}." if source else "There is no connection to fetch from.")
        sys.exit(1 if source else 0)
    failed = False
    for row, slug in found:
        click.echo(f"{slug}: {row.name}")
        with app.app_context():
            run = sync(app, row.tenant_id, row.id, seconds=seconds, told=_tell)
        failed |= run is not None and run.state == FAILED
        click.echo(f"  {_summary(run)}")
    sys.exit(1 if failed else 0)


def _wanted(app: Bridge, source: str | None, tenant: str | None) -> list[tuple[Connection, str]]:
    with app.database.unit_of_work(write=False) as session:
        return [(row, slug) for row, slug in _every(session) if tenant in (None, slug) and _is(row, source)]


def _every(session: Session) -> list[tuple[Connection, str]]:
    query = select(Connection, Tenant.slug).join(Tenant, Tenant.id == Connection.tenant_id)
    return list(session.execute(query.order_by(Tenant.slug, Connection.name)).tuples())


def _is(row: Connection, source: str | None) -> bool:
    if source is None:
        return row.state == ACTIVE
    try:
        return row.id == uuid.UUID(source)
    except ValueError:
        return row.name.casefold() == source.casefold()


def _tell(run: Run, row: Connection) -> None:
    left = ", ".join(f"{n} {what}" for what, n in (row.estimate or {}).items())
    click.echo(f"  {run.rows} rows, {run.new} new, {run.calls} calls" + (f"; left: {left}" if left else ""))


def _summary(run: Run | None) -> str:
    if run is None:
        return "another process is fetching from it"
    lines = [told(note) for note in run.warnings]
    if run.problem:
        lines.append("failed: " + told(run.problem))
    elif run.state == PARTLY:
        lines.append("the time is up; there is more, and the next run goes on from here")
    else:
        lines.append(f"done: {run.new} new in {run.seconds:.1f} s")
    return "\n  ".join(lines)
