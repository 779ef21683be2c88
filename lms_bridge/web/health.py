"""For whoever runs the service: is it alive, is it ready, how is it doing."""

import os

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import text

from .. import db
from ..errors import Unavailable
from .app import Bridge, bridge
from .errors import problem

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/health/ready")
def ready() -> Response:
    """The database and the storage answer too; 503 with a sentence where one does not."""
    try:
        db.session().execute(text("SELECT 1"))
        bridge().storage.check()
    except Unavailable as error:
        return problem(503, Unavailable.title, str(error))
    except Exception:
        return problem(503, Unavailable.title, "The database does not answer.")
    return jsonify({"status": "ok"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text format, of all processes."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
