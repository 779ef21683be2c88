"""Zips: the same bytes for the same package, streamed, quick the second time, whole or not at all."""

import hashlib
import io
import json
import os
import random
import struct
import tracemalloc
import zipfile
from dataclasses import replace

import pytest

from scorm import Archive, File, Memory, SourceError, Standard, build, stream, write
from scorm.archive import WHOLE
from tests.scorm.packages import FILES, hand_hygiene

every_standard = pytest.mark.parametrize("standard", list(Standard))


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def stated(path: str, content: bytes) -> File:
    return replace(File.of(path, content), sha256=hashlib.sha256(content).hexdigest())


class Dripping(io.RawIOBase):
    """A stream as from a network: gives a few bytes at a time, and has only `read`."""

    readinto = None

    def __init__(self, content: bytes) -> None:
        self.inner = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self.inner.read(min(size, 1000) if size >= 0 else 1000)


@every_standard
def test_equal_packages_give_equal_bytes(standard):
    one, two = io.BytesIO(), io.BytesIO()
    write(hand_hygiene(), standard, one)
    shuffled = replace(hand_hygiene(), files=FILES[::-1])
    write(shuffled, standard, two)
    assert one.getvalue() == two.getvalue()


@every_standard
def test_stream_path_and_sink_give_the_same_bytes_and_size_foretells_them(standard, tmp_path):
    target = tmp_path / "package.zip"
    write(hand_hygiene(), standard, target)
    streamed = b"".join(stream(hand_hygiene(), standard))
    assert streamed == target.read_bytes()
    assert build(hand_hygiene(), standard).size() == len(streamed)


def test_entries_are_sorted_with_fixed_times_and_modes():
    archive = zipfile.ZipFile(io.BytesIO(b"".join(stream(hand_hygiene(), Standard.SCORM12))))
    infos = archive.infolist()
    assert [i.filename for i in infos[1:]] == sorted(i.filename for i in infos[1:])
    assert {i.date_time for i in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {i.external_attr >> 16 for i in infos} == {0o100644}
    assert archive.testzip() is None


def test_media_are_stored_and_text_is_deflated():
    film = File.of("film.mp4", b"\0" * 5000)
    infos = {i.filename: i for i in zipfile.ZipFile(io.BytesIO(b"".join(Archive([*FILES, film])))).infolist()}
    assert infos["film.mp4"].compress_type == zipfile.ZIP_STORED
    assert infos["index.html"].compress_type == zipfile.ZIP_DEFLATED
    assert infos["index.html"].compress_size < infos["index.html"].file_size


def test_text_that_deflating_makes_larger_and_empty_files_are_stored():
    archive = zipfile.ZipFile(
        io.BytesIO(b"".join(Archive([File.of("a.txt", noise(50)), File.of("b.txt", b"")])))
    )
    assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
    assert archive.read("b.txt") == b""


def test_local_headers_state_size_and_crc_as_java_stream_readers_need():
    content = b"".join(Archive([File.of("film.mp4", noise(3000)), File.of("page.html", b"<p>" * 99)]))
    for info in zipfile.ZipFile(io.BytesIO(content)).infolist():
        flags, _, _, _, crc, packed, size = struct.unpack_from("<HHHHLLL", content, info.header_offset + 6)
        assert (flags, crc, packed, size) == (0, info.CRC, info.compress_size, info.file_size)


def test_names_beyond_ascii_are_marked_as_utf_8():
    archive = zipfile.ZipFile(io.BytesIO(b"".join(Archive([File.of("bilder/hånd.webp", b"x")]))))
    assert archive.namelist() == ["bilder/hånd.webp"]


@pytest.mark.parametrize("size", [0, 1, 999, WHOLE - 1, WHOLE, WHOLE + 1, 2 * WHOLE + 2, 2 * WHOLE + 3])
@pytest.mark.parametrize("path", ["film.mp4", "page.html"])
@pytest.mark.parametrize("how", ["bytes", "dripping, size unknown", "crc known", "remembered"])
def test_content_arrives_whole_however_it_is_read(size, path, how):
    content = noise(size)
    file, memory = stated(path, content), None
    if how == "dripping, size unknown":
        file = File(path, lambda: Dripping(content))
    elif how == "crc known":
        import zlib

        file = replace(file, sha256="", crc32=zlib.crc32(content))
    elif how == "remembered":
        memory = Memory()
        for _ in Archive([file], memory):
            pass
    zipped = b"".join(Archive([file], memory))
    assert zipped == b"".join(Archive([File.of(path, content)]))
    archive = zipfile.ZipFile(io.BytesIO(zipped))
    assert archive.testzip() is None
    assert archive.read(path) == content


def test_a_second_build_reads_media_once_and_deflates_nothing(monkeypatch):
    opened: list[str] = []

    def counted(path: str, content: bytes) -> File:
        def open_() -> io.BytesIO:
            opened.append(path)
            return io.BytesIO(content)

        return replace(stated(path, content), open=open_)

    files = [counted("film.mp4", noise(WHOLE + 5)), counted("page.html", b"<p>" * 999)]
    memory = Memory()
    first = b"".join(Archive(files, memory))
    assert opened == ["film.mp4", "film.mp4", "page.html"]

    opened.clear()
    kept = Memory.from_json(json.loads(json.dumps(memory.to_json())))
    monkeypatch.setattr("scorm.archive.zlib.compressobj", None)
    monkeypatch.setattr("scorm.archive.zlib.crc32", None)
    assert b"".join(Archive(files, kept)) == first
    assert opened == ["film.mp4"]


def test_what_is_learnt_of_the_same_bytes_under_another_kind_of_name_does_no_harm():
    content = b"<p>" * 500
    for first, second in (("a.bin", "a.html"), ("a.html", "a.bin")):
        memory = Memory()
        for _ in Archive([stated(first, content)], memory):
            pass
        remembered = b"".join(Archive([stated(second, content)], memory))
        assert remembered == b"".join(Archive([File.of(second, content)]))


def test_a_memory_keeps_a_bounded_amount_of_text(monkeypatch):
    monkeypatch.setattr("scorm.archive._KEEP_DEFLATED", 20_000)
    memory = Memory()
    files = [stated(f"{n}.csv", noise(4000, n).hex().encode()) for n in range(7)]
    for _ in Archive(files, memory):
        pass
    kept = sum(len(k.deflated or b"") for k in memory.known.values())
    assert 0 < kept <= 20_000
    assert len(memory.known) == 7
    assert b"".join(Archive(files, memory)) == b"".join(Archive(files))


def test_memory_stays_flat_whatever_the_size_of_the_media():
    chunk = noise(2**20)

    class Long(io.RawIOBase):
        left = 300 * 2**20

        def readinto(self, view) -> int:
            count = min(len(view), self.left, len(chunk))
            view[:count] = chunk[:count]
            self.left -= count
            return count

    tracemalloc.start()
    size = sum(len(piece) for piece in Archive([File("long.mp4", Long)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 300 * 2**20
    assert peak < 20 * 2**20


def test_zip64_for_more_than_65535_files():
    content = b"".join(Archive([File.of(f"{n}", b"") for n in range(65_536)]))
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert len(archive.namelist()) == 65_536


def test_zip64_for_files_and_offsets_over_4_gib(tmp_path):
    chunk, size = 2**20, 2**32 + 5
    crc_of_zeros = 0xA6B84B13  # what a first build would have remembered

    class Sparse(io.FileIO):
        """A file on which zeros cost nothing."""

        def write(self, content) -> int:
            if len(content) == chunk:  # nothing else here is as long
                self.seek(len(content), os.SEEK_CUR)
                return len(content)
            return super().write(content)

    class Zeros(io.RawIOBase):
        left = size

        def readinto(self, view) -> int:
            count = min(len(view), self.left)  # what it is read into is zeros already
            self.left -= count
            return count

    archive = Archive([File("a.mp4", Zeros, size, crc32=crc_of_zeros), File.of("b.txt", b"after")])
    with Sparse(tmp_path / "large.zip", "wb") as sink:
        archive.write_to(sink)
    assert (tmp_path / "large.zip").stat().st_size == archive.size()
    with zipfile.ZipFile(tmp_path / "large.zip") as read:
        assert read.getinfo("a.mp4").file_size == size
        assert read.getinfo("b.txt").header_offset > size
        assert read.read("b.txt") == b"after"
        with read.open("a.mp4") as film:
            assert film.read(10) == bytes(10)


@pytest.mark.parametrize("remembered", [False, True], ids=["first build", "second build"])
@pytest.mark.parametrize(
    "now", [noise(10), noise(30), noise(WHOLE + 1)], ids=["shorter", "longer", "much longer"]
)
def test_a_file_that_has_changed_since_it_was_measured_is_told(tmp_path, now, remembered):
    memory = Memory()
    if remembered:
        for _ in Archive([stated("film.mp4", noise(20))], memory):
            pass
    changed = replace(stated("film.mp4", noise(20)), open=lambda: io.BytesIO(now))
    target = tmp_path / "package.zip"
    with pytest.raises(
        SourceError, match=r"'film.mp4' is not as large as was stated. .*build again"
    ) as raised:
        write(hand_hygiene(changed), Standard.SCORM12, target, memory=memory)
    assert raised.value.code == "file-changed"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_is_named_and_nothing_is_left_half_written(tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"x")
    package = hand_hygiene(File.at("assets/film.mp4", film))
    film.unlink()
    target = tmp_path / "package.zip"
    target.write_bytes(b"the one before")
    with pytest.raises(SourceError, match=r"'assets/film\.mp4' could not be read") as raised:
        write(package, Standard.SCORM12, target)
    assert raised.value.code == "file-unreadable"
    assert target.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_the_sinks_error_and_leaves_nothing(tmp_path):
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write(hand_hygiene(), Standard.SCORM12, Full())
    with pytest.raises(OSError, match="No such file or directory"):
        write(hand_hygiene(), Standard.SCORM12, tmp_path / "nowhere" / "package.zip")


def test_nothing_is_opened_before_the_first_byte_is_taken():
    def never() -> io.BytesIO:
        raise AssertionError("opened too early")

    chunks = stream(hand_hygiene(File("film.mp4", never, 10)), Standard.SCORM2004)
    assert next(chunks).startswith(b"PK\3\4")
    assert next(chunks)
