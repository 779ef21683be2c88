"""Who may talk to the LRS: key pairs of a municipality's systems, and the tokens of single launches.

Secrets are random and long, so a fast keyed hash keeps them; what was verified is remembered for a minute, so that
a request costs no query. A revoked credential is forgotten at once where it is revoked, within a minute elsewhere.
"""

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from lms_bridge.accounts import audit
from lms_bridge.db import Database, after_commit, utcnow
from lms_bridge.errors import N_, Invalid, NotFound, SignInNeeded
from lms_bridge.throttle import Limit, Throttle

from .guards import Guard
from .identity import identity
from .models import Credential, LaunchToken

SCOPES = {
    "statements/write": N_("Store statements"),
    "statements/read/mine": N_("Read the statements it has stored itself"),
    "statements/read": N_("Read every statement of the municipality"),
    "state": N_("Keep and read the state of activities"),
    "profile": N_("Keep and read profiles of activities and agents"),
    "all": N_("Everything of the above"),
    "modules/read": N_("Read the modules and fetch their packages"),
    "register/read": N_("Read the competence register: people, requirements, evidence"),
    "register/write": N_("Send lists and evidence to the competence register"),
}
LRS_SCOPES = frozenset({"statements/write", "statements/read/mine", "statements/read", "state", "profile"})
"""What `all` stands for; the register's people are never among it unasked."""
REMEMBERED_SECONDS = 60
MOST_REMEMBERED = 10_000
WRONG_FROM = Limit("lrs key from", 20, 300)
WRONG_OF = Limit("lrs key", 20, 300)
TOO_MANY = "Too many wrong keys or secrets from here. Wait a while."
LAUNCH_USER = "launch"


@dataclass(frozen=True)
class Principal:
    """Who a request comes from and what it may do. `actor` and what follows are set for a launch."""

    tenant_id: UUID
    name: str  # stands for it in the index of who stored what
    scopes: frozenset[str]
    authority: dict[str, Any] = field(hash=False)
    credential_id: UUID | None = None
    actor: dict[str, Any] | None = field(default=None, hash=False)
    activity_id: str = ""
    registration: str = ""
    valid_until: float = 0.0
    guard: Guard | None = field(default=None, hash=False)

    def may(self, *scopes: str) -> bool:
        whole_lrs = "all" in self.scopes and not LRS_SCOPES.isdisjoint(scopes)
        return whole_lrs or not self.scopes.isdisjoint(scopes)


# --- making them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewCredential:
    """The only time that the secret is known."""

    credential: Credential
    secret: str


def create_credential(
    session: Session, *, name: str, scopes: list[str], expires_at: datetime | None = None
) -> NewCredential:
    """A key pair for the session's municipality. Raises `Invalid` with fields name, scopes."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    fields = {}
    if not name.strip() or len(name) > 200:
        fields["name"] = N_("Say what the key is for, in at most 200 characters.")
    if unknown or not scopes:
        fields["scopes"] = N_("Choose at least one of these.")
    if expires_at is not None and expires_at <= utcnow():
        fields["expires"] = N_("Choose a day that is still to come.")
    if fields:
        raise Invalid(N_("Look at the marked fields."), fields)
    key, secret = secrets.token_hex(12), secrets.token_urlsafe(32)
    credential = Credential(
        name=name.strip(),
        key=key,
        secret_hash=_hash(key, secret),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        expires_at=expires_at,
    )
    session.add(credential)
    session.flush()
    audit.record(
        session, "lrs_credential.created", f"lrs_credential:{credential.id}", scopes=credential.scopes
    )
    return NewCredential(credential, secret)


def list_credentials(session: Session) -> list[Credential]:
    """The municipality's, newest first."""
    return list(session.scalars(select(Credential).order_by(Credential.created_at.desc())))


def revoke_credential(session: Session, credential_id: UUID) -> None:
    """It opens nothing from now on (elsewhere: from within a minute). Raises `NotFound`."""
    credential = session.scalars(select(Credential).where(Credential.id == credential_id)).first()
    if credential is None:
        raise NotFound()
    if credential.revoked_at is None:
        credential.revoked_at = utcnow()
        audit.record(session, "lrs_credential.revoked", f"lrs_credential:{credential.id}")
        after_commit(session, remembered.clear)


def issue_launch_token(
    session: Session, *, actor: dict[str, Any], activity_id: str, registration: UUID, expires: datetime
) -> str:
    """A token for one person's visit to one activity: it may store statements of this actor about this activity,
    and keep and read that actor's state of it. Sent as `Authorization: Bearer TOKEN`, or as Basic (`basic`).
    """
    token = secrets.token_urlsafe(32)
    session.add(
        LaunchToken(
            token_hash=_hash(LAUNCH_USER, token),
            actor=actor,
            activity_id=activity_id,
            registration=registration,
            expires_at=expires,
        )
    )
    session.execute(
        delete(LaunchToken)
        .where(LaunchToken.expires_at < utcnow() - timedelta(days=1))
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return token


def basic(token: str) -> str:
    """A launch token in the form that cmi5's fetch URL and tincan launches give away: after `Basic `."""
    return base64.b64encode(f"{LAUNCH_USER}:{token}".encode()).decode()


def _hash(key: str, secret: str) -> bytes:
    return blake2b(secret.encode(), key=key.encode()[:64], digest_size=32).digest()


# --- recognising them -------------------------------------------------------------------------------------------


class _Remembered:
    """Authorization headers that were verified within the last minute, by their hash."""

    def __init__(self) -> None:
        self._principals: OrderedDict[bytes, Principal] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, header: bytes) -> Principal | None:
        principal = self._principals.get(header)
        return principal if principal and principal.valid_until > time.time() else None

    def add(self, header: bytes, principal: Principal) -> None:
        with self._lock:
            self._principals[header] = principal
            self._principals.move_to_end(header)
            while len(self._principals) > MOST_REMEMBERED:
                self._principals.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._principals.clear()


remembered = _Remembered()


def recognise(
    database: Database, throttle: Throttle, header: str | None, sender: str, home_page: str
) -> Principal:
    """Who sent this Authorization header. `home_page` names this service in the authority of statements.

    Raises `SignInNeeded`, or `TooMany` after too many wrong ones.
    """
    if not header:
        raise SignInNeeded("Send the key and secret of a credential as HTTP Basic authentication.")
    principal = known(header)
    if principal is not None:
        return principal
    key, secret = _parse(header)
    counted = [(WRONG_FROM, sender), (WRONG_OF, key if key not in launches else f"{key} from {sender}")]
    with database.unit_of_work(write=False) as session:
        throttle.refuse(session, *counted, message=TOO_MANY)
        principal = launches.get(key, _credential)(session, key, secret, home_page)
    if principal is None:
        throttle.count(*counted)
        raise SignInNeeded("The key or the secret is wrong, or it was revoked or has expired.")
    remembered.add(_hashed(header), principal)
    if principal.credential_id:
        _note_use(database, principal)
    return principal


def known(header: str | None) -> Principal | None:
    """Who sent this Authorization header, if that was verified within the last minute."""
    return remembered.get(_hashed(header)) if header else None


def _hashed(header: str) -> bytes:
    return blake2b(header.encode(), digest_size=16).digest()


def _parse(header: str) -> tuple[str, str]:
    kind, _, rest = header.partition(" ")
    rest = rest.strip()
    if kind.lower() == "bearer":
        return LAUNCH_USER, rest
    if kind.lower() == "basic":
        try:
            key, colon, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            key, colon, secret = "", "", ""
        if colon and key.isprintable():
            return key, secret
    raise SignInNeeded(
        "The Authorization header must be Basic with key:secret in Base64, or Bearer with a token."
    )


def _credential(session: Session, key: str, secret: str, home_page: str) -> Principal | None:
    row = session.scalars(select(Credential).where(Credential.key == key)).first()
    known = row.secret_hash if row else bytes(32)
    if not hmac.compare_digest(known, _hash(key, secret)) or row is None:
        return None
    now = utcnow()
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Principal(
        tenant_id=row.tenant_id,
        name=key,
        scopes=frozenset(row.scopes.split()),
        authority={"objectType": "Agent", "name": row.name, "account": {"homePage": home_page, "name": key}},
        credential_id=row.id,
        valid_until=_remember_until(row.expires_at),
    )


def _launch(session: Session, _key: str, token: str, home_page: str) -> Principal | None:
    row = session.get(LaunchToken, _hash(LAUNCH_USER, token))
    if row is None or row.expires_at <= utcnow():
        return None
    return Principal(
        tenant_id=row.tenant_id,
        name=f"launch {row.registration}",
        scopes=frozenset({"statements/write", "statements/read/mine", "state"}),
        authority={"objectType": "Agent", "account": {"homePage": home_page, "name": LAUNCH_USER}},
        actor=row.actor,
        activity_id=row.activity_id,
        registration=str(row.registration),
        valid_until=_remember_until(row.expires_at),
    )


launches: dict[str, Callable[[Session, str, str, str], Principal | None]] = {LAUNCH_USER: _launch}
"""Who knows the tokens of launches, by the user name that they come with: `find(session, user, token, home_page)`."""


def _remember_until(expires_at: datetime | None) -> float:
    soon = time.time() + REMEMBERED_SECONDS
    return min(soon, expires_at.timestamp()) if expires_at else soon


def _note_use(database: Database, principal: Principal) -> None:
    """Last used, to the minute: written when a credential is verified anew."""
    now = utcnow()
    with database.unit_of_work(principal.tenant_id) as session:
        session.execute(
            update(Credential)
            .where(
                Credential.id == principal.credential_id,
                or_(Credential.last_used_at.is_(None), Credential.last_used_at < now - timedelta(minutes=1)),
            )
            .values(last_used_at=now)
            .execution_options(synchronize_session=False)
        )


def same_actor(principal: Principal, actor: dict[str, Any]) -> bool:
    """Whether this is the person of the launch."""
    return principal.actor is not None and identity(principal.actor) == identity(actor)
