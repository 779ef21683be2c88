"""What every endpoint of the API shares: its description, credentials, parameters, body, answer, errors.

An endpoint is a function with typed classes for what it takes and gives. They check what is sent, write what is
answered, and are what the OpenAPI document is made of, so that the three cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from .. import db
from ..accounts import Tenant
from ..errors import Forbidden, Invalid, TooLarge
from ..lrs import credentials
from ..web.app import bridge
from .pace import Pace

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
MOST_BYTES = 8 * 1024 * 1024
pace = Pace(a_minute=1200, at_once=300)


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API. `body` and `answer` are classes, or media types of what is no JSON."""

    method: str
    path: str
    view: Callable[..., Any]
    scope: str
    query: type[msgspec.Struct]
    body: type[msgspec.Struct] | tuple[str, ...] | None
    answer: type[msgspec.Struct] | str
    status: int


endpoints: list[Endpoint] = []
View = TypeVar("View", bound=Callable[..., Any])


def endpoint(
    method: str,
    path: str,
    *,
    scope: str,
    answer: type[msgspec.Struct] | str,
    query: type[msgspec.Struct] = Nothing,
    body: type[msgspec.Struct] | tuple[str, ...] | None = None,
    status: int = 200,
) -> Callable[[View], View]:
    """Serves a function `(session, query, [body,] **ids)`; its docstring is the endpoint's description."""

    def decorate(view: View) -> View:
        described = Endpoint(method, path, view, scope, query, body, answer, status)
        endpoints.append(described)

        def answered(**ids: Any) -> Response:
            return _answer(described, ids)

        name = cast(Any, view).__name__
        blueprint.add_url_rule(path, name, answered, methods=[method])
        return view

    return decorate


def _answer(described: Endpoint, ids: dict[str, Any]) -> Response:
    session = _admit(described.scope)
    arguments: list[object] = [session, _query(described.query)]
    if isinstance(described.body, tuple):
        arguments.append(_file(described.body))
    elif described.body is not None:
        arguments.append(_json(described.body))
    found = described.view(*arguments, **ids)
    if isinstance(found, Response):
        return found
    response = Response(msgspec.json.encode(found), status=described.status, content_type="application/json")
    if request.method in ("GET", "HEAD"):
        response.add_etag()
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
    return response


def _admit(scope: str) -> Session:
    """The session of the sender's municipality. Raises SignInNeeded, TooMany, Forbidden."""
    app, session = bridge(), db.session()
    who = credentials.recognise(
        app.database,
        app.throttle,
        request.headers.get("Authorization"),
        request.remote_addr or "",
        app.settings.base_url,
    )
    pace.admit(who.name)
    if not who.may(scope):
        raise Forbidden(f"These credentials do not have the scope {scope}.")
    db.bind_tenant(session, who.tenant_id)
    g.key_name = str(who.authority.get("name", ""))  # for the trail
    g.tenant = session.get(Tenant, who.tenant_id)
    return session


def _query(kind: type[msgspec.Struct]) -> msgspec.Struct:
    sent: dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        if name in sent:
            raise Invalid(f"The parameter {name[:80]!r} is given twice.")
        if "\0" in value:
            raise Invalid(f"The parameter {name[:80]!r} holds the character NUL.")
        sent[name] = value
    try:
        return msgspec.convert(sent, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"A parameter is wrong: {error}") from None


def _json(kind: type[msgspec.Struct]) -> msgspec.Struct:
    if request.mimetype != "application/json":
        raise Invalid("Send the body as Content-Type: application/json.")
    body = _body(MOST_BYTES)
    if b"\\u0000" in body:
        raise Invalid("The body holds the character NUL.")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"The body is not as described: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Invalid("The body is not JSON in UTF-8.") from None


def _file(kinds: tuple[str, ...]) -> bytes:
    if request.mimetype not in kinds:
        raise Invalid(f"Send the file itself as the body, as Content-Type: {' or '.join(kinds)}.")
    return _body(3 * MOST_BYTES)


def _body(most: int) -> bytes:
    body = request.stream.read(most + 1)
    if len(body) > most:
        raise TooLarge(f"The request is longer than {most} bytes, the most that is taken.")
    return body


@blueprint.after_request
def say_how_to_sign_in(response: Response) -> Response:
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="lms-bridge API"'
    return response


Problems = Mapping[int, str]
PROBLEMS: Problems = {
    400: "Something that was sent is missing or wrong; `detail` says what.",
    401: "No credentials, or wrong, revoked or expired ones.",
    403: "The credentials lack the scope.",
    404: "There is no such thing in this municipality.",
    409: "It does not go together with what is there.",
    410: "This source is not connected any more.",
    412: "If-Match or If-None-Match did not hold.",
    413: "More than is accepted.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "A part of the service does not answer. Try again later.",
}


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}
    """Each wrong field with a sentence."""
