"""Publishing a module, fetching its packages, and taking courses on the service itself."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

import content
from content.findings import ERROR

from .. import db
from ..accounts import current_user, requires_role, requires_sign_in
from ..authoring import service as authoring
from ..authoring.models import Module
from ..errors import Invalid
from ..lrs.signals import StoredStatement, statements_stored
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.files import send_stored
from ..web.i18n import N_, _, language
from . import delivery, limits, live, packages, service, tiles
from .models import Learner, ModuleVersion
from .sending import send_live_package, send_module, send_package

blueprint = Blueprint("publishing", __name__, template_folder="templates")
Answer = str | BaseResponse | tuple[str, int]
WRITERS = ("author", "librarian")
READERS = (*WRITERS, "coordinator")


@blueprint.get("/modules/<uuid:module_id>/publish")
@requires_role(*READERS)
def prepare(module_id: uuid.UUID) -> Answer:
    """What is missing, with the way there; then the versions and their packages."""
    return _prepare_page(module_id)


@blueprint.post("/modules/<uuid:module_id>/publish")
@requires_role(*WRITERS)
def publish(module_id: uuid.UUID) -> Answer:
    try:
        version = service.publish(db.session(), bridge().jobs, module_id, by=current_user().id)
    except Invalid:
        return _prepare_page(module_id), 400
    flash(_("Version %(number)s is published.", number=version.number))
    return redirect(url_for("publishing.prepare", module_id=module_id))


def _prepare_page(module_id: uuid.UUID) -> str:
    session = db.session()
    found, module = service.findings(session, module_id), authoring.get(session, module_id)
    versions = service.versions(session, module_id)
    return render_template(
        "publishing/prepare.html",
        module=module,
        is_newer=authoring.is_newer(session, module),
        places=_places(authoring.draft_of(session, module_id).document),
        findings=[(finding, finding.text(language())) for finding in found],
        advice=[
            one for give in bridge().extensions.get("publishing.advice", ()) for one in give(session, module)
        ],
        ready=all(finding.severity != ERROR for finding in found),
        may_publish=bool(set(WRITERS) & set(current_user().roles)),
        versions=versions,
        limit=limits.of(session, versions[0]) if versions else None,
        formats=packages.FORMATS,
        live=live.of_module(session, module_id),
        live_formats=live.OFFERED,
        content_host=bridge().content_host,
        ways=bridge().extensions.get("publishing.ways", ()),
        others=_other_ways(module),
    )


def _other_ways(module: Module) -> list[tuple[str, str]]:
    """(endpoint, label): where its results are seen, and what may be done with a module of one's own."""
    extensions = bridge().extensions
    own = [] if module.taken_from else extensions.get("publishing.ways_of_own", [])
    return [*extensions.get("publishing.ways_back", []), *own]


def _places(document: authoring.Document) -> dict[str, str]:
    """{page or block: what it is called}: a block by its page and its first words."""
    places = {}
    for page in content.Module.from_json(document).pages:
        places[page.id] = page.title
        for block in page.blocks:
            places[block.id] = " – ".join(filter(None, (page.title, block.first_words())))
    return places


@blueprint.get("/modules/<uuid:module_id>/versions/<int:number>/<standard>.zip")
@requires_role(*READERS)
def download(module_id: uuid.UUID, number: int, standard: str) -> Answer:
    """The package, made while it is sent."""
    session = db.session()
    return send_package(session, service.get_version(session, module_id, number), standard)


@blueprint.get("/modules/<uuid:module_id>/versions/<int:number>/module.lmsmodule")
@requires_role(*READERS)
def module_file(module_id: uuid.UUID, number: int) -> Answer:
    """The version as it was written, to go on with in another installation."""
    session = db.session()
    return send_module(session, service.get_version(session, module_id, number))


@blueprint.get("/modules/<uuid:module_id>/live/<live_standard>.zip")
@requires_role(*READERS)
def live_package(module_id: uuid.UUID, live_standard: str) -> Answer:
    """A package that stays up to date. That there is one is written apart, since a GET does not write."""
    account = current_user()
    with bridge().database.unit_of_work(account.tenant_id) as own:
        version = service.get_version(own, module_id)
        return send_live_package(own, version, live_standard, by=account.id)


@blueprint.post("/modules/<uuid:module_id>/live/close")
@requires_role(*WRITERS)
def close_live_packages(module_id: uuid.UUID) -> Answer:
    live.close(db.session(), module_id)
    flash(_("Closed. Wherever they lie, these packages open nothing any more."))
    return redirect(url_for("publishing.prepare", module_id=module_id), 303)


@blueprint.get("/modules/<uuid:module_id>/preview")
@requires_role(*READERS)
def preview(module_id: uuid.UUID) -> Answer:
    """The draft in the real player, at the page that is asked for; nothing is recorded."""
    module = authoring.get(db.session(), module_id)
    page = request.args.get("page", "")[:100]
    return render_template(
        "publishing/frame.html",
        title=module.title,
        address=delivery.draft_url(bridge(), g.tenant.id, module_id, page=page),
        back=url_for("authoring.editor", module_id=module_id),
        back_label=_("Back to writing"),
        is_preview=True,
    )


@blueprint.get("/courses")
@requires_sign_in
def courses() -> Answer:
    """What the municipality has published, and how far one has come."""
    session, account = db.session(), current_user()
    return render_template(
        "publishing/courses.html",
        courses=delivery.courses(session, Learner.of(account)),
        may_write=bool(set(WRITERS) & set(account.roles)),
        tiles=tiles.of(session, account),
    )


@blueprint.get("/courses/<uuid:module_id>/picture")
@requires_sign_in
def picture(module_id: uuid.UUID) -> Answer:
    """The module's first image, as a picture only: an SVG that is opened by itself runs nothing."""
    digest, media_type = service.picture(db.session(), module_id)
    response = send_stored(bridge().storage, digest, media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


@blueprint.get("/courses/<uuid:module_id>")
@requires_sign_in
def take(module_id: uuid.UUID) -> Answer:
    """The course itself. The attempt and its token are written apart, since a GET does not write."""
    app, account = bridge(), current_user()
    with app.database.unit_of_work(account.tenant_id) as session:
        enrolment = delivery.enrol(session, Learner.of(account), module_id)
        address = delivery.launch_url(app, session, enrolment)
    version = db.session().get(ModuleVersion, enrolment.version_id)
    title = version.title if version else ""
    return render_template(
        "publishing/frame.html",
        title=title,
        address=address,
        back=url_for("publishing.courses"),
        back_label=_("Back to the courses"),
        is_preview=False,
    )


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    navigation.add(
        N_("Courses"), "publishing.courses", order=10, hint=N_("Take a course, or go on where you were.")
    )
    statements_stored.connect(_note_outcomes)


def _note_outcomes(
    _sender: object, *, session: Session, statements: Sequence[StoredStatement], **_: object
) -> None:
    delivery.note_outcomes(session, statements)
