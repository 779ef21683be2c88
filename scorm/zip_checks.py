"""What is refused of a zip before any of it is unpacked: how large, how many, of which kind, under which names.

Every refusal is an `UnreadableError` with a sentence; `catalogue.UNREADABLE` lists them.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zlib
from dataclasses import dataclass

from scorm.errors import UnreadableError

MAX_TOTAL = 2 * 1024**3  # bytes, packed or unpacked
MAX_FILES = 20_000
MAX_RATIO = 100
RATIO_MATTERS_FROM = 100_000  # bytes: below this, even blank text cannot hurt
MAX_NAME = 1_000
MAX_DEPTH = 64

STORED, DEFLATED = 0, 8
ENCRYPTED = 0x1 | 0x40 | 0x2000

_ARCHIVE_NAME = re.compile(r"\.(zip|jar|war|7z|rar|tar|t?gz|t?bz2|t?xz|cab|iso)$", re.IGNORECASE)
_ZIP_BASED_DOCUMENT = re.compile(
    r"\.(docx|docm|dotx|xlsx|xlsm|xltx|pptx|pptm|ppsx|potx|od[tspgf]|ot[tsp]|epub|h5p|vsdx|pages|numbers|key)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Record:
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


def is_zip(head: bytes) -> bool:
    """Whether bytes begin as a zip does (an empty or split one included)."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def check_kind(name: str, flags: int, method: int, mode: int) -> None:
    if flags & ENCRYPTED:
        raise refusal("zip-encrypted", f"{name!r} is encrypted.", "Make the zip again without a password.")
    if method not in (STORED, DEFLATED):
        raise refusal(
            "zip-method",
            f"{name!r} is packed in a way (method {method}) that no LMS opens.",
            "Make the zip again with the ordinary method, “deflate”.",
        )
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refusal(
            "zip-symlink",
            f"{name!r} is a link or a device, not a file.",
            "Make the zip again with the files themselves in place of links.",
        )


def check_totals(records: list[Record]) -> None:
    total, packed = sum(r.size for r in records), sum(r.packed for r in records)
    check_size(total)
    worst = max(records, key=lambda r: r.size / (r.packed + 1), default=None)
    bombs = [r for r in records if r.size > RATIO_MATTERS_FROM and r.size > MAX_RATIO * r.packed]
    if worst and (bombs or (total > RATIO_MATTERS_FROM and total > MAX_RATIO * packed)):
        name = (bombs or [worst])[0].name
        raise refusal(
            "zip-ratio",
            f"{name!r} would unpack to more than {MAX_RATIO} times its size, as zip bombs do.",
            "If the file is genuine, make it smaller, or store it in the zip without compression.",
        )


def check_size(size: int) -> None:
    """Bytes, packed or unpacked."""
    if size > MAX_TOTAL:
        raise refusal(
            "zip-size",
            f"The package has {size:,} bytes; {MAX_TOTAL:,} are the most that are read.",
            "Shorten or compress its videos, or publish it as several packages.",
        )


def check_count(count: int) -> None:
    if count > MAX_FILES:
        raise refusal(
            "zip-files",
            f"The zip has {count:,} entries; {MAX_FILES:,} are the most that are read.",
            "Publish the course again with fewer files, or as several packages.",
        )


def check_names(records: list[Record]) -> None:
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
    return refusal(
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
        raise bad_name(name, problem)


def bad_name(name: str, problem: str) -> UnreadableError:
    return refusal(
        "zip-name",
        f"The file name {name[:200]!r} {problem}.",
        "Make the zip again with an up-to-date tool, from the folder of the published course.",
    )


def check_not_nested(record: Record, head: bytes) -> None:
    """Zips in zips multiply; documents that happen to be zips (docx, epub) stay closed and may pass."""
    if record.method == DEFLATED:
        try:
            head = zlib.decompressobj(-15).decompress(head, 4)
        except zlib.error:
            head = b""  # damaged: found when it is read
    if _ARCHIVE_NAME.search(record.name) or (is_zip(head) and not _ZIP_BASED_DOCUMENT.search(record.name)):
        raise refusal(
            "zip-nested",
            f"{record.name!r} is an archive inside the zip.",
            "Unpack it once: give the inner zip if that is the course, or offer the files as they are.",
        )


def malformed(reason: str) -> UnreadableError:
    return refusal(
        "zip-malformed",
        f"The zip cannot be read: {reason}.",
        "Download or make it again.",
    )


def refusal(code: str, message: str, hint: str) -> UnreadableError:
    return UnreadableError(code, message, hint)
