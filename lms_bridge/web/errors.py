"""Every error in one shape: a page for people, RFC 9457 problem details for programs."""

import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from flask import Response, g, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, RequestTimeout
from werkzeug.wrappers import Response as BaseResponse

from ..errors import DomainError, Invalid, SignInNeeded, Told, TooMany, status_of
from .app import Bridge, bridge
from .i18n import N_, _

log = structlog.get_logger()
_TITLES = {
    400: N_("Something is missing or wrong"),
    403: N_("You may not do that"),
    404: N_("Not found"),
    405: N_("Not possible here"),
    413: N_("Too large"),
    500: N_("Something went wrong on our side"),
    503: N_("Not possible right now"),
}
_SENTENCES = {
    404: N_(
        "There is nothing at this address. It may have been moved, or it belongs to another municipality."
    ),
    405: N_("This page cannot be used like that. Go back and try again."),
    413: N_("What you sent is larger than the service accepts. Choose a smaller file."),
    503: N_("The database does not answer. Nothing was lost; try again in a moment."),
    500: N_(
        "Your work so far is kept. Try again; if it happens again, tell whoever runs the service the number below."
    ),
}


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """An RFC 9457 answer; `more` are extension members."""
    response = jsonify({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def wants_page() -> bool:
    """Whether the one who asked is a person at a browser."""
    if request.path.startswith(("/api/", "/xapi/", "/health/")):
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "text/html"


def domain_error(error: DomainError) -> BaseResponse | tuple[str, int]:
    status = status_of(error)
    if isinstance(error, SignInNeeded) and wants_page() and request.method == "GET":
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    fields = error.fields if isinstance(error, Invalid) else {}
    waits = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    if wants_page():
        page = _page(status, _(error.title), _(error.message, **error.details), fields)
        return make_response(*page, waits)
    more = {"fields": fields} if fields else {}
    if g.get("account"):  # a page's script, which shows the sentence to a person
        title, detail = _(error.title), _(error.message, **error.details)
    else:
        title, detail = error.title, str(error)
    details = {name: str(one) if isinstance(one, Told) else one for name, one in error.details.items()}
    response = problem(status, title, detail, **more, **details)
    response.headers.update(waits)
    return response


def http_error(error: HTTPException) -> BaseResponse | tuple[str, int]:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    title = _TITLES.get(error.code, error.name)
    detail = _SENTENCES.get(error.code, error.description or error.name)
    return _page(error.code, _(title), _(detail)) if wants_page() else problem(error.code, title, detail)


def fell_silent(_error: BlockingIOError) -> BaseResponse | tuple[str, int]:
    """Who asked went out of reach in the middle of a form or a file, or sends too slowly (patience.py)."""
    return http_error(RequestTimeout())


def database_error(error: DBAPIError) -> BaseResponse | tuple[str, int]:
    lost = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return database_down(error) if lost else bug(error)


def database_down(error: Exception) -> BaseResponse | tuple[str, int]:
    """Nothing was kept; who asks again in a moment is likely to be answered."""
    log.error("database_down", exc_info=error, request=g.get("request_id"))
    title, detail = _TITLES[503], _SENTENCES[503]
    if wants_page():
        return _page(503, _(title), _(detail))
    response = problem(503, title, detail)
    response.headers["Retry-After"] = "5"
    return response


def bug(error: Exception) -> BaseResponse | tuple[str, int]:
    log.error("unexpected", exc_info=error, request=g.get("request_id"))
    title, detail = _TITLES[500], _SENTENCES[500]
    number = g.get("request_id", "")
    return (
        _page(500, _(title), _(detail), number=number)
        if wants_page()
        else problem(500, title, detail, request=number)
    )


def init_app(app: Bridge) -> None:
    handlers: dict[type[Exception], Callable[[Any], BaseResponse | tuple[str, int]]] = {
        DomainError: domain_error,
        HTTPException: http_error,
        BlockingIOError: fell_silent,
        DBAPIError: database_error,
        psycopg.OperationalError: database_down,  # by a driver that is spoken to directly (lrs/bulk.py)
        psycopg.InterfaceError: database_down,
        sqlite3.OperationalError: database_down,
        Exception: bug,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)


def _page(
    status: int, title: str, detail: str, fields: dict[str, str] | None = None, number: str = ""
) -> tuple[str, int]:
    app = bridge()
    apart = request.host == app.content_host
    page = render_template(
        "error_apart.html" if apart else "error.html",
        title=title,
        detail=detail,
        fields=fields or {},
        number=number,
        service=app.settings.base_url,
    )
    return page, status
