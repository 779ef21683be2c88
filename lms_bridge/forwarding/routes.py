"""The administrator's pages: which LRSs are told of what, what waits, what they do not take."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import requires_role
from ..errors import Invalid, NotFound
from ..lrs.credentials import list_credentials
from ..outgoing import OutgoingError
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _, ngettext
from . import delivery, own_outbox, service
from .models import Target
from .peer import Trouble

blueprint = Blueprint("forwarding", __name__, url_prefix="/forwarding", template_folder="templates")
Answer = str | Response | tuple[str, int]


@blueprint.get("")
@requires_role("administrator")
def list_targets() -> Answer:
    return _list()


def _list(trouble: str = "") -> str:
    return render_template("forwarding/list.html", standings=service.standings(db.session()), trouble=trouble)


@blueprint.get("/new")
@requires_role("administrator")
def new_target() -> Answer:
    return _form(None, {"version": "1.0.3"}, {})


@blueprint.post("/new")
@requires_role("administrator")
def add_target() -> Answer:
    return _save(None)


@blueprint.get("/<uuid:target_id>")
@requires_role("administrator")
def edit_target(target_id: uuid.UUID) -> Answer:
    target = service.get_target(db.session(), target_id)
    names = ("name", "url", "username", "version", "activity", "only_from", "never_from")
    values = {name: getattr(target, name) for name in names} | {"verbs": "\n".join(target.verbs)}
    return _form(target, values, {})


@blueprint.post("/<uuid:target_id>")
@requires_role("administrator")
def change_target(target_id: uuid.UUID) -> Answer:
    return _save(service.get_target(db.session(), target_id))


def _save(target: Target | None) -> Answer:
    app = bridge()
    try:
        service.save(
            db.session(),
            app.jobs,
            app.vault,
            own_outbox(),
            request.form,
            target,
            allow_http=app.outgoing.allow_private,
        )
    except Invalid as error:
        return _form(target, request.form.to_dict(), error.fields), 400
    flash(_("Saved."))
    return redirect(url_for("forwarding.list_targets"), 303)


def _form(target: Target | None, values: dict[str, Any], fields: dict[str, str]) -> str:
    return render_template(
        "forwarding/edit.html",
        target=target,
        values=values,
        fields=fields,
        keys=[(row.key, row.name) for row in list_credentials(db.session())],
    )


@blueprint.post("/<uuid:target_id>/act")
@requires_role("administrator")
def act(target_id: uuid.UUID) -> Answer:
    """What a button beside a target does."""
    session, app = db.session(), bridge()
    action = request.form.get("action", "")
    if action == "check":
        return _check(target_id)
    if action in ("pause", "resume"):
        service.set_paused(session, app.jobs, own_outbox(), target_id, action == "pause")
        flash(_("Nothing is sent for now; what is stored waits.") if action == "pause" else _("It goes on."))
    elif action == "now":
        service.send_now(session, app.jobs, target_id)
        flash(_("It is being sent."))
    elif action == "again":
        service.get_target(session, target_id)
        count = delivery.send_again(session, target_id)
        service.send_now(session, app.jobs, target_id)
        flash(ngettext("%(n)s statement is sent again.", "%(n)s statements are sent again.", count))
    elif action == "let_be":
        count = service.let_be(session, target_id)
        flash(ngettext("%(n)s statement is let be.", "%(n)s statements are let be.", count))
    elif action == "remove":
        service.remove(session, own_outbox(), target_id)
        flash(_("The other LRS is told nothing any more."))
    else:
        raise NotFound
    return redirect(url_for("forwarding.list_targets"), 303)


def _check(target_id: uuid.UUID) -> Answer:
    session = db.session()
    target = service.get_target(session, target_id)
    peer = delivery.peer_of(bridge(), target)
    session.rollback()  # nothing is open in the database while the other side is spoken to
    try:
        peer.check()
    except (Trouble, OutgoingError) as error:
        return _list(_("%(name)s cannot be told: %(problem)s.", name=target.name, problem=error))
    flash(_("%(name)s answers, and knows the key.", name=target.name))
    return redirect(url_for("forwarding.list_targets"), 303)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    hint = N_("Other LRSs that are told what is stored here.")
    navigation.add(
        N_("Forwarding"), "forwarding.list_targets", "administrator", order=86, hint=hint, setup=True
    )
