"""`lms-bridge import`: a module from a file, without the service running."""

from pathlib import Path

import click
from sqlalchemy import select

import content
from content.files import opened

from ..accounts import Tenant
from ..config import Settings
from ..db import Database
from ..errors import Invalid, NotFound
from ..storage import open_storage
from . import service


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tenant", required=True, help="The municipality's short name, such as fjordvik.")
def import_command(file: Path, tenant: str) -> None:
    """Take in a module from FILE, a folder with module.json and assets/ or a .lmsmodule file, as a draft."""
    settings = Settings.from_environ()
    database = Database(settings.database)
    storage = open_storage(settings.storage, s3_endpoint_url=settings.s3_endpoint_url)
    with database.unit_of_work(write=False) as session:
        tenant_id = session.scalar(select(Tenant.id).where(Tenant.slug == tenant))
    if tenant_id is None:
        raise NotFound("There is no municipality with the short name %(name)s.", name=tenant)
    try:
        with database.unit_of_work(tenant_id) as session, opened(file) as found:
            module = service.take_in(session, storage, found)
    except content.ContentError as error:
        raise Invalid(str(error)) from error
    click.echo(f"{module.id}  {module.title}")
