"""Competences and requirements, edited by a coordinator."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ... import db
from ...accounts import current_user, requires_role
from ...errors import Conflict, Invalid
from ...web.i18n import LANGUAGES, _, in_language
from .. import account_links, documents, identities, people, policies, service
from ..dates import Renewal
from . import blueprint
from .people import id_of, needed_day, optional_number
from .reading import as_file

Answer = str | Response | tuple[str, int]


@blueprint.get("/desk")
@requires_role("coordinator")
def desk() -> Answer:
    """The coordinator's desk: the way to everything that keeps the register in order."""
    session = db.session()
    return render_template(
        "register/desk.html",
        begun=policies.begun(session),
        waiting=identities.count_waiting(session),
        accounts=len(account_links.unlinked(session)),
        approvals=documents.count_waiting(session, people.reach_of(session, current_user())),
    )


@blueprint.get("/competences")
@requires_role("coordinator")
def competences() -> Answer:
    session = db.session()
    rows = policies.list_competences(session)
    return render_template(
        "register/competences.html",
        competences=rows,
        modules=policies.modules_by_competence(session),
        kinds=policies.KINDS,
    )


@blueprint.get("/competences/new")
@requires_role("coordinator")
def new_competence() -> Answer:
    return _competence_page(None, {}, {})


@blueprint.get("/competences/<uuid:competence_id>")
@requires_role("coordinator")
def competence(competence_id: uuid.UUID) -> Answer:
    return _competence_page(competence_id, {}, {})


@blueprint.post("/competences/new", defaults={"competence_id": None})
@blueprint.post("/competences/<uuid:competence_id>")
@requires_role("coordinator")
def save_competence(competence_id: uuid.UUID | None) -> Answer:
    form = request.form
    try:
        policies.save_competence(
            db.session(),
            competence_id,
            uri=form.get("uri", "").strip(),
            titles={code: t for code in LANGUAGES if (t := form.get(f"title-{code}", "").strip()[:200])},
            kind=form.get("kind", "") if form.get("kind") in policies.KINDS else "knowledge",
            validity_months=optional_number(form.get("validity_months", ""), "validity_months"),
        )
    except Invalid as refused:
        return _competence_page(competence_id, form.to_dict(), refused.fields)
    except Conflict as refused:
        return _competence_page(competence_id, form.to_dict(), {"uri": _(refused.message, **refused.details)})
    flash(_("The competence is saved."))
    return redirect(url_for("register.competences"))


def _competence_page(
    competence_id: uuid.UUID | None, values: dict[str, Any], fields: dict[str, str]
) -> Answer:
    row = policies.get_competence(db.session(), competence_id) if competence_id else None
    page = render_template(
        "register/competence.html", competence=row, kinds=policies.KINDS, values=values, fields=fields
    )
    return (page, 400) if fields else page


@blueprint.get("/requirements")
@requires_role("coordinator")
def requirements() -> Answer:
    session = db.session()
    return render_template(
        "register/requirements.html",
        requirements=policies.list_requirements(session),
        competences={c.id: c for c in policies.list_competences(session)},
        role_titles=people.role_titles(session),
        units=people.tree(session).units,
        today=service.today(session),
    )


@blueprint.get("/requirements/export.<any(csv,xlsx):form>")
@requires_role("coordinator")
def requirements_export(form: str) -> Answer:
    """What is asked of whom, as a list."""
    session = db.session()
    titles = people.role_titles(session)
    competences = {c.id: c for c in policies.list_competences(session)}
    header = [_("Requirement"), _("Competence"), _("Asked of"), _("Days"), _("Months"), _("In force from")]
    rows = [
        (
            r.title,
            in_language(competences[r.competence_id].titles),
            ", ".join(titles.get(code, code) for code in r.roles) or _("Everybody"),
            r.due_days,
            r.validity_months or competences[r.competence_id].validity_months,
            r.effective_from,
        )
        for r in policies.list_requirements(session)
    ]
    return as_file(form, _("Requirements"), header, rows)


@blueprint.get("/requirements/new")
@requires_role("coordinator")
def new_requirement() -> Answer:
    return _requirement_page(None, None, {})


@blueprint.get("/requirements/<uuid:key>")
@requires_role("coordinator")
def requirement(key: uuid.UUID) -> Answer:
    return _requirement_page(key, None, {})


@blueprint.post("/requirements/new", defaults={"key": None})
@blueprint.post("/requirements/<uuid:key>")
@requires_role("coordinator")
def save_requirement(key: uuid.UUID | None) -> Answer:
    """Shows what a change will do, and signs it when that has been seen."""
    session, form = db.session(), request.form
    if key is not None:
        policies.get_requirement(session, key)
    try:
        demand, first = _demand(form), needed_day(form.get("effective_from", ""), "effective_from")
        retroactive = "retroactive" in form
        if "sign" not in form:
            before, after = policies.effect_of(session, key, demand, first, retroactive)
            return _requirement_page(key, form, {}, effect={"before": before, "after": after})
        policies.save_requirement(
            session,
            key,
            demand,
            effective_from=first,
            retroactive=retroactive,
            signed_by=current_user().id,
        )
    except Invalid as refused:
        return _requirement_page(key, form, refused.fields, refused.message)
    flash(_("The requirement is signed and in force from the day you chose."))
    return redirect(url_for("register.requirements"))


@blueprint.post("/requirements/<uuid:key>/end")
@requires_role("coordinator")
def end_requirement(key: uuid.UUID) -> Answer:
    """The requirement is asked through the chosen day."""
    session = db.session()
    try:
        last = needed_day(request.form.get("last_day", ""), "last_day")
    except Invalid as refused:
        return _requirement_page(key, None, refused.fields)
    policies.end_requirement(session, key, last, current_user().id)
    flash(_("The requirement ends with the day you chose."))
    return redirect(url_for("register.requirements"))


def _demand(form: MultiDict[str, str]) -> policies.Demand:
    admissible = form.getlist("admissible")
    return policies.Demand(
        title=form.get("title", "").strip()[:200],
        competence_id=id_of(form.get("competence", "")),
        roles=form.getlist("roles"),
        unit_id=id_of(form["unit"]) if form.get("unit") else None,
        level=optional_number(form.get("level", ""), "level"),
        due_days=optional_number(form.get("due_days", ""), "due_days"),
        validity_months=optional_number(form.get("validity_months", ""), "validity_months"),
        renewal=form.get("renewal", Renewal.COMPLETION),
        window_days=optional_number(form.get("window_days", ""), "window_days") or 0,
        calendar_month=optional_number(form.get("calendar_month", ""), "calendar_month") or 12,
        admissible=None if set(admissible) >= {m.value for m in policies.ADMISSIBLE} else admissible,
        alternatives=[str(id_of(one)) for one in form.getlist("alternatives")],
    )


def _requirement_page(
    key: uuid.UUID | None,
    form: MultiDict[str, str] | None,
    fields: dict[str, str],
    problem: str = "",
    effect: dict[str, Any] | None = None,
) -> Answer:
    session = db.session()
    row = policies.get_requirement(session, key) if key else None
    page = render_template(
        "register/requirement.html",
        requirement=row,
        form=form,
        fields=fields,
        problem=problem,
        effect=effect,
        competences=policies.list_competences(session),
        role_titles=people.role_titles(session),
        units=people.tree(session).in_order(),
        admissible=policies.ADMISSIBLE,
        today=service.today(session),
    )
    return (page, 400) if fields else page
