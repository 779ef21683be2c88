"""The author's page: into which courses of which Moodle a module goes, and where it is."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from .. import db
from ..accounts import current_user, requires_role
from ..authoring import service as authoring
from ..connectors import service as connections
from ..connectors.models import Connection
from ..errors import Conflict, Forbidden, Invalid, NotFound
from ..publishing import service as publishing
from ..web.addresses import whole
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import connecting, placements
from .client import MoodleError
from .models import SENDING, WAITING
from .placements import Place

blueprint = Blueprint("moodle_publishing", __name__, template_folder="templates")
Answer = str | BaseResponse | tuple[str, int]
WRITERS = ("author", "librarian")
MOST_COURSES = 20
QUICK = 15.0
RULES = {
    "passed": N_("Whoever passes the test"),
    "completed": N_("Whoever comes to the end"),
    "either": N_("Whoever passes, or comes to the end"),
}


@blueprint.get("/modules/<uuid:module_id>/moodle")
@requires_role(*WRITERS)
def module(module_id: uuid.UUID) -> Answer:
    """Where the module is; and, once a Moodle is chosen, the courses that it may go into."""
    if request.headers.get("HX-Target") == "places":
        places = placements.places(db.session(), module_id=module_id)
        return render_template(
            "moodle/_places.html", places=places, moving=_moving(places), module_id=module_id
        )
    return _page(module_id)


def _page(module_id: uuid.UUID, problem: str = "") -> str:
    session = db.session()
    version = publishing.get_version(session, module_id)
    places = placements.places(session, module_id=module_id)
    usable = [row for row in connections.every(session, connecting.KIND) if row.settings.get("plugin")]
    chosen = _chosen(usable, request.args.get("connection", ""))
    search = request.args.get("q", "")[:100]
    courses: list[dict[str, Any]] = []
    more = False
    if chosen is not None and ("q" in request.args or len(usable) == 1):
        try:
            courses, more = _courses(chosen, search)
        except MoodleError as error:
            problem = _(error.message, **error.details)
    return render_template(
        "moodle/publish.html",
        module=authoring.get(session, module_id),
        module_id=module_id,
        version=version,
        places=places,
        moving=_moving(places),
        usable=usable,
        chosen=chosen,
        search=search,
        searched=chosen is not None and not problem,
        courses=courses,
        more=more,
        rules=RULES,
        rule="passed" if version.pass_mark is not None else "completed",
        problem=problem,
    )


def _moving(places: list[Place]) -> bool:
    return any(one.placement.state in (WAITING, SENDING) for one in places)


def _chosen(usable: list[Connection], connection_id: str) -> Connection | None:
    named = next((row for row in usable if str(row.id) == connection_id), None)
    return named or (usable[0] if len(usable) == 1 else None)


def _courses(row: Connection, search: str, limit: int = MOST_COURSES) -> tuple[list[dict[str, Any]], bool]:
    """Courses where the person at the browser may manage activities in Moodle too, found by their e-mail."""
    app = bridge()
    answer = connecting.client_of(app.outgoing, app.vault, row).call(
        "local_lmsbridge_list_courses",
        patience=QUICK,
        search=search,
        author=current_user().email,
        offset=0,
        limit=limit,
    )
    return answer["courses"], bool(answer["more"])


@blueprint.post("/modules/<uuid:module_id>/moodle")
@requires_role(*WRITERS)
def place(module_id: uuid.UUID) -> Answer:
    """Puts the newest version into a course that the author may change in Moodle too."""
    session, form = db.session(), request.form
    row = connecting.get(session, _uuid(form.get("connection")))
    session.commit()  # nothing is open while Moodle is asked
    try:
        course = _course(row, form.get("course", ""), form.get("course_name", ""))
    except MoodleError as error:
        return _page(module_id, _(error.message, **error.details)), 400
    number, name = int(course["id"]), str(course["fullname"])
    if course.get("missing"):
        lacking = ", ".join(str(one) for one in course["missing"])
        raise Conflict(N_("The token’s user lacks %(lacking)s in that course."), lacking=lacking)
    placements.place(
        session,
        bridge().jobs,
        row,
        module_id,
        course=(number, name),
        section=whole(form.get("section", "")) or 0,
        completion=form.get("completion", ""),
        visible="visible" in form,
        by=current_user().id,
    )
    flash(_("The module is on its way to Moodle."))
    return redirect(url_for("moodle_publishing.module", module_id=module_id), 303)


def _course(row: Connection, number: str, name: str) -> dict[str, Any]:
    found, _more = _courses(row, name[:100], 50)
    course = next((one for one in found if str(one["id"]) == number), None)
    if course is None:
        raise Forbidden(N_("You may not put activities into that course in Moodle."))
    return course


def _uuid(text: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        raise Invalid(N_("Choose a Moodle.")) from None


@blueprint.post("/modules/<uuid:module_id>/moodle/update")
@requires_role(*WRITERS)
def update(module_id: uuid.UUID) -> Answer:
    """Brings the module up to its newest version everywhere."""
    session = db.session()
    authoring.get(session, module_id)
    count = placements.update(session, bridge().jobs, placements.places(session, module_id=module_id))
    flash(_("%(count)s modules are on their way to Moodle.", count=count))
    return redirect(url_for("moodle_publishing.module", module_id=module_id), 303)


@blueprint.post("/moodle/placements/<uuid:placement_id>")
@requires_role(*WRITERS, "administrator")
def change(placement_id: uuid.UUID) -> Answer:
    """One place: bring it up to date, try again, hide, delete, or take it off the list."""
    session, jobs, action = db.session(), bridge().jobs, request.form.get("action", "")
    row = placements.get(session, placement_id)
    if action in ("update", "again"):
        placements.try_again(session, jobs, row.id)
        flash(_("The module is on its way to Moodle."))
    elif action in ("hide", "delete"):
        placements.leave(session, jobs, row.id, action, current_user().id)
        flash(_("Moodle is being told."))
    elif action == "forget":
        placements.forget(session, row.id)
    else:
        raise NotFound
    back = "administrator" if request.form.get("from") == "connection" else "author"
    if back == "administrator":
        return redirect(url_for("moodle.connection", connection_id=row.connection_id), 303)
    return redirect(url_for("moodle_publishing.module", module_id=row.module_id), 303)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    ways: list[tuple[str, str]] = app.extensions.setdefault("publishing.ways", [])
    ways.append(("moodle_publishing.module", N_("Put it into Moodle")))
