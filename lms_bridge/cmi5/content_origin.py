"""The files of brought-in courses, on the content origin: one signed path space a course, no cookie, no way out.

A course runs its own scripts there and talks to the service's LRS. It loads no scripts from elsewhere; films and
pictures of its supplier's it may show. `sandbox` keeps it from navigating the window that framed it.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response
from sqlalchemy import select

from .. import db
from ..errors import NotFound
from ..web.app import bridge
from ..web.files import send_stored
from . import launching
from .models import CourseFile

blueprint = Blueprint("courses", __name__)
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' https: data: blob:; media-src 'self' https: data: blob:; "
    "connect-src 'self' {service}; frame-src 'self' https:; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'self'; "
    "sandbox allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-downloads"
)


@blueprint.get("/c/<signed>/<path:path>")
def file(signed: str, path: str) -> Response:
    """A file of a course."""
    app = bridge()
    tenant_id, course_id = launching.opened(app, signed)
    session = db.session()
    db.bind_tenant(session, tenant_id)
    found = session.scalars(
        select(CourseFile).where(CourseFile.course_id == course_id, CourseFile.path == path)
    ).first()
    if found is None:
        raise NotFound
    return send_stored(app.storage, found.sha256, found.media_type)


@blueprint.after_request
def guard(response: Response) -> Response:
    service = "{0.scheme}://{0.netloc}".format(urlsplit(bridge().settings.base_url))
    response.headers["Content-Security-Policy"] = POLICY.format(service=service)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"  # courses frame their own pages
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = (
        "unsafe-none"  # a sandboxed course may open its own windows
    )
    return response
