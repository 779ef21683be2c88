"""An entry of the trail that is changed, taken away or put in after its day was sealed is found; a changed seal too."""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import undefer

from lms_bridge import create_app
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.backup import restore_backup, write_backup
from lms_bridge.cli import commands
from lms_bridge.config import Settings
from lms_bridge.db import Database, new_id, utcnow
from lms_bridge.schema import migrate
from lms_bridge.trail import seals
from lms_bridge.trail.models import TrailSeal
from lms_bridge.trail.seals import ENTRY, SEAL, seal_days
from lms_bridge.trail.verifying import (
    ADDED,
    CHANGED,
    MISSING,
    NOT_SEALED,
    SEAL_CHANGED,
    SEAL_MISSING,
    verify,
)
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, STORSJO, Municipality

NOW = utcnow()
DAYS = [NOW.date() - timedelta(days=n) for n in (6, 5, 4, 3)]  # the second one is quiet
READER = uuid.UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")
Tampering = Callable[[Engine, uuid.UUID], None]


def moment(day: date, hour: int = 12) -> datetime:
    return NOW.replace(
        year=day.year, month=day.month, day=day.day, hour=hour, minute=1, second=2, microsecond=3
    )


def entry(tenant: uuid.UUID, day: date, hour: int = 12) -> dict[str, object]:
    return {
        "id": new_id(),
        "tenant_id": tenant,
        "at": moment(day, hour),
        "account_id": READER if hour % 2 else None,
        "action": "read" if hour % 2 else "import",
        "subject": f"person:{uuid.uuid4()}",
        "detail": {"list": "csv", "places": [hour, 0.5, None, True], "name": "Ås – 東京 🙂"},
    }


@pytest.fixture
def tenant(database: Database, tenant_id: Callable[[Municipality], uuid.UUID]) -> uuid.UUID:
    """Fjordvik, with three busy days and a quiet one that are sealed; Storsjö has been busy too."""
    fjordvik = tenant_id(FJORDVIK)
    for one in (fjordvik, tenant_id(STORSJO)):
        busy = [entry(one, day, hour) for day in DAYS if day != DAYS[1] for hour in (0, 9, 23)]
        with database.engine.begin() as connection:
            _for(connection, one)
            connection.execute(insert(ENTRY), busy)
    seal_days(database, fjordvik, NOW)
    return fjordvik


def _for(connection, tenant: uuid.UUID) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": str(tenant)})


def problems(database: Database, tenant: uuid.UUID, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(one.day, one.what) for one in verify(database, tenant, now).problems]


def all_seals(database: Database, tenant: uuid.UUID) -> list[TrailSeal]:
    with database.unit_of_work(tenant, write=False) as session:
        rows = select(TrailSeal).options(undefer(TrailSeal.entries)).order_by(TrailSeal.number)
        return list(session.scalars(rows))


def in_the_database(engine: Engine, tenant: uuid.UUID, statement) -> None:
    """By somebody who gets past the service."""
    with engine.begin() as connection:
        _for(connection, tenant)
        assert connection.execute(statement).rowcount


def test_every_day_that_is_over_has_a_seal_on_the_one_before(database: Database, tenant: uuid.UUID):
    chain = all_seals(database, tenant)
    over = [seal.day for seal in chain]
    assert over[:4] == DAYS
    assert NOW.date() not in over, "today is not over"
    assert [seal.count for seal in chain[:4]] == [3, 0, 3, 3]
    assert [seal.previous for seal in chain] == [seals.FIRST, *(seal.seal for seal in chain[:-1])]
    verdict = verify(database, tenant, NOW)
    assert (verdict.is_sound, verdict.entries, verdict.late) == (True, 9, [])
    assert seal_days(database, tenant, NOW) == [], "a second time there is nothing to do"


def test_each_municipality_has_a_chain_of_its_own(
    database: Database, tenant: uuid.UUID, tenant_id: Callable[[Municipality], uuid.UUID]
):
    storsjo = tenant_id(STORSJO)
    assert all_seals(database, storsjo) == []
    seal_days(database, storsjo, NOW)
    assert verify(database, storsjo, NOW).entries == 9
    assert {seal.seal for seal in all_seals(database, storsjo)}.isdisjoint(
        seal.seal for seal in all_seals(database, tenant)
    )


FIRST_ENTRY = ENTRY.c.at == moment(DAYS[0], 9)
LONG_BEFORE = moment(DAYS[0]) - timedelta(days=9)
AN_EDIT = {
    "an action": (update(ENTRY).where(FIRST_ENTRY).values(action="link"), CHANGED),
    "who it was": (update(ENTRY).where(FIRST_ENTRY).values(account_id=None), CHANGED),
    "a detail": (update(ENTRY).where(FIRST_ENTRY).values(detail={"list": "xlsx"}), CHANGED),
    "the time, to another day": (update(ENTRY).where(FIRST_ENTRY).values(at=moment(DAYS[1])), CHANGED),
    "the time, to before all": (update(ENTRY).where(FIRST_ENTRY).values(at=LONG_BEFORE), CHANGED),
    "taken away": (delete(ENTRY).where(FIRST_ENTRY), MISSING),
    "a seal's number of entries": (update(SEAL).where(SEAL.c.day == DAYS[0]).values(count=2), SEAL_CHANGED),
    "a seal's entries": (update(SEAL).where(SEAL.c.day == DAYS[0]).values(entries=b""), SEAL_CHANGED),
    "a seal": (update(SEAL).where(SEAL.c.day == DAYS[0]).values(seal="a" * 64), SEAL_CHANGED),
}  # fmt: skip


@pytest.mark.parametrize("what", AN_EDIT)
def test_what_was_changed_or_taken_away_is_found(database: Database, tenant: uuid.UUID, what: str):
    statement, told = AN_EDIT[what]
    in_the_database(database.engine, tenant, statement.where(statement.table.c.tenant_id == tenant))
    assert problems(database, tenant) == [(str(DAYS[0]), told)]


@pytest.mark.parametrize("day", [DAYS[0], DAYS[1], DAYS[0] - timedelta(days=400)])
def test_what_was_put_in_is_found(database: Database, tenant: uuid.UUID, day: date):
    in_the_database(database.engine, tenant, insert(ENTRY).values(entry(tenant, day)))
    assert problems(database, tenant) == [(str(day), ADDED)]


def test_a_seal_that_was_taken_away_is_missed(database: Database, tenant: uuid.UUID):
    in_the_database(
        database.engine, tenant, delete(SEAL).where(SEAL.c.day == DAYS[1], SEAL.c.tenant_id == tenant)
    )
    assert problems(database, tenant) == [(str(DAYS[2]), SEAL_MISSING)]


def test_a_day_that_was_sealed_anew_does_not_fit_the_one_after(database: Database, tenant: uuid.UUID):
    """By somebody who knows how a seal is made."""
    in_the_database(database.engine, tenant, delete(ENTRY).where(FIRST_ENTRY, ENTRY.c.tenant_id == tenant))
    forged = all_seals(database, tenant)[0]
    forged.entries, forged.count = forged.entries[:48] + forged.entries[96:], 2
    forged.seal = seals.digest_of_seal(seals.values_of(forged), b"day")
    changed = {"entries": forged.entries, "count": 2, "seal": forged.seal}
    in_the_database(
        database.engine,
        tenant,
        update(SEAL).where(SEAL.c.number == 1, SEAL.c.tenant_id == tenant).values(changed),
    )
    assert problems(database, tenant) == [(str(DAYS[0]), SEAL_CHANGED)]


def test_seals_taken_from_the_end_are_missed_when_days_stay_unsealed(database: Database, tenant: uuid.UUID):
    end = delete(SEAL).where(SEAL.c.tenant_id == tenant)
    in_the_database(database.engine, tenant, end.where(SEAL.c.day >= DAYS[2]))
    assert problems(database, tenant) == [(str(DAYS[2]), NOT_SEALED)]
    in_the_database(database.engine, tenant, end)
    assert problems(database, tenant) == [(str(DAYS[0]), NOT_SEALED)]


def test_a_chain_made_anew_is_sound_but_lacks_the_seal_that_was_written_down(
    database: Database, tenant: uuid.UUID
):
    written_down = all_seals(database, tenant)[2].seal
    assert verify(database, tenant, NOW).place_of(written_down) is not None
    in_the_database(database.engine, tenant, delete(SEAL).where(SEAL.c.tenant_id == tenant))
    in_the_database(database.engine, tenant, delete(ENTRY).where(FIRST_ENTRY, ENTRY.c.tenant_id == tenant))
    seal_days(database, tenant, NOW)
    verdict = verify(database, tenant, NOW)
    assert verdict.is_sound
    assert verdict.place_of(written_down) is None


def test_an_entry_that_was_written_late_is_sealed_as_late(database: Database, tenant: uuid.UUID):
    in_the_database(database.engine, tenant, insert(ENTRY).values(entry(tenant, DAYS[2])))
    assert problems(database, tenant) == [(str(DAYS[2]), ADDED)]
    (late,) = seal_days(database, tenant, NOW + timedelta(minutes=1))
    assert (late.late, late.day, late.count) == (True, DAYS[2], 1)
    verdict = verify(database, tenant, NOW)
    assert verdict.is_sound
    assert [(one.day, one.count) for one in verdict.late] == [(str(DAYS[2]), "1")]


def test_an_entry_that_comes_long_after_is_sealed_only_by_somebody_who_looked(
    database: Database, tenant: uuid.UUID
):
    later = NOW + seals.LATE + timedelta(days=1)
    in_the_database(database.engine, tenant, insert(ENTRY).values(entry(tenant, DAYS[2])))
    assert not any(seal.late for seal in seal_days(database, tenant, later))
    assert (str(DAYS[2]), ADDED) in problems(database, tenant, later)
    (late,) = seal_days(database, tenant, later, all_late=True)
    assert late.late
    assert problems(database, tenant, later) == []


def test_a_busy_day_gets_several_seals(
    database: Database, tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(seals, "MOST", 2)
    in_the_database(database.engine, tenant, delete(SEAL).where(SEAL.c.tenant_id == tenant))
    made = seal_days(database, tenant, NOW)
    assert [(seal.day, seal.count) for seal in made[:3]] == [(DAYS[0], 2), (DAYS[0], 1), (DAYS[1], 0)]
    assert verify(database, tenant, NOW).is_sound


def test_several_that_seal_at_once_make_one_chain(
    database: Database, database_url: str, tenant_id: Callable[[Municipality], uuid.UUID], tenant: uuid.UUID
):
    storsjo, start = tenant_id(STORSJO), threading.Barrier(3)
    others = [Database(database_url) for _ in range(3)]

    def work(own: Database) -> None:
        start.wait()
        seal_days(own, storsjo, NOW)

    threads = [threading.Thread(target=work, args=(own,)) for own in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        others.pop().engine.dispose()
    seal_days(database, storsjo, NOW)
    chain = all_seals(database, storsjo)
    assert [seal.number for seal in chain] == list(range(1, len(chain) + 1))
    assert len({seal.day for seal in chain}) == len(chain)
    assert verify(database, storsjo, NOW).is_sound


def test_a_restored_backup_verifies_by_the_same_seal(app: Bridge, tenant: uuid.UUID, tmp_path: Path):
    """Also on another kind of database."""
    write_backup(app, tmp_path / "backup.zip")
    other = create_app(replace(app.settings, data_dir=tmp_path / "other", database_url="", storage_url=""))
    other.settings.prepare_data_dir()
    migrate(other.database)
    restore_backup(other, tmp_path / "backup.zip")
    verdict = verify(other.database, tenant, NOW)
    assert (verdict.is_sound, verdict.entries) == (True, 9)
    assert verdict.seals[-1].seal == all_seals(app.database, tenant)[-1].seal
    other.database.engine.dispose()


def test_a_detail_is_written_as_when_it_was_sealed(database: Database, tenant: uuid.UUID):
    """Whoever changes how JSON is written: keep this for `AuditEntry.detail`, or restored backups do not verify."""
    with database.unit_of_work(tenant, write=False) as session:
        (column,) = seals.as_written(session, ENTRY.c.detail)
        found = session.scalars(select(column).where(FIRST_ENTRY, ENTRY.c.tenant_id == tenant)).one()
    name = "\\u00c5s \\u2013 \\u6771\\u4eac \\ud83d\\ude42"
    written = f'{{"list": "csv", "places": [9, 0.5, null, true], "name": "{name}"}}'
    assert (found.decode() if isinstance(found, bytes) else found) == written


def test_every_night_all_are_sealed(
    app: Bridge, tenant: uuid.UUID, tenant_id: Callable[[Municipality], uuid.UUID]
):
    with app.app_context():
        app.jobs.do_nightly()
    assert len(all_seals(app.database, tenant_id(STORSJO))) >= 4


# --- any bit ------------------------------------------------------------------------------------------------------


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    row=st.integers(0, 8),
    column=st.sampled_from([column.name for column in ENTRY.columns]),
    bit=st.integers(0, 2**16),
)
def test_any_bit_that_is_changed_is_found(
    database: Database, tenant: uuid.UUID, row: int, column: str, bit: int
):
    """As it lies in SQLite's file, also where the service could not read it any more; in PostgreSQL all that the
    column's type can hold.
    """
    flip = _flip_in_sqlite if database.engine.dialect.name == "sqlite" else _flip_in_postgresql
    undo = flip(database.engine, tenant, row, column, bit)
    found = problems(database, tenant)
    undo()
    assert found
    assert problems(database, tenant) == []


def _flip_in_sqlite(engine: Engine, tenant: uuid.UUID, row: int, column: str, bit: int) -> Callable[[], None]:
    file = sqlite3.connect(str(engine.url.database))
    rows = "SELECT rowid FROM audit_entry WHERE tenant_id = ? AND at < ? ORDER BY at"
    row_id = file.execute(rows, (tenant.hex, str(DAYS[3] + timedelta(days=1)))).fetchall()[row][0]
    was = file.execute(
        f"SELECT CAST({column} AS BLOB) FROM audit_entry WHERE rowid = ?", (row_id,)
    ).fetchone()[0]
    assume(was)
    now = bytearray(was)
    now[bit // 8 % len(now)] ^= 1 << bit % 8

    def write(value: bytes) -> None:
        with file:
            file.execute(
                f"UPDATE audit_entry SET {column} = CAST(? AS TEXT) WHERE rowid = ?", (value, row_id)
            )

    write(bytes(now))
    return lambda: (write(was), file.close())  # type: ignore[func-returns-value, return-value]


def _flip_in_postgresql(
    engine: Engine, tenant: uuid.UUID, row: int, column: str, bit: int
) -> Callable[[], None]:
    with engine.begin() as connection:
        _for(connection, tenant)
        rows = select(ENTRY).where(
            ENTRY.c.tenant_id == tenant, ENTRY.c.at < moment(DAYS[3], 23) + timedelta(hours=1)
        )
        was = connection.execute(rows.order_by(ENTRY.c.at)).mappings().all()[row]
    value, now = was[column], None
    match value:
        case uuid.UUID():
            now = uuid.UUID(int=value.int ^ 1 << bit % 128)
        case datetime():
            now = value + timedelta(microseconds=1 << bit % 40)
        case str():
            place = bit // 8 % len(value)
            now = value[:place] + chr(ord(value[place]) ^ 1 << bit % 7) + value[place + 1 :]
        case dict():
            now = json.loads(json.dumps(value).replace("csv", chr(ord("c") ^ 1 << bit % 5) + "sv"))
    assume(now is not None and column != "tenant_id")

    def write(was_id: uuid.UUID, values: dict[str, object]) -> None:
        in_the_database(engine, tenant, update(ENTRY).where(ENTRY.c.id == was_id).values(values))

    try:
        write(was["id"], {column: now})
    except DBAPIError:  # PostgreSQL does not take it
        assume(False)
    return lambda: write(now if column == "id" else was["id"], {column: value})


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in ("data_dir", "database_url", "secret_key", "base_url", "content_url", "log_level"):
        monkeypatch.setenv(f"LMS_BRIDGE_{name.upper()}", str(getattr(settings, name)))
    return lambda *arguments: CliRunner().invoke(commands, ["trail", *arguments])


def test_the_command_tells_whether_the_trail_is_sound(
    database: Database, tenant: uuid.UUID, run: Callable[..., Result]
):
    newest = all_seals(database, tenant)[-1].seal
    sound = run("verify", "--tenant", "fjordvik", "--seal", newest.upper())
    assert sound.exit_code == 0, sound.output
    assert "fjordvik: sound; sealed through" in sound.output
    assert f"newest seal: {newest}" in sound.output
    assert "0 stand on it" in sound.output
    assert run("verify", "--tenant", "fjordvik", "--seal", "a" * 64).exit_code == 1

    in_the_database(
        database.engine,
        tenant,
        update(ENTRY).where(FIRST_ENTRY, ENTRY.c.tenant_id == tenant).values(action="link"),
    )
    broken = run("verify")
    assert broken.exit_code == 1
    with database.unit_of_work(tenant, write=False) as session:
        changed = session.scalars(select(AuditEntry.id).where(AuditEntry.action == "link")).one()
    assert "fjordvik: BROKEN" in broken.output
    assert f"{DAYS[0]}: 1 changed after the day was sealed: {changed}" in broken.output


def test_the_command_seals_and_prints_what_to_keep(
    database: Database,
    tenant_id: Callable[[Municipality], uuid.UUID],
    tenant: uuid.UUID,
    run: Callable[..., Result],
):
    done = run("seal", "--tenant", "storsjo")
    assert done.exit_code == 0, done.output
    assert all_seals(database, tenant_id(STORSJO))[-1].seal in done.output
    assert run("verify", "--tenant", "nowhere").exit_code != 0


def test_the_command_gives_the_trail_away_and_that_is_noted(
    database: Database, tenant: uuid.UUID, run: Callable[..., Result]
):
    done = run("export", "--tenant", "fjordvik", "--from", str(DAYS[0]), "--to", str(DAYS[3]))
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 8, "days are the municipality's own: the last hour belongs to the next"
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert lines[0]["detail"]["name"] == "Ås – 東京 🙂"
    with database.unit_of_work(tenant, write=False) as session:
        assert (
            session.scalars(select(AuditEntry).where(AuditEntry.subject == "trail:export")).one().action
            == "read"
        )
