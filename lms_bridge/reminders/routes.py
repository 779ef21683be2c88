"""The administrator's page of reminders, and where people choose whether they want them."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import current_user, requires_role, requires_sign_in
from ..db import bind_tenant
from ..errors import Conflict, Invalid, NotFound
from ..register.identities import person_of_account
from ..web.app import bridge
from ..web.i18n import N_, _
from ..web.safety import from_other_sites
from . import choices, service

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


def own_choices() -> dict[str, bool]:
    """What the page on one's own account shows of this."""
    return choices.offered(db.session(), bridge().settings, current_user())


@blueprint.post("/own")
@requires_sign_in
def choose_own() -> Answer:
    session, form = db.session(), request.form
    person_id = person_of_account(session, current_user().id)
    if person_id is None:
        raise NotFound
    for kind in choices.KINDS:
        if kind in form.getlist("asked"):
            choices.choose(session, person_id, kind, wanted=kind in form)
    flash(_("Saved."))
    return redirect(url_for("accounts.own_settings"), 303)


@blueprint.get("/decline/<token>")
def declining(token: str) -> Answer:
    """Asks: programs that look through mail follow its links."""
    _person_id, kind = choices.Links.of(bridge(), db.session()).read(token)
    return render_template("reminders/declining.html", kind=kind, state="asked")


@blueprint.post("/decline/<token>")
@from_other_sites
def decline(token: str) -> Answer:
    """By the page's button, or by a mail program (RFC 8058): it brings no cookie, follows no redirect, and many come
    from one address, so they are not counted; an address that is not ours costs nothing. The answer is the same
    whatever there was.
    """
    session, wanted = db.session(), "again" in request.form
    person_id, kind = choices.Links.of(bridge(), session).read(token)
    bind_tenant(session, None)
    person = choices.person_meant(session, person_id)
    if person is not None:
        bind_tenant(session, person.tenant_id)
        choices.choose(session, person.id, kind, wanted=wanted)
    g.goes_on_at = request.path  # who chooses a language here
    return render_template("reminders/declining.html", kind=kind, state="wanted" if wanted else "declined")


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
