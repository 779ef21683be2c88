"""Accounts for those who work here and have none, many at once: what they are given is shown once."""

import base64

from flask import render_template, request

from ... import db
from ...accounts import current_user, requires_role
from ...web.app import bridge
from ...web.csv_files import csv_file
from ...web.i18n import _
from .. import account_making, people
from ..account_making import MOST
from . import blueprint
from .people import Answer, id_of


@blueprint.get("/people/without-account")
@requires_role("coordinator")
def without_account() -> Answer:
    session = db.session()
    tree = people.tree(session)
    unit = id_of(request.args["unit"]) if request.args.get("unit") else None
    rows = account_making.without_account(session, tree.below([unit]) if unit else None)
    able = sum(not one.obstacle for one in rows)
    return render_template(
        "register/without_account.html",
        able=[one.person for one in rows[: min(able, MOST)]],
        more=max(0, able - MOST),
        unable=rows[able : able + MOST],
        units=tree.in_order(),
        unit=unit,
    )


@blueprint.post("/people/without-account")
@requires_role("coordinator")
def make_accounts() -> Answer:
    chosen = {id_of(text) for text in request.form.getlist("person")}
    made = account_making.make_accounts(db.session(), bridge().settings, chosen, current_user().id)
    rows = csv_file([_("Name"), _("E-mail"), _("Link")], ((one.name, one.email, one.link) for one in made))
    as_file = base64.b64encode(b"".join(rows)).decode()
    return render_template(
        "register/accounts_made.html", made=made, left=len(chosen) - len(made), as_file=as_file
    )
