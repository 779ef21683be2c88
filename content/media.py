"""Taking in media that anybody may have sent: judged by its content, never by its name; cleaned; measured.

A picture is decoded and written anew as WebP, so nothing but its pixels survives (no place, no camera, no hidden
data), and only after its header has said that it is of a sensible size. A drawing (SVG) stays one if it is plain.
Film and sound are recognised by their first bytes and streamed, never held whole in memory.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from content.errors import RejectedMedia
from content.film import measure
from content.module import Asset, Rights
from content.svg import clean_svg

MB = 2**20
MOST_PIXELS = 50_000_000  # 8,660 × 5,773: a large camera; 20,000² is eight times as many
WIDEST = 1600  # a derivative's width: twice the player's column, for dense screens
LARGEST = {"image": 30 * MB, "video": 500 * MB, "audio": 100 * MB, "text": 2 * MB}
QUALITY = 82
_HEAD = 4096
_CHUNK = 2**18
_DECODERS = ("PNG", "JPEG", "WEBP", "GIF")


@dataclass(frozen=True)
class Taken:
    """What was taken in: the asset's record, without rights yet, and its name by content."""

    sha256: str
    asset: Asset


def take(
    stream: BinaryIO, name: str, sink: BinaryIO, *, kind: str = "", rights: Rights | None = None
) -> Taken:
    """Reads an upload to its end and writes what is kept of it to `sink`, an empty file.

    `kind` is what is wanted: image, video, audio, text (captions), or "" for any. Raises RejectedMedia with a
    sentence for the person; the sink may then hold a part, which the caller throws away.
    """
    head = _read(stream, _HEAD)
    media_type = recognise(head)
    found = media_type.split("/")[0]
    name = name.replace("\\", "/").rsplit("/", 1)[-1][:200] or "file"
    if not head:
        raise RejectedMedia("media.empty")
    if not media_type:
        raise RejectedMedia("media.vtt_invalid" if kind == "text" else _why_not(head), name=name)
    if kind and found != kind:
        raise RejectedMedia("media.wrong_kind", name=name, found=found, wanted=kind)
    counted = _Counted(sink, name, LARGEST[found])
    taken = _TAKERS[found](_chunks(head, stream, name, LARGEST[found]), media_type, name, counted)
    asset = replace(taken, size=counted.size, rights=rights or Rights())
    return Taken(counted.checksum.hexdigest(), asset)


def _why_not(head: bytes) -> str:
    if head[4:8] == b"ftyp":  # all others of that family are taken
        return "media.phone_picture"
    return "media.pdf" if head.startswith(b"%PDF") else "media.unknown"


def recognise(head: bytes) -> str:
    """The media type by the first bytes, or ""; of those that a module may hold (content.module.EXTENSIONS)."""
    if head.startswith(b"OggS") and b"theora" in head[:256]:
        return ""
    for start, media_type in _MAGIC:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":  # ISO base media: the brand tells film from sound
        brand = head[8:12]
        if brand in _PICTURE_BRANDS:
            return ""
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":  # EBML: WebM, or Matroska, which browsers do not play
        return "video/webm" if b"webm" in head[:64] else ""
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # an MPEG frame of layer 3, without ID3
        return "audio/mpeg"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:6] == b"WEBVTT" and text[6:7] in (b"", b" ", b"\t", b"\n", b"\r"):
        return "text/vtt"
    if _SUBRIP.match(text):  # which becomes WebVTT
        return "text/vtt"
    return "image/svg+xml" if _looks_like_svg(text) else ""


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)
_SUBRIP = re.compile(rb"\s*\d+\s*\n\d\d:\d\d:\d\d,\d{3} --> ")
_SUBRIP_TIMES = re.compile(r"^(\d\d:\d\d:\d\d),(\d{3}) --> (\d\d:\d\d:\d\d),(\d{3})", re.MULTILINE)
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")


def _looks_like_svg(head: bytes) -> bool:
    start = head.lstrip()[:1]
    return start == b"<" and b"<svg" in head.lower()


class _Counted:
    """Passes chunks on to the sink, counting and hashing them."""

    def __init__(self, sink: BinaryIO, name: str, most: int) -> None:
        self.sink, self.name, self.most = sink, name, most
        self.size = 0
        self.checksum = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.checksum.update(chunk)
        self.sink.write(chunk)


def _read(stream: BinaryIO, count: int) -> bytes:
    """As many bytes as asked for, however small the pieces the stream gives."""
    pieces = []
    while count and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _chunks(head: bytes, stream: BinaryIO, name: str, most: int) -> Iterator[bytes]:
    """The whole upload, refused as soon as it is larger than `most`."""
    count = 0
    chunk = head
    while chunk:
        count += len(chunk)
        if count > most:
            raise RejectedMedia("media.too_large", name=name, most=most // MB)
        yield chunk
        chunk = stream.read(_CHUNK)


def _take_picture(chunks: Iterator[bytes], media_type: str, name: str, sink: _Counted) -> Asset:
    body = b"".join(chunks)
    if media_type == "image/svg+xml":
        drawing, width, height = clean_svg(body, name)
        sink.write(drawing)
        return Asset(name=name, media_type=media_type, width=width, height=height)
    try:
        # The header alone is read here; Pillow would only warn about a picture that fills the memory.
        with Image.open(io.BytesIO(body), formats=_DECODERS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise Image.DecompressionBombError
            if getattr(picture, "is_animated", False) and media_type != "image/jpeg":  # (3D JPEG has two)
                return _animation(picture, name, sink)
            return _derivative(picture, name, sink)
    except Image.DecompressionBombError:
        most = MOST_PIXELS // 1_000_000
        raise RejectedMedia("media.too_many_pixels", name=name, most=most) from None
    except (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError):
        raise RejectedMedia("media.damaged", name=name) from None


def _derivative(picture: Image.Image, name: str, sink: _Counted) -> Asset:
    picture.draft("RGB", (WIDEST, WIDEST))  # JPEG: decodes at a fraction of the size
    upright = ImageOps.exif_transpose(picture)
    if upright.width > WIDEST:
        height = max(1, round(upright.height * WIDEST / upright.width))
        upright = upright.resize((WIDEST, height), Image.Resampling.LANCZOS, reducing_gap=3)
    transparent = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    upright = upright.convert("RGBA" if transparent else "RGB")
    upright.info.clear()  # no EXIF, no XMP, no colour profile, no comment
    target = io.BytesIO()
    upright.save(target, "WEBP", quality=QUALITY, method=4)
    sink.write(target.getvalue())
    return Asset(name=_renamed(name), media_type="image/webp", width=upright.width, height=upright.height)


def _animation(picture: Image.Image, name: str, sink: _Counted) -> Asset:
    """A moving picture stays moving, unless its frames are too many pixels together: then the first is kept."""
    frames = getattr(picture, "n_frames", 1)
    if picture.width * picture.height * frames > MOST_PIXELS:
        return _derivative(picture, name, sink)
    picture.info.pop("icc_profile", None)
    target = io.BytesIO()
    picture.save(target, "WEBP", save_all=True, quality=QUALITY)
    sink.write(target.getvalue())
    return Asset(name=_renamed(name), media_type="image/webp", width=picture.width, height=picture.height)


def _renamed(name: str, suffix: str = "webp") -> str:
    return f"{name.rsplit('.', 1)[0]}.{suffix}"


def _take_recording(chunks: Iterator[bytes], media_type: str, name: str, sink: _Counted) -> Asset:
    for chunk in chunks:
        sink.write(chunk)
    film = measure(sink.sink, media_type)
    return Asset(
        name=name, media_type=media_type, width=film.width, height=film.height, duration=film.duration
    )


def _take_captions(chunks: Iterator[bytes], media_type: str, name: str, sink: _Counted) -> Asset:
    body = b"".join(chunks)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RejectedMedia("media.vtt_invalid", name=name) from None
    if "-->" not in text:
        raise RejectedMedia("media.vtt_invalid", name=name)
    text = text.replace("\r\n", "\n")
    if not text.startswith("WEBVTT"):
        text = "WEBVTT\n\n" + _SUBRIP_TIMES.sub(r"\1.\2 --> \3.\4", text.lstrip())
        name = _renamed(name, "vtt")
    sink.write(text.encode())
    return Asset(name=name, media_type=media_type)


_TAKERS: dict[str, Callable[[Iterator[bytes], str, str, _Counted], Asset]] = {
    "image": _take_picture,
    "video": _take_recording,
    "audio": _take_recording,
    "text": _take_captions,
}
