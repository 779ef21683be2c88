"""Lists on their way in: choose a file, match its columns, see what it will do, confirm."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import db
from ...accounts import current_user, requires_role
from ...errors import Invalid
from ...web.addresses import whole
from ...web.app import bridge, take_files
from ...web.i18n import N_, _
from .. import imports, list_sources, policies, tables
from ..jobs import TAKE_WAITING, WRITE_LIST, secret_key
from ..models import Import
from . import blueprint

Answer = str | Response | tuple[str, int]


@blueprint.get("/lists")
@requires_role("coordinator")
def lists() -> Answer:
    return render_template("register/lists.html", imports=imports.latest(db.session()), kinds=imports.KINDS)


@blueprint.get("/lists/new/<kind>")
@requires_role("coordinator")
def new_list(kind: str) -> Answer:
    return _new_list_page(kind, "")


@blueprint.post("/lists/new/<kind>")
@requires_role("coordinator")
def upload_list(kind: str) -> Answer:
    imports.kind_of(kind)
    take_files(tables.MAX_BYTES)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid(N_("Choose a file first."))
        row = imports.upload(db.session(), kind, file.filename, file.stream, current_user().id)
    except Invalid as refused:
        problem = _(refused.message, **refused.details)
        return _new_list_page(kind, problem), 400
    return redirect(url_for("register.match_list", import_id=row.id))


def _new_list_page(kind: str, problem: str) -> str:
    known = imports.kind_of(kind)
    needed = {name for names in known.needed for name in names}
    return render_template(
        "register/new_list.html",
        kind=kind,
        title=known.title,
        problem=problem,
        needed=known.needed,
        others=[name for name in known.columns if name not in needed],
        column_titles=imports.COLUMN_TITLES,
        begun=policies.begun(db.session()),
    )


@blueprint.get("/lists/<uuid:import_id>")
@requires_role("coordinator")
def match_list(import_id: uuid.UUID) -> Answer:
    """Which column is what; once it is written, what it did."""
    row = imports.get_import(db.session(), import_id)
    if row.state not in {"uploaded", "failed"}:
        return render_template(
            "register/written_list.html",
            row=row,
            title=imports.KINDS[row.kind].title,
            begun=policies.begun(db.session()),
        )
    return _match_page(row, row.columns, row.options, {})


@blueprint.post("/lists/<uuid:import_id>")
@requires_role("coordinator")
def save_match(import_id: uuid.UUID) -> Answer:
    session, form = db.session(), request.form
    row = imports.get_import(session, import_id)
    names = imports.KINDS[row.kind].columns
    written = {name: whole(form.get(name, "")) for name in names}
    chosen = {name: column for name, column in written.items() if column is not None}
    try:
        imports.match(session, import_id, chosen, _options(row))
    except Invalid as refused:
        return _match_page(row, chosen, _options(row), refused.fields)
    return redirect(url_for("register.preview_list", import_id=import_id))


def _options(row: Import) -> dict[str, Any]:
    form = request.form
    if row.kind != "completions":
        return {"full": "full" in form}
    kind, _colon, value = form.get("gives", "").partition(":")
    options: dict[str, Any] = {
        "source": form.get("source", "").strip()[:100],
        "course": form.get("course_is", ""),
    }
    try:
        value = str(uuid.UUID(value))
    except ValueError:
        return options
    return options | ({"module_id": value} if kind == "module" else {"competence_id": value})


def _match_page(
    row: Import, chosen: dict[str, int], options: dict[str, Any], fields: dict[str, str]
) -> Answer:
    session = db.session()
    header, rows = imports.sample(row)
    page = render_template(
        "register/match_list.html",
        row=row,
        title=imports.KINDS[row.kind].title,
        header=header,
        rows=rows,
        names=imports.KINDS[row.kind].columns,
        column_titles=imports.COLUMN_TITLES,
        chosen=chosen,
        options=options,
        fields=fields,
        courses=imports.courses(row),
        competences=policies.list_competences(session),
        modules=policies.list_modules(session),
    )
    return (page, 400) if fields else page


@blueprint.get("/lists/<uuid:import_id>/preview")
@requires_role("coordinator")
def preview_list(import_id: uuid.UUID) -> Answer:
    """What the list will do, and each row that cannot be used. Nothing is written."""
    session = db.session()
    row = imports.get_import(session, import_id)
    try:
        plan = imports.preview(session, row, secret_key(session))
    except Invalid as refused:
        problem = _(refused.message, **refused.details)
        return render_template("register/broken_list.html", row=row, problem=problem), 400
    usable = bool(row.connection_id or plan.counts.keys() - {"problems", "warnings", "nothing_closed"})
    return render_template(
        "register/preview_list.html",
        row=row,
        plan=plan,
        usable=usable,
        title=imports.KINDS[row.kind].title,
    )


@blueprint.post("/lists/<uuid:import_id>/confirm")
@requires_role("coordinator")
def confirm_list(import_id: uuid.UUID) -> Answer:
    session = db.session()
    row = imports.get_import(session, import_id)
    approved = "approve_closing" in request.form
    if row.connection_id:
        list_sources.remember(session, row)
        bridge().jobs.enqueue(session, TAKE_WAITING, connection_id=str(row.connection_id))
    if imports.is_large(row):
        imports.start(session, row)
        bridge().jobs.enqueue(session, WRITE_LIST, import_id=str(row.id), approve_closing=approved)
        flash(_("The list is being written. Load this page again in a minute."))
    else:
        imports.confirm(session, row, secret_key(session), approve_closing=approved)
        flash(_("The list is written."))
    return redirect(url_for("register.match_list", import_id=import_id))


@blueprint.post("/lists/<uuid:import_id>/cancel")
@requires_role("coordinator")
def cancel_list(import_id: uuid.UUID) -> Answer:
    session = db.session()
    imports.give_up(session, imports.get_import(session, import_id))
    flash(_("The list is given up. Nothing of it was written."))
    return redirect(url_for("register.lists"))
