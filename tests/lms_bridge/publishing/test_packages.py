"""Packages of a version, from the page and from the command line: sound, the same every time, streamed."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

import scorm
from lms_bridge.cli import main
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.publishing.packages import FORMATS
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, EMMA, INGRID, Person

from .conftest import HANDS

SignedIn = Callable[[Person], FlaskClient]
Here = Callable[..., tuple[object, str]]


def address(version: ModuleVersion, standard: str, number: int = 1) -> str:
    return f"/modules/{version.module_id}/versions/{number}/{standard}.zip"


@pytest.mark.parametrize("standard", FORMATS)
def test_each_package_is_sound(signed_in: SignedIn, version: ModuleVersion, standard: str, tmp_path: Path):
    answer = signed_in(ASTRID).get(address(version, standard))
    assert answer.status_code == 200
    assert answer.content_length == len(answer.data)
    path = tmp_path / "package.zip"
    path.write_bytes(answer.data)
    names = zipfile.ZipFile(path).namelist()
    assert "index.html" in names
    if standard == "web":
        return
    report = scorm.validate(path)
    assert report.sound, report.to_json()
    assert report.standard == standard


@pytest.mark.parametrize("standard", FORMATS)
def test_the_same_version_gives_the_same_bytes(
    app: Bridge, signed_in: SignedIn, version: ModuleVersion, standard: str
):
    astrid = signed_in(ASTRID)
    first = astrid.get(address(version, standard)).data
    app.jobs.run_waiting()  # from here on, a build has a memory
    assert astrid.get(address(version, standard)).data == first


def test_the_metadata_tell_title_language_duration_and_rights(signed_in: SignedIn, version: ModuleVersion):
    answer = signed_in(ASTRID).get(address(version, "scorm2004"))
    manifest = etree.fromstring(zipfile.ZipFile(io.BytesIO(answer.data)).read("imsmanifest.xml"))
    text = etree.tostring(manifest, encoding="unicode")
    assert "Håndhygiene" in text
    assert "<language>nb</language>" in text.replace("lom:", "").replace("imsmd:", "")
    assert "Fjordvik kommune" in text
    assert "creativecommons.org/licenses/by/4.0" in text
    assert "PT" in text


def test_the_file_is_named_in_letters_every_system_takes(signed_in: SignedIn, version: ModuleVersion):
    answer = signed_in(ASTRID).get(address(version, "scorm12"))
    name = "handhygiene-for-ansatte-i-helse-og-omsorgstjenesten-v1-scorm12.zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize(("person", "status"), [(EMMA, 403), (INGRID, 404)])
def test_others_do_not_get_it(signed_in: SignedIn, version: ModuleVersion, person: Person, status: int):
    assert signed_in(person).get(address(version, "scorm12")).status_code == status


def test_a_version_or_format_that_is_not_there_is_not_found(signed_in: SignedIn, version: ModuleVersion):
    astrid = signed_in(ASTRID)
    assert astrid.get(address(version, "scorm12", 2)).status_code == 404
    assert astrid.get(address(version, "scorm13")).status_code == 404


def command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`lms-bridge ARGUMENTS` as a person runs it, with no service and no setting."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith("LMS_BRIDGE_")} | environment
    run = [sys.executable, "-m", "lms_bridge", *arguments]
    return subprocess.run(run, capture_output=True, text=True, env=clean, timeout=60)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The same in this process, which takes no second to start: with what it exits, and what it says is wrong."""
    for name in os.environ:
        if name.startswith("LMS_BRIDGE_"):
            monkeypatch.delenv(name)

    def run(*arguments: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        return ended.value.code, capsys.readouterr().err

    return run


def test_a_module_folder_is_packaged_without_a_service(tmp_path: Path):
    target = tmp_path / "hands.zip"
    done = command("package", str(HANDS), "--as", "scorm2004", "-o", str(target))
    assert done.returncode == 0, done.stderr
    checked = command("validate", str(target), "--json")
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout) == {"standard": "scorm2004", "findings": []}
    digest = hashlib.sha256(target.read_bytes()).digest()
    command("package", str(HANDS), "--as", "scorm2004", "-o", str(target))
    assert hashlib.sha256(target.read_bytes()).digest() == digest


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("nowhere", "There is no folder or file nowhere"),
        ("{tmp}", "module.json"),
        ("{tmp}/broken.lmsmodule", "is not a .lmsmodule file"),
    ],
)
def test_what_is_no_module_is_said_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, module: str, sentence: str, here: Here
):
    (tmp_path / "broken.lmsmodule").write_bytes(b"PK\x03\x04 and no more")
    code, said = here("package", module.format(tmp=tmp_path), "-o", str(tmp_path / "out.zip"))
    assert code == 1
    assert sentence in said
    assert not (tmp_path / "out.zip").exists()


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, here: Here):
    code, said = here("package", str(HANDS), "-o", str(tmp_path / "missing" / "out.zip"))
    assert code == 1
    assert "cannot be written" in said


def test_a_package_with_errors_exits_1_and_one_that_cannot_be_read_2(tmp_path: Path, here: Here):
    bad = tmp_path / "imsmanifest.xml"
    bad.write_text('<manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" identifier="m"/>')
    assert here("validate", str(bad))[0] == 1
    bad.write_text("<html>")
    assert here("validate", str(bad))[0] == 2
