"""The administrator's pages: which LMSs are connected, what waits for approval, what is stuck."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from .. import db
from ..accounts import requires_role
from ..errors import Conflict, Invalid, NotFound
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import registration, roster_reading, scores
from .guides import GUIDES
from .models import Deployment, Platform

blueprint = Blueprint("lti_pages", __name__, url_prefix="/lti/platforms", template_folder="templates")
Answer = str | Response | tuple[str, int]
INVITATION = "lti_invitation"


@blueprint.get("")
@requires_role("administrator")
def list_platforms() -> Answer:
    unit = db.session()
    deployments: dict[uuid.UUID, list[Deployment]] = {}
    for row in unit.scalars(select(Deployment).order_by(Deployment.seen)):
        deployments.setdefault(row.platform_id, []).append(row)
    return render_template(
        "lti/platforms.html",
        platforms=unit.scalars(select(Platform).order_by(Platform.name, Platform.id)).all(),
        deployments=deployments,
        unsent=scores.unsent(unit),
        links=roster_reading.readable(unit),
        invitation=session.pop(INVITATION, ""),
        days=registration.DAYS,
    )


@blueprint.post("/invite")
@requires_role("administrator")
def invite() -> Answer:
    """The address is shown once, on the next page, and kept nowhere."""
    token = registration.invite(db.session())
    session[INVITATION] = f"{bridge().settings.base_url}/lti/register?invitation={token}"
    return redirect(url_for("lti_pages.list_platforms"), 303)


@blueprint.get("/new")
@requires_role("administrator")
def new_platform() -> Answer:
    return _new_page({}, {})


@blueprint.post("/new")
@requires_role("administrator")
def add_platform() -> Answer:
    try:
        registration.add_by_hand(db.session(), request.form)
    except (Invalid, Conflict) as error:
        fields = error.fields if isinstance(error, Invalid) else {"client_id": _(error.message)}
        return _new_page(request.form.to_dict(), fields), 400
    flash(_("The LMS is connected."))
    return redirect(url_for("lti_pages.list_platforms"), 303)


def _new_page(values: dict[str, str], fields: dict[str, str]) -> str:
    base = bridge().settings.base_url
    ours = {
        "base": base,
        "login": f"{base}/lti/login",
        "launch": f"{base}/lti/launch",
        "jwks": f"{base}/lti/jwks",
    }
    return render_template("lti/new_platform.html", values=values, fields=fields, guides=GUIDES, ours=ours)


@blueprint.post("/<uuid:platform_id>")
@requires_role("administrator")
def change_platform(platform_id: uuid.UUID) -> Answer:
    """Approves a platform or shuts it out, or says whose number its idnumber is."""
    action = request.form.get("action", "")
    if action in ("approve", "refuse"):
        registration.decide_platform(db.session(), platform_id, approve=action == "approve")
    elif action == "idnumber":
        registration.trust_idnumber(db.session(), platform_id, "trusted" in request.form)
    else:
        raise NotFound
    flash(_("Saved."))
    return redirect(url_for("lti_pages.list_platforms"), 303)


@blueprint.post("/deployments/<uuid:deployment_id>")
@requires_role("administrator")
def change_deployment(deployment_id: uuid.UUID) -> Answer:
    approve = request.form.get("action") == "approve"
    registration.decide_deployment(db.session(), deployment_id, approve=approve)
    flash(_("Saved."))
    return redirect(url_for("lti_pages.list_platforms"), 303)


@blueprint.post("/scores/<uuid:score_id>")
@requires_role("administrator")
def send_again(score_id: uuid.UUID) -> Answer:
    scores.send_again(db.session(), bridge().jobs, score_id)
    flash(_("The score is on its way again."))
    return redirect(url_for("lti_pages.list_platforms"), 303)


@blueprint.post("/links/<uuid:link_id>/roster")
@requires_role("administrator")
def read_roster(link_id: uuid.UUID) -> Answer:
    roster_reading.ask(db.session(), bridge().jobs, link_id)
    flash(_("The list of participants is being read."))
    return redirect(url_for("lti_pages.list_platforms"), 303)


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    hint = N_("LMSs that open modules and take the results by LTI 1.3.")
    navigation.add(N_("LTI"), "lti_pages.list_platforms", "administrator", order=85, hint=hint, setup=True)
