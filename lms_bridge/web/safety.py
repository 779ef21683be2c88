"""What a browser is told to refuse, and the requests that are refused here (facts: cross-site POST, framed pages)."""

from urllib.parse import urlsplit

from flask import Response, abort, request

from ..errors import N_, Forbidden
from .app import Bridge

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


def init_app(app: Bridge) -> None:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(app.settings.base_url))
    policy = POLICY.format(content=app.settings.content_url)
    secure = origin.startswith("https:")

    @app.before_request
    def keep_origins_apart() -> None:
        """The content origin serves content only, and the service never from there."""
        blueprint = (request.blueprint or "").partition(".")[0]
        if (request.host == app.content_host) != (blueprint == "content"):
            abort(404)

    @app.before_request
    def refuse_cross_site_changes() -> None:
        """Browsers say where a request comes from; one that changes something by cookie must come from here."""
        if (
            request.method in ("GET", "HEAD", "OPTIONS")
            or app.config["SESSION_COOKIE_NAME"] not in request.cookies
        ):
            return
        site, sender = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site == "same-origin" or (site is None and sender in (origin, request.host_url.rstrip("/"))):
            return
        raise Forbidden(
            N_("This request came from another site and was refused. Open the page here and try again.")
        )

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.blueprint == "content":  # shown in a frame of the service; its policy says so
            del response.headers["X-Frame-Options"]
        response.headers.setdefault("Content-Security-Policy", policy)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
