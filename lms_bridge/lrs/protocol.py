"""What every resource of the LRS shares: version, authentication, alternate request syntax, parameters, bodies.

A request becomes a `Call`; what a resource answers becomes a response with the headers of the standard. Version by
header (1.0.3 Communication 3.3; 2.0 4.1.2): 1.0.3 knows the alternate request syntax, 2.0 forbids it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO, cast
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers

from lms_bridge import db
from lms_bridge.errors import Forbidden, Invalid, TooLarge
from lms_bridge.web.app import bridge

from . import credentials, values
from .credentials import Principal

VERSION_HEADER = "X-Experience-API-Version"
VERSION_2 = "2.0.0"
CONSISTENT_HEADER = "X-Experience-API-Consistent-Through"
MAX_JSON = 16 * 1024 * 1024
MAX_ATTACHMENT = 512 * 1024 * 1024
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]

# 1.0.3 Communication 1.3: form fields that stand for headers
_FORM_HEADERS = (
    "Authorization",
    VERSION_HEADER,
    "Content-Type",
    "Content-Length",
    "If-Match",
    "If-None-Match",
    "Accept-Language",
)
_VERSION = re.compile(r"([12])\.0(?:\.\d{1,3})?").fullmatch
NOBODY = Principal(UUID(int=0), "nobody", frozenset(), {})
Handler = Callable[["Call"], Response]


@dataclass
class Call:
    """One request to a resource, whichever syntax it came in."""

    method: str
    parameters: dict[str, str]
    headers: Mapping[str, str]
    body: BinaryIO
    xapi_2: bool
    principal: Principal

    @property
    def session(self) -> Session:
        return db.session()

    @property
    def version(self) -> str:
        """That a statement gets which came without one (1.0.3 Data 2.4.10)."""
        return default_version(xapi_2=self.xapi_2)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")

    def demand(self, *scopes: str) -> None:
        """Raises `Forbidden` unless the sender has one of these scopes."""
        if not self.principal.may(*scopes):
            raise Forbidden(f"These credentials do not have the scope {' or '.join(scopes)}.")

    def allow_only(self, *names: str, required: tuple[str, ...] = ()) -> None:
        """A parameter of another name, case included, is refused (1.0.3 Communication 3.2)."""
        for name in self.parameters:
            if name not in names and name not in required:
                raise Invalid(f"The parameter {name[:80]!r} is not known here.")
        for name in required:
            if name not in self.parameters:
                raise Invalid(f"The parameter {name!r} is missing.")

    def parameter(self, name: str, check: Callable[[str], None]) -> str | None:
        """A parameter that must be what a value of its type is in statements (1.0.3 Data 2.2); None if absent."""
        value = self.parameters.get(name)
        if value is not None:
            try:
                check(value)
            except values.Wrong as wrong:
                raise Invalid(f"The parameter {name!r} {wrong.message}.") from None
        return value

    def flag(self, name: str) -> bool:
        value = self.parameters.get(name, "false")
        if value not in ("true", "false"):
            raise Invalid(f"The parameter {name!r} must be true or false.")
        return value == "true"

    def moment(self, name: str) -> datetime | None:
        value = self.parameter(name, values.timestamp)
        return None if value is None else values.parse_timestamp(value)

    def read_body(self, limit: int = MAX_JSON) -> bytes:
        """The whole body. Raises `TooLarge`."""
        body = self.body.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The request is longer than {limit} bytes, the most that is taken.")
        return body


def answer(handlers: Mapping[str, Handler], *, open_to_all: bool = False) -> Response:
    """Answers the current request by the handler of its method. `open_to_all`: no version or credentials needed."""
    if request.method == "OPTIONS":
        return Response(status=204)
    method, parameters, headers, body = _as_sent()
    xapi_2 = _version(headers, needed=not open_to_all)
    principal = NOBODY if open_to_all else _authenticate(headers)
    call = Call(method, parameters, headers, body, xapi_2, principal)
    if principal.guard is not None:
        principal.guard.admit(call)
    handler = handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        return Response(status=405, headers={"Allow": ", ".join(["OPTIONS", "HEAD", *handlers])})
    return handler(call)


def _as_sent() -> tuple[str, dict[str, str], Mapping[str, str], BinaryIO]:
    parameters = _single(request.args.items(multi=True))
    if "method" in parameters:
        return _alternate(parameters)
    return (
        request.method,
        parameters,
        cast(Mapping[str, str], request.headers),
        cast(BinaryIO, request.stream),
    )


def _single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(f"The parameter {name[:80]!r} is given twice.")
        found[name] = value
    return found


def _alternate(parameters: dict[str, str]) -> tuple[str, dict[str, str], Mapping[str, str], BinaryIO]:
    """The alternate request syntax: POST with ?method=, all else in a form (1.0.3 Communication 1.3)."""
    _set_version(request.headers.get(VERSION_HEADER, ""))
    if g.xapi_version == VERSION_2:
        raise Invalid("xAPI 2.0 has no alternate request syntax: send the method itself, without ?method=.")
    method = parameters.pop("method")
    if request.method != "POST" or parameters:
        raise Invalid("The alternate request syntax is a POST with method as its only query parameter.")
    if method not in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        raise Invalid(f"The method {method[:20]!r} is not one of GET, HEAD, PUT, POST and DELETE.")
    if not request.content_type or not request.content_type.startswith("application/x-www-form-urlencoded"):
        raise Invalid("The alternate request syntax needs Content-Type: application/x-www-form-urlencoded.")
    raw = cast(BinaryIO, request.stream).read(MAX_JSON + 1)
    if len(raw) > MAX_JSON:
        raise TooLarge(f"The request is longer than {MAX_JSON} bytes, the most that is taken.")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except ValueError:
        raise Invalid("The body is not a form in UTF-8 (application/x-www-form-urlencoded).") from None
    form = _single(pairs)
    headers = Headers(request.headers)
    headers.remove("Content-Type")
    for name in _FORM_HEADERS:
        if name in form:
            headers.set(name, form.pop(name))
    content = form.pop("content", None)
    if content is None and method in ("PUT", "POST"):
        raise Invalid("The form needs a field named content with what would have been the body.")
    headers.setdefault("Content-Type", "application/json")
    return method, form, cast(Mapping[str, str], headers), BytesIO((content or "").encode())


def _version(headers: Mapping[str, str], *, needed: bool) -> bool:
    sent = headers.get(VERSION_HEADER, "")
    known = _set_version(sent)
    if needed and not known:
        raise Invalid(
            f"The header {VERSION_HEADER} must be sent, with 1.0.3 or 2.0.0 as its value."
            if not sent
            else f"The version {sent[:20]!r} of xAPI is not spoken here; 1.0.3 and 2.0.0 are."
        )
    return bool(g.xapi_version == VERSION_2)


def _set_version(sent: str) -> bool:
    """Remembers what this answer's version header says: without one in the request, 0.9 is meant, which is not
    spoken here (1.0.3 Communication 3.3).
    """
    version = version_of(sent)
    g.xapi_version = version or ("1.0.3" if sent else "0.9")
    return version is not None


def version_of(sent: str) -> str | None:
    """The version that is spoken where this one is asked for: 2.0.0 or 1.0.3; None for others."""
    match = _VERSION(sent)
    return None if match is None else VERSION_2 if match[1] == "2" else "1.0.3"


def default_version(*, xapi_2: bool) -> str:
    """That a statement gets which came without one (1.0.3 Data 2.4.10)."""
    return VERSION_2 if xapi_2 else "1.0.0"


def _authenticate(headers: Mapping[str, str]) -> Principal:
    app = bridge()
    unit = db.session()
    if unit.in_transaction():  # a signed-in browser was recognised by its cookie, which does not count here
        unit.rollback()
    principal = credentials.recognise(
        app.database,
        app.throttle,
        headers.get("Authorization"),
        request.remote_addr or "",
        app.settings.base_url,
    )
    db.bind_tenant(unit, principal.tenant_id)
    return principal


ALLOWED_HEADERS = ", ".join(
    [
        "Authorization",
        VERSION_HEADER,
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "Accept-Language",
        "X-Experience-API-Hash",
    ]
)
EXPOSED_HEADERS = ", ".join(
    [VERSION_HEADER, CONSISTENT_HEADER, "ETag", "Last-Modified", "Content-Length", "WWW-Authenticate"]
)


def add_headers(response: Response) -> Response:
    """The headers of every answer: version, consistency, and that pages of any origin may call (packages lie on
    the LMS's). Credentials go in a header of their own, never in a cookie, so any origin is safe.
    """
    response.headers[VERSION_HEADER] = g.get("xapi_version", "2.0.0")
    if CONSISTENT_HEADER not in response.headers:
        response.headers[CONSISTENT_HEADER] = values.format_timestamp(datetime.now(UTC))
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = "86400"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="lms-bridge xAPI"'
    return response
