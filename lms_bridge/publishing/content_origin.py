"""The content origin: modules are shown from here, apart from the service, without any cookie."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response as BaseResponse

from content.html import Markup, h

from .. import db
from ..authoring import service as authoring
from ..errors import DomainError, NotFound, status_of
from ..web.app import Bridge, bridge
from ..web.files import send_stored
from ..web.i18n import _, language
from . import delivery, live
from .models import ModuleVersion

blueprint = Blueprint("content", __name__)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "font-src 'self'; connect-src 'self' {service}; base-uri 'none'; form-action 'none'; frame-ancestors {framers}"
)
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


@blueprint.get("/v/<signed>/<path:name>")
def file(signed: str, name: str) -> Response:
    """A file of a version: the player's own, or one of its assets."""
    app = bridge()
    tenant_id, subject_id, standard, g.framed_by_lms = delivery.opened(app, signed)
    session = db.session()
    db.bind_tenant(session, tenant_id)
    if standard == delivery.LIVE:
        return _live(app, live.shown(subject_id), name)
    if standard == delivery.DRAFT:
        document, revision = authoring.document(session, subject_id), ""
    else:
        document, revision = _frozen(subject_id)
    if name.startswith("assets/"):
        return _asset(app, document, name)
    files = delivery.player_files(subject_id, standard, json.dumps(document, sort_keys=True), revision)
    return _generated(files, name)


@blueprint.get("/live/<key>")
def newest(key: str) -> BaseResponse:
    """A package that stays up to date is opened (live.py): on to its newest version, or why that cannot be."""
    g.framed_by_lms = True
    try:
        return redirect(live.opened(bridge(), key))
    except DomainError as error:
        title, told = _(error.title), _(error.message, **error.details)
        main = h("main", h("div", h("h1", title), h("p", told), role="alert"))
        page = live.page(title, language(), main, h("style", Markup(live.STYLE)))
        policy = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *"
        }
        return Response(page, status_of(error), policy)


def _live(app: Bridge, shown: live.Shown, name: str) -> Response:
    if not name.startswith("assets/"):
        return _generated(shown.files, name)
    digest = _digest(name)
    if digest not in shown.media:
        raise NotFound
    return send_stored(app.storage, digest, shown.media[digest])


def _generated(files: Mapping[str, bytes], name: str) -> Response:
    if name not in files:
        raise NotFound
    response = Response(files[name], mimetype=_TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _frozen(version_id: uuid.UUID) -> tuple[dict[str, Any], str]:
    version = db.session().get(ModuleVersion, version_id, options=[undefer(ModuleVersion.document)])
    if version is None:
        raise NotFound
    return version.document, str(version.number)


def _asset(app: Bridge, document: dict[str, Any], name: str) -> Response:
    digest = _digest(name)
    asset = document["assets"].get(digest)
    if asset is None:
        raise NotFound
    return send_stored(app.storage, digest, asset["media_type"])


def _digest(name: str) -> str:
    return name.removeprefix("assets/").partition(".")[0]


@blueprint.after_request
def guard(response: Response) -> Response:
    """The service may frame it, or the LMS it was launched from; it may talk to the service's LRS only.

    An LMS shows its pages from more hosts than its issuer names (Canvas: one for each customer), so a launch from
    one may be framed by any: the signed address is the key, and a click in it can only answer the course.
    """
    service = "{0.scheme}://{0.netloc}".format(urlsplit(bridge().settings.base_url))
    framers = "*" if g.get("framed_by_lms") else service
    policy = POLICY.format(service=service, framers=framers)
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
