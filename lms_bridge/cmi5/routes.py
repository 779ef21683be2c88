"""The pages of courses that were brought in: the coordinator's, the learner's, and the address that gives a token."""

import uuid

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from .. import db
from ..accounts import audit, current_user, requires_role, requires_sign_in
from ..accounts import service as accounts
from ..errors import Conflict, Invalid, NotFound, TooLarge
from ..web.app import bridge, take_files
from ..web.i18n import N_, _, language
from . import importing, launching, service, uploads
from .findings import words_of
from .models import Course
from .satisfaction import nodes_of

blueprint = Blueprint("cmi5", __name__, template_folder="templates", url_prefix="/cmi5")
tokens = Blueprint("cmi5_token", __name__, url_prefix="/cmi5")  # for AUs, not for people
Answer = str | BaseResponse | tuple[str, int]
STAFF = ("coordinator", "librarian", "administrator")
TUTORS = ("coordinator", "administrator")


def is_tutor() -> bool:
    return bool(set(TUTORS) & set(current_user().roles))


# --- bringing in --------------------------------------------------------------------------------------------------


@blueprint.get("/courses")
@requires_role(*STAFF)
def courses() -> Answer:
    return _courses_page()


def _courses_page(problem: str = "") -> str:
    found = service.courses(db.session())
    return render_template("cmi5/courses.html", courses=found, problem=problem, may_register=is_tutor())


@blueprint.post("/courses/check")
@requires_role(*STAFF)
def check() -> Answer:
    """What is wrong with a course, before anything of it is brought in."""
    app = bridge()
    if (request.content_length or 0) > app.settings.max_upload_mb * 1_000_000:
        raise TooLarge(
            N_("The file is larger than %(mb)s MB, the most that is accepted. Choose a smaller one."),
            mb=app.settings.max_upload_mb,
        )
    take_files(app.settings.max_upload_mb * 1_000_000)
    given = request.files.get("course")
    if given is None or not given.filename:
        return _courses_page(_("Choose a file first.")), 400
    try:
        judgement = importing.judge(given.stream)  # type: ignore[arg-type]
    except Invalid as error:
        return _courses_page(_(error.message, **error.details)), 400
    sealed = ""
    if judgement.sound:
        sealed = uploads.put_aside(app, db.session(), given.stream, g.tenant.id)
    page = render_template(
        "cmi5/check.html", name=given.filename, judgement=judgement, sealed=sealed, words_of=words_of
    )
    return page, 200 if judgement.sound else 400


@blueprint.post("/courses")
@requires_role(*STAFF)
def bring_in() -> Answer:
    app = bridge()
    with uploads.bring_back(app, request.form.get("course", ""), g.tenant.id) as given:
        course = importing.bring_in(db.session(), app.storage, given, by=current_user().id)
    flash(_("“%(title)s” is here. Everybody finds it among their courses.", title=course.title))
    return redirect(url_for("cmi5.course", course_id=course.id))


@blueprint.get("/courses/<uuid:course_id>/withdraw")
@requires_role(*STAFF)
def ask_to_withdraw(course_id: uuid.UUID) -> Answer:
    """What follows when a course is withdrawn."""
    found = service.get_course(db.session(), course_id)
    middle = service.in_the_middle(db.session(), found)
    return render_template("cmi5/withdraw.html", course=found, in_the_middle=middle)


@blueprint.post("/courses/<uuid:course_id>/withdraw")
@requires_role(*STAFF)
def withdraw(course_id: uuid.UUID) -> Answer:
    found = service.get_course(db.session(), course_id)
    if request.form.get("action") == "offer":
        service.offer_again(db.session(), found)
        flash(_("“%(title)s” is offered again.", title=found.title))
    elif service.withdraw(db.session(), found):
        flash(_("“%(title)s” is removed.", title=found.title))
    else:
        flash(_("“%(title)s” is withdrawn.", title=found.title))
    return redirect(url_for("cmi5.courses"))


# --- taking a course ----------------------------------------------------------------------------------------------


@blueprint.get("/courses/<uuid:course_id>")
@requires_sign_in
def course(course_id: uuid.UUID) -> Answer:
    """The course as a learner sees it: what there is to do, and how far one is."""
    session = db.session()
    found = service.get_course(session, course_id)
    registration = service.registration_of(session, found, current_user())
    tree = service.steps(session, found, registration)
    units = service.units_of(tree)
    return render_template(
        "cmi5/course.html",
        course=found,
        registration=registration,
        steps=tree,
        units=units,
        next_id=next((unit.node.id for unit in units if not unit.met), None),
        staff=is_tutor(),
    )


@blueprint.get("/courses/<uuid:course_id>/units/<uuid:node_id>")
@requires_sign_in
def launch(course_id: uuid.UUID, node_id: uuid.UUID) -> Answer:
    """Opens a unit in this window (8.1: for either launch method). Written apart: a GET does not write."""
    if request.headers.get("Sec-Fetch-Site", "none") == "cross-site":
        return redirect(url_for("cmi5.course", course_id=course_id))
    app, account = bridge(), current_user()
    with app.database.unit_of_work(account.tenant_id) as session:
        found = service.get_course(session, course_id)
        if found.withdrawn is not None:
            raise Conflict(service.WITHDRAWN)
        node = service.get_unit(session, course_id, node_id)
        registration = service.registration_to_go_on_with(session, found, account)
        mode = request.args.get("mode", "Normal")
        address = launching.launch(app, session, found, registration, node, mode=mode, language=language())
    return redirect(address)


@blueprint.post("/courses/<uuid:course_id>/again")
@requires_sign_in
def begin_again(course_id: uuid.UUID) -> Answer:
    session = db.session()
    service.begin_again(session, service.get_course(session, course_id), current_user())
    return redirect(url_for("cmi5.course", course_id=course_id))


@tokens.route("/fetch/<secret>", methods=["POST", "OPTIONS"])
def fetch(secret: str) -> Response:
    """8.2: POST only, always 200 and JSON; called from wherever the AU lies, without a cookie."""
    if request.method == "OPTIONS":
        response = Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = (
            "Content-Type, Authorization, X-Experience-API-Version"
        )
    else:
        response = jsonify(launching.fetch(db.session(), secret))
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


# --- learners -----------------------------------------------------------------------------------------------------


@blueprint.get("/courses/<uuid:course_id>/learners")
@requires_role(*TUTORS)
def learners(course_id: uuid.UUID) -> Answer:
    session = db.session()
    found = service.get_course(session, course_id)
    audit.record_read(session, f"cmi5_course:{course_id}")
    return _learners_page(session, found)


def _learners_page(session: Session, found: Course, problem: str = "") -> str:
    text = request.args.get("text", "").strip()[:100]
    return render_template(
        "cmi5/learners.html",
        course=found,
        standings=service.standings(session, found),
        text=text,
        found=accounts.search_accounts(session, text) if text else [],
        problem=problem,
    )


@blueprint.post("/courses/<uuid:course_id>/learners")
@requires_role(*TUTORS)
def register(course_id: uuid.UUID) -> Answer:
    session = db.session()
    found = service.get_course(session, course_id)
    account = accounts.get_account(session, _id(request.form.get("account", "")))
    try:
        service.assign(session, found, account, by=current_user().id)
    except Conflict as error:
        return _learners_page(session, found, _(error.message, **error.details)), 409
    flash(_("%(name)s is registered.", name=account.name))
    return redirect(url_for("cmi5.learners", course_id=course_id))


@blueprint.get("/registrations/<uuid:registration_id>")
@requires_role(*TUTORS)
def registration(registration_id: uuid.UUID) -> Answer:
    session = db.session()
    found = service.get_registration(session, registration_id)
    of = service.get_course(session, found.course_id)
    audit.record_read(session, f"account:{found.account_id}")
    units = service.units_of(service.steps(session, of, found))
    return render_template(
        "cmi5/registration.html",
        registration=found,
        course=of,
        learner=accounts.get_account(session, found.account_id),
        units=units,
        choices=[(unit.node.id, unit.node.title) for unit in units if not unit.met],
        reasons=[(reason, _(text)) for reason, text in service.REASONS.items()],
        visits=service.visits(session, found),
        titles={node.id: node.title for node in nodes_of(session, of.id)},
    )


@blueprint.post("/registrations/<uuid:registration_id>/waive")
@requires_role(*TUTORS)
def waive(registration_id: uuid.UUID) -> Answer:
    session = db.session()
    found = service.get_registration(session, registration_id)
    node = service.get_unit(session, found.course_id, _id(request.form.get("unit", "")))
    service.waive(session, found, node, request.form.get("reason", ""), by=current_user().id)
    flash(_("“%(title)s” is skipped.", title=node.title))
    return redirect(url_for("cmi5.registration", registration_id=registration_id))


@blueprint.post("/sessions/<uuid:session_id>/abandon")
@requires_role(*TUTORS)
def abandon(session_id: uuid.UUID) -> Answer:
    visit = launching.abandon(db.session(), session_id)
    flash(_("The visit is ended."))
    return redirect(url_for("cmi5.registration", registration_id=visit.registration_id))


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None
