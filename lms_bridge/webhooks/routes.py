"""The administrator's pages of webhooks."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import requires_role
from ..errors import Invalid, NotFound
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import service
from .events import EVENTS
from .models import Webhook
from .sending import OVERLAP

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks", template_folder="templates")
Answer = str | Response | tuple[str, int]


@blueprint.get("")
@requires_role("administrator")
def overview() -> Answer:
    return render_template("webhooks/overview.html", rows=service.every(db.session()), events=EVENTS)


@blueprint.get("/new")
@requires_role("administrator")
def new() -> Answer:
    return _form(None, {"events": []}, {})


@blueprint.post("/new")
@requires_role("administrator")
def create() -> Answer:
    """Makes it, and shows its secret this once."""
    try:
        row, secret = service.create(db.session(), bridge().vault, _given())
    except Invalid as refused:
        return _form(None, _given(), refused.fields), 400
    return _page(row, secret)


@blueprint.get("/<uuid:webhook_id>")
@requires_role("administrator")
def show(webhook_id: uuid.UUID) -> Answer:
    return _page(service.get(db.session(), webhook_id))


@blueprint.post("/<uuid:webhook_id>")
@requires_role("administrator")
def act(webhook_id: uuid.UUID) -> Answer:
    """Tests it, gives it a new secret, pauses it, takes it up again, or removes it."""
    session, jobs, action = db.session(), bridge().jobs, request.form.get("action", "")
    service.get(session, webhook_id)
    if action == "rotate":
        return _page(*service.rotate(session, bridge().vault, webhook_id))
    if action == "test":
        service.test(session, jobs, webhook_id)
        flash(_("A message is on its way. Load this page again in a moment."))
    elif action in ("pause", "resume"):
        service.pause(session, jobs, webhook_id, action == "pause")
        flash(_("Saved."))
    elif action == "remove":
        service.remove(session, webhook_id)
        flash(_("The webhook is removed."))
        return redirect(url_for("webhooks.overview"), 303)
    else:
        raise NotFound
    return redirect(url_for("webhooks.show", webhook_id=webhook_id), 303)


@blueprint.get("/<uuid:webhook_id>/edit")
@requires_role("administrator")
def edit(webhook_id: uuid.UUID) -> Answer:
    row = service.get(db.session(), webhook_id)
    names = ("name", "address", "events", "with_names")
    return _form(row, {name: getattr(row, name) for name in names}, {})


@blueprint.post("/<uuid:webhook_id>/edit")
@requires_role("administrator")
def save(webhook_id: uuid.UUID) -> Answer:
    session = db.session()
    row = service.get(session, webhook_id)
    try:
        service.edit(session, webhook_id, _given())
    except Invalid as refused:
        return _form(row, _given(), refused.fields), 400
    flash(_("Saved."))
    return redirect(url_for("webhooks.show", webhook_id=webhook_id), 303)


def _given() -> dict[str, Any]:
    form = request.form
    return {
        "name": form.get("name", ""),
        "address": form.get("address", ""),
        "events": form.getlist("events"),
        "with_names": "with_names" in form,
    }


def _page(row: Webhook, secret: str = "") -> str:
    rows = service.deliveries(db.session(), row.id)
    hours = int(OVERLAP.total_seconds() // 3600)
    return render_template(
        "webhooks/show.html", row=row, deliveries=rows, secret=secret, events=EVENTS, hours=hours
    )


def _form(row: Webhook | None, values: dict[str, Any], fields: dict[str, str]) -> str:
    return render_template("webhooks/form.html", row=row, values=values, fields=fields, events=EVENTS)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    hint = N_("Other systems are told when something happens here.")
    navigation.add(N_("Webhooks"), "webhooks.overview", "administrator", order=88, hint=hint, setup=True)
