"""Modules on disk: a folder, a .lmsmodule file, and files made to do harm."""

import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import content
from content.errors import InvalidModule, InvalidModuleFile
from content.files import opened
from tests.content.samples import DIGEST, PICTURE, document, open_asset, sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content.save(sample(), tmp_path / "hender", open_asset)
    return tmp_path / "hender"


def packed() -> bytes:
    target = io.BytesIO()
    content.save_file(sample(), target, open_asset)
    return target.getvalue()


def test_a_folder_reads_as_it_was_saved(folder: Path) -> None:
    assert content.load(folder) == content.load(folder / "module.json") == sample()
    with opened(folder) as files, files.open_asset(DIGEST) as picture:
        assert picture.read() == PICTURE


def test_a_file_reads_as_it_was_saved(tmp_path: Path) -> None:
    file = tmp_path / "hender.lmsmodule"
    file.write_bytes(packed())
    assert content.load(file) == sample()
    with opened(file) as files, files.open_asset(DIGEST) as picture:
        assert picture.read() == PICTURE


def test_equal_modules_give_equal_files() -> None:
    assert packed() == packed()


def test_saving_again_keeps_what_is_there_and_leaves_no_rest(folder: Path) -> None:
    before = sorted(file.name for file in folder.rglob("*"))
    content.save(sample(), folder, lambda digest: pytest.fail("an asset was written twice"))
    assert sorted(file.name for file in folder.rglob("*")) == before
    assert not [name for name in before if "partial" in name]


def test_a_disk_that_fills_leaves_the_old_document(folder: Path) -> None:
    old = (folder / "module.json").read_bytes()
    next((folder / "assets").glob("*.webp")).unlink()

    class Full(io.BytesIO):
        def read(self, *count: int) -> bytes:  # type: ignore[override]
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        content.save(sample(), folder, lambda digest: Full())
    assert (folder / "module.json").read_bytes() == old
    assert not list(folder.rglob("*.partial"))


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda folder: (folder / "module.json").unlink(), "has no module.json"),
        (lambda folder: (folder / "module.json").write_bytes(b"\xff"), "is not JSON in UTF-8"),
        (lambda folder: (folder / "module.json").write_text("{"), "is not JSON in UTF-8"),
        (lambda folder: (folder / "module.json").write_text("[" * 100_000), "is not JSON"),
        (lambda folder: next(folder.glob("assets/*.webp")).unlink(), "(hender.webp) is missing"),
        (lambda folder: next(folder.glob("assets/*.webp")).write_bytes(b"x"), "is not"),
    ],
    ids=["no document", "not UTF-8", "cut off", "very deep", "a picture is missing", "a picture is shorter"],
)
def test_a_folder_that_is_no_module(folder: Path, spoil: Callable[[Path], object], problem: str) -> None:
    spoil(folder)
    with pytest.raises(InvalidModuleFile) as error:
        content.load(folder)
    assert problem in str(error.value)


def test_a_document_that_is_wrong_says_where(folder: Path) -> None:
    (folder / "module.json").write_text(json.dumps({**document(), "pass_mark": "80"}))
    with pytest.raises(InvalidModule, match="pass_mark: must be a whole number"):
        content.load(folder)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidModuleFile, match="does not exist"):
        content.load(tmp_path / "hender.lmsmodule")


def entries(
    *more: tuple[str | zipfile.ZipInfo, bytes], without: str = "", method: int = zipfile.ZIP_STORED
) -> bytes:
    """The sample's entries, some more, and one left out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed())) as good, zipfile.ZipFile(target, "w", method) as made:
        for name in good.namelist():
            if not (without and name.startswith(without)):
                made.writestr(name, good.read(name))
        for name, body in more:
            made.writestr(name, body)
    return target.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def encrypted() -> bytes:
    """The flag of encryption on the first entry, in both headers."""
    body = bytearray(entries())
    body[6] |= 1
    body[body.index(b"PK\1\2") + 8] |= 1
    return bytes(body)


def overlapping() -> bytes:
    """Two entries that share one body: the second's header is the first's."""
    body = bytearray(entries())
    directory = body.index(b"PK\1\2")
    second = body.index(b"PK\1\2", directory + 4)
    body[second + 42 : second + 46] = struct.pack("<I", 10)
    return bytes(body)


def lying_about_its_size() -> bytes:
    """A document that says it has 100 bytes and inflates to 50 MB."""
    body = zlib.compress(b" " * 50_000_000)[2:-4]
    name = b"module.json"
    numbers = struct.pack("<IIIHH", 0, len(body), 100, len(name), 0)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + numbers + name
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + numbers
    central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + len(body), 0)
    return local + body + central + b"PK\5\6" + end


OTHER = hashlib.sha256(b"other").hexdigest()
HOSTILE = [
    ("not a zip", b"%PDF-1.7", "is not a .lmsmodule file"),
    ("cut off", packed()[:-40], "is not a .lmsmodule file"),
    ("up and out", entries(("../evil.sh", b"x")), "does not belong in a .lmsmodule"),
    ("absolute", entries(("/etc/passwd", b"x")), "does not belong"),
    ("drive letter", entries(("C:\\evil.exe", b"x")), "does not belong"),
    ("backslashes", entries(("assets\\..\\evil", b"x")), "does not belong"),
    ("a page", entries(("index.html", b"<script>")), "does not belong"),
    ("a zip inside", entries(("assets/more.zip", b"PK")), "does not belong"),
    ("a link", entries((link(f"assets/{OTHER}.png"), b"/etc/passwd")), "is not a plain file"),
    ("encrypted", encrypted(), "is encrypted"),
    ("overlapping", overlapping(), "overlaps another entry"),
    ("no document", entries(without="module.json"), "has no module.json"),
    ("no picture", entries(without=f"assets/{DIGEST}"), "(hender.webp) is missing"),
    (
        "a picture exchanged",
        entries((f"assets/{DIGEST}.webp", bytes(len(PICTURE))), without=f"assets/{DIGEST}"),
        "has been changed or damaged",
    ),
    ("a lie about a size", lying_about_its_size(), "is damaged"),
]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("body", "problem"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_is_refused(tmp_path: Path, body: bytes, problem: str) -> None:
    file = tmp_path / "gave.lmsmodule"
    file.write_bytes(body)
    with pytest.raises(InvalidModuleFile) as error:
        content.load(file)
    assert problem in str(error.value)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "gave.lmsmodule"
    file.write_bytes(entries(("module.json", b"{}")))
    with pytest.raises(InvalidModuleFile, match="two entries of the same name"):
        content.load(file)


def test_a_file_too_large_is_refused_before_inflating(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("content.files.LARGEST_FILE", 1000)
    file = tmp_path / "gave.lmsmodule"
    file.write_bytes(packed())
    with pytest.raises(InvalidModuleFile, match="holds more than"):
        content.load(file)
