"""The pages of beginning with a document: choosing the file, and what came of it."""

import uuid
from collections.abc import Iterable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask import session as kept

from content.importers import Lost
from content.texts import sentence

from .. import db
from ..accounts import audit, current_user, requires_role
from ..errors import Invalid
from ..web.app import bridge, take_files
from ..web.i18n import LANGUAGES, N_, _, language
from . import documents, service, starters, uploads
from .routes import WRITERS, Answer, blueprint

MOST_TOLD = 60  # lines; they are kept in the reader's cookie


@blueprint.get("/new/document")
@requires_role(*WRITERS)
def choose_document() -> Answer:
    return _choosing(language())


@blueprint.post("/new/document")
@requires_role(*WRITERS)
def begin_with_document() -> Answer:
    session, app, by = db.session(), bridge(), current_user().id
    session.commit()  # the upload may take minutes: nothing may hold the database meanwhile
    most_mb, aside = app.settings.max_upload_mb, app.settings.data_dir / "uploads"
    take_files(most_mb * 1_000_000)
    given, chosen = request.files.get("file"), request.form.get("language", "")
    chosen = chosen if chosen in LANGUAGES else "nb"
    try:
        if given is None or not given.filename:
            raise Invalid(N_("Choose a file first."))
        with uploads.put_aside(given, aside) as path:
            found, lost = documents.read(
                path,
                given.filename,
                app.storage,
                language=chosen,
                spoken=language(),
                most_mb=most_mb,
                aside=aside,
            )
        source = {**found, "rights": starters.rights(g.tenant.name)}
        module = service.create(session, source, by=by)
    except Invalid as problem:
        return _choosing(chosen, problem), 400
    audit.record(session, "module.begun", f"module:{module.id}", account_id=by)
    if not lost:
        flash(_("Everything came along. Look it through, and go on writing."))
        return redirect(url_for("authoring.editor", module_id=module.id))
    kept["brought"] = [str(module.id), *([one.kind, one.count, one.page] for one in lost[:MOST_TOLD])]
    return redirect(url_for("authoring.brought", module_id=module.id))


@blueprint.get("/<uuid:module_id>/brought")
@requires_role(*WRITERS)
def brought(module_id: uuid.UUID) -> Answer:
    """What could not come along, for who brought the document in."""
    module = service.get(db.session(), module_id)
    told = kept.get("brought") or [""]
    if told[0] != str(module_id):
        return redirect(url_for("authoring.editor", module_id=module_id))
    lost = [Lost(*one) for one in told[1:]]
    pages = service.draft_of(db.session(), module_id).document["pages"]
    return render_template(
        "authoring/brought.html",
        module=module,
        whole=_in_words(one for one in lost if one.page is None),
        places=list(_by_page(pages, lost)),
        more=len(lost) == MOST_TOLD,
    )


def _by_page(pages: list[dict[str, Any]], lost: list[Lost]) -> Iterable[dict[str, Any]]:
    for number, page in enumerate(pages):
        if told := _in_words(one for one in lost if one.page == number):
            yield {"number": number + 1, "title": page["title"], "told": told}


def _in_words(lost: Iterable[Lost]) -> list[str]:
    return [sentence(one.code, language(), count=one.count) for one in lost]


def _choosing(chosen: str, problem: Invalid | None = None) -> str:
    return render_template("authoring/document.html", chosen=chosen, problem=problem)
