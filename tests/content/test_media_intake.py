"""Media from anybody: known by content, cleaned, measured, streamed; else refused with a sentence."""

import hashlib
import io
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content import media
from content.errors import RejectedMedia
from content.media import Taken, take
from content.texts import LANGUAGES, sentence


def taken(body: bytes, name: str = "fil", **options: Any) -> tuple[Taken, bytes]:
    sink = io.BytesIO()
    result = take(io.BytesIO(body), name, sink, **options)
    return result, sink.getvalue()


def refused(body: bytes, name: str = "fil", **options: Any) -> RejectedMedia:
    with pytest.raises(RejectedMedia) as error:
        taken(body, name, **options)
    for language in LANGUAGES:
        assert "{" not in sentence(error.value.code, language, **error.value.params)
    return error.value


def image(form: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 90 if mode == "L" else None).save(target, form, **options)
    return target.getvalue()


def shown(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_webp_whatever_its_name(form: str) -> None:
    result, body = taken(image(form), "Hender.PDF")
    assert (result.asset.media_type, result.asset.name) == ("image/webp", "Hender.webp")
    assert (result.asset.width, result.asset.height) == (64, 48)
    assert result.asset.size == len(body)
    assert result.sha256 == hashlib.sha256(body).hexdigest()
    assert shown(body).format == "WEBP"


def test_a_wide_picture_is_made_narrower() -> None:
    result, body = taken(image("JPEG", (4000, 3000)))
    assert (result.asset.width, result.asset.height) == shown(body).size == (1600, 1200)


def test_place_camera_and_comments_are_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Kamera AS"
    exif[0x0112] = 6  # turned a quarter
    exif.get_ifd(0x8825)[2] = (59.0, 54.0, 50.0)  # where it was taken
    result, body = taken(image("JPEG", (60, 40), exif=exif, comment=b"hemmelig"))
    assert (result.asset.width, result.asset.height) == (40, 60)
    assert not shown(body).getexif()
    for trace in (b"Exif", b"Kamera", b"hemmelig", b"ICCP", b"XMP"):
        assert trace not in body


def test_transparency_stays() -> None:
    _, body = taken(image("PNG", mode="RGBA"))
    assert shown(body).mode == "RGBA"


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "I;16"])
def test_pictures_of_every_mode(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    result, body = taken(image(form, mode=mode))
    assert shown(body).mode == "RGB"
    assert result.asset.media_type == "image/webp"


def test_a_moving_picture_moves_on() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=100)
    _, body = taken(target.getvalue())
    assert getattr(shown(body), "n_frames", 1) == 3


def png_that_says(width: int, height: int) -> bytes:
    """A PNG whose header says a size; its pixels are a few bytes of zeros."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("size", [(20_000, 20_000), (8_000, 7_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_huge_picture_is_refused_by_its_header(size: tuple[int, int]) -> None:
    tracemalloc.start()
    error = refused(png_that_says(*size), "stort.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "media.too_many_pixels"
    assert "stort.png" in str(error)
    assert peak < 2 * 2**20


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "media.empty"),
        (b"%PDF-1.7\n", "media.pdf"),
        (b"MZ\x90\0" + bytes(60), "media.unknown"),
        (b"<!doctype html><script>alert(1)</script>", "media.unknown"),
        (b"PK\3\4" + bytes(30), "media.unknown"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "media.phone_picture"),
        (b"\x1a\x45\xdf\xa3" + b"matroska" + bytes(40), "media.unknown"),
        (b"OggS" + bytes(24) + b"\x80theora" + bytes(40), "media.unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "media.damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "media.damaged"),
        (b"GIF89a" + bytes(40), "media.damaged"),
        (b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40), "media.damaged"),
        (image("PNG", (300, 300))[:200], "media.damaged"),
        (b"<svg", "media.damaged"),
    ],
)
def test_refused_whatever_it_is_called(body: bytes, code: str) -> None:
    assert refused(body, "bilde.png").code == code


def test_the_wrong_kind_is_named_in_the_readers_language() -> None:
    error = refused(image("PNG"), "hender.png", kind="video")
    assert error.code == "media.wrong_kind"
    assert sentence(error.code, "nb", **error.params) == "«hender.png» er et bilde. Her trengs en film."


RECORDINGS = [
    (b"\0\0\0\x18ftypmp42" + bytes(64), "video/mp4"),
    (b"\0\0\0\x18ftypisom" + bytes(64), "video/mp4"),
    (b"\0\0\0\x18ftypM4A " + bytes(64), "audio/mp4"),
    (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(64), "video/webm"),
    (b"ID3\x04" + bytes(64), "audio/mpeg"),
    (b"\xff\xfb\x90\x44" + bytes(64), "audio/mpeg"),
    (b"OggS\0\2" + bytes(24) + b"\x01vorbis" + bytes(64), "audio/ogg"),
    (b"RIFF\x24\0\0\0WAVEfmt " + bytes(64), "audio/wav"),
]


@pytest.mark.parametrize(
    ("body", "media_type"), RECORDINGS, ids=[f"{row[1]} {n}" for n, row in enumerate(RECORDINGS)]
)
def test_film_and_sound_are_kept_as_they_are(body: bytes, media_type: str) -> None:
    result, kept = taken(body, "opptak.exe")
    assert (result.asset.media_type, kept, result.asset.size) == (media_type, body, len(body))


class Endless(io.RawIOBase):
    """A film that never ends, in pieces."""

    given = 0

    def read(self, count: int = -1) -> bytes:
        start = b"\0\0\0\x18ftypmp42" if not self.given else b""
        body = (start + bytes(count))[:count]
        self.given += len(body)
        return body


class Forgetful:
    def write(self, chunk: bytes) -> None:
        assert len(chunk) <= 2**18


def test_a_film_of_three_gigabytes_is_refused_when_it_passes_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(media.LARGEST, "video", 40 * media.MB)
    stream = Endless()
    tracemalloc.start()
    with pytest.raises(RejectedMedia, match=r"The limit is 40 MB\. Compress it"):
        take(stream, "film.mp4", Forgetful())  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stream.given < 42 * media.MB
    assert peak < 4 * media.MB


def test_a_stream_may_come_in_small_pieces() -> None:
    body = image("PNG")

    class Slow(io.RawIOBase):
        pieces: Iterator[int] = iter(body)

        def read(self, count: int = -1) -> bytes:
            return bytes(byte for _, byte in zip(range(min(count, 7)), self.pieces, strict=False))

    sink = io.BytesIO()
    assert take(Slow(), "a.png", sink).asset.width == 64  # type: ignore[arg-type]


def test_captions() -> None:
    body = "\ufeffWEBVTT\r\n\r\n00:00.000 --> 00:02.000\r\nHåndhygiene\r\n".encode()
    result, kept = taken(body, "film.vtt", kind="text")
    assert result.asset.media_type == "text/vtt"
    assert kept.decode() == "WEBVTT\n\n00:00.000 --> 00:02.000\nHåndhygiene\n"


def test_captions_of_the_commonest_kind_become_web_captions() -> None:
    body = (
        "\ufeff1\n00:00:00,000 --> 00:00:02,500\nKlokken 00:00:01,000\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nHei\n"
    )
    result, kept = taken(body.replace("\n", "\r\n").encode(), "film.srt", kind="text")
    assert (result.asset.name, result.asset.media_type) == ("film.vtt", "text/vtt")
    assert kept.decode() == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.500\nKlokken 00:00:01,000\n\n"
        "2\n00:00:03.000 --> 00:00:04.000\nHei\n"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"1\nHei\n",
        b"WEBVTT\n",
        "1\n00:00:00,000 --> 00:00:02,000\nÅ".encode("latin-1"),
        "WEBVTT\n\n00:00.000 --> 00:02.000\nÅ".encode("latin-1"),
    ],
)
def test_captions_of_another_kind(body: bytes) -> None:
    assert refused(body, "film.srt", kind="text").code == "media.vtt_invalid"


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\bilder\\a.png", "a" * 500 + ".png", ""])
def test_a_name_is_only_a_name(name: str) -> None:
    result, _ = taken(image("PNG"), name)
    assert "/" not in result.asset.name
    assert "\\" not in result.asset.name
    assert 0 < len(result.asset.name) <= 205


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from(
        [image("PNG"), image("JPEG"), image("GIF"), image("WEBP"), b"<svg xmlns=", b"RIFF", b""]
    ),
    cut=st.integers(0, 400),
    junk=st.binary(max_size=200),
)
def test_any_bytes_are_taken_or_refused(start: bytes, cut: int, junk: bytes) -> None:
    try:
        result, body = taken(start[:cut] + junk)
    except RejectedMedia:
        return
    assert result.asset.size == len(body)
