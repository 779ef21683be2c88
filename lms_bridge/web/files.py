"""Files of the storage as answers: streamed, in ranges, never changing under their address."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from flask import Response, request, send_file

from ..storage import CHUNK, Storage

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
FOREVER = "private, max-age=31536000, immutable"


def send_stored(storage: Storage, sha256: str, media_type: str) -> Response:
    """The file, or the part of it that was asked for (RFC 9110, section 14). Raises NotFound."""
    path = storage.path(sha256)
    if path is not None:
        storage.size(sha256)  # raises NotFound
        response = send_file(path, media_type, conditional=True, etag=sha256, max_age=31536000)
    else:
        response = _from_stream(storage, sha256, media_type)
    response.headers["Cache-Control"] = FOREVER
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _from_stream(storage: Storage, sha256: str, media_type: str) -> Response:
    size = storage.size(sha256)
    start, end = _asked(request.headers.get("Range", ""), size)
    if start >= size > 0:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    partial = (start, end) != (0, size - 1)
    body = storage.open(sha256, start, end) if partial else storage.open(sha256)
    response = Response(_chunks(body), 206 if partial else 200, mimetype=media_type, direct_passthrough=True)
    response.content_length = end - start + 1
    response.set_etag(sha256)
    response.headers["Accept-Ranges"] = "bytes"
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _asked(header: str, size: int) -> tuple[int, int]:
    """The first and last byte that a Range header asks for; all of them where it asks for none or several."""
    match = _RANGE.fullmatch(header)
    if not match or match.group(1) == match.group(2) == "":
        return 0, size - 1
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _chunks(body: BinaryIO) -> Iterator[bytes]:
    with body:
        while chunk := body.read(CHUNK):
            yield chunk
