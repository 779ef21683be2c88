"""Every written manifest is valid by the standard's schemas, in libxml2 and in xmlschema."""

import pytest

from scorm import Metadata, Standard
from tests.scorm.judges import judge
from tests.scorm.packages import MANIFEST, SCORM, course, hand_hygiene, manifest_bytes

PACKAGES = {"one SCO": hand_hygiene, "a course with sequencing": course}


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
@pytest.mark.parametrize("standard", MANIFEST)
def test_valid_by_the_standards_schemas(standard, package):
    assert judge(standard.value).objections(manifest_bytes(package(), standard)) == []


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
@pytest.mark.parametrize("standard", [Standard.SCORM12, Standard.SCORM2004])
def test_valid_by_the_control_documents_in_the_package(standard, package):
    assert judge(f"own-{standard.value}").objections(manifest_bytes(package(), standard)) == []


@pytest.mark.parametrize("standard", SCORM)
def test_the_judges_do_object(standard):
    sound = manifest_bytes(course(), standard)
    unsound = sound.replace(b"<organizations", b"<resources/><organizations", 1)
    objections = judge(standard.value).objections(unsound)
    assert {objection.split(":")[0] for objection in objections} == {"libxml2", "xmlschema"}


@pytest.mark.parametrize("standard", MANIFEST)
def test_valid_with_the_least_that_can_be_said(standard):
    from dataclasses import replace

    bare = replace(hand_hygiene(), metadata=Metadata(title="Håndhygiene"))
    assert judge(standard.value).objections(manifest_bytes(bare, standard)) == []
