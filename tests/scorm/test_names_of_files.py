"""Names that would harm somebody's disk, or that not every system can unpack, never get into a package."""

import pytest

from scorm import File, PackageError, Standard, build
from tests.scorm.packages import hand_hygiene, written


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/etc/passwd", "../x", "a/../x", "a/./x", "./x", "a//x", "a/", "..\\x", "a\\x", "C:\\x",
        "C:x", "a\0b", "a\nb", "a\x7f", "what?.html", "a*b", 'a"b', "a<b", "a|b", "a /b", " a", "a.", "a./b",
        "\ud800", "\ufffe", "x" * 1001,
    ],
)  # fmt: skip
@pytest.mark.parametrize("standard", [Standard.SCORM12, Standard.CMI5, Standard.WEB])
def test_refused(standard, path):
    with pytest.raises(PackageError) as raised:
        build(hand_hygiene(File.of(path, b"x")), standard)
    assert raised.value.code == "file-path"
    assert raised.value.hint


@pytest.mark.parametrize(
    ("one", "other"), [("a.css", "a.css"), ("a.css", "A.css"), ("å.css", "a\u030a.css"), ("ß.css", "SS.css")]
)
def test_names_that_are_one_file_on_some_systems_are_refused(one, other):
    with pytest.raises(PackageError, match="would be the same file") as raised:
        build(hand_hygiene(File.of(one, b"1"), File.of(other, b"2")), Standard.SCORM12)
    assert raised.value.code == "file-twice"


def test_a_file_where_another_needs_a_folder_is_refused():
    with pytest.raises(PackageError, match="needs it to be a folder") as raised:
        build(hand_hygiene(File.of("Pages", b"1"), File.of("pages/a.html", b"2")), Standard.SCORM12)
    assert raised.value.code == "file-twice"


@pytest.mark.parametrize("path", ["imsmanifest.xml", "IMSManifest.xml"])
def test_the_manifests_own_name_is_taken(path):
    with pytest.raises(PackageError) as raised:
        build(hand_hygiene(File.of(path, b"<manifest/>")), Standard.SCORM2004)
    assert raised.value.code == "file-twice"


def test_control_documents_of_another_package_give_way_to_the_standards_own():
    package = written(hand_hygiene(File.of("adlcp_v1p3.xsd", b"another's")), Standard.SCORM2004)
    assert package.namelist().count("adlcp_v1p3.xsd") == 1
    assert b"schema" in package.read("adlcp_v1p3.xsd")


@pytest.mark.parametrize("path", ["hånd vask.webp", "a/b c/d.e.f", "日本.txt", "-", "a" * 1000])
def test_sound_names_pass(path):
    assert path in written(hand_hygiene(File.of(path, b"x")), Standard.SCORM12).namelist()
