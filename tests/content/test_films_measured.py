"""A film's width, height and length are read from its headers, and nothing in them is believed."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.film import Measures, measure
from content.media import take
from content.render import block
from tests.content.samples import FILM_DIGEST, changed

UPRIGHT = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
TURNED = (0, 1 << 16, 0, -(1 << 16), 0, 0, 720 << 16, 0, 1 << 30)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def track(width: int, height: int, matrix: tuple[int, ...] = UPRIGHT, version: int = 0) -> bytes:
    dates = bytes(35 if version else 23) + bytes(16)
    sides = struct.pack(">II", width << 16, height << 16)
    return box(b"trak", box(b"tkhd", bytes([version]), dates, struct.pack(">9i", *matrix), sides))


def mp4(*tracks: bytes, scale: int = 600, length: int = 7530, version: int = 0, front: bool = False) -> bytes:
    times = struct.pack(">QQIQ" if version else ">IIII", 0, 0, scale, length)
    movie = box(b"moov", box(b"mvhd", bytes([version, 0, 0, 0]), times, bytes(80)), *tracks)
    start, media = box(b"ftyp", b"isom", bytes(8)), box(b"mdat", bytes(9000))
    return start + (movie + media if front else media + movie)


def element(name: int, content: bytes, *, unknown: bool = False) -> bytes:
    size = b"\x01" + b"\xff" * 7 if unknown else struct.pack(">Q", len(content) | 1 << 56)
    return name.to_bytes((name.bit_length() + 7) // 8) + size + content


def webm(width: int = 1280, height: int = 720, ticks: float | None = 12_550.0) -> bytes:
    length = element(0x4489, struct.pack(">d", ticks)) if ticks is not None else b""
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3)) + length)
    video = element(0xE0, element(0xB0, width.to_bytes(2)) + element(0xBA, height.to_bytes(2)))
    sound = element(0xAE, element(0xD7, b"\x02"))
    tracks = element(0x1654AE6B, sound + element(0xAE, element(0xD7, b"\x01") + video))
    segment = info + tracks + element(0x1F43B675, bytes(4000), unknown=True)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, segment, unknown=True)


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("version", [0, 1])
def test_mp4_wherever_its_headers_are(front: bool, version: int) -> None:
    body = mp4(track(0, 0), track(1280, 720, version=version), front=front, version=version)
    assert measure(io.BytesIO(body), "video/mp4") == Measures(1280, 720, 12.55)


def test_a_film_from_a_telephone_held_upright_is_higher_than_wide() -> None:
    body = mp4(track(1280, 720, TURNED))
    assert measure(io.BytesIO(body), "video/mp4") == Measures(720, 1280, 12.55)


def test_webm_also_as_it_is_recorded_in_a_browser_without_a_length() -> None:
    assert measure(io.BytesIO(webm()), "video/webm") == Measures(1280, 720, 12.55)
    assert measure(io.BytesIO(webm(ticks=None)), "video/webm") == Measures(1280, 720, None)


def test_the_asset_has_them_and_the_page_keeps_the_place() -> None:
    body = mp4(track(1280, 720))
    asset = take(io.BytesIO(body), "film.mp4", io.BytesIO(), kind="video").asset
    assert (asset.width, asset.height, asset.duration) == (1280, 720, 12.55)
    module = changed(lambda made: made["assets"][FILM_DIGEST].update(width=asset.width, height=asset.height))
    film = next(shown for _, shown in module.blocks() if shown.type == "video")
    assert 'width="1280" height="720"' in block(film, module)


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (mp4(track(60_000, 720)), Measures(duration=12.55)),
        (mp4(track(1280, 720), scale=0), Measures(1280, 720)),
        (mp4(track(1280, 720), length=0xFFFFFFFF), Measures(1280, 720)),
        (webm(ticks=float("nan")), Measures(1280, 720)),
        (webm(ticks=float("inf")), Measures(1280, 720)),
        (webm(ticks=-5.0), Measures(1280, 720)),
        (webm(0, 0), Measures(duration=12.55)),
        (mp4()[:60], Measures()),
    ],
)
def test_what_cannot_be_so_is_not_known(body: bytes, known: Measures) -> None:
    assert measure(io.BytesIO(body), "video/webm" if b"webm" in body[:32] else "video/mp4") == known


class Counting(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


def test_of_a_million_empty_boxes_a_few_are_looked_at() -> None:
    file = Counting(box(b"ftyp") + box(b"free") * 1_000_000)
    assert measure(file, "video/mp4") == Measures()
    assert file.reads <= 2000


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([mp4(track(1280, 720), front=True), webm()]),
    at=st.integers(0, 300),
    junk=st.binary(max_size=40),
    media_type=st.sampled_from(["video/mp4", "video/webm", "audio/mp4"]),
)
def test_any_bytes_are_measured_or_not(start: bytes, at: int, junk: bytes, media_type: str) -> None:
    found = measure(io.BytesIO(start[:at] + junk + start[at + len(junk) :]), media_type)
    assert found.width is None or 1 <= found.width <= 16_384
    assert found.duration is None or 0 < found.duration <= 360_000
