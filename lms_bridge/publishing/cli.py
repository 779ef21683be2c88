"""`lms-bridge package` and `lms-bridge validate`: packages from the command line, with or without a service."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.orm import Session

import content
import scorm
from content.files import opened
from scorm.__main__ import run_validate
from scorm.rule import PROFILES

from ..config import Settings
from ..db import Database
from ..errors import Invalid, NotFound
from ..storage import Storage, open_storage
from . import packages, service
from .package import STANDARDS, archive


@click.command("package")
@click.argument("module", required=False)
@click.option("--as", "standard", type=click.Choice(list(STANDARDS)), default="scorm12", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The zip to write.")
@click.option("--list", "listing", is_flag=True, help="List the published modules instead.")
def package_command(module: str | None, standard: str, output: Path | None, listing: bool) -> None:
    """Write MODULE as a package for an LMS.

    MODULE is the id of a published module, a folder with module.json and assets/, or a .lmsmodule file.
    """
    if listing:
        _list_published()
        return
    if module is None or output is None:
        raise click.UsageError("Say which MODULE, and where to write it with -o FILE; or use --list.")
    try:
        with _built(module, standard) as (title, built):
            _write(built, output)
    except (content.ContentError, scorm.ScormError) as error:
        raise Invalid(str(error)) from error
    click.echo(f"{output}: {title}, {standard}, {output.stat().st_size / 1_000_000:.1f} MB")


@click.command("validate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--profile", type=click.Choice(PROFILES), help="Add what this LMS is known to need.")
@click.option(
    "--fix", type=click.Path(dir_okay=False), help="Write a mended package here, where that is safe."
)
def validate_command(file: Path, as_json: bool, profile: str | None, fix: str | None) -> None:
    """Check a package or a manifest: exit 0 when it is sound, 1 with errors, 2 when it cannot be read."""
    sys.exit(run_validate(str(file), as_json=as_json, profile=profile, fix=fix))


def _list_published() -> None:
    with _published() as (session, _storage):
        for version in service.newest_versions(session):
            click.echo(f"{version.module_id}  v{version.number}  {version.language}  {version.title}")


@contextmanager
def _built(name: str, standard: str) -> Iterator[tuple[str, scorm.Archive]]:
    """Its title and its package, until the block ends."""
    if Path(name).exists():
        with opened(name) as files:
            yield files.module.title, archive(files.module, standard, files.open_asset, revision="1")
        return
    try:
        module_id = uuid.UUID(name)
    except ValueError:
        raise NotFound(
            "There is no folder or file %(name)s. Give one, or the id of a published module (package --list).",
            name=name,
        ) from None
    with _published() as (session, storage):
        version = service.get_version(session, module_id)
        session.refresh(version, ["document", "build_memory"])
        yield version.title, packages.of_version(session, storage, version, standard)


@contextmanager
def _published() -> Iterator[tuple[Session, Storage]]:
    """Every municipality's versions, without the service running."""
    settings = Settings.from_environ()
    database = Database(settings.database)
    storage = open_storage(settings.storage, s3_endpoint_url=settings.s3_endpoint_url)
    with database.unit_of_work(write=False) as session:
        yield session, storage


def _write(built: scorm.Archive, output: Path) -> None:
    """Writes the zip whole or not at all, with a bar where somebody looks on."""
    unfinished = output.with_name(f".{output.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with unfinished.open("xb") as sink:
            if sys.stderr.isatty():
                _write_with_bar(built, sink, output.name)
            else:
                built.write_to(sink)
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Invalid(f"{output} cannot be written: {error.strerror}.") from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _write_with_bar(built: scorm.Archive, sink: BinaryIO, name: str) -> None:
    with click.progressbar(length=built.size() or 0, label=name, file=sys.stderr) as bar:
        for chunk in built:
            sink.write(chunk)
            bar.update(len(chunk))
