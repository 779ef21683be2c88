"""Whose account it is that a provider's person signs in to: the rules, in their order."""

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..accounts import Account, Tenant, audit, links, sign_ins
from ..accounts import service as accounts
from ..config import Settings
from ..db import bind_tenant, utcnow
from ..errors import Conflict, Forbidden, Invalid
from ..web.i18n import N_
from .login import Who
from .models import Identity, Provider

_UNTOLD = N_(
    "%(name)s does not tell your e-mail address, so your account here is not known yet. An administrator of "
    "%(municipality)s gives you a link by which it is connected, once."
)
_UNVERIFIED = N_("%(name)s says that it has not verified the e-mail address %(email)s.")
_UNSOUND = N_("“%(email)s”, as %(name)s tells it, is not an e-mail address.")
_ANOTHER_S = N_(
    "The account with the e-mail address %(email)s is connected to somebody else at %(name)s. If it is yours, an "
    "administrator of %(municipality)s gives you a link by which it is connected anew."
)
_ELSEWHERE = N_(
    "Your e-mail address %(email)s belongs to an account of another municipality on this service. Sign in there, or "
    "have it changed there."
)
_NONE_YET = N_(
    "You have no account here yet. An administrator of %(municipality)s makes one, with the e-mail address %(email)s."
)
_CLOSED = N_("Your account in %(municipality)s is closed. An administrator there can open it again.")


class NotLetIn(Forbidden):
    """The provider knows the person; this service does not, or not any longer."""

    title = N_("You could not be signed in")


def account_of(session: Session, settings: Settings, provider: Provider, who: Who, link: str) -> Account:
    """The account, in the provider's municipality's session: the one of a link that an administrator gave; else the
    one that is bound; else the one with the person's e-mail; else a new one, where the provider may make accounts.
    From now on it is bound. Raises NotLetIn.
    """
    if link:
        account = _by_link(session, settings, provider, who, link)
    else:
        bound = select(Identity.account_id).where(
            Identity.provider_id == provider.id, Identity.subject == who.subject
        )
        account_id = session.scalar(bound)
        account = session.get_one(Account, account_id) if account_id else _by_email(session, provider, who)
        if not account.active:
            raise NotLetIn(_CLOSED, municipality=_municipality(session, provider))
        if account_id is None:
            _bind(session, provider, who, account)
    account.last_sign_in = utcnow()
    return account


def _by_link(session: Session, settings: Settings, provider: Provider, who: Who, link: str) -> Account:
    """Whoever has the link has the account, once (accounts/links.py): bound by it, whoever was bound before."""
    account = links.account_of(settings, session, link)
    if account.tenant_id != provider.tenant_id:
        raise NotLetIn(N_("The link is of another municipality."))
    sign_ins.end_for_good(session, account)
    either = or_(Identity.account_id == account.id, Identity.subject == who.subject)
    session.execute(delete(Identity).where(Identity.provider_id == provider.id, either))
    _bind(session, provider, who, account)
    return account


def _by_email(session: Session, provider: Provider, who: Who) -> Account:
    email = (
        who.email.lower() if who.email.isascii() else ""
    )  # “K” (Kelvin) is lowered to a “k” that it is not
    known = {"name": provider.name, "municipality": _municipality(session, provider), "email": email}
    if not email:
        raise NotLetIn(_UNTOLD, **known)
    if not who.verified:
        raise NotLetIn(_UNVERIFIED, **known)
    account = session.scalar(select(Account).where(Account.email == email))
    if account is None:
        return _made(session, provider, who, known)
    others = select(Identity.id).where(Identity.provider_id == provider.id, Identity.account_id == account.id)
    if session.scalar(others):
        raise NotLetIn(_ANOTHER_S, **known)
    return account


def _made(session: Session, provider: Provider, who: Who, known: dict[str, str]) -> Account:
    email = known["email"]
    if _is_elsewhere(session, email):
        raise NotLetIn(_ELSEWHERE, **known)
    if not provider.creates_accounts:
        raise NotLetIn(_NONE_YET, **known)
    name = who.name or email.partition("@")[0]
    try:
        return accounts.create_account(
            session, tenant_id=provider.tenant_id, email=email, name=name, roles=["employee"]
        )
    except Invalid:
        raise NotLetIn(_UNSOUND, **known) from None


def _is_elsewhere(session: Session, email: str) -> bool:
    tenant_id = session.info["tenant_id"]
    bind_tenant(session, None)
    found = session.scalar(select(Account.id).where(Account.email == email))
    bind_tenant(session, tenant_id)
    return found is not None


def _bind(session: Session, provider: Provider, who: Who, account: Account) -> None:
    try:
        with session.begin_nested():
            session.add(Identity(provider_id=provider.id, subject=who.subject, account_id=account.id))
    except IntegrityError:  # pressed twice
        raise Conflict(N_("Another sign-in of yours was faster. Begin again.")) from None
    audit.record(
        session,
        "account.connected",
        f"account:{account.id}",
        account_id=account.id,
        provider=provider.name,
    )


def _municipality(session: Session, provider: Provider) -> str:
    return session.get_one(Tenant, provider.tenant_id).name
