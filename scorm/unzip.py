"""A zip that a stranger made: every promise of its directory is checked before a byte of it is believed.

Python's own `zipfile` is not used here: it reads a directory of any size into memory, and until 3.12 it
follows entries that overlap (1 GB out of 14 KB). The format is PKWARE's APPNOTE 6.3; of it this reads what
learning packages use (stored and deflated, ZIP64) and refuses the rest with a sentence.

All refusals are `UnreadableError`; nothing is ever written to disk.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import threading
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END, PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scorm.errors import UnreadableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_TOTAL = 2 * 1024**3  # bytes, packed or unpacked
MAX_FILES = 20_000
MAX_RATIO = 100
RATIO_MATTERS_FROM = 100_000  # bytes: below this, even blank text cannot hurt
MAX_DIRECTORY = 32 * 1024**2
MAX_NAME = 1_000
MAX_DEPTH = 64
CHUNK = 64 * 1024

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800

_ARCHIVE_NAME = re.compile(r"\.(zip|jar|war|7z|rar|tar|t?gz|t?bz2|t?xz|cab|iso)$", re.IGNORECASE)
_ZIP_BASED_DOCUMENT = re.compile(
    r"\.(docx|docm|dotx|xlsx|xlsm|xltx|pptx|pptm|ppsx|potx|od[tspgf]|ot[tsp]|epub|h5p|vsdx|pages|numbers|key)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the zip. `size` is what the directory promises; reading holds it to that."""

    name: str
    size: int
    packed: int
    crc32: int
    method: int
    start: int  # of the data, in the zip
    raw_name: bytes


def is_zip(head: bytes) -> bool:
    """Whether bytes begin as a zip does (an empty or split one included)."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class Archive:
    """The files of a zip, by name, in the order of its directory.

    Close it, or use it in a `with`; until then its files can be opened, from several threads too.
    """

    def __init__(self, source: str | PathLike[str] | BinaryIO) -> None:
        self._owned = isinstance(source, str | PathLike)
        self._file = _opened(source)
        self._lock = threading.Lock()
        try:
            self.entries = {entry.name: entry for entry in _entries(self._file)}
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def close(self) -> None:
        if self._owned:
            self._file.close()

    def open(self, name: str) -> BinaryIO:
        """A stream of one file, inflated as it is read.

        Raises `UnreadableError` (zip-damaged) from `read` where size or checksum is not as promised, and
        KeyError for a name that is not there.
        """
        return io.BufferedReader(_Stream(self, self.entries[name]), CHUNK)

    def read(self, name: str, limit: int) -> bytes:
        """A whole file, up to `limit` bytes; `UnreadableError` (file-too-large) when it has more."""
        entry = self.entries[name]
        if entry.size > limit:
            raise UnreadableError(
                "file-too-large",
                f"{name} has {entry.size:,} bytes; {limit:,} are the most that can be read.",
                "Look whether this is the right file.",
            )
        with self.open(name) as stream:
            return stream.read()

    def verify(self) -> None:
        """Reads every file once; `UnreadableError` for the first that is not what the directory promises."""
        for name in self.entries:
            with self.open(name) as stream:
                while stream.read(CHUNK):
                    pass

    def at(self, position: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(position)
            return self._file.read(size)


def _opened(source: str | PathLike[str] | BinaryIO) -> BinaryIO:
    return Path(source).open("rb") if isinstance(source, str | PathLike) else source


class _Stream(io.RawIOBase):
    """Inflates one entry, never a byte beyond its promised size."""

    def __init__(self, archive: Archive, entry: Entry) -> None:
        self._archive, self._entry = archive, entry
        self._position, self._end = entry.start, entry.start + entry.packed
        self._inflate = zlib.decompressobj(-15) if entry.method == _DEFLATED else None
        self._left, self._crc = entry.size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not len(view):
            return 0
        data = self._next(len(view))
        self._crc = zlib.crc32(data, self._crc)
        self._left -= len(data)
        if self._left < 0 or (not data and (self._left or self._crc != self._entry.crc32)):
            raise self._damaged()
        view[: len(data)] = data
        return len(data)

    def _next(self, wanted: int) -> bytes:
        if self._inflate is None:
            return self._packed(wanted)
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._packed(CHUNK)
            try:
                data = self._inflate.decompress(packed, wanted)
            except zlib.error:
                raise self._damaged() from None
            if data:
                return data
            if not packed:
                raise self._damaged()
        return b""

    def _packed(self, wanted: int) -> bytes:
        data = self._archive.at(self._position, min(wanted, self._end - self._position))
        self._position += len(data)
        return data

    def _damaged(self) -> UnreadableError:
        return _refusal(
            "zip-damaged",
            f"{self._entry.name!r} does not have the size or the checksum that the zip promises.",
            "The file was damaged on its way, or made to do harm: get it again from where it came.",
        )


def _entries(file: BinaryIO) -> Iterator[Entry]:
    """The checked entries: directory, names, sizes, then every local header against the directory."""
    size = file.seek(0, SEEK_END)
    if size > MAX_TOTAL:
        raise _too_large(size)
    count, start, length = _find_directory(file, size)
    if count > MAX_FILES:
        raise _refusal(
            "zip-files",
            f"The zip has {count:,} entries; {MAX_FILES:,} are the most that are read.",
            "Publish the course again with fewer files, or as several packages.",
        )
    file.seek(start)
    records = list(_central(file.read(length), count))
    _check_totals(records)
    _check_names(records)
    checked = _against_local_headers(file, records, start)
    return (checked[index] for index in range(len(records)) if not records[index].folder)


def _find_directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Number of entries, start and length of the central directory (APPNOTE 4.3.14–4.3.16)."""
    tail_start = max(0, size - _END.size - 0xFFFF)
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise _malformed("its directory is missing, as when a download stopped halfway")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise _malformed("there is something behind its end")
    end = tail_start + at
    locator_at = at - _END64_LOCATOR.size
    if locator_at >= 0 and tail[locator_at : locator_at + 4] == b"PK\x06\x07":
        _, disk64, end64, disks = _END64_LOCATOR.unpack_from(tail, locator_at)
        file.seek(min(end64, size))
        record = file.read(_END64.size)
        if disk64 or disks > 1 or len(record) < _END64.size or record[:4] != b"PK\x06\x06":
            raise _malformed("its ZIP64 directory is wrong")
        _, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(record)
        end = end64
    if disk or first_disk or here != count:
        raise _malformed("it is one part of several")
    if length > MAX_DIRECTORY or length < count * _CENTRAL.size or start + length != end:
        raise _malformed("its directory is not where it says")
    return count, start, length


@dataclass(frozen=True, slots=True)
class _Record:
    """One line of the central directory."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc32: int
    packed: int
    size: int
    offset: int
    folder: bool


def _central(directory: bytes, count: int) -> Iterator[_Record]:
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(directory):
            raise _malformed("a line of its directory is wrong")
        fields = _CENTRAL.unpack_from(directory, at)
        _, _, _, flags, method, _, _, crc32, packed, size, name_length, extra_length, comment = fields[:13]
        attributes, offset = fields[15:]
        at += _CENTRAL.size
        raw_name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment
        if at > len(directory):
            raise _malformed("a line of its directory is wrong")
        if 0xFFFFFFFF in (size, packed, offset):
            size, packed, offset = _zip64(extra, size, packed, offset)
        name = _name(raw_name, extra, bool(flags & _UTF8))
        _check_kind(name, flags, method, attributes >> 16)
        folder = name.endswith("/")
        if folder and size:
            raise _malformed(f"the folder {name!r} has content")
        yield _Record(name, raw_name, flags, method, crc32, packed, size, offset, folder)
    if at != len(directory):
        raise _malformed("its directory has more lines than it says")


def _check_kind(name: str, flags: int, method: int, mode: int) -> None:
    if flags & _ENCRYPTED:
        raise _refusal("zip-encrypted", f"{name!r} is encrypted.", "Make the zip again without a password.")
    if method not in (_STORED, _DEFLATED):
        raise _refusal(
            "zip-method",
            f"{name!r} is packed in a way (method {method}) that no LMS opens.",
            "Make the zip again with the ordinary method, “deflate”.",
        )
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refusal(
            "zip-symlink",
            f"{name!r} is a link or a device, not a file.",
            "Make the zip again with the files themselves in place of links.",
        )


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit values, present in this order for each field that says 0xFFFFFFFF (APPNOTE 4.5.3)."""
    field = next((data for kind, data in _extra_fields(extra) if kind == 1), b"")
    wide: list[int] = []
    at = 0
    for value in (size, packed, offset):
        if value == 0xFFFFFFFF:
            if at + 8 > len(field):
                raise _malformed("a ZIP64 size is missing")
            value = int.from_bytes(field[at : at + 8], "little")
            at += 8
        wide.append(value)
    return wide[0], wide[1], wide[2]


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _name(raw: bytes, extra: bytes, utf8: bool) -> str:
    """UTF-8 where flagged or where it reads as such (macOS flags nothing), else the DOS code page."""
    for kind, data in _extra_fields(extra):  # Info-ZIP's Unicode path, for the same bytes only
        same = kind == 0x7075 and len(data) > 5 and data[1:5] == struct.pack("<L", zlib.crc32(raw))
        if same:
            raw = data[5:]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if utf8:
            raise _bad_name(raw.decode("cp437"), "is not in the encoding that it claims") from None
        return raw.decode("cp437")


def _check_totals(records: list[_Record]) -> None:
    total, packed = sum(r.size for r in records), sum(r.packed for r in records)
    if total > MAX_TOTAL:
        raise _too_large(total)
    worst = max(records, key=lambda r: r.size / (r.packed + 1), default=None)
    bombs = [r for r in records if r.size > RATIO_MATTERS_FROM and r.size > MAX_RATIO * r.packed]
    if worst and (bombs or (total > RATIO_MATTERS_FROM and total > MAX_RATIO * packed)):
        name = (bombs or [worst])[0].name
        raise _refusal(
            "zip-ratio",
            f"{name!r} would unpack to more than {MAX_RATIO} times its size, as zip bombs do.",
            "If the file is genuine, make it smaller, or store it in the zip without compression.",
        )


def _check_names(records: list[_Record]) -> None:
    """No name leads out of the package, and no two name the same file on any disk."""
    seen: dict[str, str] = {}
    for record in records:
        _check_name(record.name)
        if record.folder:
            continue
        same = unicodedata.normalize("NFC", unicodedata.normalize("NFC", record.name).casefold())
        if same in seen:
            raise _collision(seen[same], record.name)
        seen[same] = record.name
    for same, name in seen.items():
        parts = same.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in seen:
                raise _collision(seen[folder], name)


def _collision(one: str, other: str) -> UnreadableError:
    return _refusal(
        "zip-collision",
        f"{one!r} and {other!r} are one name on many computers, so that one would replace the other.",
        "Rename one of them where the course was made, and publish it again.",
    )


def _check_name(name: str) -> None:
    parts = name.removesuffix("/").split("/")
    problem = ""
    if _CONTROL.search(name):
        problem = "contains a control character"
    elif "\\" in name:
        problem = "contains a backslash"
    elif name.startswith("/") or re.match("[A-Za-z]:", name):
        problem = "names a place on the computer, not in the package"
    elif ".." in parts:
        problem = "leads out of the package"
    elif "" in parts or "." in parts:
        problem = "has an empty part"
    elif len(name) > MAX_NAME or len(parts) > MAX_DEPTH or any(len(part.encode()) > 255 for part in parts):
        problem = "is too long"
    if problem:
        raise _bad_name(name, problem)


def _bad_name(name: str, problem: str) -> UnreadableError:
    return _refusal(
        "zip-name",
        f"The file name {name[:200]!r} {problem}.",
        "Make the zip again with an up-to-date tool, from the folder of the published course.",
    )


def _against_local_headers(file: BinaryIO, records: list[_Record], directory: int) -> dict[int, Entry]:
    """Each entry has a header of its own that says the same, and no two share a byte."""
    checked: dict[int, Entry] = {}
    heads: list[tuple[_Record, bytes]] = []
    free_from, previous = 0, ""
    for index, record in sorted(enumerate(records), key=lambda pair: pair[1].offset):
        if record.offset < free_from:
            raise _overlap(previous, record.name)
        file.seek(record.offset)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
            raise _mismatch(record.name)
        _, _, flags, method, _, _, crc32, packed, size, name_length, extra_length = _LOCAL.unpack(header)
        name = file.read(name_length)
        extra = file.read(extra_length)
        if 0xFFFFFFFF in (size, packed):
            size, packed, _ = _zip64(extra, size, packed, 0)
        said = (crc32, packed, size)
        promised = (record.crc32, record.packed, record.size)
        unsaid = bool(flags & _SIZES_FOLLOW) and said in ((0, 0, 0), (0, record.packed, record.size))
        if name != record.raw_name or method != record.method or flags & _ENCRYPTED:
            raise _mismatch(record.name)
        if said != promised and not unsaid:
            raise _mismatch(record.name)
        if method == _STORED and record.packed != record.size:
            raise _mismatch(record.name)
        start = record.offset + _LOCAL.size + name_length + extra_length
        free_from, previous = start + record.packed, record.name
        if free_from > directory:
            raise _overlap(record.name, "the directory")
        heads.append((record, file.read(min(record.packed, 64))))
        checked[index] = Entry(
            record.name, record.size, record.packed, record.crc32, method, start, record.raw_name
        )
    for record, head in heads:
        _check_not_nested(record, head)
    return checked


def _check_not_nested(record: _Record, head: bytes) -> None:
    """Zips in zips multiply; documents that happen to be zips (docx, epub) stay closed and may pass."""
    if record.method == _DEFLATED:
        try:
            head = zlib.decompressobj(-15).decompress(head, 4)
        except zlib.error:
            head = b""  # damaged: found when it is read
    if _ARCHIVE_NAME.search(record.name) or (is_zip(head) and not _ZIP_BASED_DOCUMENT.search(record.name)):
        raise _refusal(
            "zip-nested",
            f"{record.name!r} is an archive inside the zip.",
            "Unpack it once: give the inner zip if that is the course, or offer the files as they are.",
        )


def _mismatch(name: str) -> UnreadableError:
    return _refusal(
        "zip-header",
        f"The zip says two different things about {name!r}.",
        "Make the zip again from the folder of the published course.",
    )


def _overlap(one: str, other: str) -> UnreadableError:
    return _refusal(
        "zip-overlap",
        f"{one!r} and {other!r} share bytes of the zip, as only zip bombs do.",
        "Do not use this file; get the course again from where it came.",
    )


def _too_large(size: int) -> UnreadableError:
    return _refusal(
        "zip-size",
        f"The package has {size:,} bytes; {MAX_TOTAL:,} are the most that are read.",
        "Shorten or compress its videos, or publish it as several packages.",
    )


def _malformed(reason: str) -> UnreadableError:
    return _refusal(
        "zip-malformed",
        f"The zip cannot be read: {reason}.",
        "Download or make it again.",
    )


def _refusal(code: str, message: str, hint: str) -> UnreadableError:
    return UnreadableError(code, message, hint)
