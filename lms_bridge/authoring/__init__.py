"""Writing modules: the list, the editor, the drafts that several people write in at once."""

from ..web import navigation
from ..web.app import Bridge
from ..web.i18n import N_
from .languages import language_name


def init_app(app: Bridge) -> None:
    from . import api, document_pages, routes, unused_files  # noqa: F401 (more addresses, and the night's job)

    app.register_blueprint(routes.blueprint)
    app.add_template_filter(language_name)
    navigation.add(
        N_("Modules"),
        "authoring.list_modules",
        *routes.READERS,
        order=5,
        hint=N_("Write, publish, and fetch packages for your LMS."),
    )
