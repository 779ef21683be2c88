"""Who is asking, and what they may do."""

import functools
import uuid
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import g, request, session

from .. import db
from ..errors import Forbidden, SignInNeeded
from ..web.app import Bridge
from ..web.i18n import N_
from .models import Account, Tenant

View = TypeVar("View", bound=Callable[..., Any])


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


def sign_in(account: Account) -> None:
    """Makes this browser the account's; a new session, so that nothing of the one before is taken over."""
    chosen = session.get("language")
    session.clear()
    session.permanent = True
    session.update(account=str(account.id), epoch=account.epoch)
    if chosen:
        session["language"] = chosen


def init_app(app: Bridge) -> None:
    @app.before_request
    def recognise() -> None:
        """Finds the account behind the cookie and binds the request's session to its municipality."""
        if request.endpoint == "static" or "account" not in session:
            return
        unit = db.session()
        row = unit.get(Account, uuid.UUID(session["account"]))
        if row is None or not row.active or row.epoch != session.get("epoch"):
            session.clear()
            return
        tenant = unit.get(Tenant, row.tenant_id)
        db.bind_tenant(unit, row.tenant_id)
        g.account, g.tenant = unit.merge(row, load=False), unit.merge(tenant, load=False)

    app.jinja_env.globals["current_account"] = current_account
