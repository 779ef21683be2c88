"""How wide, how high and how long a film is, read from its headers: MP4 (ISO/IEC 14496-12) and WebM (RFC 8794, 9559).

The file is anybody's: no length in it is believed beyond the file's own end, nothing is read but the few headers, and
of those a bounded number. What cannot be read is not known, which is no error: the browser will tell.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOXES = 2000
_WIDEST = 16_384
_LONGEST = 100 * 3600  # seconds
_CONTAINERS = {b"moov", b"trak"}
_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_MASTERS = {_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO}
_SCALE, _DURATION, _CLUSTER = 0x2AD7B1, 0x4489, 0x1F43B675
_PIXELS = (0xB0, 0xBA)


@dataclass(frozen=True)
class Measures:
    """In pixels and seconds; None is not known."""

    width: int | None = None
    height: int | None = None
    duration: float | None = None


def measure(file: BinaryIO, media_type: str) -> Measures:
    """The measures of a film or of sound in MP4. `file` can be sought in."""
    end = file.seek(0, 2)
    try:
        if media_type in ("video/mp4", "audio/mp4"):
            return _sensible(*_mp4(file, end))
        return _sensible(*_webm(file, end)) if media_type == "video/webm" else Measures()
    except (struct.error, IndexError, OverflowError):
        return Measures()


def _sensible(width: float, height: float, duration: float) -> Measures:
    pictured = 1 <= width <= _WIDEST and 1 <= height <= _WIDEST
    return Measures(
        round(width) if pictured else None,
        round(height) if pictured else None,
        round(duration, 3) if 0.001 <= duration <= _LONGEST else None,  # a NaN is neither
    )


def _mp4(file: BinaryIO, end: int) -> tuple[float, float, float]:
    width = height = duration = 0.0
    for kind, start, size in _boxes(file, end):
        file.seek(start)
        if kind == b"mvhd":
            duration = _movie_length(file.read(min(size, 40)))
        elif kind == b"tkhd" and not width:
            width, height = _track_size(file.read(min(size, 96)))
    return width, height, duration


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, where its content begins, how long that is) of all boxes, those in containers after these."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        (size, kind), head_size = struct.unpack(">I4s", head[:8]), 8
        if size == 1:
            (size,), head_size = struct.unpack(">Q", head[8:16]), 16
        elif size == 0:  # up to the end
            size = end - at
        if size < head_size:
            return
        yield kind, at + head_size, size - head_size
        at += head_size if kind in _CONTAINERS else size


def _movie_length(box: bytes) -> float:
    """mvhd, 8.2.2: version, then two dates, the time scale and the length in it."""
    scale, length = struct.unpack(">IQ", box[20:32]) if box[0] == 1 else struct.unpack(">II", box[12:20])
    unknown = length in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return length / scale if scale and not unknown else 0


def _track_size(box: bytes) -> tuple[float, float]:
    """tkhd, 8.3.2: its matrix and its size are fixed-point numbers; sound is 0 wide. A film from a telephone held
    upright is turned a quarter by the matrix."""
    start = 52 if box[0] == 1 else 40
    matrix = struct.unpack(">9i", box[start : start + 36])
    width, height = (side / 65536 for side in struct.unpack(">II", box[start + 36 : start + 44]))
    turned = matrix[0] == 0 and matrix[1] != 0
    return (height, width) if turned else (width, height)


def _webm(file: BinaryIO, end: int) -> tuple[float, float, float]:
    scale, ticks = 1_000_000.0, 0.0  # nanoseconds a tick, unless told otherwise
    sides = dict.fromkeys(_PIXELS, 0)
    for name, start, size in _elements(file, end):
        if size > 8 or name not in (_SCALE, _DURATION, *_PIXELS):
            continue
        file.seek(start)
        body = file.read(size)
        if name == _DURATION:
            (ticks,) = struct.unpack(">f" if size == 4 else ">d", body)
        elif name == _SCALE:
            scale = int.from_bytes(body)
        elif not sides[name]:
            sides[name] = int.from_bytes(body)
    duration = ticks * scale / 1e9
    return sides[_PIXELS[0]], sides[_PIXELS[1]], duration if math.isfinite(duration) else 0


def _elements(file: BinaryIO, end: int) -> Iterator[tuple[int, int, int]]:
    """(id, where its content begins, how long that is) of the elements before the first cluster."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(12)
        if not head:
            return
        name, used = _number(head, marked=True)
        size, length = _number(head[used:], marked=False)
        if name == _CLUSTER:
            return
        used += length
        yield name, at + used, size
        at += used if name in _MASTERS else used + size
        if at > end:
            return


def _number(head: bytes, *, marked: bool) -> tuple[int, int]:
    """A number of variable length and how many bytes it takes (RFC 8794, section 4); an id keeps its marker."""
    length = 9 - head[0].bit_length()
    if length > 8 or len(head) < length:
        raise IndexError
    number = int.from_bytes(head[:length])
    return (number if marked else number & ((1 << 7 * length) - 1)), length
