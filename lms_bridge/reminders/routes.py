"""The administrator's page of reminders."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import current_user, requires_role
from ..errors import Conflict, Invalid
from ..web.app import bridge
from ..web.i18n import N_, _
from . import service

blueprint = Blueprint("reminders", __name__, url_prefix="/reminders", template_folder="templates")
Answer = str | Response | tuple[str, int]


@blueprint.get("")
@requires_role("administrator")
def plan() -> Answer:
    return _page()


@blueprint.post("")
@requires_role("administrator")
def choose() -> Answer:
    form = request.form
    try:
        service.choose(
            db.session(),
            g.tenant.id,
            to_employees="to_employees" in form,
            to_leaders="to_leaders" in form,
            reply_to=form.get("reply_to", "").strip()[:254],
        )
    except Invalid as refused:
        return _page(refused.fields), 400
    flash(_("Saved."))
    return redirect(url_for("reminders.plan"))


@blueprint.post("/test")
@requires_role("administrator")
def send_test() -> Answer:
    if not bridge().settings.mail_url:
        raise Conflict(N_("No mail server is set up."))
    service.send_test(db.session(), bridge().jobs, current_user())
    flash(
        _(
            "A test is on its way to %(address)s. Look below whether it has left.",
            address=current_user().email,
        )
    )
    return redirect(url_for("reminders.plan"))


def _page(fields: dict[str, str] | None = None) -> str:
    session = db.session()
    return render_template(
        "reminders/plan.html",
        plan=service.plan_of(session, g.tenant.id),
        sender=bridge().settings.mail_from if bridge().settings.mail_url else "",
        mails=service.newest(session),
        fields=fields or {},
        given=request.form,
    )
