"""Signing in and out, one's own settings, and the administrator's list of accounts."""

import uuid
from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from .. import db
from ..errors import Conflict, Invalid, TooMany
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import LANGUAGES, N_, _
from . import access, service
from .access import current_account, current_user, requires_role, requires_sign_in
from .models import ROLES

blueprint = Blueprint("accounts", __name__, template_folder="templates")
Answer = str | Response | tuple[str, int]


@blueprint.get("/")
@requires_sign_in
def home() -> Answer:
    """The first page after signing in: what one's roles are for."""
    return render_template("accounts/home.html")


@blueprint.get("/setup")
@requires_role("administrator")
def setup() -> Answer:
    """What is set up once: accounts, and other systems."""
    return render_template("accounts/setup.html")


@blueprint.get("/sign-in")
def sign_in() -> Answer:
    if current_account():
        return redirect(url_for("accounts.home"))
    return render_template("accounts/sign_in.html", email="", problem="")


@blueprint.post("/sign-in")
def sign_in_post() -> Answer:
    email = request.form.get("email", "")
    app = bridge()
    db.session().rollback()  # the attempt is counted in a transaction of its own
    try:
        account_id = service.authenticate(
            app.database, app.throttle, email, request.form.get("password", ""), request.remote_addr or ""
        )
    except Invalid as error:
        return render_template("accounts/sign_in.html", email=email, problem=_(error.message)), 400
    except TooMany as error:
        page = render_template("accounts/sign_in.html", email=email, problem=_(error.message))
        return Response(page, 429, {"Retry-After": str(error.retry_after)}, mimetype="text/html")
    access.sign_in(service.get_account(db.session(), account_id))
    return redirect(own_address(request.args.get("next")))


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    session.clear()
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/language")
def choose_language() -> Answer:
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        account = current_account()
        if account:
            account.language = chosen
        session["language"] = chosen
    return redirect(own_address(request.form.get("next")))


@blueprint.get("/me/settings")
@requires_sign_in
def own_settings() -> Answer:
    return render_template("accounts/own_settings.html", fields={})


@blueprint.post("/me/settings")
@requires_sign_in
def change_password() -> Answer:
    form = request.form
    try:
        service.change_own_password(db.session(), current_user().id, form.get("old", ""), form.get("new", ""))
    except Invalid as error:
        fields = {"new" if name == "password" else name: text for name, text in error.fields.items()}
        return render_template("accounts/own_settings.html", fields=fields), 400
    session.clear()
    flash(_("Your password is changed. Sign in with the new one."))
    return redirect(url_for("accounts.sign_in"))


@blueprint.get("/accounts")
@requires_role("administrator")
def list_accounts() -> Answer:
    return render_template("accounts/list.html", accounts=service.list_accounts(db.session()), roles=ROLES)


@blueprint.get("/accounts/new")
@requires_role("administrator")
def new_account() -> Answer:
    return render_template("accounts/edit.html", account=None, roles=ROLES, values={}, fields={})


@blueprint.post("/accounts/new")
@requires_role("administrator")
def create_account() -> Answer:
    form = request.form
    try:
        service.create_account(
            db.session(),
            tenant_id=g.tenant.id,
            email=form.get("email", ""),
            name=form.get("name", ""),
            roles=form.getlist("roles"),
            password=form.get("password", ""),
        )
    except (Invalid, Conflict) as error:
        fields = error.fields if isinstance(error, Invalid) else {"email": _(error.message)}
        page = render_template("accounts/edit.html", account=None, roles=ROLES, values=form, fields=fields)
        return page, 400
    flash(_("The account is made."))
    return redirect(url_for("accounts.list_accounts"))


@blueprint.get("/accounts/<uuid:account_id>")
@requires_role("administrator")
def edit_account(account_id: uuid.UUID) -> Answer:
    account = service.get_account(db.session(), account_id)
    return render_template("accounts/edit.html", account=account, roles=ROLES, values={}, fields={})


@blueprint.post("/accounts/<uuid:account_id>")
@requires_role("administrator")
def update_account(account_id: uuid.UUID) -> Answer:
    form, unit = request.form, db.session()
    account = service.get_account(unit, account_id)
    try:
        service.update_account(
            unit,
            account_id,
            name=form.get("name", ""),
            roles=form.getlist("roles"),
            active="active" in form,
        )
        if form.get("password"):
            service.set_password(unit, account_id, form["password"])
    except Invalid as error:
        page = render_template(
            "accounts/edit.html", account=account, roles=ROLES, values=form, fields=error.fields
        )
        return page, 400
    flash(_("The account is changed."))
    return redirect(url_for("accounts.list_accounts"))


def own_address(target: str | None) -> str:
    """A path of this service to go back to; the first page for anything else (//evil, /\\evil, javascript:)."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and target.isprintable() and "\\" not in target:
            return target
    return url_for("accounts.home")


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    navigation.add(
        N_("Accounts"),
        "accounts.list_accounts",
        "administrator",
        order=90,
        hint=N_("Who may sign in, and what they may do."),
        setup=True,
    )
