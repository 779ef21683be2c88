"""The administrator's pages of connections: how each goes, its form, its log."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import requires_role
from ..db import utcnow
from ..errors import DomainError, Invalid, NotFound
from ..outgoing import OutgoingError
from ..web import navigation
from ..web.addresses import whole
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import interface, service
from .interface import Check, Connector
from .models import PAUSED, Connection

blueprint = Blueprint("connections", __name__, url_prefix="/connections", template_folder="templates")
Answer = str | Response | tuple[str, int]

TIMES = {
    5: N_("Every five minutes"),
    15: N_("Every quarter of an hour"),
    60: N_("Every hour"),
    360: N_("Four times a day"),
    1440: N_("Once a day"),
}


def health(row: Connection) -> str:
    """paused, running, failing, new or well."""
    if row.state == PAUSED:
        return "paused"
    if row.claimed_until and row.claimed_until > utcnow():
        return "running"
    if row.failures:
        return "failing"
    return "well" if row.last_success else "new"


def page_of(row: Connection) -> str:
    """The address of a connection's page: its kind's own, where that has one."""
    connector = interface.find(row.kind)
    endpoint = connector.page if connector and connector.page else "connections.show"
    return url_for(endpoint, connection_id=row.id)


@blueprint.get("")
@requires_role("administrator")
def overview() -> Answer:
    rows = service.every(db.session())
    titles = {one.kind: one.title for one in interface.connectors()}
    return render_template("connections/overview.html", rows=rows, titles=titles)


@blueprint.get("/new")
@requires_role("administrator")
def choose() -> Answer:
    return render_template("connections/choose.html", connectors=interface.connectors())


@blueprint.get("/new/<kind>")
@requires_role("administrator")
def new(kind: str) -> Answer:
    connector = _connector(kind)
    if connector.new_page:
        return redirect(url_for(connector.new_page))
    values = {field.name: field.default for field in connector.fields}
    return _form(connector, None, {**values, "minutes": connector.minutes}, {})


@blueprint.post("/new/<kind>")
@requires_role("administrator")
def create(kind: str) -> Answer:
    connector = _connector(kind)
    try:
        row = service.create(db.session(), bridge().vault, kind, **_given(connector))
    except Invalid as refused:
        return _form(connector, None, request.form.to_dict(), refused.fields, _(refused.message)), 400
    flash(_("It is connected. The first run begins within a minute."))
    return redirect(page_of(row), 303)


@blueprint.get("/<uuid:connection_id>")
@requires_role("administrator")
def show(connection_id: uuid.UUID) -> Answer:
    return _page(service.get(db.session(), connection_id))


def _page(row: Connection, checks: list[Check] | None = None) -> str:
    connector = interface.find(row.kind)
    return render_template(
        "connections/show.html",
        row=row,
        connector=connector,
        checks=checks,
        runs=service.runs_of(db.session(), row.id),
        asked=service.asked_for(db.session(), row.id),
        shown=[field for field in connector.fields if not field.secret] if connector else [],
    )


@blueprint.post("/<uuid:connection_id>/check")
@requires_role("administrator")
def check(connection_id: uuid.UUID) -> Answer:
    """Looks after its health now, each step told. Nothing is open in the database meanwhile."""
    session = db.session()
    row = service.get(session, connection_id)
    connector = _connector(row.kind)
    session.commit()
    return _page(row, checked(connector, row))


def checked(connector: Connector, row: Connection) -> list[Check]:
    """What the connector's check says; an error in it is a step that failed."""
    try:
        return connector.check(row)
    except DomainError as error:
        return [Check(N_("Reach it"), False, error.message, error.details)]
    except OutgoingError as error:
        return [Check(N_("Reach it"), False, N_("No answer could be had: %(why)s."), {"why": error})]


@blueprint.post("/<uuid:connection_id>")
@requires_role("administrator")
def act(connection_id: uuid.UUID) -> Answer:
    """Runs it now, pauses it, takes it up again, or removes it."""
    session, action = db.session(), request.form.get("action", "")
    row = service.get(session, connection_id)
    if action == "run":
        service.run_soon(session, bridge().jobs, connection_id)
        flash(_("It is being fetched. Load this page again in a moment."))
    elif action in ("pause", "resume"):
        service.pause(session, connection_id, action == "pause")
        flash(_("Saved."))
    elif action == "remove":
        service.remove(session, connection_id)
        flash(_("The connection is removed. What came by it stays in the register."))
        return redirect(url_for("connections.overview"), 303)
    else:
        raise NotFound
    return redirect(page_of(row), 303)


@blueprint.get("/<uuid:connection_id>/edit")
@requires_role("administrator")
def edit(connection_id: uuid.UUID) -> Answer:
    row = service.get(db.session(), connection_id)
    values = {**row.settings, "name": row.name, "address": row.address, "minutes": row.minutes}
    return _form(_connector(row.kind), row, values, {})


@blueprint.post("/<uuid:connection_id>/edit")
@requires_role("administrator")
def save(connection_id: uuid.UUID) -> Answer:
    session = db.session()
    row = service.get(session, connection_id)
    connector = _connector(row.kind)
    try:
        service.edit(session, bridge().vault, connection_id, **_given(connector))
    except Invalid as refused:
        return _form(connector, row, request.form.to_dict(), refused.fields, _(refused.message)), 400
    flash(_("Saved."))
    return redirect(page_of(row), 303)


def _connector(kind: str) -> Connector:
    connector = interface.find(kind)
    if connector is None:
        raise NotFound
    return connector


def _given(connector: Connector) -> dict[str, Any]:
    form = request.form
    minutes = form.get("minutes", "")
    settings: dict[str, Any] = {}
    for field in connector.fields:
        if not field.secret:
            text = form.get(field.name, "").strip()
            settings[field.name] = field.name in form if field.type == "checkbox" else text
    return {
        "name": form.get("name", ""),
        "address": form.get("address", ""),
        "settings": settings,
        "secrets": {f.name: form.get(f.name, "") for f in connector.fields if f.secret and form.get(f.name)},
        "minutes": whole(minutes),
    }


def _form(
    connector: Connector,
    row: Connection | None,
    values: dict[str, Any],
    fields: dict[str, str],
    problem: str = "",
) -> str:
    return render_template(
        "connections/form.html",
        connector=connector,
        row=row,
        values=values,
        fields=fields,
        problem=problem,
        times=[(minutes, _(text)) for minutes, text in TIMES.items()],
    )


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(health_of=health, connection_page=page_of)
    hint = N_("Where results come from, and how each source is doing.")
    navigation.add(
        N_("Connections"), "connections.overview", "administrator", order=84, hint=hint, setup=True
    )
