"""One person's page for their leader or coordinator, and what those may do there."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import db
from ...accounts import audit, current_user, requires_role
from ...errors import Conflict, Forbidden, Invalid, NotFound
from ...web.addresses import day_of
from ...web.app import bridge
from ...web.i18n import N_, _
from .. import erasing, identities, people, policies, service
from ..jobs import secret_key
from ..models import Exemption, Person
from ..status import Method
from . import blueprint
from .reading import as_file, person_figures

Answer = str | Response | tuple[str, int]
VOUCHED = (Method.PRACTICAL, Method.MANAGER, Method.AUTHORITY)


@blueprint.get("/people")
@requires_role("leader", "coordinator")
def list_people() -> Answer:
    """Finds a person by name or employment number."""
    session = db.session()
    text = request.args.get("text", "")[:100]
    reach = people.reach_of(session, current_user())
    found = people.search(session, reach, text)
    return render_template("register/people.html", people=found, text=text)


@blueprint.get("/people/export.<any(csv,xlsx):form>")
@requires_role("leader", "coordinator")
def people_export(form: str) -> Answer:
    """Everybody whom the reader may read, with their positions."""
    session = db.session()
    reach = people.reach_of(session, current_user())
    titles = people.role_titles(session)
    header = [_("Name"), _("Employment number"), _("Unit"), _("Roles"), _("First day"), _("Last day")]
    rows = [
        (name, p.employment_id, unit, ", ".join(titles.get(r, r) for r in p.roles), p.starts_on, p.ends_on)
        for name, p, unit in people.everybody(session, reach)
    ]
    return as_file(form, _("People"), header, rows)


@blueprint.get("/people/<uuid:person_id>")
@requires_role("leader", "coordinator")
def person(person_id: uuid.UUID) -> Answer:
    """What a person has and needs. The person can see that it was read, and by whom."""
    row = db.session().get(Person, person_id)
    if row is not None and row.merged_into is not None:
        return redirect(url_for("register.person", person_id=row.merged_into))
    return person_page(person_id, {}, {})


def person_page(person_id: uuid.UUID, values: dict[str, Any], fields: dict[str, str]) -> Answer:
    session = db.session()
    reach = people.reach_of(session, current_user())
    row = people.get_person(session, reach, person_id)
    if reach.person_id != person_id:
        audit.record_read(session, f"person:{person_id}")
    page = render_template(
        "register/person.html",
        person=row,
        own=reach.person_id == person_id,
        coordinator=reach.everybody,
        exemptions=policies.exemptions_of(session, person_id),
        links=identities.links_of(session, person_id) if reach.everybody else [],
        vouched=VOUCHED,
        values=values,
        fields=fields,
        **person_figures(person_id, own=False),
    )
    return (page, 400) if fields else page


@blueprint.post("/people/<uuid:person_id>/evidence")
@requires_role("leader", "coordinator")
def vouch(person_id: uuid.UUID) -> Answer:
    """A leader's word or practical assessment; never of oneself."""
    session, form = db.session(), request.form
    reach = people.reach_of(session, current_user())
    people.get_person(session, reach, person_id)
    try:
        zone = service.time_zone(session)
        occurred = datetime.combine(needed_day(form.get("occurred", ""), "occurred"), time(12), zone)
        if occurred.date() == service.today(session):
            occurred = min(occurred, datetime.now(zone))
        service.record_word(
            session,
            person_id=person_id,
            competence_id=id_of(form.get("competence", "")),
            method=Method(form["method"]) if form.get("method") in set(VOUCHED) else Method.SELF,
            occurred=occurred,
            account_id=current_user().id,
            assessor=reach.person_id,
            valid_until=optional_day(form.get("valid_until", ""), "valid_until"),
            level=optional_number(form.get("level", ""), "level"),
            note=form.get("note", "").strip()[:2000],
        )
    except Invalid as refused:
        return person_page(person_id, form.to_dict(), refused.fields)
    audit.record(session, "evidence", f"person:{person_id}", competence=form["competence"])
    flash(_("It is in the register now."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/people/<uuid:person_id>/exemptions")
@requires_role("leader", "coordinator")
def exempt(person_id: uuid.UUID) -> Answer:
    """Lets somebody off a competence for a while, with a reason."""
    session, form = db.session(), request.form
    reach = people.reach_of(session, current_user())
    people.get_person(session, reach, person_id)
    try:
        policies.exempt(
            session,
            person_id=person_id,
            competence_id=id_of(form.get("competence", "")),
            reason=form.get("reason", "")[:2000],
            starts_on=optional_day(form.get("starts_on", ""), "starts_on") or service.today(session),
            until=optional_day(form.get("until", ""), "until"),
            account_id=current_user().id,
            decider=reach.person_id,
        )
    except Invalid as refused:
        return person_page(person_id, form.to_dict(), refused.fields)
    flash(_("The exemption is in the register now."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/exemptions/<uuid:exemption_id>/end")
@requires_role("leader", "coordinator")
def end_exemption(exemption_id: uuid.UUID) -> Answer:
    session = db.session()
    row = session.get(Exemption, exemption_id)
    if row is None:
        raise NotFound()
    reach = people.reach_of(session, current_user())
    people.get_person(session, reach, row.person_id)
    if reach.person_id == row.person_id:
        raise Forbidden(N_("You cannot decide about your own exemption."))
    policies.end_exemption(session, exemption_id)
    flash(_("The exemption has ended."))
    return redirect(url_for("register.person", person_id=row.person_id))


@blueprint.post("/people/<uuid:person_id>/account")
@requires_role("coordinator")
def connect_account(person_id: uuid.UUID) -> Answer:
    """Says which account of this service is the person's."""
    session = db.session()
    people.get_person(session, people.reach_of(session, current_user()), person_id)
    account = people.account_by_email(session, request.form.get("email", ""))
    if account is None:
        return person_page(
            person_id, request.form.to_dict(), {"email": N_("There is no account with this e-mail.")}
        )
    identities.connect_account(session, account.id, person_id, current_user().id)
    flash(_("The account is linked."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.get("/people/<uuid:person_id>/leads")
@requires_role("coordinator")
def led(person_id: uuid.UUID) -> Answer:
    """Which units the person works in or leads, and all others."""
    session = db.session()
    row = people.get_person(session, people.reach_of(session, current_user()), person_id)
    tree, positions = people.tree(session), people.open_positions(session, person_id)
    leads = {uuid.UUID(unit) for position in positions for unit in position.leads}
    near = leads | {position.unit_id for position in positions}
    in_order = tree.in_order()
    return render_template(
        "register/leads.html",
        person=row,
        works=bool(positions),
        leads=leads,
        near=[unit for unit, _depth in in_order if unit.id in near],
        others=[(unit, depth) for unit, depth in in_order if unit.id not in near],
    )


@blueprint.post("/people/<uuid:person_id>/leads")
@requires_role("coordinator")
def set_led(person_id: uuid.UUID) -> Answer:
    """Says which units the person leads."""
    session, form = db.session(), request.form
    people.get_person(session, people.reach_of(session, current_user()), person_id)
    chosen = {id_of(text) for text in (*form.getlist("units"), form.get("another", "")) if text}
    people.set_led(session, person_id, chosen & people.tree(session).units.keys())
    flash(_("What the person leads is saved."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/links/<uuid:link_id>/undo")
@requires_role("coordinator")
def undo_link(link_id: uuid.UUID) -> Answer:
    """Undoes a link between a user and a person; the evidence waits again."""
    person_id = identities.unlink(db.session(), link_id, current_user().id)
    flash(_("The link is undone. What came by it waits in the queue again."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/links/<uuid:link_id>/end")
@requires_role("coordinator")
def end_link(link_id: uuid.UUID) -> Answer:
    """The user is somebody else from now on; what came before stays."""
    person_id = identities.end_link(db.session(), link_id, current_user().id)
    flash(_("The link has ended. What came by it stays; what comes now waits in the queue."))
    return redirect(url_for("register.person", person_id=person_id))


@blueprint.post("/people/<uuid:person_id>/erase")
@requires_role("coordinator")
def erase(person_id: uuid.UUID) -> Answer:
    """Erases a person; the name must be written, so that no click does it."""
    session = db.session()
    row = people.get_person(session, people.reach_of(session, current_user()), person_id)
    if " ".join(request.form.get("name", "").split()) != row.name:
        raise Conflict(N_("Write the person's whole name to erase them. Nothing was erased."))
    erasing.erase_person(session, person_id, secret_key(session), bridge().settings.base_url)
    flash(_("The person is erased."))
    return redirect(url_for("register.list_people"))


def id_of(text: str) -> uuid.UUID:
    """An id from a form; NotFound for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound() from None


def optional_day(text: str, name: str) -> date | None:
    """A day from a form, or None where it is empty."""
    try:
        return day_of(text) if text.strip() else None
    except ValueError:
        raise Invalid(N_("Some fields need another look."), {name: N_("Choose a day.")}) from None


def needed_day(text: str, name: str) -> date:
    """A day from a form that cannot do without it."""
    day = optional_day(text, name)
    if day is None:
        raise Invalid(N_("Some fields need another look."), {name: N_("Choose a day.")})
    return day


def optional_number(text: str, name: str) -> int | None:
    """A whole number from a form, or None where it is empty."""
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid(N_("Some fields need another look."), {name: N_("Write a whole number.")})
    return int(text)
