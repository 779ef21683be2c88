"""Zip archives: streamed, deterministic, and quick to build again.

Equal files give equal bytes: entries keep the order they are given in, times and modes are fixed. Every local
header states sizes and CRC, because the stream readers of Java LMSs refuse stored entries without them; that
is why a large file whose CRC nobody knows is read twice, the first time only. (APPNOTE.TXT 6.3.10)
"""

import base64
import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from scorm.errors import SourceError
from scorm.package import File

WHOLE = 8 * 2**20  # files up to here are read in one piece, and deflated if they are text; larger are stored
_CHUNK = 2**20
_KEEP_DEFLATED = 16 * 2**20  # what a Memory keeps of deflated text, in all

# By suffix, not by the machine's table of media types: the same package is the same everywhere.
# fmt: off
_TEXT = frozenset({
    ".bmp", ".css", ".csv", ".dtd", ".htm", ".html", ".ico", ".ini", ".js", ".json", ".jsonld", ".map",
    ".md", ".mjs", ".otf", ".rtf", ".srt", ".svg", ".tsv", ".ttf", ".txt", ".vtt", ".wasm", ".wav",
    ".webmanifest", ".xhtml", ".xml", ".xsd", ".xsl", ".yaml", ".yml",
})
# fmt: on

_STORED, _DEFLATED = 0, 8
_UTF8 = 1 << 11
_TIME, _DATE = 0, (1 << 5) | 1  # 1980-01-01 00:00, the first that a zip can state
_UNIX_FILE = 0o100644 << 16
_MAX32, _MAX16 = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about bytes. `deflated` is None where nobody tried, empty where it saved nothing."""

    size: int
    crc32: int
    deflated: bytes | None = None


@dataclass(slots=True)
class Memory:
    """What earlier builds learnt, by SHA-256: with it, a build costs a copy. Keep it beside the version.

    Only files that state their `sha256`, and small texts, are remembered.
    """

    known: dict[str, Known] = field(default_factory=dict)
    _kept: int = 0

    def remember(self, sha256: str, known: Known) -> None:
        if before := self.known.get(sha256):
            self._kept -= len(before.deflated or b"")
        size = len(known.deflated or b"")
        if self._kept + size > _KEEP_DEFLATED:
            known = Known(known.size, known.crc32)
            size = 0
        self._kept += size
        self.known[sha256] = known

    def to_json(self) -> dict[str, list[Any]]:
        """{sha256: [size, crc32, deflated as base64 or null]}"""
        return {
            sha256: [k.size, k.crc32, None if k.deflated is None else base64.b64encode(k.deflated).decode()]
            for sha256, k in self.known.items()
        }

    @classmethod
    def from_json(cls, document: dict[str, list[Any]]) -> "Memory":
        memory = cls()
        for sha256, (size, crc32, text) in document.items():
            deflated = None if text is None else base64.b64decode(text)
            memory.remember(sha256, Known(int(size), int(crc32), deflated))
        return memory


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file as the zip's headers state it."""

    name: bytes
    method: int
    crc32: int
    size: int
    stored_size: int

    def local_header(self) -> bytes:
        """4.3.7"""
        extra = b""
        sizes = (self.stored_size, self.size)
        if max(sizes) >= _MAX32:
            extra = struct.pack("<HHQQ", 1, 16, self.size, self.stored_size)
            sizes = (_MAX32, _MAX32)
        fields = (self._version(bool(extra)), self._flags(), self.method, _TIME, _DATE, self.crc32, *sizes)
        return struct.pack("<4s5H3L2H", b"PK\3\4", *fields, len(self.name), len(extra)) + self.name + extra

    def central_header(self, offset: int) -> bytes:
        """4.3.12"""
        wide: list[int] = []
        sizes = (self.stored_size, self.size)
        if max(sizes) >= _MAX32:
            wide += [self.size, self.stored_size]
            sizes = (_MAX32, _MAX32)
        if offset >= _MAX32:
            wide.append(offset)
            offset = _MAX32
        extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        version = self._version(bool(wide))
        fields = (3 << 8 | version, version, self._flags(), self.method, _TIME, _DATE, self.crc32, *sizes)
        tail = (len(self.name), len(extra), 0, 0, 0, _UNIX_FILE, offset)
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields, *tail) + self.name + extra

    def _flags(self) -> int:
        return 0 if self.name.isascii() else _UTF8

    @staticmethod
    def _version(zip64: bool) -> int:
        return 45 if zip64 else 20


def _end(count: int, start: int, size: int) -> bytes:
    """4.3.14–16: the end of the central directory, in 64 bits where 32 do not suffice."""
    wide = b""
    if count >= _MAX16 or start >= _MAX32 or size >= _MAX32:
        wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 3 << 8 | 45, 45, 0, 0, count, count, size, start)
        wide += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    counted, size, start = min(count, _MAX16), min(size, _MAX32), min(start, _MAX32)
    return wide + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, counted, counted, size, start, 0)


class Archive:
    """A zip that is made while it is read: iterate over it, or `write_to` a sink; both as often as wished.

    Peak memory is a few times `WHOLE`, whatever the size of the files. A source that cannot be read or has
    changed raises SourceError in the middle; what has been written by then is no zip.
    """

    def __init__(self, files: Iterable[File], memory: Memory | None = None) -> None:
        self.files = tuple(files)
        self.memory = Memory() if memory is None else memory

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            yield bytes(piece)

    def write_to(self, sink: BinaryIO) -> None:
        """Writes to `sink`, with less copying than iterating takes; sendfile was measured, and is slower."""
        for piece in self._pieces():
            sink.write(piece)

    def size(self) -> int | None:
        """The size of the whole in bytes, for Content-Length; None where a file does not state its own.

        Texts are read and deflated for it, media are not opened.
        """
        offset = directory = 0
        buffer = bytearray(WHOLE + 1)
        for file in self.files:
            if _is_text(file.path) and (file.size is None or file.size <= WHOLE):
                entry, _ = self._entry(file, buffer)
            elif file.size is None:
                return None
            else:
                entry = _Entry(file.path.encode(), _STORED, 0, file.size, file.size)
            directory += len(entry.central_header(offset))
            offset += len(entry.local_header()) + entry.stored_size
        return offset + directory + len(_end(len(self.files), offset, directory))

    def _pieces(self) -> Iterator[bytes | memoryview]:
        """The zip in order. A memoryview is to be used at once: the next file is read into its memory."""
        offset = 0
        buffer = bytearray(WHOLE + 1)  # one for all: fresh memory for every file takes longer than its CRC
        directory: list[bytes] = []
        for file in self.files:
            entry, body = self._entry(file, buffer)
            directory.append(entry.central_header(offset))
            header = entry.local_header()
            offset += len(header) + entry.stored_size
            yield header
            if body is None:
                yield from _copied(file, entry.size, memoryview(buffer)[:_CHUNK])
            elif body:
                yield body
        central = b"".join(directory)
        yield central + _end(len(directory), offset, len(central))

    def _entry(self, file: File, buffer: bytearray) -> tuple[_Entry, bytes | memoryview | None]:
        """The headers' data of one file and its bytes in the zip; None: to be copied from the source."""
        text = _is_text(file.path)
        known = self._known(file)
        content: memoryview | None = None
        if known is None or (text and known.size <= WHOLE and known.deflated is None):
            known, content = self._learn(file, text, buffer)
        deflated = known.deflated if text and known.size <= WHOLE else None
        if deflated:
            return _Entry(file.path.encode(), _DEFLATED, known.crc32, known.size, len(deflated)), deflated
        return _Entry(file.path.encode(), _STORED, known.crc32, known.size, known.size), content

    def _known(self, file: File) -> Known | None:
        known = self.memory.known.get(file.sha256) if file.sha256 else None
        if known and file.size is not None and file.size != known.size:
            raise _changed(file)
        if known is None and file.crc32 is not None and file.size is not None:
            return Known(file.size, file.crc32)
        return known

    def _learn(self, file: File, text: bool, buffer: bytearray) -> tuple[Known, memoryview | None]:
        """Reads the file: as a whole if it is small, else once for its CRC and later again for its bytes."""
        crc32 = size = 0
        first = memoryview(b"")
        for chunk in _read_into(file, memoryview(buffer)):
            crc32 = zlib.crc32(chunk, crc32)
            first = chunk if not size else first
            size += len(chunk)
        if file.size is not None and file.size != size:
            raise _changed(file)
        whole = first if size <= WHOLE else None
        known = Known(size, crc32, self._deflated(file, whole) if text and whole is not None else None)
        if file.sha256:
            self.memory.remember(file.sha256, known)
        return known, whole

    def _deflated(self, file: File, content: memoryview) -> bytes:
        """Raw deflate, empty where it saves nothing; remembered by content where the file states no hash."""
        sha256 = file.sha256 or hashlib.sha256(content).hexdigest()
        before = self.memory.known.get(sha256)
        if before and before.deflated is not None:
            return before.deflated
        compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = compressor.compress(content) + compressor.flush()
        if len(deflated) >= len(content):
            deflated = b""
        self.memory.remember(sha256, Known(len(content), zlib.crc32(content), deflated))
        return deflated


def _is_text(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in _TEXT  # noqa: PTH122  a path in the zip, not on disk


@contextmanager
def _opened(file: File) -> Iterator[BinaryIO]:
    try:
        with file.open() as stream:
            yield stream
    except OSError as error:
        raise SourceError(
            "file-unreadable", f"{file.path!r} could not be read: {error}.", "Check that it is still there."
        ) from error


def _copied(file: File, size: int, view: memoryview) -> Iterator[memoryview]:
    """The file's bytes, which are as many as its header says, or SourceError."""
    for chunk in _read_into(file, view):
        size -= len(chunk)
        if size < 0:
            break
        yield chunk
    if size:
        raise _changed(file)


def _read_into(file: File, view: memoryview) -> Iterator[memoryview]:
    """The file in pieces as large as `view`, each in its memory, in place of the one before."""
    with _opened(file) as stream:
        read_into = getattr(stream, "readinto", None) or _reader(stream)
        filled = -1
        while filled == -1 or filled == len(view):
            filled = 0
            while count := read_into(view[filled:]):  # streams from a network give less than was asked for
                filled += count
                if filled == len(view):
                    break
            yield view[:filled]


def _reader(stream: BinaryIO) -> Callable[[memoryview], int]:
    def read_into(view: memoryview) -> int:
        content = stream.read(len(view))
        view[: len(content)] = content
        return len(content)

    return read_into


def _changed(file: File) -> SourceError:
    return SourceError(
        "file-changed",
        f"{file.path!r} is not as large as was stated.",
        "It has changed meanwhile: build again.",
    )
