"""Pages that show: one's own competence, a unit's, the municipality's; and the lists taken out of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ... import db
from ...accounts import audit, current_user, requires_role, requires_sign_in
from ...errors import NotFound
from ...web.csv_files import Cell, csv_file
from ...web.i18n import _, format_date, in_language
from .. import documents, exports, figures, identities, people, pictures, policies, privacy, sources
from ..service import today
from . import blueprint
from .labels import FLAGS, STATES

Answer = str | BaseResponse | tuple[str, int]


@blueprint.get("/me")
@requires_sign_in
def own() -> Answer:
    """What I have, what I need, until when, and what to take."""
    return own_page({}, {})


def own_page(values: dict[str, Any], fields: dict[str, str]) -> Answer:
    """The page, with what was written in a form and what is wrong with it."""
    session = db.session()
    person_id = identities.person_of_account(session, current_user().id)
    if person_id is None:
        return render_template("register/own_unknown.html")
    figures = person_figures(person_id, own=True)
    page = render_template("register/own.html", values=values, fields=fields, **figures)
    return (page, 400) if fields else page


@blueprint.get("/me/export")
@requires_sign_in
def own_export() -> Answer:
    """Everything that is kept on me, and who looked, as a file."""
    session = db.session()
    person_id = identities.person_of_account(session, current_user().id)
    if person_id is None:
        raise NotFound()
    answer = jsonify(privacy.export_person(session, person_id))
    answer.headers["Content-Disposition"] = "attachment; filename=competence.json"
    return answer


def person_figures(person_id: uuid.UUID, *, own: bool) -> dict[str, Any]:
    """What the pages on one person show; what to take is for the person only."""
    session = db.session()
    day = today(session)
    cells = figures.of_person(session, person_id, day)
    evidence = figures.evidence_of(session, person_id)
    competences = {c.id: c for c in policies.list_competences(session)}
    needed = {c.competence_id for c in cells if c.state in figures.ATTENTION}
    return {
        "cells": cells,
        "evidence": figures.shown(evidence),
        "sources": sources.names(session, {row.source for row in evidence}),
        "competences": competences,
        "courses": figures.courses_giving(session, needed) if own else {},
        "documents": documents.behind(session, evidence),
        "positions": people.positions_of(session, person_id),
        "role_titles": people.role_titles(session),
        "looks": privacy.looks(session, person_id, 50),
        "today": day,
    }


@blueprint.get("/units")
@requires_role("leader", "coordinator")
def units() -> Answer:
    """The first of the units that the reader may read."""
    session = db.session()
    tree = people.tree(session)
    reach = people.reach_of(session, current_user(), tree)
    first = next((unit for unit, _depth in tree.in_order() if reach.sees_unit(unit.id)), None)
    if first is None:
        return render_template("register/no_unit.html")
    return redirect(url_for("register.unit", unit_id=first.id))


@blueprint.get("/units/<uuid:unit_id>")
@requires_role("leader", "coordinator")
def unit(unit_id: uuid.UUID) -> Answer:
    """Who in a unit meets what, what runs out within 90 days, what is missing."""
    session = db.session()
    tree = people.tree(session)
    reach = people.reach_of(session, current_user(), tree)
    row = people.get_unit(session, reach, tree, unit_id)
    day, asked = today(session), _asked()
    audit.record_read(session, f"unit:{unit_id.hex}")
    below = tree.below([unit_id]) if asked["parts"] else {unit_id}
    matrix = figures.matrix(
        session,
        below,
        day,
        state=asked["state"],
        competence_id=asked["competence"],
        text=asked["text"],
        page=asked["page"],
    )
    visible = [(u, depth) for u, depth in tree.in_order() if reach.sees_unit(u.id)]
    ids = {u.id for u, _depth in visible}
    return render_template(
        "register/unit.html",
        unit=row,
        tops=[u for u, _depth in visible if u.parent_id not in ids],
        way=[u for u in tree.above(unit_id) if reach.sees_unit(u.id)],
        parts=tree.children.get(unit_id, []),
        units=visible,
        matrix=matrix,
        expiring=figures.expiring(session, below, day),
        role_titles=people.role_titles(session),
        asked=asked,
        attention=figures.ATTENTION,
    )


@blueprint.get("/units/<uuid:unit_id>/export.<any(csv,xlsx):form>")
@requires_role("leader", "coordinator")
def unit_export(unit_id: uuid.UUID, form: str) -> Answer:
    """The unit's whole list as CSV or XLSX, filtered as on the page."""
    session = db.session()
    tree = people.tree(session)
    reach = people.reach_of(session, current_user(), tree)
    row = people.get_unit(session, reach, tree, unit_id)
    asked = _asked()
    below = tree.below([unit_id]) if asked["parts"] else {unit_id}
    matrix = figures.matrix(
        session,
        below,
        today(session),
        state=asked["state"],
        competence_id=asked["competence"],
        text=asked["text"],
        size=None,
    )
    titles = people.role_titles(session)
    header = [
        _("Name"),
        _("Unit"),
        _("Roles"),
        _("Competence"),
        _("State"),
        _("Valid until"),
        _("Due on"),
        _("Flags"),
    ]
    audit.record_read(session, f"unit:{unit_id.hex}", list=form)
    return as_file(form, row.name, header, list(_unit_rows(matrix, titles)))


def _unit_rows(matrix: figures.Matrix, titles: dict[str, str]) -> Iterator[Sequence[Cell]]:
    for line in matrix.lines:
        roles = ", ".join(titles.get(code, code) for code in line.roles)
        for competence in matrix.competences:
            if cell := line.cells.get(competence.id):
                yield (
                    line.name,
                    line.unit,
                    roles,
                    in_language(competence.titles),
                    _(STATES[cell.state]),
                    cell.valid_until,
                    cell.due_on,
                    ", ".join(_(FLAGS[flag]) for flag in sorted(cell.flags)),
                )


def _asked() -> dict[str, Any]:
    """The page's filter, from the address; what makes no sense is left out."""
    arguments = request.args
    competence = arguments.get("competence", "")
    state = arguments.get("state", "")
    try:
        competence_id = uuid.UUID(competence) if competence else None
    except ValueError:
        competence_id = None
    return {
        "parts": arguments.get("parts", "1") != "0",
        "state": state if state in {"attention", "overdue", *STATES} else "",
        "competence": competence_id,
        "text": arguments.get("text", "")[:100],
        "page": max(1, arguments.get("page", 1, int)),
    }


@blueprint.get("/overview")
@requires_role("leader", "coordinator", "administrator")
def overview() -> Answer:
    """The municipality's figures, with pictures; nobody can be told from them."""
    return render_template("register/overview.html", **_overview())


@blueprint.get("/overview/export.<any(csv,xlsx):form>")
@requires_role("leader", "coordinator", "administrator")
def overview_export(form: str) -> Answer:
    shown = _overview()
    header = [_("Competence"), *(_(STATES[state]) for state in pictures.ORDER)]
    rows = [[bar.label, *(_few(n) for n in bar.counts)] for bar in shown["competence_bars"]]
    return as_file(form, _("Overview"), header, rows)


def _few(count: int | None) -> Cell:
    return _("few") if count is None else count


def _overview() -> dict[str, Any]:
    session = db.session()
    day = today(session)
    tree = people.tree(session)
    everybody = "coordinator" in current_user().roles
    competences = {c.id: c for c in policies.list_competences(session)}
    by_competence = figures.count_by_competence(session, day)
    by_unit = figures.count_by_unit(session, day)
    return {
        "competence_bars": [
            pictures.bar(in_language(competence.titles), by_competence[competence.id], exact=everybody)
            for competence in competences.values()
            if competence.id in by_competence
        ],
        "unit_bars": [
            pictures.bar(unit.name, pictures.added(by_unit, tree.below([unit.id])), exact=everybody)
            for unit in tree.main_parts()
        ],
        "asks": policies.begun(session)["requirements"],
        "months": pictures.columns(
            [(format_date(first, "MMM yy"), n) for first, n in figures.expiring_by_month(session, day)],
            exact=everybody,
        ),
        "share": pictures.share(pictures.added(by_unit, by_unit), exact=everybody),
        "exact": everybody,
        "order": pictures.ORDER,
    }


def as_file(form: str, title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Response:
    """A list as a download."""
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower()).strip("-") or "list"
    if form == "csv":
        body: Any = csv_file(header, rows)
        kind = "text/csv; charset=utf-8"
    else:
        body = exports.xlsx_file(title, header, rows)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = Response(body, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.{form}"
    return answer
