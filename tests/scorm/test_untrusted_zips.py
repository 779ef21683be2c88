"""Every attack on zips of the security list, and the refusal that is owed: a code, a sentence, in no time."""

import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from scorm import UnreadableError, read, validate
from scorm.unzip import Archive
from tests.scorm.samples import Bent, manifest, package, zipped


def bent() -> Bent:
    return Bent().add("imsmanifest.xml", manifest().encode()).add("index.html", b"<p>Hands</p>")


def quoted_overlap() -> bytes:
    """Each file's stored block quotes the next file's local header, so that all share one kernel of zeros."""
    kernel = bent()
    inner = Bent().add("b", b"x" * 5_000, method=0)
    quote = bytes(inner.body[:31])
    start = len(kernel.body)
    kernel.add("a", quote + b"x" * 5_000, method=0)
    at = start + 30 + 1
    kernel.add("b", b"x" * 5_000, method=0, offset=at, no_body=1)
    return kernel.bytes()


def many(count: int) -> bytes:
    zip_ = bent()
    for number in range(count):
        zip_.add(f"f{number}")
    return zip_.bytes()


def encrypted_manifest() -> bytes:
    return Bent().add("imsmanifest.xml", manifest().encode(), flags=0x801).bytes()


ATTACKS: dict[str, tuple[str, bytes]] = {
    "a name that climbs": ("zip-name", bent().add("../evil.html", b"x").bytes()),
    "a name that climbs later": ("zip-name", bent().add("a/../../evil.html", b"x").bytes()),
    "an absolute name": ("zip-name", bent().add("/etc/passwd", b"x").bytes()),
    "a drive letter": ("zip-name", bent().add("C:\\evil.html", b"x").bytes()),
    "a drive letter with a slash": ("zip-name", bent().add("c:/evil.html", b"x").bytes()),
    "a backslash that climbs": ("zip-name", bent().add("..\\evil.html", b"x").bytes()),
    "a NUL in a name": ("zip-name", bent().add("evil.html\x00.png", b"x").bytes()),
    "a line feed in a name": ("zip-name", bent().add("evil\n.html", b"x").bytes()),
    "an empty part": ("zip-name", bent().add("a//b.html", b"x").bytes()),
    "a dot part": ("zip-name", bent().add("a/./b.html", b"x").bytes()),
    "no name at all": ("zip-name", bent().add("", b"x").bytes()),
    "a name of 70,000 bytes in parts": ("zip-name", bent().add("a/" * 20_000 + "b", b"x").bytes()),
    "folders in folders": ("zip-name", bent().add("a/" * 70 + "b", b"x").bytes()),
    "UTF-8 that is none": ("zip-name", bent().add(b"\xff\xfe.html", b"x", flags=0x800).bytes()),
    "a Unicode path that climbs": (
        "zip-name",
        bent()
        .add(
            b"ok.html",
            b"x",
            extra=struct.pack("<HHBL", 0x7075, 17, 1, zlib.crc32(b"ok.html")) + b"../evil.html",
        )
        .bytes(),
    ),
    "the same name twice": ("zip-collision", bent().add("index.html", b"y").bytes()),
    "names that differ in case": ("zip-collision", bent().add("INDEX.html", b"y").bytes()),
    "names equal after NFC": (
        "zip-collision",
        bent().add("å.html", b"1").add("a\u030a.html", b"2").bytes(),
    ),
    "a file that is a folder": ("zip-collision", bent().add("index.html/x.html", b"y").bytes()),
    "one body for two files": (
        "zip-overlap",
        bent().add("a", b"x" * 50).add("a2", b"x" * 50, offset=len(bent().body), no_body=1).bytes(),
    ),
    "quoted overlap": ("zip-overlap", quoted_overlap()),
    "data that runs into the directory": (
        "zip-overlap",
        bent().add("a", b"xyz", method=0, packed=90_000, size=90_000).bytes(),
    ),
    "a bomb": ("zip-ratio", bent().add("zeros", b"\0" * 10_000_000).bytes()),
    "a thousand small bombs": (
        "zip-ratio",
        zipped({f"zeros{n}": b"\0" * 90_000 for n in range(200)} | {"imsmanifest.xml": manifest()}),
    ),
    "a size over 2 GiB": (
        "zip-size",
        bent().add("a", b"x", size=2_200_000_000, local_size=2_200_000_000, packed=2_200_000_000).bytes(),
    ),
    "sizes that sum to over 2 GiB": (
        "zip-size",
        bent().add("a", b"x", size=1_900_000_000).add("b", b"x", size=1_900_000_000).bytes(),
    ),
    "over 20,000 files": ("zip-files", many(20_001)),
    "a zip inside": ("zip-nested", bent().add("inner.zip", package()).bytes()),
    "a zip inside under another name": ("zip-nested", bent().add("inner.dat", package()).bytes()),
    "a zip inside, stored": ("zip-nested", bent().add("inner.bin", package(), method=0).bytes()),
    "a 7z inside": ("zip-nested", bent().add("inner.7z", b"7z\xbc\xaf'\x1c").bytes()),
    "an encrypted file": ("zip-encrypted", bent().add("secret", b"x", flags=0x801).bytes()),
    "an encrypted manifest": ("zip-encrypted", encrypted_manifest()),
    "an encrypted file that only its header admits": (
        "zip-header",
        bent().add("secret", b"x", local_flags=0x801).bytes(),
    ),
    "a symlink": ("zip-symlink", bent().add("link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777).bytes()),
    "a device": ("zip-symlink", bent().add("null", b"", mode=stat.S_IFCHR | 0o666).bytes()),
    "a local name that differs": ("zip-header", bent().add("a.html", b"x", local_name=b"b.html").bytes()),
    "a local size that differs": ("zip-header", bent().add("a.html", b"xx", local_size=900).bytes()),
    "a local method that differs": ("zip-header", bent().add("a.html", b"xx", local_method=0).bytes()),
    "stored with two sizes": ("zip-header", bent().add("a", b"xx", method=0, size=1).bytes()),
    "a size that is too small": ("zip-damaged", bent().add("a", b"x" * 900, size=10, local_size=10).bytes()),
    "a size that is too large": ("zip-damaged", bent().add("a", b"x", size=90, local_size=90).bytes()),
    "a checksum that is wrong": ("zip-damaged", bent().add("a", b"x", crc=1).bytes()),
    "deflate that is none": ("zip-damaged", bent().add("a", b"hello", data=b"\xff\xff\xff\xff\xff").bytes()),
    "a method from elsewhere": ("zip-method", bent().add("a", b"hello", method=14, data=b"hello").bytes()),
    "a directory that counts wrong": ("zip-malformed", bent().bytes(count=1)),
    "a directory that counts too many": ("zip-malformed", bent().bytes(count=60_000)),
    "a gap before the end": ("zip-malformed", bent().bytes(gap=b"gap")),
    "something behind the end": ("zip-malformed", package() + b"tail"),
    "something before the start": ("zip-malformed", b"PK\x03\x04" + package()),
    "half a zip": ("zip-malformed", package()[:-40]),
    "only the first bytes": ("zip-malformed", b"PK\x03\x04"),
    "a folder with content": ("zip-malformed", bent().add("folder/", b"x").bytes()),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_is_refused(attack: str) -> None:
    code, data = ATTACKS[attack]
    started = time.monotonic()
    report = validate(data)
    assert [finding.code for finding in report.findings] == [code]
    assert report.exit_code == 2
    assert report.findings[0].message
    assert report.findings[0].hint
    assert time.monotonic() - started < 5


def test_what_is_wrong_only_inside_a_file_is_refused_when_it_is_read() -> None:
    """`read` does not inflate everything; nobody gets a byte more than was promised."""
    _, data = ATTACKS["a size that is too small"]
    with read(data) as reading:
        file = next(f for f in reading.package.files if f.path == "a")
        with file.open() as stream, pytest.raises(UnreadableError) as refused:
            stream.read()
        assert refused.value.code == "zip-damaged"


def test_a_directory_of_a_gigabyte_is_not_read() -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 1_000_000_000, 4, 0)
    tracemalloc.start()
    report = validate(b"PK\x03\x04" + end)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.exit_code == 2
    assert peak < 5_000_000


def test_a_sparse_file_of_three_gigabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.zip"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(3 * 1024**3)
    assert [f.code for f in validate(path).findings] == ["zip-size"]


def test_reading_streams_in_little_memory() -> None:
    """A text file of 15 MB, honestly packed, passes without being held."""
    text = b"".join(b"%d hands\n" % (number * 7919) for number in range(1_000_000))
    data = package(more__txt=text)
    tracemalloc.start()
    with Archive(io.BytesIO(data)) as archive:
        archive.verify()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


class TestSoundZips:
    """What the checks must not refuse."""

    def test_a_zip_of_pythons_zipfile_streamed_with_data_descriptors(self) -> None:
        class Unseekable(io.BytesIO):
            def seekable(self) -> bool:
                return False

            def tell(self) -> int:
                raise OSError

        buffer = Unseekable()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("imsmanifest.xml", manifest())
            archive.writestr("index.html", "<p>Hands</p>")
        assert validate(buffer.getvalue()).sound

    def test_zip64_sizes(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (("imsmanifest.xml", manifest()), ("index.html", "<p>Hands</p>")):
                with archive.open(name, "w", force_zip64=True) as file:
                    file.write(content.encode())
        assert validate(buffer.getvalue()).sound

    def test_a_comment_folders_and_office_documents(self) -> None:
        sheet = zipped({"[Content_Types].xml": "<Types/>"})
        data = bent().add("media/").add("media/handout.xlsx", sheet).bytes(comment=b"made on a Friday")
        assert validate(data).exit_code == 0

    @pytest.mark.parametrize(
        ("raw", "flags", "name"),
        [
            ("blåbær.html".encode(), 0x800, "blåbær.html"),
            ("blåbær.html".encode(), 0, "blåbær.html"),  # macOS
            ("blåbær.html".encode("cp437", "replace"), 0, "blåbær.html"),  # Windows
        ],
    )
    def test_names_in_the_encodings_that_zippers_use(self, raw: bytes, flags: int, name: str) -> None:
        with Archive(io.BytesIO(bent().add(raw, b"x", flags=flags).bytes())) as archive:
            assert name in archive

    def test_a_file_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        path = tmp_path / "course.zip"
        content = random.Random(7).randbytes(300_000)
        path.write_bytes(package(a__bin=content))
        with Archive(path) as archive:
            with archive.open("a.bin") as stream:
                assert stream.read(10) == content[:10]
                assert stream.read() == content[10:]
            assert archive.read("a.bin", 1_000_000) == content
            with pytest.raises(UnreadableError, match="1,000 are the most"):
                archive.read("a.bin", 1_000)
