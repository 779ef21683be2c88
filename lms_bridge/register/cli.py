"""`lms-bridge register rebuild|export`: derive the register anew, or write it out."""

from __future__ import annotations

import json
import sys
import uuid

import click
from sqlalchemy import select

from ..accounts import Tenant
from ..config import Settings
from ..db import Database
from ..vault import Vault
from . import derivation, rebuilding
from .jobs import HASHES


@click.group("register")
def register_commands() -> None:
    """The competence register."""


@register_commands.command("rebuild")
def rebuild_command() -> None:
    """Take every stored result again and derive who meets what, for every municipality; the result is what was
    there.
    """
    settings = Settings.from_environ()
    database, vault = Database(settings.database), Vault(settings.secret(), settings.former_secret_keys)
    for slug, tenant_id in _tenants(database):
        with database.unit_of_work(tenant_id) as session:
            before = list(derivation.export(session))
            rebuilding.take_again(session, settings.base_url, vault.kept_key(session, HASHES))
            count = derivation.rebuild(session)
            changed = "unchanged" if list(derivation.export(session)) == before else "CHANGED"
        click.echo(f"{slug}: {count} standings, {changed}")


@register_commands.command("export")
@click.option("--tenant", help="The municipality's short name, such as fjordvik; without it, all of them.")
def export_command(tenant: str | None) -> None:
    """Print the derived register as JSON, one line a standing, in an order that does not change."""
    database = Database(Settings.from_environ().database)
    for slug, tenant_id in _tenants(database):
        if tenant in (None, slug):
            with database.unit_of_work(tenant_id, write=False) as session:
                for row in derivation.export(session):
                    sys.stdout.write(json.dumps({"tenant": slug} | row) + "\n")


def _tenants(database: Database) -> list[tuple[str, uuid.UUID]]:
    with database.unit_of_work(write=False) as session:
        return [
            (row.slug, row.id)
            for row in session.execute(select(Tenant.slug, Tenant.id).order_by(Tenant.slug))
        ]
