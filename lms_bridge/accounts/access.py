"""Who is asking, and what they may do."""

import functools
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from flask import g, request, session
from sqlalchemy.orm import Session

from .. import db
from ..errors import Forbidden, SignInNeeded
from ..web.app import Bridge, bridge
from ..web.i18n import N_
from ..web.requests import SAFE
from . import sign_ins
from .models import Account, SignIn

View = TypeVar("View", bound=Callable[..., Any])
SIGN_IN = "sign_in"  # in the session: the row's id


def current_account() -> Account | None:
    """Who is signed in, if anybody."""
    return cast(Account | None, g.get("account"))


def current_user() -> Account:
    """Who is signed in. Raises SignInNeeded."""
    account = current_account()
    if account is None:
        raise SignInNeeded(N_("Sign in to go on."))
    return account


def requires_sign_in(view: View) -> View:
    """The view is for everybody who is signed in."""
    return requires_role()(view)


def requires_role(*roles: str) -> Callable[[View], View]:
    """The view is for people with one of these roles; none named: for everybody who is signed in."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if roles and not set(roles) & set(current_user().roles):
                raise Forbidden(N_("Your account does not have the role that this page is for."))
            current_user()
            return view(*args, **kwargs)

        return cast(View, guarded)

    return decorate


def sign_in(unit: Session, account: Account) -> SignIn:
    """Makes this browser the account's; a new session, so that nothing of the one before is taken over."""
    chosen = session.get("language")
    if SIGN_IN in session:
        sign_ins.drop(unit, current_sign_in())
    session.clear()
    session.permanent = True
    begun = sign_ins.begin(unit, account, request.headers.get("User-Agent", ""))
    session[SIGN_IN] = begun.id.hex
    if chosen:
        session["language"] = chosen
    return begun


def sign_out(unit: Session) -> None:
    """This browser is nobody's any more, and no copy of its cookie is of use."""
    if SIGN_IN in session:
        sign_ins.drop(unit, current_sign_in())
    session.clear()


def current_sign_in() -> uuid.UUID:
    """By which of their sign-ins somebody is here."""
    return uuid.UUID(session[SIGN_IN])


def init_app(app: Bridge) -> None:
    @app.before_request
    def recognise() -> None:
        """Finds the account behind the cookie and binds the request's session to its municipality."""
        if request.endpoint == "static" or SIGN_IN not in session:
            return
        unit, now = db.session(), db.utcnow()
        found = sign_ins.find(unit, current_sign_in(), now)
        if found is None:
            session.clear()
            return
        begun, account, tenant = found
        db.bind_tenant(unit, tenant.id)
        g.account, g.tenant = unit.merge(account, load=False), unit.merge(tenant, load=False)
        if begun.seen < now - sign_ins.NOTED:
            _note(unit, begun, now)

    app.jinja_env.globals["current_account"] = current_account


def _note(unit: Session, begun: SignIn, now: datetime) -> None:
    """A request that writes notes it with the rest; one that only reads does so by itself."""
    if request.method not in SAFE:
        sign_ins.note(unit, begun.id, now)
        return
    with bridge().database.unit_of_work(begun.tenant_id) as own:
        sign_ins.note(own, begun.id, now)
