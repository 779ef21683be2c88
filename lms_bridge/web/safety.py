"""What a browser is told to refuse, and the requests that are refused here (facts: cross-site POST, framed pages)."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, abort, request

from ..errors import N_, Forbidden
from .app import Bridge, bridge

View = TypeVar("View", bound=Callable[..., Any])
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-src 'self' {content}; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def headers_of(app: Bridge) -> dict[str, str]:
    """What every answer of the service carries, unless it says something else itself."""
    policy = POLICY.format(content=app.settings.content_url)
    headers = {**HEADERS, "Content-Security-Policy": policy}
    if app.settings.base_url.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def from_other_sites(view: View) -> View:
    """Marks a view that others post to: what they bring guards it (a state, a signature) instead of where it comes
    from.
    """
    view.from_other_sites = True  # type: ignore[attr-defined]
    return view


def from_own_page() -> bool:
    """Whether the browser says that a page of ours sent this request, and not one of another site."""
    site, sender = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = "{0.scheme}://{0.netloc}".format(urlsplit(bridge().settings.base_url))
    return site == "same-origin" or (site is None and sender in (own, request.host_url.rstrip("/")))


def init_app(app: Bridge) -> None:
    defaults = headers_of(app)

    @app.before_request
    def keep_origins_apart() -> None:
        """The content origin serves content only, and the service never from there."""
        blueprint = (request.blueprint or "").partition(".")[0]
        if (request.host == app.content_host) != (blueprint == "content"):
            abort(404)

    @app.before_request
    def refuse_cross_site_changes() -> None:
        """Browsers say where a request comes from; one that changes something by cookie must come from here, and so
        must a form, by which another site could sign somebody in as somebody else.
        """
        is_form = request.headers.get("Sec-Fetch-Mode") == "navigate"
        if (
            request.method in ("GET", "HEAD", "OPTIONS")
            or not (is_form or app.config["SESSION_COOKIE_NAME"] in request.cookies)
            or getattr(app.view_functions.get(request.endpoint or ""), "from_other_sites", False)
        ):
            return
        if not from_own_page():
            raise Forbidden(
                N_("This request came from another site and was refused. Open the page here and try again.")
            )

    @app.after_request
    def add_headers(response: Response) -> Response:
        wanted = dict(defaults)
        if request.endpoint != "static":
            wanted["Cache-Control"] = "no-store"
        for name, value in response.headers:  # looking each up in werkzeug's list costs ten times as much
            wanted.pop(name, None)
            if name == "Content-Security-Policy" and "frame-ancestors 'none'" not in value:
                wanted.pop("X-Frame-Options", None)  # its own policy says who may frame it
        response.headers.extend(wanted)
        return response
