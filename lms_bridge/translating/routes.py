"""The pages of translations: which there are, beginning one, and the original and the translation side by side."""

import uuid
from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from content.adapting import may_translate
from content.errors import NotXliff
from content.texts import sentence

from .. import db
from ..accounts import current_user, requires_role
from ..authoring import drafts
from ..authoring import service as authoring
from ..authoring.api import sent_json
from ..authoring.languages import NAMES
from ..authoring.routes import WRITERS
from ..authoring.views import View
from ..authoring.words import words
from ..errors import Conflict, Invalid
from ..library import service as library
from ..web.app import bridge, take_files
from ..web.i18n import N_, _, language
from . import files, service, views
from .models import Translation

blueprint = Blueprint("translating", __name__, template_folder="templates", url_prefix="/translations")
Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/of/<uuid:module_id>")
@requires_role(*WRITERS)
def translations(module_id: uuid.UUID) -> Answer:
    """Of a translation: what it is translated from, unless its own translations are asked for."""
    if "further" not in request.args and service.is_translation(db.session(), module_id):
        return redirect(url_for("translating.work", translation_id=module_id))
    return _translations_page(module_id)


@blueprint.post("/of/<uuid:module_id>")
@requires_role(*WRITERS)
def begin(module_id: uuid.UUID) -> Answer:
    chosen = request.form.get("language", "")
    try:
        module = service.begin(db.session(), module_id, chosen, by=current_user().id)
    except (Invalid, Conflict) as problem:
        return _translations_page(module_id, problem, chosen)
    return redirect(url_for("translating.work", translation_id=module.id))


def _translations_page(
    module_id: uuid.UUID, problem: Invalid | Conflict | None = None, chosen: str = ""
) -> Answer:
    session = db.session()
    module = authoring.get(session, module_id)
    found = service.of_module(session, module_id)
    taken = {module.language, *(one.language for one, _progress in found)}
    page = render_template(
        "translating/translations.html",
        module=module,
        found=found,
        choices=_choices(taken),
        chosen=chosen or language(),
        problem=problem,
    )
    return (page, 400) if problem else page


@blueprint.get("/shared/<uuid:shared_id>")
@requires_role(*WRITERS)
def of_shared(shared_id: uuid.UUID) -> Answer:
    return _shared_page(shared_id)


@blueprint.post("/shared/<uuid:shared_id>")
@requires_role(*WRITERS)
def begin_shared(shared_id: uuid.UUID) -> Answer:
    session, app, chosen = db.session(), bridge(), request.form.get("language", "")
    try:
        module = service.begin_shared(
            session, app.database, g.tenant, shared_id, chosen, by=current_user().id
        )
    except Invalid as problem:
        return _shared_page(shared_id, problem, chosen)
    return redirect(url_for("translating.work", translation_id=module.id))


def _shared_page(shared_id: uuid.UUID, problem: Invalid | None = None, chosen: str = "") -> Answer:
    shown = library.shown(db.session(), bridge().database, g.tenant, shared_id)
    verdict = may_translate(shown.module, g.tenant.names)
    page = render_template(
        "translating/shared.html",
        shared=shown.offer.shared,
        owner=shown.offer.owner,
        allowed=verdict.answer.value == "yes",
        reason=sentence(verdict.code, language()),
        choices=_choices({shown.offer.shared.language}),
        chosen=chosen or language(),
        problem=problem,
    )
    return (page, 400) if problem else page


def _choices(without: set[str]) -> list[tuple[str, str]]:
    return [
        ("", _("Choose a language")),
        *((code, name) for code, name in NAMES.items() if code not in without),
    ]


# --- side by side -------------------------------------------------------------------------------------------------


@blueprint.get("/<uuid:translation_id>")
@requires_role(*WRITERS)
def work(translation_id: uuid.UUID) -> Answer:
    return _work_page(translation_id)


def _work_page(translation_id: uuid.UUID, problem: Invalid | Conflict | None = None) -> Answer:
    session, app = db.session(), bridge()
    translation, module = service.get(session, translation_id), authoring.get(session, translation_id)
    if module.archived:  # its page says how to take it back
        return redirect(url_for("authoring.editor", module_id=translation_id))
    draft = authoring.draft_of(session, translation_id)
    lines, spoken = service.lines(session, translation), words()
    page = render_template(
        "translating/work.html",
        module=module,
        translation=translation,
        original_language=translation.base["language"],
        pages=views.by_page(lines, draft.document, spoken),
        progress=service.progress(lines),
        newest=service.newest(session, app.database, g.tenant, translation),
        start=_start(translation, View(draft), lines, spoken),
        problem=problem,
    )
    return (page, 400) if problem else page


def _start(
    translation: Translation, view: View, lines: list[service.Line], spoken: dict[str, str]
) -> dict[str, Any]:
    """What the page's script begins with."""
    module_id = translation.module_id
    return {
        "id": str(module_id),
        "draft": view.whole(),
        "words": {**spoken, **views.words()},
        "person": current_user().name,
        "here": drafts.others_here(db.session(), module_id, ""),
        "lines": [views.told(line) for line in lines],
        "urls": {
            **{
                name: url_for(f"authoring.{name}", module_id=module_id)
                for name in ("edit", "undo", "changes", "presence")
            },
            "settle": url_for("translating.settle", translation_id=module_id),
        },
    }


@blueprint.post("/<uuid:translation_id>/settled")
@requires_role(*WRITERS)
def settle(translation_id: uuid.UUID) -> Response:
    """Notes that texts are right as they are; answers how far they are now."""
    keys = sent_json().get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Invalid(N_("The request is not JSON."))
    lines = service.settle(db.session(), translation_id, keys)
    return jsonify([views.told(line) for line in lines])


@blueprint.post("/<uuid:translation_id>/follow")
@requires_role(*WRITERS)
def follow(translation_id: uuid.UUID) -> Answer:
    session, app = db.session(), bridge()
    author = service.new_author(current_user().id)
    try:
        progress = service.follow(session, app.database, g.tenant, translation_id, author)
    except Conflict as problem:
        session.rollback()
        return _work_page(translation_id, problem)
    flash(_("The translation has what is new. Translated texts to look at again: %(n)s.", n=progress.changed))
    return redirect(url_for("translating.work", translation_id=translation_id))


# --- as a file for a translator -----------------------------------------------------------------------------------


@blueprint.get("/<uuid:translation_id>/file")
@requires_role(*WRITERS)
def fetch_file(translation_id: uuid.UUID) -> Response:
    session = db.session()
    translation = service.get(session, translation_id)
    module = authoring.get(session, translation_id)
    body = files.write(translation, module, service.lines(session, translation), words())
    response = Response(body, mimetype="application/x-xliff+xml")
    response.headers.set("Content-Disposition", "attachment", filename=files.name_of(module))
    return response


@blueprint.post("/<uuid:translation_id>/file")
@requires_role(*WRITERS)
def bring_file(translation_id: uuid.UUID) -> Answer:
    take_files(files.LARGEST)
    session, given = db.session(), request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Invalid(N_("Choose a file first."))
        written = files.bring_in(session, translation_id, given.read(), service.new_author(current_user().id))
    except NotXliff as error:
        return _work_page(translation_id, Invalid(sentence(error.code, language())))
    except (Invalid, Conflict) as problem:
        session.rollback()
        return _work_page(translation_id, problem)
    flash(_("Texts taken from the file: %(n)s.", n=written))
    return redirect(url_for("translating.work", translation_id=translation_id))
