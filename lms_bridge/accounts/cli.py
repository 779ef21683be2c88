"""`lms-bridge municipality …` and `lms-bridge account …`: whom nobody else can let in."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..config import Settings
from ..db import Database, bind_tenant
from ..errors import Invalid, NotFound
from ..schema import migrate
from ..web.i18n import LANGUAGES
from . import links, service
from .models import Account, Tenant
from .municipalities import COUNTRIES, create_municipality, list_municipalities


@click.group("municipality")
def municipality_commands() -> None:
    """Municipalities: make one with its first administrator, list them."""


@municipality_commands.command("create")
@click.option("--name", prompt=True, help='Such as "Fjordvik kommune".')
@click.option("--organisation-number", prompt=True, help="Its number in the register of organisations.")
@click.option(
    "--country", prompt=True, default="NO", type=click.Choice(list(COUNTRIES), case_sensitive=False)
)
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Without it, the country's.")
@click.option("--short-name", default="", help="For commands and addresses; without it, made of the name.")
@click.option("--admin-name", prompt="Name of its first administrator", help="Who lets all others in.")
@click.option("--admin-email", prompt="E-mail of its first administrator", help="With which they sign in.")
def create_command(
    name: str,
    organisation_number: str,
    country: str,
    language: str | None,
    short_name: str,
    admin_name: str,
    admin_email: str,
) -> None:
    """Make a municipality, and print the link by which its first administrator chooses a password."""
    settings, database = opened()
    with database.unit_of_work() as session:
        tenant = create_municipality(
            session,
            name=name,
            organisation_number=organisation_number,
            country=country,
            language=language or "",
            slug=short_name,
        )
        bind_tenant(session, tenant.id)
        account = _administrator(session, tenant, admin_name, admin_email)
        link = links.link_for(settings, session, account)
    click.echo(f"{tenant.name} is made (short name: {tenant.slug}).")
    _print_link(account, link)


def _administrator(session: Session, tenant: Tenant, name: str, email: str) -> Account:
    try:
        return service.create_account(
            session,
            tenant_id=tenant.id,
            email=email,
            name=name,
            roles=["administrator"],
            language=tenant.language,
        )
    except Invalid as error:  # here are no fields to be marked
        raise Invalid(" ".join(error.fields.values())) from None


@municipality_commands.command("list")
def list_command() -> None:
    """Short name, name and organisation number of each."""
    _settings, database = opened()
    with database.unit_of_work(write=False) as session:
        for tenant in list_municipalities(session):
            click.echo(f"{tenant.slug:20} {tenant.name:40} {tenant.organisation_number}")


@click.group("account")
def account_commands() -> None:
    """Accounts, where no administrator can sign in to help."""


@account_commands.command("link")
@click.argument("email")
def link_command(email: str) -> None:
    """Print a link by which the person with EMAIL chooses a new password."""
    settings, database = opened()
    with database.unit_of_work() as session:
        account = session.scalar(
            select(Account).where(Account.email == email.strip().lower(), Account.active)
        )
        if account is None:
            raise NotFound("Nobody signs in with the e-mail %(email)s.", email=email)
        bind_tenant(session, account.tenant_id)
        link = links.link_for(settings, session, account)
    _print_link(account, link)


def opened() -> tuple[Settings, Database]:
    settings = Settings.from_environ()
    settings.prepare_data_dir()
    database = Database(settings.database)
    migrate(database)
    return settings, database


def _print_link(account: Account, link: str) -> None:
    click.echo(f"{account.name} chooses a password here, once, within {links.DAYS} days:\n{link}")
