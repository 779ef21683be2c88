"""Two entries that are one person: finding the other, looking at both, merging, and undoing it."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import db
from ...accounts import current_user, requires_role
from ...web.i18n import _
from .. import merges, people
from . import blueprint
from .people import Answer, id_of


@blueprint.get("/people/<uuid:person_id>/merge")
@requires_role("coordinator")
def find_same(person_id: uuid.UUID) -> Answer:
    """Search for the other entry; `with` shows both side by side before anything is done."""
    session = db.session()
    reach = people.reach_of(session, current_user())
    entry = merges.entry_of(session, person_id)
    text = request.args.get("text", entry.person.name)[:100]
    other = merges.entry_of(session, id_of(request.args["with"])) if "with" in request.args else None
    found = [] if other else people.search(session, reach, text, 20)
    return render_template(
        "register/merge.html",
        entry=entry,
        other=other,
        text=text,
        people=[one for one in found if one.id != person_id],
        merged=[] if other else merges.merges_of(session, person_id),
    )


@blueprint.post("/people/<uuid:person_id>/merge")
@requires_role("coordinator")
def merge_people(person_id: uuid.UUID) -> Response:
    merges.merge(db.session(), person_id, id_of(request.form.get("other", "")), by=current_user().id)
    flash(_("Merged: all that either had is here now."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/merges/<uuid:merge_id>/undo")
@requires_role("coordinator")
def undo_merge(merge_id: uuid.UUID) -> Response:
    done = merges.undo(db.session(), merge_id, by=current_user().id)
    flash(_("They are two entries again, each with what it had."))
    return redirect(url_for("register.person", person_id=done.kept_id))
