"""Modules in other languages, text by text beside their originals."""

from flask import url_for
from sqlalchemy.orm import Session

from ..authoring.models import Module
from ..web.app import Bridge
from ..web.i18n import N_, ngettext
from . import service
from .models import Translation


def init_app(app: Bridge) -> None:
    from . import routes

    app.register_blueprint(routes.blueprint)
    ways: list[tuple[str, str]] = app.extensions.setdefault("publishing.ways_of_own", [])
    ways.append(("translating.translations", N_("Translate it")))
    app.extensions.setdefault("publishing.advice", []).append(_advice)


def _advice(session: Session, module: Module) -> list[tuple[str, str]]:
    """What to look at before a translation is published: (sentence, address)."""
    translation = session.get(Translation, module.id)
    if translation is None:
        return []
    progress = service.progress(service.lines(session, translation))
    left = progress.total - progress.translated
    if not left:
        return []
    text = ngettext("%(n)s text is not translated.", "%(n)s texts are not translated.", left)
    return [(text, url_for("translating.work", translation_id=module.id))]
