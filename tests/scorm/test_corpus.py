"""259 manifests that others wrote: each is read, with the verdict that is known of it."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from scorm import read, validate

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
VERDICTS = {0: "valid", 1: "invalid", 2: "malformed"}

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of manifests is not at ../shared/corpus"
)


def rows() -> list[dict[str, str]]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "expected.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def zipped(manifest: bytes) -> bytes:
    """The manifest with a stub for every relative URL, as the corpus's README asks; not-found.html stays out."""
    urls = [(url.text or "").strip() for url in etree.fromstring(manifest).iter("{*}url")]
    paths = {url.split("?")[0] for url in urls}
    paths = {path for path in paths if ":" not in path and path != "not-found.html"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cmi5.xml", manifest)
        for path in sorted(paths):
            archive.writestr(path, "<!doctype html><title>Stub</title>")
    return buffer.getvalue()


def given(row: dict[str, str]) -> bytes:
    manifest = (CORPUS / row["file"]).read_bytes()
    return zipped(manifest) if row["given_as"] == "zip" else manifest


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_each_manifest_has_its_verdict(row: dict[str, str]) -> None:
    report = validate(given(row))
    if row["verdict"] != "any":
        assert VERDICTS[report.exit_code] == row["verdict"], report.findings
    if report.readable:
        with read(given(row)) as reading:
            package = reading.package
            assert package.organization is not None
            assert package.organization.title or row["verdict"] == "invalid"
            assert any(package.resource(item.resource) for item in package.organization.walk())


@pytest.mark.parametrize("profile", ["moodle", "openedx", "scormcloud", "successfactors", "strict"])
def test_no_profile_stumbles_over_any_of_them(profile: str) -> None:
    for row in rows():
        plain, profiled = validate(given(row)), validate(given(row), profile)
        assert profiled.readable == plain.readable
        assert {f.code for f in plain.findings if f.severity == "error"} <= {
            f.code for f in profiled.findings
        }


def test_the_corpus_is_whole() -> None:
    assert len(rows()) == 259
