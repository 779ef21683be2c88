"""The demo: two municipalities with people, modules, requirements and some history."""

import click
from sqlalchemy import func, select

from . import create_app
from .accounts import Tenant
from .accounts.service import create_account
from .web.app import Bridge

PASSWORD = "prøv-lms-bridge"  # noqa: S105 - the demo's, printed at start
TENANTS = (
    ("fjordvik", "Fjordvik kommune", "999999901", "NO", "nb", "Europe/Oslo"),
    ("storsjo", "Storsjö kommun", "2120009901", "SE", "sv", "Europe/Stockholm"),
)
PEOPLE = {
    "fjordvik": {
        "Astrid Aune": ["author"],
        "Birger Berg": ["librarian"],
        "Camilla Carlsen": ["coordinator"],
        "David Dahl": ["leader", "employee"],
        "Emma Eide": ["employee"],
        "Frode Foss": ["administrator"],
    },
    "storsjo": {
        "Göran Gran": ["leader", "employee"],
        "Hanna Holm": ["coordinator"],
        "Ingrid Isaksson": ["author"],
        "Johan Jonsson": ["employee"],
    },
}


def seed_if_empty(app: Bridge) -> str:
    """Fills an empty database with the demo; returns the sign-ins to print, or nothing if it is in use."""
    with app.database.unit_of_work() as session:
        if session.scalar(select(func.count()).select_from(Tenant)):
            return ""
        tenants = [
            Tenant(
                slug=slug,
                name=name,
                organisation_number=number,
                country=country,
                language=language,
                timezone=zone,
            )
            for slug, name, number, country, language, zone in TENANTS
        ]
        session.add_all(tenants)
        session.flush()
    lines = []
    for tenant in tenants:
        with app.database.unit_of_work(tenant.id) as session:
            for name, roles in PEOPLE[tenant.slug].items():
                email = f"{_ascii(name.split()[0])}@{tenant.slug}.example"
                create_account(
                    session,
                    tenant_id=tenant.id,
                    email=email,
                    name=name,
                    roles=roles,
                    password=PASSWORD,
                    language=tenant.language,
                )
                lines.append(f"  {email:30} {', '.join(roles)}")
    return f"Demo sign-ins (password: {PASSWORD}):\n" + "\n".join(lines) + "\n"


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans("åäöøæ", "aaooa"))


@click.command("seed")
def seed_command() -> None:
    """Put the demo into an empty database."""
    from .schema import migrate

    app = create_app()
    app.settings.prepare_data_dir()
    migrate(app.database)
    click.echo(seed_if_empty(app) or "The database is in use already: nothing was changed.")
