"""The secret key is replaced: what was sealed is sealed anew, and what was hashed and signed before still counts."""

import dataclasses
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select

from lms_bridge import create_app
from lms_bridge.backup import restore_backup, write_backup
from lms_bridge.config import Settings, SettingsError
from lms_bridge.connectors import service
from lms_bridge.connectors.models import Connection
from lms_bridge.db import Base, Database
from lms_bridge.errors import Invalid, Unavailable
from lms_bridge.lti import keys
from lms_bridge.publishing.delivery import _serializer
from lms_bridge.register import erasing, identities, privacy
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.models import Person
from lms_bridge.rotation import rotate, sealed_columns
from lms_bridge.vault import Sealed, Vault
from lms_bridge.web.app import Bridge
from tests.people import EMMA, FJORDVIK, PASSWORD, STORSJO, Municipality

from ..support.app import SECRET, new_client

OLD = "a secret of the command line's tests alone"
NEW = "another secret of the tests, of nobody else"
TOKEN = "the token of the other system"


@contextmanager
def running(settings: Settings, secret: str, *former: str) -> Iterator[Bridge]:
    """The service on the same data with these keys."""
    app = create_app(dataclasses.replace(settings, secret_key=secret, former_secret_keys=former))
    app.testing = True
    yield app
    app.database.engine.dispose()


@pytest.fixture
def connected(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> dict[str, uuid.UUID]:
    """A secret of each municipality, and a signing key of the service."""
    found = {}
    for municipality in (FJORDVIK, STORSJO):
        with app.app_context(), app.database.unit_of_work(tenant_id(municipality)) as session:
            given = {"name": "LRS", "address": "https://lrs.example/xapi", "settings": {"key": "k"}}
            row = service.create(session, app.vault, "xapi", secrets={"secret": TOKEN}, **given)
            found[municipality.slug] = row.id
    keys.published(app.database, app.vault)
    return found


def opened(app: Bridge) -> list[str]:
    """Every connection's secret, as this service opens it."""
    with app.database.unit_of_work(write=False) as session:
        return [service.secrets_of(app.vault, row)["secret"] for row in session.scalars(select(Connection))]


def test_with_the_former_key_named_everything_is_opened_and_new_secrets_take_the_new_key(
    settings: Settings, connected: dict[str, uuid.UUID]
):
    with running(settings, NEW, SECRET) as app:
        assert opened(app) == [TOKEN, TOKEN]
        assert not Vault(SECRET).is_current(app.vault.seal(b"x"))
    with running(settings, NEW) as app, pytest.raises(Unavailable, match="FORMER_SECRET_KEYS"):
        opened(app)


def test_sealed_anew_the_new_key_alone_opens_all_and_the_former_nothing(
    settings: Settings, connected: dict[str, uuid.UUID]
):
    with running(settings, NEW, SECRET) as app:
        told: list[tuple[str, int, int]] = []
        done, lost = rotate(app.database, app.vault, lambda *row: told.append(row))
        assert lost == 0
        assert ("connection.secret", 2, 0) in told
        assert rotate(app.database, app.vault) == (0, 0)  # again: nothing is left to do
        assert done >= 3
    with running(settings, NEW) as app:
        assert opened(app) == [TOKEN, TOKEN]
        assert keys.sign(app.database, app.vault, {"aud": "x"})
    with running(settings, SECRET) as app, pytest.raises(Unavailable):
        opened(app)


def test_more_rows_than_a_batch_are_all_sealed_anew(
    settings: Settings, app: Bridge, connected: dict[str, uuid.UUID], monkeypatch
):
    monkeypatch.setattr("lms_bridge.rotation.BATCH", 1)
    with running(settings, NEW, SECRET) as app:
        rotate(app.database, app.vault)
        assert all(app.vault.is_current(row) for row in sealed(app.database))


def sealed(database: Database) -> list[bytes]:
    with database.unit_of_work(write=False) as session:
        return [
            value
            for column in sealed_columns()
            for value in session.scalars(select(column))
            if value is not None
        ]


def test_what_no_known_key_opens_is_counted_and_left(settings: Settings, connected: dict[str, uuid.UUID]):
    with running(settings, NEW) as app:
        before = sealed(app.database)
        done, lost = rotate(app.database, app.vault)
        assert (done, lost) == (0, len(before))
        assert sealed(app.database) == before


def test_a_dump_taken_before_needs_the_former_key(
    settings: Settings, app: Bridge, connected: dict[str, uuid.UUID], tmp_path: Path
):
    backup = tmp_path / "before.zip"
    write_backup(app, backup)
    with running(settings, NEW, SECRET) as rotated:
        rotate(rotated.database, rotated.vault)
    empty = dataclasses.replace(settings, database_url=f"sqlite:///{tmp_path}/empty.sqlite")
    from lms_bridge.schema import migrate

    migrate(Database(empty.database))
    with running(empty, NEW) as fresh, pytest.raises(Invalid, match="FORMER_SECRET_KEYS"):
        restore_backup(fresh, backup)
    with running(empty, NEW, SECRET) as fresh:
        restore_backup(fresh, backup)
        assert opened(fresh) == [TOKEN, TOKEN]
        rotate(fresh.database, fresh.vault)
    with running(empty, NEW) as fresh:
        assert opened(fresh) == [TOKEN, TOKEN]


def test_who_is_signed_in_stays_so_while_the_former_key_is_named(settings: Settings, app: Bridge):
    browser = new_client(app)
    browser.post("/sign-in", data={"email": EMMA.email, "password": PASSWORD})
    cookie = browser.get_cookie("lms_bridge").value
    for former, status in (((SECRET,), 200), ((), 302)):
        with running(settings, NEW, *former) as other:
            client = new_client(other)
            client.set_cookie("lms_bridge", cookie)
            assert client.get("/me/settings").status_code == status


def test_addresses_that_were_signed_before_open_while_the_former_key_is_named(
    settings: Settings, app: Bridge
):
    signed = _serializer(app).dumps({"version": "1"})
    with running(settings, NEW, SECRET) as other:
        assert _serializer(other).loads(signed) == {"version": "1"}
        assert _serializer(app).loads_unsafe(_serializer(other).dumps({}))[0] is False
    with running(settings, NEW) as other:
        assert _serializer(other).loads_unsafe(signed)[0] is False


def test_who_was_erased_and_who_is_known_by_a_national_number_stay_so_when_the_former_key_is_gone(
    settings: Settings, app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]
):
    fjordvik, number = tenant_id(FJORDVIK), "01017000027"
    with app.app_context(), app.database.unit_of_work(fjordvik) as session:
        key = secret_key(session)
        person = Person(name="Gro Gran", email="gro@fjordvik.example")
        session.add(person)
        session.flush()
        erasing.erase_person(session, person.id, key, "http://bridge.localhost")
        hashed = identities.national_hash(number, key)
    with running(settings, NEW, SECRET) as other:
        rotate(other.database, other.vault)
    with (
        running(settings, NEW) as other,
        other.app_context(),
        other.database.unit_of_work(fjordvik) as session,
    ):
        key = secret_key(session)
        assert privacy.is_erased(privacy.erased_hashes(session), key, "gro@fjordvik.example")
        assert identities.national_hash(number, key) == hashed


def test_the_key_of_hashes_is_made_once_and_never_by_a_read(app: Bridge):
    with app.app_context():
        with app.database.unit_of_work(write=False) as session:
            assert secret_key(session) != secret_key(session)  # nothing is hashed yet: any key finds nothing
        with app.database.unit_of_work() as session:
            kept = secret_key(session)
        with app.database.unit_of_work(write=False) as session:
            assert secret_key(session) == kept


def test_every_column_that_holds_something_sealed_is_found(seeded: Path):
    """A column of sealed values that is not of the type Sealed would be forgotten by a rotation."""
    database = Database(f"sqlite:///{seeded}/lms-bridge.sqlite")
    forgotten = []
    with database.unit_of_work(write=False) as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary) and not isinstance(column.type, Sealed):
                    values = session.scalars(select(column).limit(50))
                    if any(bytes(value or b"").startswith(b"gAAAA") for value in values):
                        forgotten.append(str(column))
    database.engine.dispose()
    assert forgotten == []


def test_by_the_command_line(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "lms-bridge.sqlite")
    settings = Settings(data_dir=tmp_path, secret_key=OLD, log_level="error")
    with running(settings, OLD) as app:
        keys.published(app.database, app.vault)

    def run(*command: str, **keys: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LMS_BRIDGE_")}
        environment |= {"LMS_BRIDGE_DATA_DIR": str(tmp_path), **keys}
        whole = [sys.executable, "-m", "lms_bridge", *command]
        return subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=60)

    lost = run("rotate-secrets", LMS_BRIDGE_SECRET_KEY=NEW)
    assert (lost.returncode, "Do not drop a former key" in lost.stderr) == (1, True)
    done = run("rotate-secrets", LMS_BRIDGE_SECRET_KEY=NEW, LMS_BRIDGE_FORMER_SECRET_KEYS=OLD)
    assert (done.returncode, "lti_signing_key.private: 1 sealed anew" in done.stdout) == (0, True)
    new = run("rotate-lti-key", LMS_BRIDGE_SECRET_KEY=NEW)
    assert "signs in a day" in new.stdout
    with running(settings, NEW) as app:
        assert len(keys.published(app.database, app.vault)["keys"]) == 2


def test_after_a_leak_the_new_key_for_lti_signs_at_once_and_the_old_is_not_published(app: Bridge):
    (before,) = keys.published(app.database, app.vault)["keys"]
    with app.database.unit_of_work() as session:
        keys.rotate(session, app.vault, leaked=True)
    (after,) = keys.published(app.database, app.vault)["keys"]
    assert after["kid"] != before["kid"]


@pytest.mark.parametrize("value", ["short", f"{SECRET},short"])
def test_a_former_key_that_is_none_stops_the_start(value: str):
    with pytest.raises(SettingsError, match="FORMER_SECRET_KEYS must have at least 32 characters"):
        Settings.from_environ({"LMS_BRIDGE_FORMER_SECRET_KEYS": value})
