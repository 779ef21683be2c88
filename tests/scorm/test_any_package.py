"""Whatever a package holds, what is written of it is sound, or it is refused before the first byte."""

import io
import re
import zipfile
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree

from scorm import Memory, PackageError, Standard, stream
from tests.scorm.any_package import packages
from tests.scorm.judges import judge
from tests.scorm.packages import MANIFEST, own

# What a drawn package may rightly be refused for: its texts are not measured when they are drawn.
RIGHTLY = {"too-long", "file-twice", "title-missing", "activity-twice"}


@pytest.mark.parametrize("standard", list(Standard))
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a whole package takes minutes
)
@given(package=packages())
def test_is_written_soundly_or_refused(standard, package):
    memory = Memory()
    try:
        content = b"".join(stream(package, standard, memory=memory))
    except PackageError as refused:
        if refused.code not in RIGHTLY:
            raise
        return
    assert b"".join(stream(package, standard, memory=memory)) == content
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert {file.path for file in package.files} <= set(archive.namelist())
    if standard is Standard.WEB:
        return
    manifest = archive.read(MANIFEST[standard])
    both = hash(package.identifier) % 4 == 0  # xmlschema takes a hundred times as long
    assert judge(standard.value).objections(manifest, both=both) == []
    if standard not in (Standard.CMI5, Standard.XAPI):
        follow_the_rules(manifest, package, archive)


def follow_the_rules(manifest: bytes, package, archive: zipfile.ZipFile) -> None:
    root = etree.fromstring(manifest)
    resources = own(root, "resource")
    listed = {unquote(file.get("href")) for file in own(root, "file")}
    assert listed == {file.path for file in package.files}
    identifiers = root.xpath("//@identifier")
    assert len(identifiers) == len(set(identifiers))
    assert set(root.xpath("//@identifierref")) <= {resource.get("identifier") for resource in resources}
    assert own(root, "organizations")[0].get("default") in identifiers
    first = next(item for item in own(root, "item") if item.get("identifierref"))
    launched = next(resource for resource in resources if resource.get("href"))
    assert launched.get("identifier") == first.get("identifierref")
    for resource in resources:
        href = resource.get("href")
        assert href is None or (
            unquote(urlsplit(href).path) in archive.namelist() and re.fullmatch(r"[!-~]+", href)
        )
    assert b"xml:base" not in manifest
