"""What LMSs and the pages inside them use: login, launch, keys, choosing content, registering.

No page here needs a cookie of ours after the launch: third-party cookies are blocked in most browsers.
"""

import math
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from .. import db
from ..accounts import Tenant
from ..errors import DomainError, Forbidden, Invalid, NotFound, TooMany, Untrusted, status_of
from ..throttle import Limit
from ..web.app import Bridge, bridge
from ..web.i18n import LANGUAGES, N_, _
from ..web.safety import from_other_sites, from_own_page
from . import deep_linking, keys, launches, logins, messages, registration

blueprint = Blueprint("lti", __name__, url_prefix="/lti", template_folder="templates")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'{more}; frame-ancestors *"
)
FAILURES = Limit("lti from", 60, 300)
Answer = str | BaseResponse


def launch_address() -> str:
    return f"{bridge().settings.base_url}/lti/launch"


@blueprint.route("/login", methods=["GET", "POST"])
@from_other_sites
def login() -> Answer:
    """A login that an LMS begins. The browser gets its secret, and shows on the next page whether it kept it."""
    db.session().rollback()  # the login is written apart: a GET does not write
    begun = logins.begin(bridge().database, request.values, launch_address())
    response = redirect(f"/lti/login/continue?state={begun.state}", 303)
    plain, partitioned = logins.cookie_names(begun.state)
    for name, apart in ((plain, False), (partitioned, True)):
        response.set_cookie(
            name,
            begun.binding,
            max_age=logins.MINUTES * 60,
            path="/lti",
            secure=True,
            httponly=True,
            samesite="None",
            partitioned=apart,
        )
    return response


@blueprint.get("/login/continue")
def login_continue() -> Answer:
    """On to the LMS, if the browser kept the secret; else by platform storage, else in a window of its own."""
    app, state = bridge(), request.args.get("state", "")
    pending = logins.find(app.database, state)
    address = logins.authentication_url(pending, state, launch_address())
    if any(logins.belongs(pending.login, secret) for secret in _kept(state)):
        return redirect(address, 303)
    origin = _origin(pending.platform.auth_url)
    fallback = {
        "initiation": pending.login.initiation,
        "own_window": request.headers.get("Sec-Fetch-Dest") == "document",
    }
    if pending.login.storage:
        db.session().rollback()
        page = render_template(
            "lti/storage_put.html",
            target=pending.login.storage,
            origin=origin,
            key=logins.cookie_names(state)[0],
            secret=logins.bind_anew(app.database, state),
            next=address,
            **fallback,
        )
    else:
        page = render_template("lti/window.html", **fallback)
    return _framed(page, f" {origin}")


@blueprint.post("/launch")
@from_other_sites
def launch() -> Answer:
    """A launch: the module's player, the page where content is chosen, or somebody's work."""
    app, form = bridge(), request.form
    db.session().rollback()  # nothing is open while the LMS's keys are fetched
    if form.get("error"):
        raise Invalid(N_("The LMS did not open the activity. Sign in there again, and try once more."))
    state, token = form.get("state", ""), form.get("id_token", "")
    if not state or not token:
        raise Invalid(N_("The launch lacks its state or its id_token. Open the activity again in the LMS."))
    bindings = _kept(state)
    if (
        "binding" in form
    ):  # from the LMS's platform storage, by our page: anybody else brings a secret of their own
        if not from_own_page():
            raise Untrusted(
                N_("This launch was begun in another browser. Open the activity again in the LMS.")
            )
        bindings.append(form["binding"])
    try:
        found = launches.receive(app, app.key_sets, state, token, bindings)
    except launches.BindingMissing as missing:
        if not missing.pending.login.storage:
            raise
        return _fetch_binding(missing.pending, state, token)
    _speak(found.message.locale)
    try:
        return _open(app, found)
    except IntegrityError:  # the whole class opened the activity in the same moment
        db.session().rollback()
        return _open(app, found)


def _open(app: Bridge, found: launches.Launch) -> Answer:
    session = _in_municipality(found.platform.tenant_id)
    if found.message.kind == messages.DEEP_LINK:
        return _picker(deep_linking.request_of(found))
    if found.message.kind == messages.REVIEW:
        return render_template("lti/review.html", **launches.review(session, found))
    return redirect(launches.open_resource_link(app, session, found), 303)


def _picker(wanted: deep_linking.Request, problem: str = "") -> Answer:
    return render_template(
        "lti/pick.html",
        request_field=deep_linking.sealed(bridge(), wanted),
        multiple=wanted.multiple,
        modules=deep_linking.modules(db.session()),
        problem=problem,
    )


@blueprint.post("/deep-link")
@from_other_sites
def deep_link() -> Answer:
    """Sends what was chosen back to the LMS, by the browser."""
    app = bridge()
    db.session().rollback()
    wanted = deep_linking.opened(app, request.form.get("request", ""))
    _speak(wanted.locale)
    keys.published(
        app.database, app.vault
    )  # a new key is made before this request's transaction, not within it
    try:
        answer = deep_linking.answer(app, db.session(), wanted, request.form.getlist("module"))
    except Invalid as error:
        response = make_response(_picker(wanted, _(error.message)))
        response.status_code = 400
        return response
    return _framed(render_template("lti/return.html", answer=answer), f" {answer.origin}")


@blueprint.get("/jwks")
def jwks() -> Answer:
    """The public keys of this service."""
    db.session().rollback()
    response = jsonify(keys.published(bridge().database, bridge().vault))
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/register")
def register() -> Answer:
    """An LMS follows an invitation (Dynamic Registration 1.0, section 3.3)."""
    db.session().rollback()
    args = request.args
    if not args.get("openid_configuration"):
        raise Invalid(
            N_(
                "This address is for an LMS: paste it there, where a tool is added by its registration address."
            )
        )
    platform = registration.register(
        bridge(),
        args.get("invitation", ""),
        args["openid_configuration"],
        args.get("registration_token", ""),
    )
    return render_template("lti/registered.html", platform=platform)


def _fetch_binding(pending: logins.Pending, state: str, token: str) -> Answer:
    page = render_template(
        "lti/storage_get.html",
        target=pending.login.storage,
        origin=_origin(pending.platform.auth_url),
        key=logins.cookie_names(state)[0],
        state=state,
        token=token,
        initiation=pending.login.initiation,
        own_window=False,
    )
    return _framed(page, f" {bridge().settings.content_url}")


def _kept(state: str) -> list[str]:
    """What the browser shows for this login, by either cookie."""
    return [request.cookies[name] for name in logins.cookie_names(state) if name in request.cookies]


def _framed(page: str, form_action: str) -> Response:
    """A page whose form leads elsewhere too: said for this page only."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POLICY.format(more=form_action)
    return response


def _in_municipality(tenant_id: Any) -> Any:
    session = db.session()
    db.bind_tenant(session, tenant_id)
    g.tenant = session.get(Tenant, tenant_id)
    return session


def _speak(locale: str) -> None:
    """The language that the LMS shows itself in, if it is one of ours."""
    wanted = locale.replace("_", "-").partition("-")[0].lower()
    wanted = {"no": "nb"}.get(wanted, wanted)
    if wanted in LANGUAGES:
        g.language = wanted


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@blueprint.before_request
def refuse_guesses() -> None:
    """Who was refused too often is not heard for a while; each time costs the LMS's keys, or a row."""
    app = bridge()
    if request.endpoint == "lti.jwks":  # LMSs come for it, and nobody can fail
        return
    with app.database.unit_of_work(write=False) as session:
        app.throttle.refuse(session, (FAILURES, request.remote_addr or ""))


@blueprint.errorhandler(DomainError)
def problem(error: DomainError) -> Response:
    """In an LMS there is no menu to lead on: a sentence, and what to do."""
    app = bridge()
    if isinstance(error, Invalid | Untrusted):
        db.session().rollback()  # counted apart
        app.throttle.count((FAILURES, request.remote_addr or ""))
    known = isinstance(error, Invalid | Forbidden | NotFound)
    title = _("This cannot be opened") if known else _(error.title)
    wait = math.ceil(error.retry_after / 60) if isinstance(error, TooMany) else None
    page = render_template(
        "lti/problem.html", title=title, detail=_(error.message, **error.details), wait=wait
    )
    response = make_response(page, status_of(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.after_request
def allow_frames(response: Response) -> Response:
    """LMSs show these pages in frames, from more hosts than they register; nothing here acts on a cookie alone."""
    response.headers.setdefault("Content-Security-Policy", POLICY.format(more=""))
    response.headers["Cross-Origin-Opener-Policy"] = (
        "unsafe-none"  # the registration tells its opener that it is over
    )
    return response


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
