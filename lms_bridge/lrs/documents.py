"""Documents of the State, Agent Profile and Activity Profile resources (1.0.3 Communication 2.2, 2.3, 2.6, 2.7)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms_bridge.db import utcnow
from lms_bridge.errors import Conflict, Invalid, NotFound, PreconditionFailed

from .models import Document
from .parsing import NotJson, parse_json

LONGEST_KEY = 2000  # bytes; PostgreSQL refuses index rows over 2,700
NO_DOCUMENT = "There is no such document."
UNGUARDED = (
    "There is a document already. Fetch it to see what it holds, then send If-Match with its ETag, "
    "or If-None-Match: * to write only where there is none."
)


@dataclass(frozen=True)
class Place:
    """Where a document, or a set of them, is kept. None of registration and name: whichever."""

    kind: str  # state, agent or activity
    agent: str = ""
    activity_id: str = ""
    registration: str | None = ""
    name: str | None = None

    def __post_init__(self) -> None:
        """Raises `Invalid` for what no database can have as a key."""
        together = self.agent + self.activity_id + (self.name or "")
        if "\x00" in together or len(together.encode()) > LONGEST_KEY:
            raise Invalid("The activity, the agent and the name of the document are too long, or hold a NUL.")


@dataclass(frozen=True)
class Condition:
    """If-Match and If-None-Match of a request (RFC 9110 section 13.1), as sent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, document: Document | None) -> None:
        """Raises `PreconditionFailed`."""
        if self.if_match is not None and (document is None or not _lists(self.if_match, document.etag)):
            raise PreconditionFailed(
                "The document has changed, or is gone. Fetch it again and repeat the change."
            )
        if (
            self.if_none_match is not None
            and document is not None
            and _lists(self.if_none_match, document.etag)
        ):
            raise PreconditionFailed(
                "There is a document already. Fetch it and repeat the change with If-Match."
            )

    def __bool__(self) -> bool:
        return self.if_match is not None or self.if_none_match is not None


def _lists(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def get_document(session: Session, place: Place) -> Document:
    """Raises `NotFound`."""
    document = session.scalars(select(Document).where(*_at(place)).limit(1)).first()
    if document is None:
        raise NotFound(NO_DOCUMENT)
    return document


def list_documents(session: Session, place: Place, since: datetime | None) -> list[tuple[str, datetime]]:
    """(name, updated) of the documents at a place, those changed after `since` only."""
    conditions = list(_at(place))
    if since is not None:
        conditions.append(Document.updated_at > since)
    rows = session.execute(
        select(Document.name, Document.updated_at).where(*conditions).order_by(Document.name)
    )
    return list({name: (name, updated) for name, updated in rows}.values())


def put_document(
    session: Session, place: Place, content: bytes, content_type: str, condition: Condition, *, guarded: bool
) -> None:
    """Replaces or makes the document. `guarded`: one that is there must not be replaced without a condition
    (1.0.3 Communication 3.1), else `Conflict`.
    """
    document = _locked(session, place)
    condition.check(document)
    if guarded and document is not None and not condition:
        raise Conflict(UNGUARDED)
    _write(session, place, document, content, content_type)


def refuse_existing(session: Session, place: Place) -> None:
    """Raises `Conflict` if the document is there."""
    if session.scalars(select(Document.etag).where(*_at(place)).limit(1)).first() is not None:
        raise Conflict(UNGUARDED)


def merge_document(
    session: Session, place: Place, content: bytes, content_type: str, condition: Condition
) -> None:
    """POST: lays the properties of a JSON object over those that are there (1.0.3 Communication 2.2)."""
    document = _locked(session, place)
    condition.check(document)
    if document is not None:
        if not _is_json(content_type) or not _is_json(document.content_type):
            raise Invalid("Only JSON documents can be merged; use PUT to replace the document.")
        content = orjson.dumps({**_object(document.content), **_object(content)})
    elif _is_json(content_type):
        _object(content)
    _write(session, place, document, content, content_type)


def delete_document(session: Session, place: Place, condition: Condition) -> None:
    """Deletes the document, if it is there."""
    if condition:
        condition.check(_locked(session, place))
    session.execute(delete(Document).where(*_at(place)).execution_options(synchronize_session=False))


def _at(place: Place) -> Iterator[ColumnElement[bool]]:
    yield Document.kind == place.kind
    yield Document.agent == place.agent
    yield Document.activity_id == place.activity_id
    if place.registration is not None:
        yield Document.registration == place.registration
    if place.name is not None:
        yield Document.name == place.name


def _locked(session: Session, place: Place) -> Document | None:
    return session.scalars(select(Document).where(*_at(place)).with_for_update().limit(1)).first()


def _write(
    session: Session, place: Place, document: Document | None, content: bytes, content_type: str
) -> None:
    etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if document is not None:
        document.content, document.content_type = content, content_type
        document.etag, document.updated_at = etag, utcnow()
        session.flush()
        return
    document = Document(
        kind=place.kind,
        agent=place.agent,
        activity_id=place.activity_id,
        registration=place.registration or "",
        name=place.name or "",
        content=content,
        content_type=content_type,
        etag=etag,
        updated_at=utcnow(),
    )
    try:
        with session.begin_nested():
            session.add(document)
    except IntegrityError:
        raise Conflict(
            "The document was made by somebody else at this moment. Please send it again."
        ) from None


def _is_json(content_type: str) -> bool:
    return content_type.split(";")[0].strip().lower() == "application/json"


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = parse_json(content)
    except NotJson as error:
        raise Invalid(str(error)) from None
    if type(value) is not dict:
        raise Invalid("A document that is sent by POST must be a JSON object.")
    return value
