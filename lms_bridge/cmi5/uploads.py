"""A course between the moment that somebody gave it and the moment that they said yes: kept aside for two hours."""

import tempfile
import uuid
from datetime import timedelta
from typing import IO, BinaryIO, cast

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from ..db import utcnow
from ..errors import Invalid, NotFound
from ..jobs import job
from ..storage import CHUNK
from ..web.app import Bridge, bridge
from ..web.i18n import N_

HOURS = 2
GONE = N_("The file is no longer here. Choose it again.")


def put_aside(app: Bridge, session: Session, given: IO[bytes], tenant_id: uuid.UUID) -> str:
    """Keeps what was given; returns what brings it back, for this municipality."""
    given.seek(0)
    stored = app.storage.put(given)
    later = app.jobs.enqueue(session, "cmi5.forget_upload", sha256=stored.sha256)
    later.due = utcnow() + timedelta(hours=HOURS)
    return _serializer(app).dumps([str(tenant_id), stored.sha256])


def bring_back(app: Bridge, sealed: str, tenant_id: uuid.UUID) -> BinaryIO:
    """The bytes again, seekable. Raises Invalid for what is forged, another municipality's, or gone."""
    try:
        owner, sha256 = _serializer(app).loads(sealed, max_age=HOURS * 3600)
        if owner != str(tenant_id):
            raise Invalid(GONE)
        source = app.storage.open(sha256)
    except (BadData, ValueError, TypeError, NotFound):
        raise Invalid(GONE) from None
    if source.seekable():
        return source
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's to close
    with source:
        while chunk := source.read(CHUNK):
            copy.write(chunk)
    copy.seek(0)
    return cast(BinaryIO, copy)


@job("cmi5.forget_upload")
def forget_upload(_session: Session, sha256: str) -> None:
    """The files of a course are kept one by one; the zip they came in is not needed any more."""
    bridge().storage.delete(sha256)


def _serializer(app: Bridge) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.signing_keys, salt="cmi5-upload")
