"""`lms-bridge credentials …`: key pairs for the LRS from the command line."""

import json
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select

from lms_bridge.accounts import Tenant
from lms_bridge.config import Settings
from lms_bridge.db import Database
from lms_bridge.errors import NotFound

from .credentials import SCOPES, create_credential


@click.group("credentials")
def credentials_commands() -> None:
    """Keys with which other systems talk to the LRS."""


@credentials_commands.command("create")
@click.option("--tenant", required=True, help="The municipality's short name, such as fjordvik.")
@click.option("--scopes", required=True, help="Separated by commas or spaces: " + ", ".join(SCOPES))
@click.option("--name", default="Made on the command line", help="What the key is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is valid; without it, until revoked.")
def create_command(tenant: str, scopes: str, name: str, days: int | None) -> None:
    """Make a key pair and print it as JSON; the secret is shown this once."""
    wanted = scopes.replace(",", " ").split()
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise click.BadParameter(f"choose from {', '.join(SCOPES)}", param_hint="--scopes")
    settings = Settings.from_environ()
    database = Database(settings.database)
    with database.unit_of_work(write=False) as session:
        tenant_id = session.scalar(select(Tenant.id).where(Tenant.slug == tenant))
    if tenant_id is None:
        raise NotFound("There is no municipality with the short name %(name)s.", name=tenant)
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    with database.unit_of_work(tenant_id) as session:
        made = create_credential(session, name=name, scopes=wanted, expires_at=expires_at)
        shown = {
            "endpoint": f"{settings.base_url}/xapi/",
            "key": made.credential.key,
            "secret": made.secret,
            "scopes": made.credential.scopes.split(),
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
    click.echo(json.dumps(shown))
