"""The library's pages: what is shared, one module of it, and sharing one's own."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import content
from content.adapting import Obstacle
from content.credits import credit
from content.licences import LICENCES
from content.rights import parts_of
from content.texts import sentence

from .. import db
from ..accounts import current_user, requires_role
from ..authoring import service as authoring
from ..authoring import uploads
from ..authoring.routes import READERS, WRITERS, competences, link_if_there, may_write
from ..errors import Conflict, Invalid, NotFound
from ..publishing import delivery
from ..web.app import bridge, take_files
from ..web.files import send_stored
from ..web.i18n import LANGUAGES, N_, _, language
from . import files, service, sharing

blueprint = Blueprint("library", __name__, template_folder="templates", url_prefix="/library")
Answer = str | Response | tuple[str, int]


@blueprint.get("/")
@requires_role(*READERS)
def offers() -> Answer:
    """What is shared, some at a time."""
    search, chosen = request.args.get("q", "").strip()[:200], request.args.get("language", "")
    page = max(request.args.get("page", 1, type=int), 1)
    found = service.offers(db.session(), g.tenant, search=search, language=chosen)
    return render_template(
        "library/offers.html",
        offers=found[(page - 1) * service.PAGE : page * service.PAGE],
        total=len(found),
        page=page,
        pages=-(-len(found) // service.PAGE),
        search=search,
        chosen=chosen,
        spoken=[("", _("Any language")), *LANGUAGES.items()],
        licences=LICENCES,
    )


@blueprint.get("/<uuid:shared_id>")
@requires_role(*READERS)
def offer(shared_id: uuid.UUID) -> Answer:
    return _offer_page(shared_id)


def _offer_page(shared_id: uuid.UUID, problem: Invalid | None = None) -> Answer:
    session, app = db.session(), bridge()
    shown = service.shown(session, app.database, g.tenant, shared_id)
    page = render_template(
        "library/offer.html",
        shown=shown,
        offer=shown.offer,
        shared=shown.offer.shared,
        module=shown.module,
        may_write=may_write(),
        translate=link_if_there("translating.of_shared", shared_id=shared_id),
        takers=service.takers(session, shown.offer.shared),
        limit=service.limit(session, g.tenant, shown),
        obstacles=_in_words(shown.obstacles),
        adapt=sentence(shown.adapt.code, language()),
        credits=_credits(shown.module),
        choices=[(one["uri"], one["title"]) for one in competences()],
        licence=LICENCES[shown.offer.shared.licence],
        lawyer=sentence("verdict.lawyer", language()),
        problem=problem,
    )
    return (page, 400) if problem else page


@blueprint.get("/<uuid:shared_id>/picture")
@requires_role(*READERS)
def picture(shared_id: uuid.UUID) -> Response:
    """The module's first image, as a picture only: an SVG that is opened by itself runs nothing."""
    shared = service.get(db.session(), g.tenant, shared_id).shared
    if shared.picture is None:
        raise NotFound
    response = send_stored(bridge().storage, shared.picture, shared.picture_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


@blueprint.get("/<uuid:shared_id>/preview")
@requires_role(*READERS)
def preview(shared_id: uuid.UUID) -> Answer:
    """The shared version in the real player; nothing is recorded."""
    shared = service.get(db.session(), g.tenant, shared_id).shared
    return render_template(
        "publishing/frame.html",
        title=shared.title,
        address=delivery.preview_url(bridge(), shared.owner_id, shared.version_id),
        back=url_for("library.offer", shared_id=shared_id),
        back_label=_("Back to the library"),
        is_preview=True,
    )


@blueprint.post("/<uuid:shared_id>/take")
@requires_role(*WRITERS)
def take(shared_id: uuid.UUID) -> Answer:
    session, app = db.session(), bridge()
    asked = request.form
    gives = dict(zip(asked.getlist("competence"), asked.getlist("gives"), strict=False))
    try:
        module = service.take(
            session, app.database, app.jobs, g.tenant, shared_id, gives=gives, by=current_user().id
        )
    except Invalid as problem:
        return _offer_page(shared_id, problem)
    flash(_("It is among your modules and courses now. Put it into your LMS from here."))
    return redirect(url_for("publishing.prepare", module_id=module.id))


@blueprint.post("/<uuid:shared_id>/adapt")
@requires_role(*WRITERS)
def adapt(shared_id: uuid.UUID) -> Answer:
    session, app = db.session(), bridge()
    try:
        module = service.adapt(session, app.database, g.tenant, shared_id, by=current_user().id)
    except Invalid as problem:
        return _offer_page(shared_id, problem)
    flash(
        _("This is your own version. It remembers what it was made from, and says so on its page of rights.")
    )
    return redirect(url_for("authoring.editor", module_id=module.id))


# --- as a file ---------------------------------------------------------------------------------------------------


@blueprint.get("/file")
@requires_role(*WRITERS)
def choose_file() -> Answer:
    return render_template("library/file.html", problem=None)


@blueprint.post("/file")
@requires_role(*WRITERS)
def bring_in() -> Answer:
    session, app, by = db.session(), bridge(), current_user().id
    session.commit()  # the upload may take minutes: nothing may hold the database meanwhile
    most_mb, aside = app.settings.max_upload_mb, app.settings.data_dir / "uploads"
    take_files(most_mb * 1_000_000)
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Invalid(N_("Choose a file first."))
        with uploads.put_aside(given, aside) as path:
            found = files.read(path, app.storage, most_mb=most_mb, aside=aside, language=language())
        module = files.bring_in(session, g.tenant, found, by=by)
    except (Invalid, Conflict) as problem:
        return render_template("library/file.html", problem=problem), 400
    flash(_("It is among your modules now."))
    return redirect(url_for("authoring.editor", module_id=module.id))


# --- one's own ------------------------------------------------------------------------------------------------------


@blueprint.get("/share/<uuid:module_id>", endpoint="sharing")
@requires_role(*READERS)
def own(module_id: uuid.UUID) -> Answer:
    """What others may do with it and what stands in the way; for a module of somebody else's, its page."""
    return _sharing_page(module_id)


def _sharing_page(module_id: uuid.UUID, problem: Invalid | None = None) -> Answer:
    session = db.session()
    module = authoring.get(session, module_id)
    if module.taken_from:
        return _where_it_is_from(module_id)
    version, shared = sharing.newest(session, module_id), sharing.of_module(session, module_id)
    found = content.Module.from_json(version.document) if version else None
    page = render_template(
        "library/share.html",
        module=module,
        version=version,
        shared=shared,
        may_write=may_write(),
        takers=service.takers(session, shared) if shared else [],
        obstacles=_in_words(sharing.in_the_way(found)) if found else [],
        licence=LICENCES[found.rights.licence] if found else None,
        grant=found.rights.grant if found and found.rights.licence == "GROUP" else None,
        problem=problem,
    )
    return (page, 400) if problem else page


def _where_it_is_from(module_id: uuid.UUID) -> Answer:
    """The page of a module that was taken over; a newer version of it may be for others only."""
    session = db.session()
    shared_id = service.taken(session, g.tenant, module_id).shared_id
    try:
        service.get(session, g.tenant, shared_id)
    except NotFound:
        flash(_("It is not shared any more. You may go on using what you have."))
        return redirect(url_for("publishing.prepare", module_id=module_id))
    return redirect(url_for("library.offer", shared_id=shared_id))


@blueprint.post("/share/<uuid:module_id>")
@requires_role(*WRITERS)
def share(module_id: uuid.UUID) -> Answer:
    try:
        shared = sharing.share(db.session(), g.tenant, module_id, by=current_user().id)
    except Invalid as problem:
        return _sharing_page(module_id, problem)
    flash(_("Version %(number)s is in the library.", number=shared.number))
    return redirect(url_for("library.sharing", module_id=module_id))


@blueprint.post("/share/<uuid:module_id>/withdraw")
@requires_role(*WRITERS)
def withdraw(module_id: uuid.UUID) -> Answer:
    sharing.withdraw(db.session(), module_id, by=current_user().id)
    flash(_("It is not in the library any more. Whoever has it keeps it."))
    return redirect(url_for("library.sharing", module_id=module_id))


def _in_words(obstacles: Sequence[Obstacle]) -> list[dict[str, str]]:
    return [
        {
            "name": work.name,
            "place": work.block_id or work.page_id or "settings",
            "whole": "" if work.page_id else "whole",
            "holder": work.rights.holder,
            "reason": sentence(verdict.code, language()),
        }
        for work, verdict in obstacles
    ]


def _credits(module: content.Module) -> list[list[tuple[str, str]]]:
    return [credit(part.rights, language(), name=part.name) for part in parts_of(module)]
