"""The Statements resource as a service: what comes in is checked and stored, what goes out is found and formed."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lms_bridge.errors import Forbidden, Invalid, NotFound, TooLarge
from lms_bridge.storage import Storage

from . import bulk, multipart
from .activities import canonical_definitions
from .credentials import Principal, same_actor
from .formats import canonical, ids_only
from .models import Attachment
from .parsing import NotJson, parse_json
from .query import Query, find_statement, find_statements, has_key
from .references import CREDENTIAL, Keys, activities_of
from .rules import check_statement
from .signature import MAX_SIGNATURE, BadSignature, check_signature, signatures_of
from .store import PlaceTaken, store_statements
from .values import Wrong

__all__ = ["Received", "read_json", "read_multipart", "receive"]


@dataclass
class Received:
    """The statements of a request and the raw data that came with them, by hash."""

    statements: list[Any]
    single: bool
    attachments: dict[str, multipart.Attachment]


def read_json(body: bytes) -> Received:
    """Raises `Invalid`."""
    try:
        value = parse_json(body)
    except NotJson as error:
        raise Invalid(str(error)) from None
    single = type(value) is not list
    return Received([value] if single else value, single, {})


def read_multipart(stream: BinaryIO, boundary: str, *, max_json: int, max_attachment: int) -> Received:
    """Raises `Invalid`, `TooLarge`."""
    try:
        body, attachments = multipart.read(stream, boundary, max_json=max_json, max_attachment=max_attachment)
    except multipart.BadMultipart as error:
        raise Invalid(str(error)) from None
    except multipart.TooLong as error:
        raise TooLarge(str(error)) from None
    received = read_json(body)
    received.attachments = attachments
    return received


def receive(
    session: Session,
    storage: Storage,
    principal: Principal,
    received: Received,
    *,
    xapi_2: bool,
    version: str,
) -> list[str]:
    """Checks everything, then stores everything; returns the ids in order.

    Raises `Invalid` with the path of the first fault, `Forbidden` for what a launch may not say, `Conflict`.
    """
    with contextlib.ExitStack() as stack:
        for attachment in received.attachments.values():
            stack.enter_context(attachment.data)
        for index, statement in enumerate(received.statements):
            try:
                check_statement(statement, xapi_2=xapi_2)
            except Wrong as wrong:
                if not received.single:
                    wrong.path.insert(0, index)
                raise Invalid(str(wrong)) from None
        _check_attachments(received)
        try:
            return _store(session, storage, principal, received, version)
        except PlaceTaken:
            session.rollback()
            session.info["after_commit"].clear()
            return _store(session, storage, principal, received, version)


def _store(
    session: Session, storage: Storage, principal: Principal, received: Received, version: str
) -> list[str]:
    after = None
    if principal.guard is not None:
        after = principal.guard.check_statements(session, received.statements)
    elif principal.actor is not None:
        for statement in received.statements:
            _check_launch(principal, statement)
    ids = store_statements(
        session,
        principal.tenant_id,
        received.statements,
        authority=principal.authority,
        credential=principal.name,
        version=version,
    )
    _keep_attachments(session, storage, principal.tenant_id, received.attachments.values())
    if after is not None:
        after()
    return ids


def _check_attachments(received: Received) -> None:
    """Raw data and its announcement belong together, one to one by hash (1.0.3 Communication 1.5)."""
    missing, announced = [], set()
    for statement in received.statements:
        for part in (statement, statement["object"]):
            for attachment in part.get("attachments", ()):
                announced.add(attachment["sha2"].lower())
                if "fileUrl" not in attachment and attachment["sha2"].lower() not in received.attachments:
                    missing.append(attachment["sha2"])
        if "attachments" in statement:
            _check_signatures(statement, received.attachments)
    if missing:
        raise Invalid(
            f"The data of the attachment {missing[0]} is missing: send it as multipart/mixed, or a fileUrl."
        )
    excess = received.attachments.keys() - announced
    if excess:
        raise Invalid(f"No statement announces the attachment {min(excess)}.")


def _check_signatures(statement: dict[str, Any], attachments: dict[str, multipart.Attachment]) -> None:
    for sha2 in signatures_of(statement):
        signature = attachments.get(sha2)
        if signature is None:
            raise Invalid("The signature of a signed statement must be sent along as multipart/mixed.")
        if signature.length > MAX_SIGNATURE:
            raise TooLarge(f"A signature may be {MAX_SIGNATURE} bytes long.")
        content = signature.data.read()
        signature.data.seek(0)
        try:
            check_signature(statement, content)
        except BadSignature as error:
            raise Invalid(str(error)) from None


def _check_launch(principal: Principal, statement: dict[str, Any]) -> None:
    """A launch speaks of its own person, activity and registration only."""
    if not same_actor(principal, statement["actor"]):
        raise Forbidden("This launch may only store statements of the person who was launched.")
    registration = statement.get("context", {}).get("registration")
    if registration is not None and registration.lower() != principal.registration:
        raise Forbidden("This launch may only store statements of its own registration.")
    own = principal.activity_id
    if not any(
        activity["id"] == own or activity["id"].startswith((own + "#", own + "/"))
        for activity in activities_of(statement)
    ):
        raise Forbidden("This launch may only store statements about the activity that was launched.")


def _keep_attachments(
    session: Session, storage: Storage, tenant_id: UUID, attachments: Iterable[multipart.Attachment]
) -> None:
    rows = []
    for attachment in sorted(attachments, key=lambda item: item.sha2):
        attachment.data.seek(0)
        rows.append(
            {
                "tenant_id": tenant_id,
                "sha2": attachment.sha2,
                "content_type": attachment.content_type[:200],
                "length": attachment.length,
                "storage_key": storage.put(attachment.data).sha256,
            }
        )
    if rows:
        insert = postgresql.insert if bulk.is_postgresql(session) else sqlite.insert
        session.connection().execute(insert(Attachment).on_conflict_do_nothing(), rows)


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """In which form statements are given back: exact, ids or canonical; languages best first."""

    format: str = "exact"
    languages: tuple[str, ...] = ()


def one_statement(
    session: Session, principal: Principal, statement_id: UUID, *, voided: bool, form: Form
) -> tuple[int, bytes]:
    """(position, JSON). Raises `NotFound` for one that is not there, not readable, or (not) voided."""
    found = find_statement(session, principal.tenant_id, statement_id)
    if found is None or found[2] is not voided:
        raise NotFound("There is no such statement.")
    position, payload, _ = found
    if not principal.may("statements/read"):
        own = Keys(principal.tenant_id)(CREDENTIAL, principal.name)
        if not has_key(session, position, own):
            raise NotFound("There is no such statement.")
    return position, formed(session, principal.tenant_id, [payload], form)[0]


def many_statements(
    session: Session, principal: Principal, query: Query, form: Form
) -> tuple[list[bytes], int | None]:
    """(JSON of each statement, the last one's position if there are more)."""
    if not principal.may("statements/read"):
        query.demand(Keys(principal.tenant_id), principal.name, CREDENTIAL)
    page = find_statements(session, principal.tenant_id, query)
    return formed(session, principal.tenant_id, page.payloads, form), page.last


def formed(session: Session, tenant_id: UUID, payloads: list[bytes], form: Form) -> list[bytes]:
    """The statements in the form that was asked for; exact ones are not even parsed."""
    if form.format == "exact" or not payloads:
        return payloads
    statements = [orjson.loads(payload) for payload in payloads]
    if form.format == "ids":
        return [orjson.dumps(ids_only(statement)) for statement in statements]
    activity_ids = {activity["id"] for statement in statements for activity in activities_of(statement)}
    definitions = canonical_definitions(session, tenant_id, activity_ids)
    languages = list(form.languages)
    return [orjson.dumps(canonical(statement, languages, definitions.get)) for statement in statements]


def attachments_of(
    session: Session, storage: Storage, tenant_id: UUID, payloads: list[bytes]
) -> Iterator[multipart.Attachment]:
    """The raw data of these statements' attachments, each once, opened when its turn comes."""
    wanted: dict[str, None] = {}
    for payload in payloads:
        if b'"attachments"' in payload:
            statement = orjson.loads(payload)
            for part in (statement, statement["object"]):
                wanted.update((item["sha2"].lower(), None) for item in part.get("attachments", ()))
    table = Attachment.__table__
    rows = session.connection().execute(
        select(table.c.sha2, table.c.content_type, table.c.length, table.c.storage_key).where(
            table.c.tenant_id == tenant_id, table.c.sha2.in_(wanted)
        )
    )
    known = {row[0]: row for row in rows}
    return (
        multipart.Attachment(sha2, row[1], row[2], _opened(storage, row[3]))
        for sha2 in wanted
        if (row := known.get(sha2)) is not None
    )


def _opened(storage: Storage, key: str) -> IO[bytes]:
    return storage.open(key)
