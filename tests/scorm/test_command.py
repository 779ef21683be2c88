"""`python -m scorm validate`: what a person sees, what a program gets, and the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scorm.__main__ import main
from tests.scorm.samples import manifest, package


def course(folder: Path, content: bytes, name: str = "course.zip") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_json_has_the_promised_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = package(manifest(item_attributes='identifier="I" identifierref="GONE"'))
    assert main(["validate", course(tmp_path, broken), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["standard", "findings"]
    assert report["standard"] == "scorm12"
    for finding in report["findings"]:
        assert list(finding) == ["code", "severity", "file", "line", "message", "hint"]
    first = report["findings"][0]
    assert (first["code"], first["severity"], first["file"], first["line"]) == (
        "identifierref-dangling",
        "error",
        "imsmanifest.xml",
        7,
    )


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("course.zip", package(), 0, "scorm12: sound"),
        ("imsmanifest.xml", manifest().encode(), 0, "scorm12: sound"),
        ("imsmanifest.xml", manifest(title="").encode(), 1, "imsmanifest.xml:5: The organization"),
        ("course.zip", b"PK\x03\x04", 2, "Download or make it again."),
        ("course.zip", b"<html>", 2, "No package: unreadable"),
    ],
)
def test_a_person_reads_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, code: int, said: str
) -> None:
    assert main(["validate", course(tmp_path, content, name)]) == code
    assert said in capsys.readouterr().out


def test_a_file_that_is_not_there_is_a_sentence_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(tmp_path / "none.zip")]) == 2
    assert "none.zip cannot be opened: No such file" in capsys.readouterr().out
    assert main(["validate", str(tmp_path)]) == 2


def test_a_profile_adds_what_that_lms_needs(tmp_path: Path) -> None:
    path = course(tmp_path, package(manifest("2004 4th Edition")))
    assert main(["validate", path]) == 0
    assert main(["validate", path, "--profile", "successfactors"]) == 1


class TestFix:
    def test_a_mended_copy_is_written_and_judged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = course(tmp_path, package(manifest(metadata="", default="ELSE"), style__css="p{}"))
        out = tmp_path / "mended.zip"
        assert main(["validate", given, "--fix", str(out)]) == 0
        said = capsys.readouterr().out
        assert "Mended: control-documents, default-dangling, file-unlisted, metadata-missing." in said
        assert main(["validate", str(out), "--profile", "strict"]) == 0

    def test_what_cannot_be_read_is_not_written(self, tmp_path: Path) -> None:
        out = tmp_path / "mended.zip"
        assert main(["validate", course(tmp_path, b"PK\x03\x04"), "--fix", str(out)]) == 2
        assert [path.name for path in tmp_path.iterdir()] == ["course.zip"]

    def test_a_damaged_file_leaves_nothing_half_written(self, tmp_path: Path) -> None:
        broken = bytearray(package(manifest(), a__txt="hands" * 99))
        broken[broken.index(b"a.txt") + 8] ^= 0xFF
        out = tmp_path / "mended.zip"
        assert main(["validate", course(tmp_path, bytes(broken)), "--fix", str(out)]) == 2
        assert not out.exists()

    def test_a_place_that_cannot_be_written_is_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = course(tmp_path, package())
        assert main(["validate", given, "--fix", str(tmp_path / "no" / "where.zip")]) == 2
        assert "cannot be written" in capsys.readouterr().err

    def test_mending_over_the_file_itself_and_twice_changes_nothing_more(self, tmp_path: Path) -> None:
        given = course(tmp_path, package(manifest(metadata=""), style__css="p{}"))
        assert main(["validate", given, "--fix", given]) == 0
        once = Path(given).read_bytes()
        assert main(["validate", given, "--fix", given]) == 0
        assert Path(given).read_bytes() == once


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    path = course(tmp_path, package())
    done = subprocess.run(
        [sys.executable, "-m", "scorm", "validate", path, "--json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["standard"] == "scorm12"
