"""The way to a provider and back, and the administrator's pages of them."""

import uuid
from typing import Any

import structlog
from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from .. import db
from ..accounts import access, current_account, links, requires_role, ways_in
from ..accounts.routes import own_address
from ..errors import DomainError, Invalid, Unavailable, Untrusted
from ..outgoing import OutgoingError
from ..throttle import Limit
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_, _
from . import identities, login, service, signed_out_there, signing_out
from .discovery import Document, Documents
from .identities import NotLetIn
from .models import Provider

blueprint = Blueprint("sso", __name__, url_prefix="/sso")
pages = Blueprint("sso_pages", __name__, url_prefix="/sso/providers", template_folder="templates")
Answer = str | Response | tuple[str, int]
FAILURES = Limit("sso from", 200, 900)
log = structlog.get_logger()


@blueprint.get("/start/<uuid:provider_id>")
def start(provider_id: uuid.UUID) -> Answer:
    """The button: to the provider. With a link that an administrator gave, to connect that account."""
    app, unit, link = bridge(), db.session(), request.args.get("link", "")
    if link:
        links.account_of(app.settings, unit, link)
    elif current_account():
        return redirect(own_address(request.args.get("next")))
    provider = service.get(unit, provider_id, is_open=True)
    unit.rollback()  # nothing is open while the provider is asked
    document = _document(provider)
    to = login.begin(session, provider, document, _callback(), next=request.args.get("next", ""), link=link)
    return redirect(to, 303)


@blueprint.get("/callback")
def callback() -> Answer:
    """Back from the provider, signed in or with what went wrong."""
    app, sent, address = bridge(), request.args, request.remote_addr or ""
    unit, provider = db.session(), None
    app.throttle.refuse(unit, (FAILURES, address))
    unit.rollback()
    try:
        waiting = login.take(session, sent.get("state", ""))
        provider = _open_one(uuid.UUID(waiting.provider))
        who = _who(provider, waiting)
        g.pop("account", None)  # who was signed in here before has nothing to do with it
        with app.database.unit_of_work(provider.tenant_id) as own:
            account = identities.account_of(own, app.settings, provider, who, waiting.link)
            signed_out_there.note(own, provider, access.sign_in(own, account), who.sid)
    except DomainError as error:
        reason = {"reason": str(error.details["reason"])} if "reason" in error.details else {}
        log.warning("sso_refused", provider=provider and str(provider.id), why=error.message, **reason)
        if isinstance(error, Untrusted):
            app.throttle.count((FAILURES, address))
        g.goes_on_at = url_for(
            "accounts.sign_in"
        )  # whoever chooses a language on that page: this answer is used up
        raise
    answer = redirect(own_address(waiting.next), 303)
    signing_out.remember(app, answer, provider, who.token)
    return answer


@blueprint.post("/backchannel-logout/<uuid:provider_id>")
def signed_out_by_token(provider_id: uuid.UUID) -> Answer:
    """From the provider's server (Back-Channel Logout 1.0, section 2.5)."""
    app, address = bridge(), request.remote_addr or ""
    unit = db.session()
    app.throttle.refuse(unit, (FAILURES, address))
    unit.rollback()
    provider, token = _open_one(provider_id), request.form.get("logout_token", "")
    try:
        claims = signed_out_there.claims_of(token, provider, _document(provider), app.key_sets)
    except Untrusted as error:
        app.throttle.count((FAILURES, address))
        log.warning("sso_logout_refused", provider=str(provider.id), why=error.message)
        refused = jsonify(error="invalid_request", error_description=error.message)
        refused.status_code = 400
        return refused
    _end(provider, claims)
    return Response("")


@blueprint.get("/frontchannel-logout/<uuid:provider_id>")
def signed_out_by_browser(provider_id: uuid.UUID) -> Answer:
    """In a frame of the provider's own page (Front-Channel Logout 1.0, section 3); who knows the session's name may."""
    provider, sent = _open_one(provider_id), request.args
    if sent.get("iss", provider.issuer) == provider.issuer and sent.get("sid"):
        _end(provider, {"sid": sent["sid"]})
    anywhere = {"Content-Security-Policy": "default-src 'none'; frame-ancestors *"}
    return Response("", mimetype="text/html", headers=anywhere)


def _open_one(provider_id: uuid.UUID) -> Provider:
    with bridge().database.unit_of_work(write=False) as own:
        return service.get(own, provider_id, is_open=True)


def _end(provider: Provider, claims: dict[str, Any]) -> None:
    with bridge().database.unit_of_work(provider.tenant_id) as own:
        ended = signed_out_there.end(own, provider, claims)
    log.info("sso_signed_out_there", provider=str(provider.id), sign_ins=ended)


def _who(provider: Provider, waiting: login.Waiting) -> login.Who:
    """Looks at the answer (sections 3.1.2.5 and 3.1.2.6), and has it confirmed."""
    sent, document, name = request.args, _document(provider), provider.name
    if sent.get("iss", None if document.says_iss else document.issuer) != document.issuer:  # RFC 9207
        raise Untrusted(N_("The answer comes from another provider than the one that was asked (iss)."))
    if sent.get("error") == "access_denied":
        raise NotLetIn(
            N_("The sign-in at %(name)s was broken off, or it does not let you in here."), name=name
        )
    if "error" in sent or not sent.get("code"):
        code = login.error_code(sent.get("error")) or "?"
        raise Untrusted(N_("%(name)s did not confirm the sign-in (%(code)s)."), name=name, code=code)
    return login.who_is_there(bridge(), provider, document, waiting, sent["code"], _callback())


def _document(provider: Provider) -> Document:
    documents: Documents = bridge().extensions["sso"]
    try:
        return documents.find(provider.issuer)
    except OutgoingError as error:
        sentence = N_("%(name)s cannot be reached: %(reason)s.")
        raise Unavailable(sentence, name=provider.name, reason=error) from None


def _callback() -> str:
    return f"{bridge().settings.base_url}{url_for('sso.callback')}"


@pages.get("")
@requires_role("administrator")
def overview() -> Answer:
    return render_template("sso/overview.html", rows=service.every(db.session()), **_addresses())


@pages.get("/new")
@requires_role("administrator")
def new() -> Answer:
    return _form(None, {"active": True}, {})


@pages.post("/new")
@requires_role("administrator")
def create() -> Answer:
    return _save(None)


@pages.get("/<uuid:provider_id>")
@requires_role("administrator")
def edit(provider_id: uuid.UUID) -> Answer:
    row = service.get(db.session(), provider_id)
    names = ("name", "issuer", "client_id", "acr", "creates_accounts", "signs_out", "only", "active")
    return _form(row, {name: getattr(row, name) for name in names}, {})


@pages.post("/<uuid:provider_id>")
@requires_role("administrator")
def change(provider_id: uuid.UUID) -> Answer:
    return _save(provider_id)


def _save(provider_id: uuid.UUID | None) -> Answer:
    unit = db.session()
    row = service.get(unit, provider_id) if provider_id else None
    unit.rollback()  # nothing is open while the provider is asked
    try:
        found = service.given(request.form, bridge().extensions["sso"], needs_secret=row is None)
    except Invalid as refused:
        return _form(row, request.form, refused.fields), 400
    service.save(unit, bridge().vault, service.get(unit, provider_id) if provider_id else None, found)
    flash(_("Saved. Try it in a private window before you tell people of it."))
    return redirect(url_for("sso_pages.overview"), 303)


def _form(row: Provider | None, values: Any, fields: dict[str, str]) -> str:
    told_at = _told_at(row) if row else {}
    page = {"row": row, "values": values, "fields": fields, "told_at": told_at}
    return render_template("sso/form.html", **page, **_addresses())


def _addresses() -> dict[str, str]:
    """What the provider has to be told of this service."""
    return {"callback": _callback(), "signed_out": signing_out.back(bridge())}


def _told_at(row: Provider) -> dict[str, str]:
    """Where the provider says that somebody is signed out."""
    ways = {"by_server": "sso.signed_out_by_token", "by_browser": "sso.signed_out_by_browser"}
    base = bridge().settings.base_url
    return {name: f"{base}{url_for(endpoint, provider_id=row.id)}" for name, endpoint in ways.items()}


def _ways(link: str) -> list[ways_in.Way]:
    """The buttons; with a link, those of its municipality only, which the session then sees alone."""
    to = {"link": link} if link else {"next": request.args.get("next")}
    return [
        ways_in.Way(provider.name, municipality, url_for("sso.start", provider_id=provider.id, **to))
        for provider, municipality in service.on_sign_in_page(db.session())
    ]


def _only_way(tenant_id: uuid.UUID) -> str:
    with bridge().database.unit_of_work(tenant_id, write=False) as unit:
        provider = service.only_way(unit)
        return provider.name if provider else ""


def init_app(app: Bridge) -> None:
    app.extensions["sso"] = Documents(app.outgoing)
    app.register_blueprint(blueprint)
    app.register_blueprint(pages)
    ways_in.add(app, ways_in.Ways(_ways, _only_way, lambda: signing_out.way_out(db.session())))
    hint = N_("People come in by your Entra ID, ID-porten or Feide, with its second factor.")
    label = N_("Sign-in by your own directory")
    navigation.add(label, "sso_pages.overview", "administrator", order=91, hint=hint, setup=True)
