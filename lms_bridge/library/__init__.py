"""Reuse: what municipalities share with each other, used as it is or made into a version of one's own."""

from ..web import navigation
from ..web.app import Bridge
from ..web.i18n import N_


def init_app(app: Bridge) -> None:
    from ..authoring.routes import READERS
    from . import routes

    app.register_blueprint(routes.blueprint)
    navigation.add(
        N_("Library"),
        "library.offers",
        *READERS,
        order=6,
        hint=N_("Find what other municipalities have made, and use it as it is or as a start."),
    )
    ways: list[tuple[str, str]] = app.extensions.setdefault("publishing.ways_of_own", [])
    ways.append(("library.sharing", N_("Share it with other municipalities")))
