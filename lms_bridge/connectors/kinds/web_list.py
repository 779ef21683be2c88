"""A list at an address on the web: fetched again only when it has changed (ETag, Last-Modified; RFC 9110, 13.1)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from ...errors import Invalid
from ...outgoing import Answer
from ...web.app import bridge
from ...web.i18n import N_
from .. import drops
from ..interface import Budget, Capability, Check, Connector, Field, Page, SourceFailed, register
from ..models import Connection
from ..runs import retry_after
from ..service import secrets_of


class WebList(Connector):
    kind = "web-list"
    title = N_("A list at a web address")
    hint = N_(
        "Another system keeps its completions at an address as CSV or XLSX; it is fetched when it has changed."
    )
    capabilities = frozenset({Capability.PULL})
    minutes = 60
    address_help = N_("Such as https://lms.example/reports/completions.csv")
    fields = (
        Field("user", N_("User name"), help=N_("Where the address asks for one.")),
        Field("password", N_("Password"), "password", secret=True),
        Field("token", N_("Or an access token"), "password", secret=True),
    )

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            problem = N_("Write an address that begins with https://")
            raise Invalid(N_("Some of it needs another look."), {"address": problem})
        settings["user"] = str(settings.get("user", ""))[:500]

    def check(self, connection: Connection) -> list[Check]:
        _sound(_ask(connection, {}))
        return [Check(N_("Fetch the list"), True)]

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        answer = _ask(connection, _conditions(connection))
        page = None
        if answer.status != 304:
            _sound(answer)
            marks = {
                name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers
            }
            cursor = {"marks": marks, "address": connection.address}
            page = drops.taking(session, connection, _name(connection), answer.body, cursor, done=True)
            page = page or Page(cursor, True)
        yield page or Page(connection.cursor, True)


def _ask(connection: Connection, headers: dict[str, str]) -> Answer:
    secrets = secrets_of(bridge().vault, connection)
    given = dict(headers)
    if secrets.get("token"):
        given["Authorization"] = f"Bearer {secrets['token']}"
    elif connection.settings.get("user"):
        pair = f"{connection.settings['user']}:{secrets.get('password', '')}"
        given["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return bridge().outgoing.get(connection.address, headers=given, most=drops.MOST_BYTES)


def _conditions(connection: Connection) -> dict[str, str]:
    """What was told of the list when it was last fetched, if that was from this address."""
    marks = (
        connection.cursor.get("marks", {}) if connection.cursor.get("address") == connection.address else {}
    )
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {names[name]: value for name, value in marks.items()}


def _sound(answer: Answer) -> None:
    """Raises SourceFailed for what is no list."""
    if answer.status in (401, 403):
        raise SourceFailed(
            N_("The user name, password or token is not accepted (%(status)s)."), status=answer.status
        )
    if answer.status != 200:
        raise SourceFailed(
            N_("The source answered %(status)s."), retry_after(answer.headers), status=answer.status
        )
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    start = answer.body[:200].lstrip().lower()
    if kind in ("text/html", "application/json") or start.startswith((b"<!doctype html", b"<html")):
        raise SourceFailed(N_("The answer is a web page, not a list. Does the address ask for a sign-in?"))
    if not answer.body.strip():
        raise SourceFailed(N_("The list is empty."))


def _name(connection: Connection) -> str:
    return unquote(PurePosixPath(urlsplit(connection.address).path).name)[:200] or connection.name


register(WebList())
