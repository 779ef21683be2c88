"""Signing in and out, one's own settings, and the administrator's list of accounts."""

import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from .. import db
from ..db import utcnow
from ..errors import Conflict, Forbidden, Invalid, TooMany
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import LANGUAGES, N_, _
from . import access, links, service, sign_ins, ways_in
from .access import current_account, current_user, requires_role, requires_sign_in
from .models import ROLE_HINTS, ROLES, Account, Tenant

blueprint = Blueprint("accounts", __name__, template_folder="templates")
Answer = str | Response | tuple[str, int]
LINK = "link_to_choose"
MOST_SHOWN = 100


@blueprint.get("/")
@requires_sign_in
def home() -> Answer:
    """The first page after signing in: what one's roles are for."""
    alone = "administrator" in current_user().roles and service.has_one_account(db.session())
    return render_template("accounts/home.html", alone=alone)


@blueprint.get("/setup")
@requires_role("administrator")
def setup() -> Answer:
    """What is set up once: accounts, and other systems."""
    return render_template("accounts/setup.html")


@blueprint.get("/sign-in")
def sign_in() -> Answer:
    if current_account():
        return redirect(url_for("accounts.home"))
    unused = service.is_unused(db.session())
    return render_template("accounts/sign_in.html", email="", problem="", unused=unused)


@blueprint.post("/sign-in")
def sign_in_post() -> Answer:
    email = request.form.get("email", "")
    app = bridge()
    db.session().rollback()  # the attempt is counted in a transaction of its own
    try:
        account_id = service.authenticate(
            app.database,
            app.throttle,
            email,
            request.form.get("password", ""),
            request.remote_addr or "",
            ways_in.only_way,
        )
    except Invalid as error:
        problem = _(error.message, **error.details)
        return render_template("accounts/sign_in.html", email=email, problem=problem), 400
    except TooMany as error:
        page = render_template("accounts/sign_in.html", email=email, problem=_(error.message))
        return Response(page, 429, {"Retry-After": str(error.retry_after)}, mimetype="text/html")
    access.sign_in(db.session(), service.get_account(db.session(), account_id))
    return redirect(own_address(request.args.get("next")))


@blueprint.get("/choose-password/<token>")
def choose_password(token: str) -> Answer:
    """For who was given a link (links.py)."""
    return _choose_password_page(links.account_of(bridge().settings, db.session(), token), token, "")


@blueprint.post("/choose-password/<token>")
def choose_password_post(token: str) -> Answer:
    unit = db.session()
    account = links.account_of(bridge().settings, unit, token)
    _refuse_where_passwords_are_closed(account)
    try:
        service.set_password(unit, account.id, request.form.get("password", ""))
    except Invalid as error:
        return _choose_password_page(account, token, error.fields["password"]), 400
    access.sign_in(unit, account)
    account.last_sign_in = utcnow()
    return redirect(url_for("accounts.home"), 303)


def _refuse_where_passwords_are_closed(account: Account) -> None:
    if way := ways_in.only_way(account):
        raise Forbidden(N_("You sign in by “%(way)s”: passwords are closed."), way=way)


def _choose_password_page(account: Account, token: str, problem: str) -> str:
    tenant = db.session().get(Tenant, account.tenant_id)
    return render_template(
        "accounts/choose_password.html", account=account, tenant=tenant, token=token, problem=problem
    )


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    onwards = ways_in.way_out()
    access.sign_out(db.session())
    if onwards is None:
        return redirect(url_for("accounts.sign_in"))
    for name in ("account", "tenant"):
        g.pop(name, None)
    # a page, since a form may lead nowhere but here (form-action)
    return render_template("accounts/signed_out.html", onwards=onwards)


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
    return _own_settings_page({})


@blueprint.post("/me/settings")
@requires_sign_in
def change_password() -> Answer:
    form = request.form
    _refuse_where_passwords_are_closed(current_user())
    try:
        service.change_own_password(db.session(), current_user().id, form.get("old", ""), form.get("new", ""))
    except Invalid as error:
        fields = {"new" if name == "password" else name: text for name, text in error.fields.items()}
        return _own_settings_page(fields), 400
    session.clear()
    flash(_("Your password is changed. Sign in with the new one."))
    return redirect(url_for("accounts.sign_in"))


def _own_settings_page(fields: Mapping[str, str]) -> str:
    here = access.current_sign_in()
    rows = sign_ins.every(db.session(), current_user().id)
    return render_template("accounts/own_settings.html", fields=fields, sign_ins=rows, here=here)


@blueprint.post("/me/sign-ins/<uuid:sign_in_id>/end")
@requires_sign_in
def end_sign_in(sign_in_id: uuid.UUID) -> Answer:
    sign_ins.end(db.session(), current_user().id, sign_in_id)
    flash(_("Signed out there."))
    return redirect(url_for("accounts.own_settings"), 303)


@blueprint.post("/me/sign-ins/end-others")
@requires_sign_in
def end_other_sign_ins() -> Answer:
    sign_ins.end_all(db.session(), current_user().id, but=access.current_sign_in())
    flash(_("Signed out everywhere else."))
    return redirect(url_for("accounts.own_settings"), 303)


@blueprint.get("/accounts")
@requires_role("administrator")
def list_accounts() -> Answer:
    text = request.args.get("text", "")[:100]
    found = service.search_accounts(db.session(), text, MOST_SHOWN + 1, closed=True)
    more = len(found) > MOST_SHOWN
    return render_template(
        "accounts/list.html", accounts=found[:MOST_SHOWN], more=more, text=text, roles=ROLES
    )


@blueprint.get("/accounts/new")
@requires_role("administrator")
def new_account() -> Answer:
    return render_template("accounts/edit.html", account=None, roles=ROLES, values={}, fields={})


@blueprint.post("/accounts/new")
@requires_role("administrator")
def create_account() -> Answer:
    form, unit = request.form, db.session()
    try:
        account = service.create_account(
            unit,
            tenant_id=g.tenant.id,
            email=form.get("email", ""),
            name=form.get("name", ""),
            roles=form.getlist("roles"),
        )
    except (Invalid, Conflict) as error:
        fields = error.fields if isinstance(error, Invalid) else {"email": _(error.message)}
        page = render_template("accounts/edit.html", account=None, roles=ROLES, values=form, fields=fields)
        return page, 400
    flash(_("The account is made."))
    return _show_link(account)


@blueprint.get("/accounts/<uuid:account_id>")
@requires_role("administrator")
def edit_account(account_id: uuid.UUID) -> Answer:
    account = service.get_account(db.session(), account_id)
    whose, link = session.pop(LINK, ("", ""))
    return _account_page(account, {}, {}, link if whose == account.id.hex else "")


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
    except Invalid as error:
        return _account_page(account, form, error.fields), 400
    flash(_("The account is changed."))
    return redirect(url_for("accounts.list_accounts"))


@blueprint.post("/accounts/<uuid:account_id>/link")
@requires_role("administrator")
def make_link(account_id: uuid.UUID) -> Answer:
    return _show_link(service.get_account(db.session(), account_id))


def _show_link(account: Account) -> Response:
    """Once, on the account's own page and on no other's, which may be the next that is opened."""
    session[LINK] = (account.id.hex, links.link_for(bridge().settings, db.session(), account))
    return redirect(url_for("accounts.edit_account", account_id=account.id), 303)


def _account_page(
    account: Account, values: Mapping[str, str], fields: Mapping[str, str], link: str = ""
) -> str:
    return render_template(
        "accounts/edit.html",
        account=account,
        roles=ROLES,
        values=values,
        fields=fields,
        link=link,
        days=links.DAYS,
    )


def own_address(target: str | None) -> str:
    """A path of this service to go back to; the first page for anything else (//evil, /\\evil, javascript:)."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and target.isprintable() and "\\" not in target:
            return target
    return url_for("accounts.home")


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["role_hints"] = ROLE_HINTS
    navigation.add(
        N_("Accounts"),
        "accounts.list_accounts",
        "administrator",
        order=90,
        hint=N_("Who may sign in, and what they may do."),
        setup=True,
    )
