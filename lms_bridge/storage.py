"""Files, addressed by the SHA-256 of their bytes: on disk, or in S3. What is stored never changes."""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol
from urllib.parse import urlsplit

from .errors import N_, NotFound, TooLarge, Unavailable

CHUNK = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    """A file in the storage: its SHA-256 (64 hex digits) and its size in bytes."""

    sha256: str
    size: int


class Storage(Protocol):
    """Where files are kept. What asks for one raises NotFound for what is not there.

    `open` gives the bytes from `start` on; S3 stops after `end` (the last byte's number), a disk leaves that
    to the reader. `stored` goes through all files with the time when each was put last; `put_at` tells it of one.
    `drop_halves` deletes what was left of uploads that began before a time and were killed; how many there were.
    """

    def put(self, source: IO[bytes], *, limit: int | None = None) -> Stored: ...
    def open(self, sha256: str, start: int = 0, end: int | None = None) -> BinaryIO: ...
    def size(self, sha256: str) -> int: ...
    def exists(self, sha256: str) -> bool: ...
    def path(self, sha256: str) -> Path | None: ...
    def delete(self, sha256: str) -> None: ...
    def stored(self) -> Iterator[tuple[str, datetime]]: ...
    def put_at(self, sha256: str) -> datetime: ...
    def drop_halves(self, before: datetime) -> int: ...
    def check(self) -> None: ...


def open_storage(url: str, *, s3_endpoint_url: str = "", spool_dir: Path | None = None) -> Storage:
    """The storage at file:///FOLDER or s3://BUCKET/PREFIX."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return DiskStorage(Path(parts.path))
    return S3Storage(parts.netloc, parts.path.strip("/"), s3_endpoint_url, spool_dir)


class DiskStorage:
    """Files in a folder, by the first two digits of their digest; written beside it and moved in whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"

    def put(self, source: IO[bytes], *, limit: int | None = None) -> Stored:
        """Stores what `source` yields, streamed. Raises TooLarge over `limit` bytes, Unavailable on a full disk."""
        with full_disk_is_unavailable():
            self._incoming.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    stored = _copy(source, file, limit)
                    file.flush()
                    os.fsync(file.fileno())
                target = self._target(stored.sha256)
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        return stored

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> BinaryIO:
        try:
            file = self._target(sha256).open("rb")
            file.seek(start)
            return file
        except FileNotFoundError:
            raise NotFound(N_("The file is not in the storage.")) from None

    def size(self, sha256: str) -> int:
        try:
            return self._target(sha256).stat().st_size
        except FileNotFoundError:
            raise NotFound(N_("The file is not in the storage.")) from None

    def exists(self, sha256: str) -> bool:
        return self._target(sha256).is_file()

    def path(self, sha256: str) -> Path | None:
        """The file itself, for the kernel to send."""
        return self._target(sha256)

    def delete(self, sha256: str) -> None:
        self._target(sha256).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            with os.scandir(folder) as entries:
                for entry in entries:
                    if _DIGEST.fullmatch(entry.name):
                        yield entry.name, datetime.fromtimestamp(entry.stat().st_mtime, UTC)

    def put_at(self, sha256: str) -> datetime:
        try:
            return datetime.fromtimestamp(self._target(sha256).stat().st_mtime, UTC)
        except FileNotFoundError:
            raise NotFound(N_("The file is not in the storage.")) from None

    def drop_halves(self, before: datetime) -> int:
        count = 0
        for one in self._incoming.glob("*"):
            with suppress(FileNotFoundError):  # an upload that has just ended
                if one.stat().st_mtime < before.timestamp():
                    one.unlink()
                    count += 1
        return count

    def check(self) -> None:
        """Raises Unavailable when files cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self.folder, os.W_OK):
            raise Unavailable(N_("The storage cannot be written. Ask whoever runs the service."))

    def _target(self, sha256: str) -> Path:
        return self.folder / _digest(sha256)[:2] / sha256


class S3Storage:
    """Files in a bucket of S3 or of a service that speaks it."""

    def __init__(self, bucket: str, prefix: str, endpoint_url: str, spool_dir: Path | None) -> None:
        import boto3
        from botocore.config import Config

        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.spool_dir = spool_dir
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint_url or None,
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, source: IO[bytes], *, limit: int | None = None) -> Stored:
        """Stores what `source` yields; spooled first, since the digest is the key. Raises TooLarge, Unavailable."""
        with (
            full_disk_is_unavailable(),
            self._spool() as file,
        ):
            stored = _copy(source, file, limit)
            file.seek(0)
            with _silence_is_unavailable():  # also what is there: see put_at
                self.client.upload_fileobj(file, self.bucket, self._key(stored.sha256))
        return stored

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> BinaryIO:
        part = {"Range": f"bytes={start}-{'' if end is None else end}"} if start or end is not None else {}
        with _silence_is_unavailable():
            answer = self.client.get_object(Bucket=self.bucket, Key=self._key(sha256), **part)
            body: BinaryIO = answer["Body"]
            return body

    def size(self, sha256: str) -> int:
        return int(self._head(sha256)["ContentLength"])

    def exists(self, sha256: str) -> bool:
        try:
            self.size(sha256)
        except NotFound:
            return False
        return True

    def path(self, sha256: str) -> Path | None:
        """None: it is not on this machine's disk."""
        return None

    def _spool(self) -> IO[bytes]:
        return tempfile.SpooledTemporaryFile(8 * CHUNK, dir=str(self.spool_dir) if self.spool_dir else None)

    def delete(self, sha256: str) -> None:
        with _silence_is_unavailable():
            self.client.delete_object(Bucket=self.bucket, Key=self._key(sha256))

    def stored(self) -> Iterator[tuple[str, datetime]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        with _silence_is_unavailable():
            for page in pages:
                for entry in page.get("Contents", ()):
                    name = entry["Key"].rpartition("/")[2]
                    if _DIGEST.fullmatch(name) and entry["Key"] == self._key(name):
                        yield name, entry["LastModified"]

    def put_at(self, sha256: str) -> datetime:
        at: datetime = self._head(sha256)["LastModified"]
        return at

    def drop_halves(self, before: datetime) -> int:
        pages = self.client.get_paginator("list_multipart_uploads")
        with _silence_is_unavailable():
            halves = [
                one
                for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix)
                for one in page.get("Uploads", ())
                if one["Initiated"] < before
            ]
            for one in halves:
                self.client.abort_multipart_upload(
                    Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"]
                )
        return len(halves)

    def _head(self, sha256: str) -> Any:
        with _silence_is_unavailable():
            return self.client.head_object(Bucket=self.bucket, Key=self._key(sha256))

    def check(self) -> None:
        """Raises Unavailable when the bucket does not answer."""
        with _silence_is_unavailable():
            self.client.list_objects_v2(Bucket=self.bucket, MaxKeys=1, Prefix=self.prefix)

    def _key(self, sha256: str) -> str:
        return f"{self.prefix}{_digest(sha256)[:2]}/{sha256}"


def _digest(sha256: str) -> str:
    if not _DIGEST.fullmatch(sha256):
        raise NotFound
    return sha256


def _copy(source: IO[bytes], target: IO[bytes], limit: int | None) -> Stored:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(
                N_("The file is larger than %(mb)s MB, the most that is accepted. Choose a smaller one."),
                mb=limit // 1_000_000,
            )
        digest.update(chunk)
        target.write(chunk)
    return Stored(digest.hexdigest(), size)


@contextmanager
def full_disk_is_unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(
                N_(
                    "There is no room left on the disk. Nothing was stored; ask whoever runs the service to make room."
                )
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise Unavailable(N_("The storage cannot be written. Ask whoever runs the service.")) from error
        raise


@contextmanager
def _silence_is_unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            raise NotFound(N_("The file is not in the storage.")) from error
        raise Unavailable(N_("The storage refused. Ask whoever runs the service.")) from error
    except BotoCoreError as error:
        raise Unavailable(N_("The storage does not answer. Try again in a while.")) from error
