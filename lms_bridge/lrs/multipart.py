"""multipart/mixed: a statement or a batch, then the raw data of its attachments (1.0.3 Communication 1.5.2).

Reading streams: the statements are held in memory up to a limit, each attachment goes through its hash into a
temporary file. Werkzeug and email read other kinds of multipart, or hold everything.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Protocol
from uuid import uuid4

CHUNK = 64 * 1024
IN_MEMORY = 256 * 1024
MAX_HEADERS = 8 * 1024
MAX_PARTS = 1000
HASHES = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


class BadMultipart(Exception):
    """The body is not what its Content-Type promised; the message says where."""


class TooLong(Exception):
    """The statements or an attachment exceed the limit."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


@dataclass
class Attachment:
    """The raw data of one attachment; `data` stands at its start and is closed by the caller."""

    sha2: str
    content_type: str
    length: int
    data: IO[bytes]


def read(
    stream: BinaryIO, boundary: str, *, max_json: int, max_attachment: int
) -> tuple[bytes, dict[str, Attachment]]:
    """The JSON part and the attachments by their hash (lower case).

    Raises `BadMultipart` for wrong boundaries, headers or hashes and for a body that ends in the middle, `TooLong`.
    """
    reader = _Reader(stream, boundary)
    if not reader.next_part():
        raise BadMultipart("The body has no part.")
    headers = reader.headers()
    if headers.get("content-type", "application/json").split(";")[0].strip().lower() != "application/json":
        raise BadMultipart("The first part must be the statements, with Content-Type: application/json.")
    statements = _Limited(max_json)
    reader.copy_to(statements)
    found: dict[str, Attachment] = {}
    try:
        while reader.next_part():
            if len(found) >= MAX_PARTS:
                raise BadMultipart(f"The body has more than {MAX_PARTS} attachments.")
            attachment = _read_attachment(reader, max_attachment)
            previous = found.setdefault(attachment.sha2, attachment)
            if previous is not attachment:
                attachment.data.close()
    except BaseException:
        for attachment in found.values():
            attachment.data.close()
        raise
    return bytes(statements.data), found


def _read_attachment(reader: "_Reader", max_attachment: int) -> Attachment:
    headers = reader.headers()
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise BadMultipart("Each attachment must have the header Content-Transfer-Encoding: binary.")
    sha2 = headers.get("x-experience-api-hash", "").lower()
    if len(sha2) not in HASHES:
        raise BadMultipart("Each attachment must have the header X-Experience-API-Hash with its SHA-2.")
    sink = _Hashed(HASHES[len(sha2)], max_attachment)
    try:
        reader.copy_to(sink)
        if sink.hash.hexdigest() != sha2:
            raise BadMultipart(
                f"The attachment announced as {sha2} has another hash: {sink.hash.hexdigest()}."
            )
    except BaseException:
        sink.file.close()
        raise
    sink.file.seek(0)
    return Attachment(sha2, headers.get("content-type", "application/octet-stream"), sink.length, sink.file)


class _Limited:
    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> None:
        if len(self.data) + len(data) > self._limit:
            raise TooLong(f"The statements are longer than {self._limit} bytes.")
        self.data += data


class _Hashed:
    def __init__(self, algorithm: str, limit: int) -> None:
        self.hash = hashlib.new(algorithm)
        self.file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed to the caller
        self.length = 0
        self._limit = limit

    def write(self, data: bytes) -> None:
        self.length += len(data)
        if self.length > self._limit:
            raise TooLong(f"An attachment is longer than {self._limit} bytes.")
        self.hash.update(data)
        self.file.write(data)


class _Nowhere:
    def write(self, data: bytes) -> None:
        pass


class _Reader:
    """Walks over the parts of a body: next_part(), headers(), copy_to(), and again (RFC 2046 section 5.1)."""

    def __init__(self, stream: BinaryIO, boundary: str) -> None:
        if not 0 < len(boundary) <= 200 or not boundary.isascii():
            raise BadMultipart("The Content-Type needs a boundary.")
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary.encode()
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter looks like the others
        self._started = False

    def _fill(self) -> None:
        data = self._stream.read(CHUNK)
        if not data:
            raise BadMultipart("The body ends before its closing boundary.")
        self._buffer += data

    def next_part(self) -> bool:
        """Stands before the headers of the next part; False after the closing boundary."""
        if not self._started:
            self.copy_to(_Nowhere())
            self._started = True
        while len(self._buffer) < 2:
            self._fill()
        if self._buffer.startswith(b"--"):
            return False
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEADERS:
                raise BadMultipart("A boundary line does not end.")
            self._fill()
        if self._buffer[:end].strip(b" \t"):
            raise BadMultipart("A boundary line carries more than the boundary.")
        del self._buffer[:end]  # the CRLF stays: headers may be absent
        return True

    def headers(self) -> dict[str, str]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEADERS:
                raise BadMultipart("The headers of a part do not end.")
            self._fill()
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 2]  # one CRLF stays: the delimiter of an empty part
        found = {}
        for line in filter(None, lines):
            name, colon, value = line.partition(":")
            if not colon:
                raise BadMultipart(f"A part has a header line without a colon: {line[:80]!r}.")
            found[name.strip().lower()] = value.strip()
        return found

    def copy_to(self, sink: Sink) -> None:
        """Everything up to the next delimiter."""
        skip = 2 if self._started else 0  # the CRLF that ends the headers
        keep = len(self._delimiter) - 1
        while (found := self._buffer.find(self._delimiter)) < 0:
            ready = len(self._buffer) - keep
            if ready > skip:
                sink.write(bytes(self._buffer[skip:ready]))
                del self._buffer[:ready]
                skip = 0
            self._fill()
        if found > skip:
            sink.write(bytes(self._buffer[skip:found]))
        del self._buffer[: found + len(self._delimiter)]


def new_boundary() -> str:
    return f"lms-bridge-{uuid4().hex}"


def write(boundary: str, statements: Iterable[bytes], attachments: Iterable[Attachment]) -> Iterator[bytes]:
    """The body of an answer with attachments; closes each attachment's data when it is sent."""
    yield f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
    yield from statements
    for attachment in attachments:
        with attachment.data:
            yield (
                f"\r\n--{boundary}\r\nContent-Type: {attachment.content_type}\r\n"
                "Content-Transfer-Encoding: binary\r\n"
                f"X-Experience-API-Hash: {attachment.sha2}\r\n\r\n"
            ).encode("latin-1", "replace")
            while chunk := attachment.data.read(CHUNK):
                yield chunk
    yield f"\r\n--{boundary}--\r\n".encode()
