"""The Learning Record Store: xAPI 1.0.3 and 2.0 (IEEE 9274.1.1) under /xapi/, one a municipality."""

from lms_bridge.web.app import Bridge


def init_app(app: Bridge) -> None:
    from . import direct, pages, resources, retention_pages  # noqa: F401  # adds its page

    app.register_blueprint(resources.blueprint)
    pages.init_app(app)
    app.wsgi_app = direct.Direct(app, app.wsgi_app)  # type: ignore[method-assign]
