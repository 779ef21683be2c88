"""Modules in other languages, text by text beside their originals."""

from ..web.app import Bridge
from ..web.i18n import N_


def init_app(app: Bridge) -> None:
    from . import routes

    app.register_blueprint(routes.blueprint)
    ways: list[tuple[str, str]] = app.extensions.setdefault("publishing.ways_of_own", [])
    ways.append(("translating.translations", N_("Translate it")))
