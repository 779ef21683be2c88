"""A backup holds everything and nothing else; a restore writes all of it, or nothing."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.authoring.models import Draft
from lms_bridge.backup import restore_backup, write_backup
from lms_bridge.db import Base
from lms_bridge.errors import Invalid
from lms_bridge.lrs.models import Attachment
from lms_bridge.web.app import Bridge
from tests.support.app import Templates, migrated
from tests.support.demo import Demo


@pytest.fixture
def backup(app: Bridge, tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    write_backup(app, path)
    return path


@pytest.fixture
def empty(app: Bridge, templates: Templates, tmp_path: Path) -> Iterator[Bridge]:
    """Another service, on SQLite, with the same key and nothing in it."""
    settings = replace(app.settings, data_dir=tmp_path / "other", database_url="", storage_url="")
    settings.prepare_data_dir()
    with templates.copy("sqlite", tmp_path / "other" / "lms-bridge.sqlite", migrated):
        other = create_app(settings)
        yield other
        other.database.engine.dispose()


def everything(app: Bridge) -> dict[str, list]:
    with app.database.unit_of_work(write=False) as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name != "attempts"
        }


def rewritten(source: Path, target: Path, change) -> Path:
    """A copy of the zip in which `change(name, content)` decides what stands there."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def test_what_was_saved_comes_back_from_either_database(app: Bridge, backup: Path, empty: Bridge):
    restore_backup(empty, backup)
    assert everything(empty) == everything(app)


def test_a_service_in_use_is_not_written_over(app: Bridge, backup: Path):
    before = everything(app)
    with pytest.raises(Invalid, match="in use"):
        restore_backup(app, backup)
    assert everything(app) == before


def test_a_changed_row_is_found_and_nothing_is_written(backup: Path, empty: Bridge, tmp_path: Path):
    def promote(name: str, body: bytes) -> bytes:
        return body.replace(b"employee", b"administr") if name == "tables/account.jsonl" else body

    with pytest.raises(Invalid, match="account in the backup is damaged"):
        restore_backup(empty, rewritten(backup, tmp_path / "x.zip", promote))
    assert not any(everything(empty).values())


def test_a_forged_manifest_is_refused(backup: Path, empty: Bridge, tmp_path: Path):
    def forge(name: str, body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "files": ["x"]}).encode() if name == "manifest.json" else body

    with pytest.raises(Invalid, match="secret key"):
        restore_backup(empty, rewritten(backup, tmp_path / "x.zip", forge))


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"<html>not found</html>"])
def test_what_is_no_backup_is_refused(body: bytes, empty: Bridge, tmp_path: Path):
    path = tmp_path / "x.zip"
    path.write_bytes(body)
    with pytest.raises(Invalid, match="is not a backup"):
        restore_backup(empty, path)


def test_a_truncated_backup_is_refused(backup: Path, empty: Bridge):
    backup.write_bytes(backup.read_bytes()[:-200])
    with pytest.raises(Invalid, match="is not a backup"):
        restore_backup(empty, backup)
    assert not any(everything(empty).values())


def test_a_backup_that_fails_leaves_no_half_file(
    app: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def break_(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(zipfile.ZipFile, "writestr", break_)
    with pytest.raises(RuntimeError):
        write_backup(app, tmp_path / "b.zip")
    assert not list(tmp_path.glob("*b.zip*"))


def test_the_whole_demo_moves_with_every_file_that_it_names(demo: Demo, empty: Bridge, tmp_path: Path):
    """Pictures of modules, and what came with statements."""
    with demo.app.database.unit_of_work(demo.fjordvik) as session:
        form = demo.app.storage.put(io.BytesIO(b"a signed form")).sha256
        session.add(Attachment(sha2=form, content_type="text/plain", length=13, storage_key=form))
    path = tmp_path / "demo.zip"
    rows, files = write_backup(demo.app, path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))  # a draft and its versions name the same files
    assert restore_backup(empty, path) == (rows, files)
    assert everything(empty) == everything(demo.app)
    with empty.storage.open(form) as file:
        assert file.read() == b"a signed form"
    with empty.database.unit_of_work(demo.fjordvik, write=False) as session:
        shown = {digest for draft in session.scalars(select(Draft)) for digest in draft.document["assets"]}
    assert shown
    assert all(empty.storage.exists(digest) for digest in shown)
