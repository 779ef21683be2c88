"""/api/openapi.json, and the same as a page for the people who write the other programs."""

from typing import Any

import msgspec
from flask import Blueprint, Response, render_template, request

from ..web.app import bridge
from . import openapi

blueprint = Blueprint("api_pages", __name__, template_folder="templates")


@blueprint.get("/api/openapi.json")
def document() -> Response:
    """Open to all: it says nothing of anybody."""
    response = Response(openapi.document(bridge().settings.base_url), content_type="application/json")
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response


@blueprint.get("/api/")
def index() -> str:
    """Every operation, by what it is for."""
    described: dict[str, Any] = msgspec.json.decode(openapi.document(bridge().settings.base_url))
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in described["tags"]}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            groups[operation["tags"][0]].append({"path": path, "method": method.upper(), **operation})
    return render_template(
        "api/index.html", tags=described["tags"], groups=groups, address=bridge().settings.base_url
    )
