"""Files by their digest, on disk and in a real S3: stored whole or not at all."""

import errno
import hashlib
import io
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from lms_bridge.db import utcnow
from lms_bridge.errors import NotFound, TooLarge, Unavailable
from lms_bridge.storage import DiskStorage, S3Storage, Storage, open_storage

HANDS = b"hands under water" * 1000
DIGEST = hashlib.sha256(HANDS).hexdigest()
NOWHERE = "0" * 64


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.s3)])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "disk":
        return open_storage(f"file://{tmp_path}/files")
    s3 = request.getfixturevalue("s3")
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return open_storage(f"s3://{s3.bucket()}/files", s3_endpoint_url=s3.url, spool_dir=tmp_path)


class BreaksOff(io.RawIOBase):
    """A sender that hangs up in the middle."""

    def __init__(self) -> None:
        self.calls = 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        if self.calls == 2:
            raise ConnectionError("gone")
        return b"x" * 100


def stored_files(storage: Storage) -> int:
    if isinstance(storage, DiskStorage):
        return sum(p.is_file() for p in storage.folder.rglob("*"))
    assert isinstance(storage, S3Storage)
    return storage.client.list_objects_v2(Bucket=storage.bucket).get("KeyCount", 0)


def test_a_file_comes_back_as_it_was(storage: Storage):
    stored = storage.put(io.BytesIO(HANDS))
    assert (stored.sha256, stored.size) == (DIGEST, len(HANDS))
    with storage.open(DIGEST) as file:
        assert file.read() == HANDS
    assert storage.size(DIGEST) == len(HANDS)
    assert storage.exists(DIGEST)


def test_the_same_file_twice_is_kept_once(storage: Storage):
    storage.put(io.BytesIO(HANDS))
    storage.put(io.BytesIO(HANDS))
    assert stored_files(storage) == 1


def test_a_part_of_it_can_be_read(storage: Storage):
    storage.put(io.BytesIO(HANDS))
    with storage.open(DIGEST, 6, 10) as file:
        assert file.read(5) == HANDS[6:11]


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(storage: Storage):
    with pytest.raises(TooLarge, match="larger than 0 MB"):
        storage.put(io.BytesIO(HANDS), limit=100)
    assert stored_files(storage) == 0


def test_a_sender_that_hangs_up_leaves_nothing(storage: Storage):
    with pytest.raises(ConnectionError):
        storage.put(BreaksOff())  # type: ignore[arg-type]
    assert stored_files(storage) == 0


@pytest.mark.parametrize("address", [NOWHERE, "../../etc/passwd", "", DIGEST.upper(), DIGEST + "x"])
def test_what_is_not_there_is_not_found(storage: Storage, address: str):
    for look in (storage.open, storage.size):
        with pytest.raises(NotFound):
            look(address)


def test_a_deleted_file_is_gone_and_deleting_it_again_is_nothing(storage: Storage):
    storage.put(io.BytesIO(HANDS))
    storage.delete(DIGEST)
    storage.delete(DIGEST)
    assert not storage.exists(DIGEST)


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    storage = DiskStorage(tmp_path / "files")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="no room left on the disk"):
        storage.put(io.BytesIO(HANDS))
    assert stored_files(storage) == 0


def test_an_s3_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    storage = open_storage("s3://nowhere/x", s3_endpoint_url="http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="does not answer"):
        storage.exists(DIGEST)


def test_it_tells_what_it_has_and_when_each_was_put_last(storage: Storage):
    before = utcnow() - timedelta(seconds=2)  # S3 knows whole seconds
    storage.put(io.BytesIO(HANDS))
    other = storage.put(io.BytesIO(b"gloves")).sha256
    found = dict(storage.stored())
    assert set(found) == {DIGEST, other}
    assert all(before <= at <= utcnow() + timedelta(seconds=2) for at in found.values())
    assert storage.put_at(DIGEST) == found[DIGEST]
    storage.delete(other)
    assert set(dict(storage.stored())) == {DIGEST}
    with pytest.raises(NotFound):
        storage.put_at(other)


def test_what_a_killed_upload_left_is_dropped_and_one_that_goes_on_is_not(storage: Storage):
    storage.put(io.BytesIO(HANDS))
    half_uploaded(storage)
    assert storage.drop_halves(utcnow() - timedelta(hours=1)) == 0
    assert storage.drop_halves(utcnow() + timedelta(hours=1)) == 1
    assert storage.drop_halves(utcnow() + timedelta(hours=1)) == 0
    assert storage.exists(DIGEST)


def half_uploaded(storage: Storage) -> None:
    """As a process leaves it that is killed while it writes."""
    if isinstance(storage, S3Storage):
        key = {"Bucket": storage.bucket, "Key": f"{storage.prefix}ab/{'ab' * 32}"}
        begun = storage.client.create_multipart_upload(**key)
        storage.client.upload_part(**key, UploadId=begun["UploadId"], PartNumber=1, Body=b"half a film")
    else:
        (storage.folder / "incoming" / "tmpfilm").write_bytes(b"half a film")


def test_what_is_put_again_is_new(storage: Storage):
    storage.put(io.BytesIO(HANDS))
    first = storage.put_at(DIGEST)
    time.sleep(1.1 if isinstance(storage, S3Storage) else 0.02)
    storage.put(io.BytesIO(HANDS))
    assert storage.put_at(DIGEST) > first
