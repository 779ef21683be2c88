"""The docs tell the truth of today: commands, links, settings and dependencies."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from lms_bridge.cli import COMMANDS, commands
from lms_bridge.config import describe

ROOT = Path(__file__).parent.parent
DOCS = [
    p
    for p in sorted(ROOT.rglob("*.md"))
    if not {"node_modules", ".venv", ".pytest_cache", "data"} & set(p.relative_to(ROOT).parts)
]


@pytest.mark.parametrize("path", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_between_files_leads_somewhere(path: Path):
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    assert [t for t in targets if not (path.parent / t).exists()] == []


def test_every_command_in_the_docs_exists():
    named = {
        word
        for p in DOCS
        for word in re.findall(r"(?:\./run|lms-bridge) ([a-z]+(?:-[a-z]+)*)\b", p.read_text())
    }
    assert {"package", "settings", "serve", "backup"} <= named
    assert named - set(COMMANDS) - {"settings", "bench"} - PROSE == set()


PROSE = {"itself", "under", "runs", "is", "at", "and", "for", "needs", "commits", "cannot"}


def test_every_setting_in_the_docs_exists():
    known = {name for name, _default, _help in describe()}
    named = {n for p in DOCS for n in re.findall(r"LMS_BRIDGE_[A-Z_0-9]+", p.read_text())}
    assert named <= known


@pytest.mark.parametrize("name", [*COMMANDS, "settings"])
def test_every_command_tells_what_it_does(name: str):
    result = CliRunner().invoke(commands, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.split("\n")[2].strip()) > 10


def test_settings_lists_every_setting_with_its_help():
    output = CliRunner().invoke(commands, ["settings"]).output
    for name, _default, help_text in describe():
        assert f"{name}\n    {help_text}" in output


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.match(r"[a-z0-9-]+", w).group(0) for w in wanted}
    reasons = (ROOT / "CONTRIBUTING.md").read_text()
    typing_only = {n for n in names if n.startswith("types-") or n.endswith("-stubs")} | {"pytest"}
    assert sorted(n for n in names - typing_only if n not in reasons) == []


def test_no_file_names_a_registry_or_a_machine():
    locks = [*ROOT.glob("*.lock"), ROOT / "package-lock.json"]
    assert [p.name for p in locks if re.search(r"https?://", p.read_text())] == []
