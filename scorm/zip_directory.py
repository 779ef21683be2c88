"""The directory of a zip, checked line by line against the headers of the files themselves (APPNOTE 6.3)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO

from scorm.errors import UnreadableError
from scorm.zip_checks import (
    ENCRYPTED,
    STORED,
    Record,
    bad_name,
    check_count,
    check_kind,
    check_names,
    check_not_nested,
    check_size,
    check_totals,
    malformed,
    refusal,
)

MAX_DIRECTORY = 32 * 1024**2

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800


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


def entries(file: BinaryIO) -> Iterator[Entry]:
    """The checked entries: directory, names, sizes, then every local header against the directory."""
    size = file.seek(0, SEEK_END)
    check_size(size)
    count, start, length = _find_directory(file, size)
    check_count(count)
    file.seek(start)
    records = list(_central(file.read(length), count))
    check_totals(records)
    check_names(records)
    checked = _against_local_headers(file, records, start)
    return (checked[index] for index in range(len(records)) if not records[index].folder)


def _find_directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Number of entries, start and length of the central directory (APPNOTE 4.3.14–4.3.16)."""
    tail_start = max(0, size - _END.size - 0xFFFF)
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise malformed("its directory is missing, as when a download stopped halfway")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise malformed("there is something behind its end")
    end = tail_start + at
    locator_at = at - _END64_LOCATOR.size
    if locator_at >= 0 and tail[locator_at : locator_at + 4] == b"PK\x06\x07":
        _, disk64, end64, disks = _END64_LOCATOR.unpack_from(tail, locator_at)
        file.seek(min(end64, size))
        record = file.read(_END64.size)
        if disk64 or disks > 1 or len(record) < _END64.size or record[:4] != b"PK\x06\x06":
            raise malformed("its ZIP64 directory is wrong")
        _, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(record)
        end = end64
    if disk or first_disk or here != count:
        raise malformed("it is one part of several")
    if length > MAX_DIRECTORY or length < count * _CENTRAL.size or start + length != end:
        raise malformed("its directory is not where it says")
    return count, start, length


def _central(directory: bytes, count: int) -> Iterator[Record]:
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(directory):
            raise malformed("a line of its directory is wrong")
        fields = _CENTRAL.unpack_from(directory, at)
        _, _, _, flags, method, _, _, crc32, packed, size, name_length, extra_length, comment = fields[:13]
        attributes, offset = fields[15:]
        at += _CENTRAL.size
        raw_name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment
        if at > len(directory):
            raise malformed("a line of its directory is wrong")
        if 0xFFFFFFFF in (size, packed, offset):
            size, packed, offset = _zip64(extra, size, packed, offset)
        name = _name(raw_name, extra, bool(flags & _UTF8))
        check_kind(name, flags, method, attributes >> 16)
        folder = name.endswith("/")
        if folder and size:
            raise malformed(f"the folder {name!r} has content")
        yield Record(name, raw_name, flags, method, crc32, packed, size, offset, folder)
    if at != len(directory):
        raise malformed("its directory has more lines than it says")


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit values, present in this order for each field that says 0xFFFFFFFF (APPNOTE 4.5.3)."""
    field = next((data for kind, data in _extra_fields(extra) if kind == 1), b"")
    wide: list[int] = []
    at = 0
    for value in (size, packed, offset):
        if value == 0xFFFFFFFF:
            if at + 8 > len(field):
                raise malformed("a ZIP64 size is missing")
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
            raise bad_name(raw.decode("cp437"), "is not in the encoding that it claims") from None
        return raw.decode("cp437")


def _against_local_headers(file: BinaryIO, records: list[Record], directory: int) -> dict[int, Entry]:
    """Each entry has a header of its own that says the same, and no two share a byte."""
    checked: dict[int, Entry] = {}
    heads: list[tuple[Record, bytes]] = []
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
        if name != record.raw_name or method != record.method or flags & ENCRYPTED:
            raise _mismatch(record.name)
        if said != promised and not unsaid:
            raise _mismatch(record.name)
        if method == STORED and record.packed != record.size:
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
        check_not_nested(record, head)
    return checked


def _mismatch(name: str) -> UnreadableError:
    return refusal(
        "zip-header",
        f"The zip says two different things about {name!r}.",
        "Make the zip again from the folder of the published course.",
    )


def _overlap(one: str, other: str) -> UnreadableError:
    return refusal(
        "zip-overlap",
        f"{one!r} and {other!r} share bytes of the zip, as only zip bombs do.",
        "Do not use this file; get the course again from where it came.",
    )
