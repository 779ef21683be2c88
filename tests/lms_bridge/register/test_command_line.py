"""`lms-bridge register rebuild|export`: the register derived anew is the register that was there."""

import json

from click.testing import CliRunner

from lms_bridge.register.cli import register_commands


def run(seeded, monkeypatch, *arguments):
    monkeypatch.setenv("LMS_BRIDGE_DATABASE_URL", seeded.engine.url.render_as_string(hide_password=False))
    done = CliRunner().invoke(register_commands, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_rebuild_changes_nothing(seeded, monkeypatch):
    before = run(seeded, monkeypatch, "export")
    said = run(seeded, monkeypatch, "rebuild")
    assert [line.split(", ")[1] for line in said.splitlines()] == ["unchanged", "unchanged"]
    assert run(seeded, monkeypatch, "export") == before


def test_the_export_is_json_of_one_municipality_or_all(seeded, monkeypatch):
    rows = [json.loads(line) for line in run(seeded, monkeypatch, "export").splitlines()]
    fjordvik = run(seeded, monkeypatch, "export", "--tenant", "fjordvik").splitlines()
    assert {row["tenant"] for row in rows} == {"fjordvik", "storsjo"}
    assert 0 < len(fjordvik) < len(rows)
