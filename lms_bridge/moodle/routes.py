"""The administrator's pages: connecting a Moodle step by step, and looking after it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from .. import db
from ..accounts import requires_role
from ..connectors import service as connections
from ..connectors.interface import Check
from ..connectors.models import PAUSED, Connection
from ..errors import Conflict, DomainError, Invalid, NotFound, Unavailable, plain
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import connecting, placements
from .client import Client
from .guide import CAPABILITY_NAMES, PLACES

blueprint = Blueprint("moodle", __name__, url_prefix="/moodle", template_folder="templates")
Answer = str | BaseResponse | tuple[str, int]


@blueprint.get("")
@requires_role("administrator")
def overview() -> Answer:
    """The Moodles that are connected; the only one at once."""
    rows = connections.every(db.session(), connecting.KIND)
    if len(rows) == 1:
        return redirect(url_for("moodle.connection", connection_id=rows[0].id))
    return render_template("moodle/overview.html", rows=rows)


@blueprint.get("/new")
@requires_role("administrator")
def new() -> Answer:
    return render_template("moodle/new.html", values={}, fields={})


@blueprint.post("/new")
@requires_role("administrator")
def create() -> Answer:
    """The address is tried before it is kept."""
    app = bridge()
    name, address = request.form.get("name", ""), request.form.get("address", "")
    try:
        row = connecting.begin(db.session(), app.outgoing, app.vault, name=name, address=address)
    except Invalid as error:
        return render_template("moodle/new.html", values=request.form, fields=error.fields), 400
    return redirect(url_for("moodle.connection", connection_id=row.id), 303)


@blueprint.get("/<uuid:connection_id>")
@requires_role("administrator")
def connection(connection_id: uuid.UUID) -> Answer:
    return _page(connecting.get(db.session(), connection_id))


def _page(row: Connection, fields: dict[str, str] | None = None) -> str:
    session, settings = db.session(), row.settings
    runs = connections.runs_of(session, row.id, 1)
    return render_template(
        "moodle/connection.html",
        row=row,
        checks=settings.get("checks", {}),
        plugin=bool(settings.get("plugin")),
        active=row.state != PAUSED,
        run=runs[0] if runs else None,
        asked=connections.asked_for(session, row.id),
        pushed=datetime.fromisoformat(settings["pushed"]["at"]) if settings.get("pushed") else None,
        places=placements.places(session, connection_id=row.id),
        where=PLACES,
        names=CAPABILITY_NAMES,
        needed=connecting.CORE_CAPABILITIES,
        fields=fields or {},
    )


@blueprint.post("/<uuid:connection_id>/token")
@requires_role("administrator")
def token(connection_id: uuid.UUID) -> Answer:
    """Keeps a token and tests all that it is for."""
    row = connecting.get(db.session(), connection_id)
    try:
        connecting.use_token(bridge().vault, row, request.form.get("token", ""))
    except Invalid as error:
        return _page(row, error.fields), 400
    return _tested(row, connecting.check)


@blueprint.post("/<uuid:connection_id>/check")
@requires_role("administrator")
def check(connection_id: uuid.UUID) -> Answer:
    """Tests everything again; without a token, the address."""
    row = connecting.get(db.session(), connection_id)
    if row.secret is None:
        return _tested(
            row, lambda client, _row: [connecting.check_address(bridge().outgoing, client.address)]
        )
    return _tested(row, connecting.check)


@blueprint.post("/<uuid:connection_id>/push")
@requires_role("administrator")
def push(connection_id: uuid.UUID) -> Answer:
    """Gives the plugin our address and a fresh secret, and has it send a ping."""
    app = bridge()
    row = connecting.get(db.session(), connection_id)
    address = f"{app.settings.base_url}{url_for('moodle_push.push', connection_id=row.id)}"

    def connect(client: Client, row: Connection) -> list[Check]:
        try:
            connecting.connect_push(client, app.vault, row, address)
        except DomainError as error:
            return [Check(connecting.PUSH, False, error.message, plain(error.details))]
        db.session().commit()  # the ping needs the secret
        return [connecting.check_push(client)]

    return _tested(row, connect)


def _tested(row: Connection, test: Callable[[Client, Connection], list[Check]]) -> Answer:
    """Runs a test while nothing is open in the database, keeps what it found, and shows the page."""
    session, app = db.session(), bridge()
    client = connecting.client_of(app.outgoing, app.vault, row)
    session.commit()
    found = test(client, row)
    connecting.remember(session.get_one(Connection, row.id, with_for_update=True), found)
    return redirect(url_for("moodle.connection", connection_id=row.id, _anchor=found[-1].step), 303)


@blueprint.post("/<uuid:connection_id>/settings")
@requires_role("administrator")
def settings(connection_id: uuid.UUID) -> Answer:
    row = connecting.get(db.session(), connection_id)
    connecting.trust_idnumber(db.session(), row, "idnumber" in request.form)
    flash(_("Saved."))
    return _back(row)


@blueprint.post("/<uuid:connection_id>/results")
@requires_role("administrator")
def results(connection_id: uuid.UUID) -> Answer:
    """Fetching: start, begin (the long first reading), now, or pause."""
    session, action = db.session(), request.form.get("action", "")
    row = connecting.get(session, connection_id)
    if action in ("start", "begin"):
        if action == "begin":
            connecting.allow_reading(row)
        connecting.start(row)
        connections.run_soon(session, bridge().jobs, row.id)
        flash(_("Results are being fetched."))
    elif action == "now":
        connections.run_soon(session, bridge().jobs, row.id)
        flash(_("Results are being fetched."))
    elif action == "pause":
        connections.pause(session, row.id, True)
        flash(_("Nothing is fetched until you start it again."))
    else:
        raise NotFound
    return _back(row)


@blueprint.post("/<uuid:connection_id>/look")
@requires_role("administrator")
def look(connection_id: uuid.UUID) -> Answer:
    """Has the state of our activities read from Moodle."""
    row = connecting.get(db.session(), connection_id)
    bridge().jobs.enqueue(db.session(), placements.LOOK_JOB, connection_id=str(row.id))
    flash(_("Moodle is being asked how the modules are."))
    return _back(row)


@blueprint.post("/<uuid:connection_id>/update")
@requires_role("administrator")
def update(connection_id: uuid.UUID) -> Answer:
    """Brings every module in this Moodle up to its newest version."""
    session = db.session()
    row = connecting.get(session, connection_id)
    count = placements.update(session, bridge().jobs, placements.places(session, connection_id=row.id))
    flash(_("%(count)s modules are on their way to Moodle.", count=count))
    return _back(row)


@blueprint.post("/<uuid:connection_id>/disconnect")
@requires_role("administrator")
def disconnect(connection_id: uuid.UUID) -> Answer:
    session, app = db.session(), bridge()
    row = connecting.get(session, connection_id)
    if any(
        p.placement.state in ("waiting", "sending") for p in placements.places(session, connection_id=row.id)
    ):
        raise Conflict(N_("A module is on its way to this Moodle. Wait a moment."))
    try:
        client = connecting.client_of(app.outgoing, app.vault, row)
    except Unavailable:
        client = None
    told = connecting.disconnect(session, client, row)
    flash(_("The Moodle is disconnected. What came from it stays, and so do the modules in it."))
    if not told:
        flash(_("Moodle could not be told so; its plugin stops pushing by itself."))
    return redirect(url_for("moodle.overview"), 303)


@blueprint.get("/plugin.zip")
@requires_role("administrator")
def plugin() -> Answer:
    from .plugin_zip import plugin_zip

    response = Response(plugin_zip(), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="local_lmsbridge.zip"'
    return response


def _back(row: Connection) -> BaseResponse:
    return redirect(url_for("moodle.connection", connection_id=row.id), 303)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    hint = N_("Put modules into its courses, and have the results come back by themselves.")
    navigation.add(N_("Moodle"), "moodle.overview", "administrator", order=83, hint=hint, setup=True)
