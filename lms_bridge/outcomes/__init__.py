"""How a module goes, counted for those who write it from what its learners did: nobody's name, nothing of a few."""

from ..web.app import Bridge
from ..web.i18n import N_


def init_app(app: Bridge) -> None:
    from . import routes

    app.register_blueprint(routes.blueprint)
    ways: list[tuple[str, str]] = app.extensions.setdefault("publishing.ways_back", [])
    ways.append(("outcomes.of_module", N_("See how it goes")))
