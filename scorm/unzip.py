"""A zip that a stranger made: every promise of its directory is checked before a byte of it is believed.

Python's own `zipfile` is not used here: it reads a directory of any size into memory, and until 3.12 it
follows entries that overlap (1 GB out of 14 KB). The format is PKWARE's APPNOTE 6.3; of it this reads what
learning packages use (stored and deflated, ZIP64) and refuses the rest with a sentence.

All refusals are `UnreadableError`; nothing is ever written to disk.
"""

from __future__ import annotations

import io
import threading
import zlib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scorm.errors import UnreadableError
from scorm.zip_checks import DEFLATED, refusal
from scorm.zip_directory import Entry, entries

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 64 * 1024


class Archive:
    """The files of a zip, by name, in the order of its directory.

    Close it, or use it in a `with`; until then its files can be opened, from several threads too.
    """

    def __init__(self, source: str | PathLike[str] | BinaryIO) -> None:
        self._owned = isinstance(source, str | PathLike)
        self._file = _opened(source)
        self._lock = threading.Lock()
        try:
            self.entries = {entry.name: entry for entry in entries(self._file)}
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
        self._inflate = zlib.decompressobj(-15) if entry.method == DEFLATED else None
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
        return refusal(
            "zip-damaged",
            f"{self._entry.name!r} does not have the size or the checksum that the zip promises.",
            "The file was damaged on its way, or made to do harm: get it again from where it came.",
        )
