"""The interface for other programs of a municipality: /api/v1/, described by /api/openapi.json."""

from ..web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import pages
    from .protocol import blueprint

    app.register_blueprint(blueprint)
    app.register_blueprint(pages.blueprint)
