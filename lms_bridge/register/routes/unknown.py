"""Users and accounts that are nobody's yet: a coordinator says who they are, or that they are nobody here."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import db
from ...accounts import current_user, requires_role
from ...web.i18n import _, ngettext
from .. import account_links, identities, people
from . import blueprint
from .people import id_of

Answer = str | Response | tuple[str, int]
MOST_SHOWN = 500


@blueprint.get("/unknown")
@requires_role("coordinator")
def unknown() -> Answer:
    session = db.session()
    rejected = request.args.get("rejected") == "1"
    return render_template(
        "register/unknown.html", waiting=identities.queue(session, rejected=rejected), rejected=rejected
    )


@blueprint.get("/unknown/<uuid:link_id>")
@requires_role("coordinator")
def who(link_id: uuid.UUID) -> Answer:
    """Search for the person behind one unknown user."""
    session = db.session()
    link = identities.get_waiting(session, link_id)
    account = identities.accounts_behind(session, [link]).get(link.id)
    text = request.args.get("text", (account or link).name)[:100]
    reach = people.reach_of(session, current_user())
    return render_template(
        "register/who.html",
        link=link,
        account=account,
        text=text,
        people=people.search(session, reach, text, 20) if text else [],
    )


@blueprint.post("/unknown/<uuid:link_id>/link")
@requires_role("coordinator")
def link_unknown(link_id: uuid.UUID) -> Answer:
    person_id = id_of(request.form.get("person", ""))
    landed = identities.link_to_person(db.session(), link_id, person_id, current_user().id)
    flash(ngettext("Linked. One result has landed.", "Linked. %(n)s results have landed.", landed))
    return redirect(url_for("register.unknown"))


@blueprint.post("/unknown/<uuid:link_id>/reject")
@requires_role("coordinator")
def reject_unknown(link_id: uuid.UUID) -> Answer:
    identities.set_rejected(db.session(), link_id, True, current_user().id)
    flash(_("Taken out of the queue. You find it under “Rejected” if you change your mind."))
    return redirect(url_for("register.unknown"))


@blueprint.post("/unknown/<uuid:link_id>/reopen")
@requires_role("coordinator")
def reopen_unknown(link_id: uuid.UUID) -> Answer:
    identities.set_rejected(db.session(), link_id, False, current_user().id)
    return redirect(url_for("register.unknown"))


@blueprint.get("/accounts")
@requires_role("coordinator")
def unlinked_accounts() -> Answer:
    """Who signs in here, and is nobody in the register."""
    rows = account_links.unlinked(db.session())
    return render_template(
        "register/accounts.html", rows=rows[:MOST_SHOWN], more=max(0, len(rows) - MOST_SHOWN)
    )


@blueprint.post("/accounts")
@requires_role("coordinator")
def link_accounts() -> Answer:
    chosen = {id_of(text) for text in request.form.getlist("account")}
    count = account_links.link_suggested(db.session(), chosen, current_user().id)
    flash(ngettext("One account is linked.", "%(n)s accounts are linked.", count))
    return redirect(url_for("register.unlinked_accounts"))
