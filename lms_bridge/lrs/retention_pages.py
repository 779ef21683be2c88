"""The page on which an administrator says how long statements are kept."""

from flask import flash, g, redirect, render_template, request, url_for

from lms_bridge import db
from lms_bridge.accounts import requires_role
from lms_bridge.errors import Invalid
from lms_bridge.retention import CHOICES, written
from lms_bridge.web.i18n import _

from . import retention
from .pages import Answer, blueprint


@blueprint.get("/statements/retention")
@requires_role("administrator")
def ask_how_long() -> Answer:
    return _page()


@blueprint.post("/statements/retention")
@requires_role("administrator")
def keep_for() -> Answer:
    try:
        retention.keep_for(db.session(), g.tenant.id, written(request.form.get("months", "")))
    except Invalid as error:
        return _page(error.fields), 400
    flash(_("Saved. Older statements are deleted in the night."))
    return redirect(url_for("lrs_pages.ask_how_long"))


def _page(fields: dict[str, str] | None = None) -> str:
    months = retention.months_kept(db.session(), g.tenant.id)
    return render_template("lrs/retention.html", months=months, choices=CHOICES, fields=fields or {})
