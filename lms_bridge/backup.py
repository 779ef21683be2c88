"""`lms-bridge backup` and `restore`: everything of a service in one zip, from either kind of database to either.

The zip holds data only: a line of JSON a row, the files by their SHA-256, and a manifest with the digest of every
table, signed with the secret key. A restore checks all of it before it writes, and writes it in one transaction.
"""

import base64
import hashlib
import hmac
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import click
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    JSON,
    Date,
    LargeBinary,
    Table,
    Uuid,
    and_,
    bindparam,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.orm import Session

from . import create_app
from .db import Base, UtcDateTime
from .errors import Invalid
from .lrs import bulk, pending
from .schema import migrate
from .storage import Storage
from .stored_files import files_named
from .web.app import Bridge

MANIFEST = "manifest.json"
LONGEST_ROW = 64_000_000
BATCH = 500
_LEFT_OUT = {"attempts"}


def write_backup(app: Bridge, path: Path) -> tuple[int, int]:
    """Writes the backup, whole or not at all; (rows, files)."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with (
            zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
            app.database.unit_of_work(write=False) as session,
        ):
            counts = _write_all(app, session, archive)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def _write_all(app: Bridge, session: Session, archive: zipfile.ZipFile) -> tuple[int, int]:
    tables, rows = {}, 0
    for table in _tables():
        digest, count = hashlib.sha256(), 0
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
            for row in session.execute(select(table).execution_options(yield_per=BATCH)):
                line = json.dumps([_plain(v) for v in row], ensure_ascii=False).encode() + b"\n"
                file.write(line)
                digest.update(line)
                count += 1
        columns = [column.name for column in table.columns]
        tables[table.name] = {"columns": columns, "rows": count, "sha256": digest.hexdigest()}
        rows += count
    files = sorted(set(files_named(session)))  # a draft and its versions name the same ones
    for sha256 in files:
        with (
            app.storage.open(sha256) as source,
            archive.open(f"files/{sha256}", "w", force_zip64=True) as target,
        ):
            _copied(source, target)
    manifest = {"revision": _revision(session), "tables": tables, "files": files}
    archive.writestr(MANIFEST, json.dumps({**manifest, "signature": _signatures(app, manifest)[0]}, indent=1))
    return rows, len(files)


def restore_backup(app: Bridge, path: Path) -> tuple[int, int]:
    """Fills an empty service; (rows, files). Raises Invalid, with nothing written, for anything that is not sound."""
    try:
        with zipfile.ZipFile(path) as archive, app.database.unit_of_work() as session:
            manifest = _read_manifest(app, session, archive)
            for sha256 in manifest["files"]:
                _restore_file(app.storage, archive, sha256)
            rows = sum(_restore_table(session, archive, table, manifest["tables"]) for table in _tables())
            pending.settle(session)
            if not bulk.is_postgresql(session):
                bulk.spread_blocks(session)
            return rows, len(manifest["files"])
    except (zipfile.BadZipFile, OSError, KeyError) as error:
        raise Invalid(f"{path} is not a backup, or is damaged ({error}). Nothing was changed.") from error


def _read_manifest(app: Bridge, session: Session, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(_bounded(archive, MANIFEST))
        signature = manifest.pop("signature")
    except (ValueError, AttributeError) as error:
        raise Invalid("The backup's manifest cannot be read. Nothing was changed.") from error
    if not any(hmac.compare_digest(str(signature), one) for one in _signatures(app, manifest)):
        raise Invalid(
            "The backup was not made with this service's secret key, or was changed since. "
            "Set LMS_BRIDGE_SECRET_KEY to the key of the service that made it, or name that one in "
            "LMS_BRIDGE_FORMER_SECRET_KEYS. Nothing was changed."
        )
    if manifest["revision"] != _revision(session):
        raise Invalid("The backup was made by another version of lms-bridge. Restore it with that version.")
    if any(session.scalar(select(func.count()).select_from(table)) for table in _tables()):
        raise Invalid("The database is in use. Restore into an empty one. Nothing was changed.")
    return manifest


def _restore_file(storage: Storage, archive: zipfile.ZipFile, sha256: str) -> None:
    with archive.open(f"files/{sha256}") as source:
        stored = storage.put(source)
    if stored.sha256 != sha256:
        storage.delete(stored.sha256)
        raise Invalid(f"The file {sha256[:12]} in the backup is damaged. Nothing was changed.")


def _restore_table(session: Session, archive: zipfile.ZipFile, table: Table, listed: dict[str, Any]) -> int:
    entry = listed[table.name]
    columns = [table.columns[name] for name in entry["columns"]]
    digest, count = hashlib.sha256(), 0
    batch: list[dict[str, Any]] = []
    parents: list[dict[str, Any]] = []
    for line in _lines(archive, f"tables/{table.name}.jsonl"):
        digest.update(line)
        values = json.loads(line)
        batch.append({c.name: _typed(c.type, v) for c, v in zip(columns, values, strict=True)})
        count += 1
        if len(batch) == BATCH:
            parents += _insert(session, table, batch)
            batch = []
    parents += _insert(session, table, batch)
    _update(session, table, parents)
    if digest.hexdigest() != entry["sha256"] or count != entry["rows"]:
        raise Invalid(f"The table {table.name} in the backup is damaged. Nothing was changed.")
    return count


def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Inserts rows without what they refer to in their own table, which may come later; returns that."""
    own = [c.name for c in table.columns if any(key.column.table is table for key in c.foreign_keys)]
    keys = [c.name for c in table.primary_key]
    later = [
        {name: row[name] for name in (*keys, *own)} for row in rows if any(row[n] is not None for n in own)
    ]
    if rows:
        session.execute(insert(table), [{**row, **dict.fromkeys(own)} for row in rows])
    return later


def _update(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    keys = [c.name for c in table.primary_key]
    same = and_(*(table.columns[name] == bindparam(f"key_{name}") for name in keys))
    values = [
        {**{f"key_{k}": r[k] for k in keys}, **{n: v for n, v in r.items() if n not in keys}} for r in rows
    ]
    statement = update(table).where(same).values({n: bindparam(n) for n in rows[0] if n not in keys})
    session.connection().execute(statement, values)


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in _LEFT_OUT]


def _revision(session: Session) -> str | None:
    return MigrationContext.configure(session.connection()).get_current_revision()


def _signatures(app: Bridge, manifest: dict[str, Any]) -> list[str]:
    """What the manifest is signed with; the first by the secret key of now, the others by former ones."""
    text = json.dumps(manifest, sort_keys=True).encode()
    keys = (hashlib.sha256(b"backup:" + one.encode()).digest() for one in reversed(app.signing_keys))
    return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in keys]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return null() if isinstance(kind, JSON) else None
    if isinstance(kind, Uuid):
        return uuid.UUID(value)
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


def _bounded(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(LONGEST_ROW)


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as file:
        while line := file.readline(LONGEST_ROW):
            yield line


def _copied(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(1 << 20):
        target.write(chunk)


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_command(file: Path) -> None:
    """Write everything of the service to FILE, while it runs."""
    rows, files = write_backup(create_app(), file)
    click.echo(f"{file}: {rows} rows and {files} files.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(file: Path) -> None:
    """Fill an empty service from a backup."""
    app = create_app()
    app.settings.prepare_data_dir()
    migrate(app.database)
    rows, files = restore_backup(app, file)
    click.echo(f"Restored {rows} rows and {files} files.")
