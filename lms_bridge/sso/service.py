"""The providers of a municipality: kept by its administrator, shown where people sign in."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..accounts import Tenant, audit
from ..errors import Invalid, NotFound
from ..outgoing import OutgoingError
from ..vault import Vault
from ..web.i18n import N_, _
from .discovery import PATH, Documents
from .models import Identity, Provider


@dataclass(frozen=True)
class Given:
    """What an administrator typed, and the provider bears out. No secret: the one that is there stays."""

    name: str
    issuer: str
    client_id: str
    secret: str
    acr: str
    creates_accounts: bool
    signs_out: bool
    only: bool
    active: bool


def given(form: Mapping[str, str], documents: Documents, *, needs_secret: bool) -> Given:
    """What a form says, after the provider has been asked for its document: nothing may be open in the database.
    Raises Invalid with `fields`.
    """
    name, issuer, client_id, secret = (
        form.get(field, "").strip() for field in ("name", "issuer", "client_id", "secret")
    )
    issuer = issuer.removesuffix(PATH)
    acr = " ".join(form.get("acr", "").split())
    ticked = {name: name in form for name in ("creates_accounts", "signs_out", "only", "active")}
    found = Given(name, issuer, client_id, secret, acr, **ticked)
    problems = {}
    if not 0 < len(name) <= 100:
        problems["name"] = _("Give it a name, of 100 characters at the most.")
    if not 0 < len(client_id) <= 200 or not client_id.isprintable():
        problems["client_id"] = _("Write the client id.")
    if (needs_secret and not secret) or len(secret) > 1000:
        problems["secret"] = _("Write the client secret.")
    if len(acr) > 200 or not acr.isprintable():
        problems["acr"] = _("Write the levels as the provider calls them, with spaces between.")
    if not 0 < len(issuer) <= 500:
        problems["issuer"] = _("Write the provider’s address (issuer).")
    elif not problems:
        try:
            documents.forget(issuer)
            if not documents.find(issuer).end_session_endpoint and found.signs_out:
                problems["signs_out"] = _("This provider has no such sign-out (end_session_endpoint).")
        except OutgoingError as error:
            problems["issuer"] = _("That did not work: %(reason)s.", reason=error)
    if problems:
        raise Invalid(N_("Look at the marked fields."), problems)
    return found


def save(session: Session, vault: Vault, provider: Provider | None, found: Given) -> Provider:
    """Makes or changes a provider. For another issuer or client everybody is somebody else: bindings are forgotten."""
    row = provider or Provider(issuer=found.issuer, client_id=found.client_id)
    if (row.issuer, row.client_id) != (found.issuer, found.client_id):
        session.execute(delete(Identity).where(Identity.provider_id == row.id))
    row.name, row.issuer, row.client_id = found.name, found.issuer, found.client_id
    row.acr, row.creates_accounts, row.active = found.acr, found.creates_accounts, found.active
    row.signs_out, row.only = found.signs_out, found.only
    if found.secret:
        row.secret = vault.seal(found.secret.encode())
    session.add(row)
    session.flush()
    audit.record(
        session,
        "sso.changed" if provider else "sso.added",
        f"sso_provider:{row.id}",
        issuer=row.issuer,
        acr=row.acr,
        creates_accounts=row.creates_accounts,
        signs_out=row.signs_out,
        only=row.only,
        active=row.active,
    )
    return row


def every(session: Session) -> Sequence[Provider]:
    """The municipality's, by name."""
    return session.scalars(select(Provider).order_by(Provider.name, Provider.id)).all()


def get(session: Session, provider_id: uuid.UUID, *, is_open: bool = False) -> Provider:
    """One of them. Raises NotFound, also for one that is closed where an open one is wanted."""
    row = session.get(Provider, provider_id)
    if row is None or (is_open and not row.active):
        raise NotFound
    return row


def on_sign_in_page(session: Session) -> Sequence[tuple[Provider, str]]:
    """The open ones of every municipality that the session sees, with its name."""
    rows = select(Provider, Tenant.name).join(Tenant, Tenant.id == Provider.tenant_id).where(Provider.active)
    return session.execute(rows.order_by(Tenant.name, Provider.name, Provider.id)).tuples().all()


def only_way(session: Session) -> Provider | None:
    """The open one beside which the session's municipality has no passwords, but its administrators'."""
    rows = select(Provider).where(Provider.active, Provider.only).order_by(Provider.name, Provider.id)
    return session.scalars(rows.limit(1)).first()


def forget_account(session: Session, account_id: uuid.UUID) -> None:
    session.execute(delete(Identity).where(Identity.account_id == account_id))
