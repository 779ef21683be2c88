"""The login that comes before a launch (OpenID Connect third-party initiated; Security Framework 1.0, section 5.1.1).

State and nonce are a row that is used once, for ten minutes, by the browser it was begun in: that browser has a
secret in a cookie (plain, and partitioned where third-party cookies are blocked) or in the LMS's platform storage.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import Invalid, Untrusted
from ..web.i18n import N_
from .models import APPROVED, Deployment, Login, Platform

MINUTES = 10
KEPT = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id")
MOST_CHARACTERS = 12_000


@dataclass(frozen=True)
class Begun:
    """A login that was just begun; `state` and `binding` are known here only."""

    state: str
    binding: str


@dataclass(frozen=True)
class Pending:
    """A login that waits for its launch, and the platform it was begun by."""

    login: Login
    platform: Platform


def begin(database: Database, sent: Mapping[str, str], launch_url: str) -> Begun:
    """Begins a login. Raises Invalid for what is missing, Untrusted for an LMS that is not registered."""
    initiation = {name: sent[name] for name in KEPT if sent.get(name)}
    for name in ("iss", "login_hint", "target_link_uri"):
        if name not in initiation:
            raise Invalid(N_("The LMS did not send %(name)s with the login."), name=name)
    if sum(map(len, initiation.values())) > MOST_CHARACTERS:
        raise Invalid(N_("The LMS sent more with the login than belongs there."))
    if initiation["target_link_uri"].partition("?")[0] != launch_url:
        raise Invalid(N_("The LMS wants to open an address that is not this service's launch address."))
    begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    with database.unit_of_work() as session:
        platform = _platform(session, initiation)
        session.execute(delete(Login).where(Login.expires < utcnow()))
        session.add(
            Login(
                state_hash=hashed(begun.state),
                platform_id=platform.id,
                nonce=secrets.token_urlsafe(32),
                binding_hash=hashed(begun.binding),
                storage=sent.get("lti_storage_target", "")[:100],
                initiation=initiation,
                expires=utcnow() + timedelta(minutes=MINUTES),
            )
        )
    return begun


def _platform(session: Session, initiation: Mapping[str, str]) -> Platform:
    """The registration that is meant: by client id, else by deployment, and never by guess."""
    query = select(Platform).where(Platform.issuer == initiation["iss"])
    if "client_id" in initiation:
        query = query.where(Platform.client_id == initiation["client_id"])
    found = session.scalars(query).all()
    if len(found) > 1 and "lti_deployment_id" in initiation:
        wanted = select(Deployment.platform_id).where(
            Deployment.deployment_id == initiation["lti_deployment_id"],
            Deployment.platform_id.in_([row.id for row in found]),
        )
        placed = set(session.scalars(wanted))
        found = [row for row in found if row.id in placed]
    if len(found) > 1:
        raise Invalid(
            N_("Several municipalities use this LMS, and it does not say which one it means (client_id).")
        )
    if not found or found[0].state != APPROVED:
        raise Untrusted(
            N_("This LMS is not connected to the service. An administrator connects it on the page “LTI”.")
        )
    return found[0]


def find(database: Database, state: str) -> Pending:
    """The login of a state. Raises Untrusted for one that was used, is too old or was never begun."""
    with database.unit_of_work(write=False) as session:
        row = session.execute(
            select(Login, Platform)
            .join(Platform, Platform.id == Login.platform_id)
            .where(Login.state_hash == hashed(state), Login.expires > utcnow())
        ).first()
    if row is None:
        raise Untrusted(
            N_("This launch was used already, or is too old. Open the activity again in the LMS.")
        )
    return Pending(row[0], row[1])


def use(database: Database, state: str) -> uuid.UUID:
    """Uses up the login, for good, whatever comes of it; its platform. Raises Untrusted the second time."""
    with database.unit_of_work() as session:
        used = session.execute(
            delete(Login).where(Login.state_hash == hashed(state)).returning(Login.platform_id)
        ).first()
    if used is None:
        raise Untrusted(
            N_("This launch was used already, or is too old. Open the activity again in the LMS.")
        )
    return uuid.UUID(str(used[0]))


def bind_anew(database: Database, state: str) -> str:
    """Another secret for a browser that kept no cookie, for the LMS's platform storage."""
    binding = secrets.token_urlsafe(32)
    with database.unit_of_work() as session:
        session.execute(
            update(Login).where(Login.state_hash == hashed(state)).values(binding_hash=hashed(binding))
        )
    return binding


def belongs(login: Login, binding: str) -> bool:
    """Whether the secret is the one of the browser that began the login."""
    return hmac.compare_digest(login.binding_hash, hashed(binding))


def authentication_url(pending: Pending, state: str, redirect_uri: str) -> str:
    """Where the LMS says who is there (Security Framework 5.1.1.2)."""
    initiation = pending.login.initiation
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": pending.platform.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": pending.login.nonce,
        "login_hint": initiation["login_hint"],
    }
    if "lti_message_hint" in initiation:
        query["lti_message_hint"] = initiation["lti_message_hint"]
    parts = urlsplit(pending.platform.auth_url)
    own = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*own, *query.items()]), fragment=""))


def cookie_names(state: str) -> tuple[str, str]:
    """The plain and the partitioned cookie of a login: two names, since a browser keeps one of each name."""
    short = hashed(state).hex()[:16]
    return f"lti-{short}", f"lti-{short}-p"


def hashed(secret: str) -> bytes:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).digest()
