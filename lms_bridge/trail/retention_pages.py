"""The page on which an administrator says how long the trail is kept."""

from flask import flash, g, redirect, render_template, request, url_for

from .. import db
from ..accounts import requires_role
from ..errors import Invalid
from ..retention import CHOICES, written
from ..web.i18n import _
from . import retention
from .routes import Answer, blueprint


@blueprint.get("/trail/retention")
@requires_role("administrator")
def ask_how_long() -> Answer:
    return _page()


@blueprint.post("/trail/retention")
@requires_role("administrator")
def keep_for() -> Answer:
    try:
        retention.keep_for(db.session(), g.tenant.id, written(request.form.get("months", "")))
    except Invalid as error:
        return _page(error.fields), 400
    flash(_("Saved. It counts from the night in which today is sealed."))
    return redirect(url_for("trail.ask_how_long"))


def _page(fields: dict[str, str] | None = None) -> str:
    session = db.session()
    return render_template(
        "trail/retention.html",
        months=retention.months_kept(session, g.tenant.id),
        expired=retention.expired(session, g.tenant.id),
        choices=CHOICES,
        fields=fields or {},
    )
