"""Another Learning Record Store: its statements are taken into our own, as they are and under their ids.

They are asked for in the order in which they were stored there (`since`, `ascending`; xAPI 1.0.3 Communication
2.1.3), with an overlap, and never beyond the time up to which that store is consistent (2.1.3, 1.6). What is here
already is passed over, so that neither an overlap nor a killed run stores anything twice. The register hears of them
as of all statements.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from sqlalchemy.orm import Session
from werkzeug.http import parse_options_header

from ...db import utcnow
from ...errors import Conflict, DomainError, Invalid
from ...lrs import statements, values
from ...lrs.credentials import Principal
from ...lrs.multipart import Attachment
from ...lrs.query import stored_ids
from ...outgoing import Answer, Oversized
from ...web.app import bridge
from ...web.i18n import N_
from ..interface import Budget, Capability, Check, Connector, Field, Note, Page, SourceFailed, register
from ..models import Connection
from ..runs import retry_after
from ..service import secrets_of

OVERLAP = timedelta(minutes=5)
LIMIT = 500
MOST_BYTES = 16_000_000
VERSION = "1.0.3"
CONSISTENT = "x-experience-api-consistent-through"


class OtherLrs(Connector):
    kind = "xapi"
    title = N_("Another Learning Record Store (xAPI)")
    hint = N_(
        "Its statements are taken into the learning records here, each once, and count in the register."
    )
    capabilities = frozenset({Capability.PULL})
    address_label = N_("Address (xAPI endpoint)")
    address_help = N_("Such as https://lrs.example/xapi/")
    fields = (
        Field("key", N_("Key"), required=True, help=N_("It needs the right to read statements.")),
        Field("secret", N_("Secret"), "password", required=True, secret=True),
    )

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            problem = N_("Write an address that begins with https://")
            raise Invalid(N_("Some of it needs another look."), {"address": problem})
        settings["key"] = str(settings.get("key", ""))[:500]

    def check(self, connection: Connection) -> list[Check]:
        about = bridge().outgoing.get(_endpoint(connection) + "about", headers=_headers(connection))
        versions = _versions(about)
        if not versions:
            return [Check(N_("Reach it"), False, N_("There is no Learning Record Store at this address."))]
        checks = [
            Check(N_("Reach it"), True, N_("It speaks xAPI %(versions)s."), {"versions": ", ".join(versions)})
        ]
        try:
            found = _Reader(connection).first(None, 1)
        except SourceFailed as failed:
            return [*checks, Check(N_("Read statements"), False, failed.message, failed.details)]
        checks.append(Check(N_("Read statements"), True))
        if found.through is None:
            told = N_(
                "It does not say up to when it is consistent; a statement that it shows late may be missed."
            )
            checks.append(Check(N_("Know that none is missed"), True, told))
        return checks

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        reader = _Reader(connection)
        since = connection.cursor.get("since")
        start = values.format_timestamp(_moment(since) - OVERLAP) if since else None
        answer = reader.first(start, LIMIT)
        while True:
            last = not answer.more
            since = _read_until(since, answer, last)
            notes: list[Note] = []
            yield Page(
                {"since": since} if since else {},
                done=last,
                warnings=notes,
                calls=reader.calls,
                write=_writing(connection, answer, notes),
            )
            reader.calls = 0
            if last:
                return
            answer = reader.next(answer)


def _read_until(since: str | None, answer: _Batch, last: bool) -> str | None:
    """The time of storing there up to which all is here: never beyond what the store vouches for, nor beyond now."""
    newest = max((one["stored"] for one in answer.statements), default=since, key=_key)
    if answer.through:
        bound = max if last else min
        newest = min(bound(newest or answer.through, answer.through, key=_key), answer.through, key=_key)
    newest = min(newest, values.format_timestamp(utcnow()), key=_key) if newest else since
    return max(since, newest, key=_key) if since and newest else newest


@dataclass
class _Batch:
    """A page of statements: `more` is an address on the same origin, or empty."""

    statements: list[dict[str, Any]]
    attachments: dict[str, tuple[bytes, str]]
    more: str
    through: str | None


class _Reader:
    """Asks the other store, and counts the calls."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.calls = connection, 0
        self._headers = _headers(connection)
        self._endpoint = _endpoint(connection)
        self._seen: set[str] = set()

    def first(self, since: str | None, limit: int) -> _Batch:
        """The first page; a smaller one where statements are so large that the answer would not fit."""
        while True:
            query = {"ascending": "true", "attachments": "true", "limit": str(limit)}
            try:
                return self._ask(
                    f"{self._endpoint}statements?{urlencode(query | ({'since': since} if since else {}))}"
                )
            except Oversized:
                if limit == 1:
                    raise SourceFailed(N_("A statement there is too large to be taken.")) from None
                limit = max(1, limit // 10)

    def next(self, answer: _Batch) -> _Batch:
        """The page after this one, by its `more`; by the time of its last statement where that does not fit."""
        if answer.more in self._seen:
            raise SourceFailed(N_("The store sends the same page again and again."))
        self._seen.add(answer.more)
        try:
            return self._ask(answer.more)
        except Oversized:
            return self.first(answer.statements[-1]["stored"], LIMIT // 10)

    def _ask(self, url: str) -> _Batch:
        self.calls += 1
        answer = bridge().outgoing.get(url, headers=self._headers, most=MOST_BYTES)
        if answer.status in (401, 403):
            raise SourceFailed(
                N_("The key or the secret is not accepted (%(status)s)."), status=answer.status
            )
        if answer.status != 200:
            asked = retry_after(answer.headers)
            raise SourceFailed(N_("The source answered %(status)s."), asked, status=answer.status)
        batch = _read(answer)
        if batch.more:
            batch.more = urljoin(url, quote(batch.more, safe="%/:=&?~#+!$,;'@()*[]"))
            if _origin(batch.more) != _origin(self._endpoint):
                raise SourceFailed(N_("The store's next page is at another address; that is not followed."))
        return batch


def _read(answer: Answer) -> _Batch:
    """The statements of an answer. Raises SourceFailed for what is none, such as a web page with status 200."""
    kind, options = parse_options_header(answer.headers.get("content-type", ""))
    attachments: dict[str, tuple[bytes, str]] = {}
    try:
        if kind == "multipart/mixed":
            stream, boundary = BytesIO(answer.body), options.get("boundary", "")
            received = statements.read_multipart(
                stream, boundary, max_json=MOST_BYTES, max_attachment=MOST_BYTES
            )
            body = received.statements[0]
            for sha2, one in received.attachments.items():
                with one.data:
                    attachments[sha2] = (one.data.read(), one.content_type)
        else:
            body = json.loads(answer.body)
        found, more = body["statements"], body.get("more") or ""
        if not isinstance(more, str) or not all(_moment(one["stored"]) and one["id"] for one in found):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, DomainError):
        raise SourceFailed(N_("The answer is no list of statements. Is the address right?")) from None
    through = answer.headers.get(CONSISTENT)
    return _Batch(found, attachments, more, through if through and _is_moment(through) else None)


# --- writing ----------------------------------------------------------------------------------------------------


def _writing(connection: Connection, batch: _Batch, notes: list[Note]) -> Any:
    return lambda session: _store(session, connection, batch, notes)


def _store(session: Session, connection: Connection, batch: _Batch, notes: list[Note]) -> int:
    """Stores a page; returns how many statements were new. What cannot be taken is left out, and told."""
    wanted = {str(one["id"]).lower() for one in batch.statements if _is_uuid(one["id"])}
    known = stored_ids(session, connection.tenant_id, wanted)
    refused: list[tuple[str, DomainError]] = []
    for modern in (False, True):
        some = [one for one in batch.statements if str(one.get("version", "")).startswith("2") is modern]
        _store_sound(session, _principal(connection), some, batch.attachments, modern, refused)
    conflicts = [name for name, error in refused if isinstance(error, Conflict)]
    broken = [(name, error) for name, error in refused if not isinstance(error, Conflict)]
    if conflicts:
        notes.append(Note(_DIFFERENT, {"count": len(conflicts), "id": conflicts[0]}))
    if broken:
        notes.append(Note(_BROKEN, {"count": len(broken), "id": broken[0][0], "why": str(broken[0][1])}))
    left_out = {name for name, _error in refused}
    return len(wanted - known - left_out)


_DIFFERENT = N_(
    "Left out, because others are stored here under their ids: %(count)s statements, such as %(id)s."
)
_BROKEN = N_("Left out, because they break the standard: %(count)s statements, such as %(id)s: %(why)s")


def _store_sound(
    session: Session,
    principal: Principal,
    batch: list[dict[str, Any]],
    attachments: dict[str, tuple[bytes, str]],
    modern: bool,
    refused: list[tuple[str, DomainError]],
) -> None:
    """Stores the batch; where something in it is refused, each half of it, down to the one that is."""
    if not batch:
        return
    text = json.dumps(batch)  # receiving changes the statements
    own = {
        sha2: Attachment(sha2, kind, len(data), BytesIO(data))
        for sha2, (data, kind) in attachments.items()
        if sha2 in text.lower()
    }
    received = statements.Received(json.loads(text), False, own)
    version = "2.0.0" if modern else VERSION
    try:
        with session.begin_nested():
            statements.receive(session, bridge().storage, principal, received, xapi_2=modern, version=version)
    except DomainError as error:
        if len(batch) == 1:
            refused.append((str(batch[0]["id"]).lower(), error))
            return
        half = len(batch) // 2
        for part in (batch[:half], batch[half:]):
            _store_sound(session, principal, part, attachments, modern, refused)


def _principal(connection: Connection) -> Principal:
    account = {"homePage": bridge().settings.base_url, "name": f"connection:{connection.id}"}
    authority = {"objectType": "Agent", "name": connection.name, "account": account}
    scopes = frozenset({"statements/write"})
    return Principal(connection.tenant_id, f"connection:{connection.id}", scopes, authority)


# --- small things -----------------------------------------------------------------------------------------------


def _endpoint(connection: Connection) -> str:
    return connection.address.rstrip("/") + "/"


def _headers(connection: Connection) -> dict[str, str]:
    pair = f"{connection.settings.get('key', '')}:{secrets_of(bridge().vault, connection).get('secret', '')}"
    return {
        "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        "X-Experience-API-Version": VERSION,
        "Accept": "application/json, multipart/mixed",
    }


def _versions(answer: Answer) -> list[str]:
    try:
        told = json.loads(answer.body).get("version", [])
    except (ValueError, AttributeError):
        return []
    return [str(one) for one in told] if answer.status == 200 and isinstance(told, list) else []


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _key(text: str | None) -> datetime:
    return _moment(text or "0001-01-01T00:00:00+00:00")


def _is_moment(text: str) -> bool:
    try:
        return bool(_moment(text))
    except ValueError:
        return False


def _is_uuid(text: object) -> bool:
    try:
        return bool(uuid.UUID(str(text)))
    except ValueError:
        return False


register(OtherLrs())
