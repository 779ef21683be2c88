"""What is written and read again is the same package: written once more, it gives the same bytes."""

import difflib
import io
import zipfile

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from scorm import Package, PackageError, Standard, read, stream, validate
from scorm.xml import line
from tests.scorm.any_package import packages
from tests.scorm.packages import SCORM, course, hand_hygiene

IDENTICAL = [*SCORM, Standard.CMI5]  # a tincan.xml keeps only what is launched, plain web nothing


def zipped(package: Package, standard: Standard) -> bytes:
    return b"".join(stream(package, standard))


def difference(again: bytes, once: bytes) -> list[str]:
    """Nothing for equal bytes, else where the manifests part (the first entries), or the names."""
    if again == once:
        return []
    zips = [zipfile.ZipFile(io.BytesIO(content)) for content in (once, again)]
    manifests = [z.read(z.namelist()[0]).decode().splitlines() for z in zips]
    return list(difflib.unified_diff(*manifests, n=0)) or [str(z.namelist()) for z in zips]


@pytest.mark.parametrize("package", [hand_hygiene, course])
@pytest.mark.parametrize("standard", IDENTICAL)
def test_a_module_and_a_course(standard, package):
    once = zipped(package(), standard)
    with read(once) as reading:
        assert difference(zipped(reading.package, standard), once) == []


@pytest.mark.parametrize("standard", SCORM)
def test_everything_that_was_said_is_read_again(standard):
    package = hand_hygiene()
    with read(zipped(package, standard)) as reading:
        again = reading.package
    assert again.standard is standard
    assert again.metadata == package.metadata
    assert again.activity == package.activity
    assert [file.path for file in again.files] == sorted(file.path for file in package.files)
    (item,) = again.organizations[0].items
    assert (item.title, item.mastery_score) == (package.metadata.title, 0.8)


@pytest.mark.parametrize("standard", [*SCORM, Standard.CMI5, Standard.XAPI])
@pytest.mark.parametrize("package", [hand_hygiene, course])
def test_our_own_validator_has_no_objection(standard, package):
    for profile in (None, "strict"):
        assert validate(zipped(package(), standard), profile=profile).findings == ()


@pytest.mark.parametrize("standard", IDENTICAL)
@settings(
    max_examples=12,
    derandomize=True,  # a suite that is red by chance helps nobody; explore with more examples by hand
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(package=packages())
def test_any_package(standard, package):
    try:
        once = zipped(package, standard)
    except PackageError:
        return
    with read(once) as reading:
        assert line(reading.package.metadata.title) == line(package.metadata.title)
        assert difference(zipped(reading.package, standard), once) == []
