"""The pages: the list of modules, a new one, the editor; and deleting, taking back, copying."""

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from .. import db
from ..accounts import current_user, requires_role
from ..web.app import bridge
from ..web.i18n import LANGUAGES, _, language
from . import drafts, service, starters
from .languages import NAMES
from .views import View
from .words import words

blueprint = Blueprint("authoring", __name__, template_folder="templates", url_prefix="/modules")
Answer = str | Response | tuple[str, int]
WRITERS = ("author", "librarian")
READERS = (*WRITERS, "coordinator")


def may_write() -> bool:
    return bool(set(WRITERS) & set(current_user().roles))


@blueprint.get("/")
@requires_role(*READERS)
def list_modules() -> Answer:
    search, archived = request.args.get("q", "").strip()[:200], "deleted" in request.args
    modules = service.list_modules(db.session(), search=search, archived=archived)
    return render_template(
        "authoring/list.html",
        modules=modules,
        search=search,
        archived=archived,
        may_write=may_write(),
        translate="translating.translations" in current_app.view_functions and "translating.translations",
    )


@blueprint.get("/new")
@requires_role(*WRITERS)
def new_module() -> Answer:
    chosen = request.args.get("language", language())
    chosen = chosen if chosen in LANGUAGES else "nb"
    return _new_page(chosen)


@blueprint.post("/new")
@requires_role(*WRITERS)
def create_module() -> Answer:
    form = request.form
    chosen = form.get("language", "") if form.get("language") in LANGUAGES else "nb"
    title = form.get("title", "").strip()
    if not title:
        return _new_page(chosen, _("Give the module a title. You can change it later.")), 400
    source = starters.document(form.get("starter", ""), chosen, title=title, holder=g.tenant.name)
    module = service.create(db.session(), source, by=current_user().id)
    return redirect(url_for("authoring.editor", module_id=module.id))


def _new_page(chosen: str, problem: str = "") -> str:
    return render_template(
        "authoring/new.html",
        chosen=chosen,
        starters=starters.STARTERS,
        title="",
        problem=problem,
        file_page=link_if_there("library.choose_file"),
    )


@blueprint.get("/<uuid:module_id>")
@requires_role(*READERS)
def editor(module_id: uuid.UUID) -> Answer:
    session = db.session()
    module = service.get(session, module_id)
    draft = service.draft_of(session, module_id)
    view = View(draft)
    above = ("publishing.preview", "publishing.prepare", "library.sharing", "translating.translations")
    links = {endpoint.partition(".")[2]: link_if_there(endpoint, module_id=module_id) for endpoint in above}
    if not may_write() or module.archived or module.taken_from:
        return render_template(
            "authoring/read.html", module=module, view=view, links=links, may_write=may_write()
        )
    start = {
        "id": str(module_id),
        "draft": view.whole(),
        "words": words(),
        "organisation": g.tenant.name,
        "person": current_user().name,
        "competences": competences(),
        "languages": list(NAMES.items()),
        "mostUploadMb": bridge().settings.max_upload_mb,
        "here": drafts.others_here(session, module_id, ""),
        "urls": {
            name: url_for(f"authoring.{name}", module_id=module_id)
            for name in ("edit", "undo", "changes", "presence", "upload", "findings", "deleted")
        },
    }
    return render_template("authoring/editor.html", module=module, start=start, links=links)


@blueprint.post("/<uuid:module_id>/copy")
@requires_role(*WRITERS)
def copy_module(module_id: uuid.UUID) -> Answer:
    session = db.session()
    title = _("Copy of %(title)s", title=service.get(session, module_id).title)[:5000]
    copy = service.copy(session, module_id, title=title, by=current_user().id)
    flash(_("This is the copy. What you change here does not change the original."))
    return redirect(url_for("authoring.editor", module_id=copy.id))


@blueprint.post("/<uuid:module_id>/delete")
@requires_role(*WRITERS)
def delete_module(module_id: uuid.UUID) -> Answer:
    module = service.archive(db.session(), module_id, by=current_user().id)
    undo = render_template("authoring/undo.html", module=module)
    flash(Markup(undo))  # noqa: S704 (a template's, escaped there)
    return redirect(url_for("authoring.list_modules"))


@blueprint.post("/<uuid:module_id>/restore")
@requires_role(*WRITERS)
def restore_module(module_id: uuid.UUID) -> Answer:
    module = service.unarchive(db.session(), module_id, by=current_user().id)
    flash(_("“%(title)s” is back.", title=module.title))
    return redirect(url_for("authoring.list_modules"))


def competences() -> list[dict[str, object]]:
    """What a module may give, from the register's catalogue where that slice is there (it registers the provider):
    [{"uri", "title", "validity_months"}]."""
    provider = current_app.extensions.get("authoring.competences")
    return list(provider(db.session())) if provider else []


def link_if_there(endpoint: str, **values: Any) -> str:
    """The address of a slice above this one, or nothing while it is not there."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
