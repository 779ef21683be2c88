"""Pictures, films, hostile files: what is taken in is clean and whole, what is not gets a sentence."""

import errno
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from lms_bridge.authoring import service
from lms_bridge.storage import open_storage
from tests.people import ASTRID, FJORDVIK

from .drafts import a_module

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def png(width=8, height=8, **more) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "PNG", **more)
    return target.getvalue()


def huge_png() -> bytes:
    """20,000² pixels in a few bytes: only the header is true."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def module_id(database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        return service.create(session, a_module()).id


@pytest.fixture
def upload(signed_in, module_id):
    client = signed_in(ASTRID)

    def send(body, name="hands.png", kind="image", size=None):
        query = {"name": name, "kind": kind}
        announced = {"CONTENT_LENGTH": str(size)} if size else {}
        return client.post(
            f"/modules/{module_id}/assets",
            query_string=query,
            data=body,
            headers={"Accept": "application/json"},
            environ_overrides=announced,
        )

    send.client = client
    return send


def kept(app):
    folder = Path(app.storage.folder)
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_a_picture_is_taken_in_and_served_without_its_secrets(upload, module_id, app):
    exif = Image.Exif()
    exif[0x010F] = "Astrid's camera"
    answer = upload(png(40, 30, exif=exif)).json
    assert answer["asset"]["media_type"] == "image/webp"
    assert (answer["asset"]["width"], answer["asset"]["rights"]["licence"]) == (40, "unknown")
    served = upload.client.get(f"/modules/{module_id}/assets/{answer['digest']}")
    assert served.mimetype == "image/webp"
    assert b"camera" not in served.data
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert len(kept(app)) == 1


def test_a_plain_drawing_stays_one_and_nothing_in_it_may_run(upload, module_id):
    digest = upload(SVG, "hands.svg").json["digest"]
    served = upload.client.get(f"/modules/{module_id}/assets/{digest}")
    assert served.mimetype == "image/svg+xml"
    assert "default-src 'none'" in served.headers["Content-Security-Policy"]


@pytest.mark.parametrize("storage", ["disk", pytest.param("s3", marks=pytest.mark.s3)])
def test_a_film_is_served_in_parts(upload, module_id, app, storage, request, monkeypatch):
    if storage == "s3":
        s3 = request.getfixturevalue("s3")
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(app, "storage", open_storage(f"s3://{s3.bucket()}/films", s3_endpoint_url=s3.url))
    film = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(5000)
    digest = upload(film, "film.mp4", "video").json["digest"]
    part = upload.client.get(f"/modules/{module_id}/assets/{digest}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.data) == (206, b"ftyp")


@pytest.mark.parametrize(
    ("body", "name", "kind", "sentence"),
    [
        (b"", "hands.png", "image", "empty"),
        (b"%PDF-1.7 ...", "hands.png", "image", "is a PDF"),
        (huge_png(), "hands.png", "image", "20000 × 20000|pixels"),
        (png(400, 400)[:200], "hands.png", "image", "damaged"),
        (SVG.replace(b"<rect", b"<script>alert(1)</script><rect"), "hands.svg", "image", "SVG"),
        (SVG.replace(b"<rect", b'<rect onload="x()"'), "hands.svg", "image", "SVG"),
        (b"GIF89a" + b"\xff" * 40, "hands.gif", "image", "damaged"),
        (b"MZ\x90\x00", "hands.png", "image", "no picture"),
        (png(), "film.mp4", "video", "a picture"),
        (b"<html><script>x()</script></html>", "captions.vtt", "text", "WebVTT"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_not_wanted_is_refused_with_a_sentence_and_nothing_is_kept(
    upload, app, module_id, body, name, kind, sentence
):
    answer = upload(body, name, kind)
    assert answer.status_code == 400
    assert any(part in answer.json["detail"] for part in sentence.split("|")), answer.json["detail"]
    assert kept(app) == []
    assert "assets" in upload.client.get(f"/modules/{module_id}").text


def test_a_film_of_three_gigabytes_is_refused_before_it_is_read(upload, app):
    answer = upload(b"", "film.mp4", "video", size=3_000_000_000)
    assert answer.status_code == 413
    assert "2048 MB" in answer.json["detail"]
    assert kept(app) == []


def test_a_full_disk_gets_a_sentence_and_keeps_nothing(upload, app, monkeypatch):
    def no_room(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    answer = upload(png())
    assert answer.status_code == 503
    assert "no room left on the disk" in answer.json["detail"]
    assert kept(app) == []


def test_an_unknown_kind_is_refused(upload):
    assert upload(png(), kind="program").status_code == 400


def test_a_file_that_is_uploaded_again_keeps_its_rights(upload, module_id):
    digest = upload(png()).json["digest"]
    rights = {"licence": "CC-BY-4.0", "holder": "Fjordvik kommune"}
    edit = {"op": "set", "target": digest, "fields": {"rights": rights}, "base": 1}
    upload.client.post(f"/modules/{module_id}/edits", json={"client": "astridsfirsttab", "edit": edit})
    assert upload(png()).json["asset"]["rights"]["licence"] == "CC-BY-4.0"
    verdicts = upload.client.get(f"/modules/{module_id}/assets/{digest}/verdicts").json
    assert [(verdict["use"], verdict["answer"]) for verdict in verdicts] == [
        ("share", "yes"),
        ("adapt", "yes"),
        ("commercial", "yes"),
    ]


def test_a_file_of_another_module_is_not_found(upload, database, tenant_id):
    digest = upload(png()).json["digest"]
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        other = service.create(session, a_module()).id
    assert upload.client.get(f"/modules/{other}/assets/{digest}").status_code == 404
