"""The direct way in for what an LRS is asked most: POST /xapi/statements with JSON that is in order.

Flask's cycle costs a multiple of what storing a statement does, so the same checks and the same store are called
here without it, in front of the application. Whatever is not plain (a launch, a credential that is not remembered, a
fault, a statement that is there already, one that refers to another) is left to the application, which does it all
from the start and answers as it always does.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain, islice
from typing import Any, SupportsBytes
from uuid import UUID

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lms_bridge import db
from lms_bridge.repeating import REPEAT, Answer
from lms_bridge.web.app import Bridge
from lms_bridge.web.logs import note_answer
from lms_bridge.web.safety import headers_of

from . import credentials, protocol, values
from .housekeeping import Housekeeping
from .parsing import split_list
from .rules import check_statement
from .store import MAX_BATCH, NotFresh, Read, store_fresh
from .writers import Writers

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
ENDPOINT = "lrs.statements"
AT_ONCE = 50  # statements that are checked, and told of
WHILE_THE_NEXT = 16  # which PostgreSQL stores while the next are checked
FEW = 9  # the last of them, for which somebody waits
ELSEWHERE = {"HTTP_EXPECT", "HTTP_TRANSFER_ENCODING"}
FOR_DATA = ("X-Content-Type-Options", "Strict-Transport-Security")  # the others speak of pages


class Unused(threading.local):
    """A thread's session that nothing was done in: to make one and to throw it away takes as long as to check and to
    number a statement.
    """

    session: Session | None = None

    def take(self, database: db.Database, tenant_id: UUID) -> Session:
        kept, self.session = self.session, None
        return kept if kept and kept.info["tenant_id"] == tenant_id else database.new_session(tenant_id)


class Direct:
    """A WSGI application in front of the service's own."""

    def __init__(self, app: Bridge, behind: Wsgi) -> None:
        self.app, self.behind = app, behind
        self.writers = Writers(app.database, Housekeeping(app.database.engine))
        self.unused = Unused()
        # SQLite writes for one at a time, and Python runs one thread: two would only take turns at both.
        self.turn = contextlib.nullcontext() if self.writers.is_postgresql else threading.Lock()
        in_parts = self.writers.is_postgresql
        self.at_once, self.at_least = (WHILE_THE_NEXT, FEW) if in_parts else (AT_ONCE, AT_ONCE)
        self.headers = [
            *((name, value) for name, value in headers_of(app).items() if name in FOR_DATA),
            ("Cache-Control", "no-store"),
            ("Content-Type", "application/json"),
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", protocol.EXPOSED_HEADERS),
        ]

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        sent = environ.get("CONTENT_LENGTH", "")
        length = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
        sender = self._sender(environ) if 0 < length <= protocol.MAX_JSON else None
        if sender is None:
            return self.behind(environ, start_response)
        body: bytes = environ["wsgi.input"].read(length)
        answer = sender([body])[0] if len(body) == length else None
        if answer is None:
            environ["wsgi.input"] = BytesIO(body)
            return self.behind(environ, start_response)
        if environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            environ[REPEAT] = sender
        start_response("200 OK", answer[0])
        return [answer[1]]

    def _sender(self, environ: Environ) -> "Sender | None":
        """Who asks for what is done here; None for all else."""
        if (
            environ["PATH_INFO"] != "/xapi/statements"
            or environ["REQUEST_METHOD"] != "POST"
            or environ.get("QUERY_STRING")
            or environ.get("CONTENT_TYPE") not in ("application/json", "application/json; charset=utf-8")
            or environ.get("HTTP_HOST") == self.app.content_host
            or not ELSEWHERE.isdisjoint(environ)
        ):
            return None
        version = protocol.version_of(environ.get("HTTP_X_EXPERIENCE_API_VERSION", ""))
        return Sender(self, environ.get("HTTP_AUTHORIZATION"), version) if version else None

    def take_all(
        self, principal: credentials.Principal, version: str, bodies: Sequence[bytes]
    ) -> list[bytes | None]:
        """The answers to requests that came together, in one transaction where nothing is wrong with any of them."""
        answers = self.take(principal, version, bodies)
        if answers is not None:
            return [*answers]
        if len(bodies) == 1:
            return [None]
        return [one for body in bodies for one in self.take_all(principal, version, [body])]

    def take(
        self, principal: credentials.Principal, version: str, bodies: Sequence[bytes]
    ) -> list[bytes] | None:
        """The answers, once all is stored; None where the application must have a look."""
        xapi_2 = version == protocol.VERSION_2
        session = self.unused.take(self.app.database, principal.tenant_id)
        db.set_current(session)
        try:
            with self.app.app_context():
                requests = [split_list(body) for body in bodies]
                if max(map(len, requests)) > MAX_BATCH:
                    return None
                statements = requests[0] if len(requests) == 1 else list(chain.from_iterable(requests))
                ids = store_fresh(
                    session,
                    self.writers,
                    principal.tenant_id,
                    _checked(statements, self.at_once, self.at_least, xapi_2=xapi_2),
                    authority=principal.authority,
                    credential=principal.name,
                    version=protocol.default_version(xapi_2=xapi_2),
                )
            if session.in_transaction():
                session.commit()
                session.close()
            else:
                self.unused.session = session
            db.run_after_commit(session)
            found = iter(ids)
            return [orjson.dumps(list(islice(found, len(statements)))) for statements in requests]
        except Exception:
            self.writers.drop_broken()
            with contextlib.suppress(DBAPIError):  # the connection is lost: the application tells it
                session.close()
            return None
        finally:
            db.set_current(None)


def _checked(
    statements: Sequence[SupportsBytes], at_most: int, at_least: int, *, xapi_2: bool
) -> Iterator[list[Read]]:
    """Part by part, so that the database is not kept waiting for the last one, nor in the end waited for: of what is
    left, half.
    """
    start = 0
    while left := len(statements) - start:
        end = start + (left if left <= at_least else min(at_most, (left + 1) // 2))
        part = [(orjson.loads(text), text) for text in map(bytes, statements[start:end])]
        start = end
        for statement, _ in part:
            check_statement(statement, xapi_2=xapi_2)
            if "attachments" in statement or "attachments" in statement["object"]:
                raise NotFresh
        yield part


@dataclass(frozen=True)
class Sender:
    """Answers further requests of a system whose requests have the same head: by their bodies."""

    direct: Direct
    authorization: str | None
    version: str

    def __call__(self, bodies: Sequence[bytes]) -> list[Answer | None]:
        """None where the application must have a look."""
        principal = credentials.known(self.authorization)
        if principal is None or not _is_plain(principal):
            return [None] * len(bodies)
        started = time.perf_counter()
        with self.direct.turn:
            answers = self.direct.take_all(principal, self.version, bodies)
        took = time.perf_counter() - started
        return [self._answer(body, took) if body is not None else None for body in answers]

    def _answer(self, body: bytes, took: float) -> Answer:
        note_answer(ENDPOINT, "POST", 200, took)
        now = values.format_timestamp(datetime.now(UTC))
        headers = [
            *self.direct.headers,
            ("Content-Length", str(len(body))),
            (protocol.VERSION_HEADER, self.version),
            (protocol.CONSISTENT_HEADER, now),
            ("Server-Timing", f"app;dur={took * 1000:.1f}"),
        ]
        return headers, body


def _is_plain(principal: credentials.Principal) -> bool:
    """Not a launch, which may not say everything."""
    return principal.guard is None and principal.actor is None and principal.may("statements/write")
