"""The demo: two municipalities with people, modules, requirements and some history, from the files in demo/."""

import json
from importlib.resources import as_file, files
from typing import Any

import click
from sqlalchemy import func, select

from content.files import opened

from . import create_app
from .accounts import Tenant
from .accounts.service import create_account
from .authoring import service as authoring
from .library import sharing as library
from .publishing import service as publishing
from .register.seed import seed as seed_register
from .schema import migrate
from .seed_courses import seed_courses
from .web.app import Bridge

PASSWORD = "prøv-lms-bridge"  # noqa: S105 - the demo's, printed at start
MODULES = {"fjordvik": ("hand-hygiene", "fire-safety"), "storsjo": ("confidentiality",)}
_DEMO = files("lms_bridge") / "demo"


def seed_if_empty(app: Bridge) -> str:
    """Fills an empty database with the demo; returns the sign-ins to print, or nothing if it is in use."""
    with app.database.unit_of_work(write=False) as session:
        if session.scalar(select(func.count()).select_from(Tenant)):
            return ""
    lines = []
    for municipality in json.loads((_DEMO / "people.json").read_text())["municipalities"]:
        with app.app_context():
            _seed(app, municipality)
        lines += [_line(person) for person in municipality["people"]]
    return f"Demo sign-ins (password: {PASSWORD}):\n" + "\n".join(lines) + "\n"


def _seed(app: Bridge, municipality: dict[str, Any]) -> None:
    """One municipality, in one transaction."""
    names = ("slug", "name", "organisation_number", "country", "language", "timezone")
    with app.database.unit_of_work() as session:
        tenant = Tenant(**{name: municipality[name] for name in names})
        session.add(tenant)
    with app.database.unit_of_work(tenant.id) as session:
        for person in municipality["people"]:
            create_account(
                session,
                tenant_id=tenant.id,
                email=person["email"],
                name=person["name"],
                roles=person["roles"],
                password=PASSWORD,
                language=person["language"],
            )
        for name in MODULES[tenant.slug]:
            with as_file(_DEMO / "modules" / name) as folder, opened(folder) as found:
                module = authoring.take_in(session, app.storage, found)
            publishing.publish(session, app.jobs, module.id)
            library.share(session, tenant, module.id, by=None)
        seed_register(session, municipality, json.loads((_DEMO / "competences.json").read_text()))
        seed_courses(app, session, municipality)


def _line(person: dict[str, Any]) -> str:
    return f"  {person['email']:30} {', '.join(person['roles'])}"


@click.command("seed")
def seed_command() -> None:
    """Put the demo into an empty database."""
    app = create_app()
    app.settings.prepare_data_dir()
    migrate(app.database)
    click.echo(seed_if_empty(app) or "The database is in use already: nothing was changed.")
