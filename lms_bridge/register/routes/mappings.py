"""What activities of others give, said by a coordinator."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import db
from ...accounts import requires_role
from ...errors import Invalid
from ...web.app import bridge
from ...web.i18n import _
from .. import looking_back, mappings, policies
from ..models import ActivityMapping
from . import blueprint

Answer = str | Response | tuple[str, int]


@blueprint.get("/mappings")
@requires_role("coordinator")
def list_mappings() -> Answer:
    session = db.session()
    return render_template(
        "register/mappings.html",
        mappings=mappings.list_mappings(session),
        suggestions=looking_back.suggestions(session),
        counting=mappings.COUNTING,
    )


@blueprint.get("/mappings/new")
@requires_role("coordinator")
def new_mapping() -> Answer:
    values = {"pattern": request.args.get("pattern", "")[:1000], "words": mappings.USUAL}
    return _page(None, values)


@blueprint.get("/mappings/<uuid:mapping_id>")
@requires_role("coordinator")
def mapping(mapping_id: uuid.UUID) -> Answer:
    row = mappings.get_mapping(db.session(), mapping_id)
    values = {
        "pattern": row.pattern,
        "competence": row.competence_id,
        "words": row.words,
        "level": row.level or "",
        "validity_months": row.validity_months or "",
    }
    return _page(row, values)


@blueprint.post("/mappings/new", defaults={"mapping_id": None})
@blueprint.post("/mappings/<uuid:mapping_id>")
@requires_role("coordinator")
def save_mapping(mapping_id: uuid.UUID | None) -> Answer:
    """Tells what the mapping would give, or saves it and looks back over what is stored."""
    session, form = db.session(), request.form
    row = mappings.get_mapping(session, mapping_id) if mapping_id else None
    values = form.to_dict() | {"words": form.getlist("words")}
    try:
        rule = mappings.read(session, form, form.getlist("words"))
    except Invalid as refused:
        return _page(row, values, refused.fields), 400
    if form.get("action") == "preview":
        return _page(row, values, found=looking_back.preview(session, rule))
    patterns = sorted({rule.pattern} | ({row.pattern} if row else set()))
    row = mappings.save(session, rule, row)
    looking_back.begin(session, bridge().jobs, patterns, row)
    flash(_("Saved. What is stored already is being looked through."))
    return redirect(url_for("register.list_mappings"), 303)


@blueprint.post("/mappings/<uuid:mapping_id>/remove")
@requires_role("coordinator")
def remove_mapping(mapping_id: uuid.UUID) -> Answer:
    session = db.session()
    pattern = mappings.remove(session, mapping_id)
    looking_back.begin(session, bridge().jobs, [pattern])
    flash(_("Removed. What it gave is being taken back."))
    return redirect(url_for("register.list_mappings"), 303)


@blueprint.get("/mappings/<uuid:mapping_id>/progress")
@requires_role("coordinator")
def mapping_progress(mapping_id: uuid.UUID) -> Answer:
    """How far the look back has come: a part of the list, asked for every other second."""
    row = mappings.get_mapping(db.session(), mapping_id)
    return render_template("register/_mapping_progress.html", row=row)


def _page(
    row: ActivityMapping | None,
    values: Mapping[str, Any],
    fields: Mapping[str, str] | None = None,
    found: looking_back.Preview | None = None,
) -> str:
    return render_template(
        "register/mapping.html",
        row=row,
        values=values,
        fields=fields or {},
        found=found,
        competences=policies.list_competences(db.session()),
        counting=mappings.COUNTING,
    )
