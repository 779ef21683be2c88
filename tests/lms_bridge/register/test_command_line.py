"""`lms-bridge register rebuild|export`: the register derived anew is the register that was there."""

import json

from click.testing import CliRunner

from lms_bridge.register import cli
from lms_bridge.register.cli import register_commands
from lms_bridge.register.jobs import HASHES
from lms_bridge.vault import Vault
from tests.support.app import SECRET


def run(seeded, monkeypatch, *arguments):
    monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", seeded.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LMS_BRIDGE_SECRET_KEY", SECRET)
    done = CliRunner().invoke(register_commands, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_rebuild_changes_nothing(seeded, monkeypatch):
    before = run(seeded, monkeypatch, "export")
    said = run(seeded, monkeypatch, "rebuild")
    assert [line.split(", ")[1] for line in said.splitlines()] == ["unchanged", "unchanged"]
    assert run(seeded, monkeypatch, "export") == before


def test_a_rebuild_knows_the_erased_by_the_key_that_they_were_erased_with(seeded, monkeypatch):
    used = []
    monkeypatch.setattr(cli.rebuilding, "take_again", lambda _session, _address, key: used.append(key))
    run(seeded, monkeypatch, "rebuild")
    with seeded.unit_of_work(write=False) as session:
        assert used == [Vault(SECRET).kept_key(session, HASHES)] * 2


def test_the_export_is_json_of_one_municipality_or_all(seeded, monkeypatch):
    rows = [json.loads(line) for line in run(seeded, monkeypatch, "export").splitlines()]
    fjordvik = run(seeded, monkeypatch, "export", "--tenant", "fjordvik").splitlines()
    assert {row["tenant"] for row in rows} == {"fjordvik", "storsjo"}
    assert 0 < len(fjordvik) < len(rows)
