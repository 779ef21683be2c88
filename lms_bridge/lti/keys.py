"""This service's own keys: with them it signs what it tells LMSs, and LMSs fetch the public halves from /lti/jwks.

A key signs for half a year. Its successor is published a day before it is used, and a replaced key stays published
for a month, so that no LMS meets a signature whose key it has never been shown.
"""

import secrets
import time
from datetime import timedelta
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..vault import Vault
from .models import SigningKey

BITS = 2048
LIFE = timedelta(days=180)
AHEAD = timedelta(days=1)
KEPT = LIFE + timedelta(days=30)
SIGNED_SECONDS = 300


def published(database: Database, vault: Vault) -> dict[str, Any]:
    """The JWK set (RFC 7517) that LMSs fetch; makes the first key, and each successor in time."""
    return {"keys": [row.public for row in _rows(database, vault)]}


def sign(database: Database, vault: Vault, claims: dict[str, Any]) -> str:
    """A JWT of ours: RS256, with `iat`, `exp` and a fresh `jti` beside the claims given."""
    now = int(time.time())
    whole = {"iat": now, "exp": now + SIGNED_SECONDS, "jti": secrets.token_urlsafe(24), **claims}
    row = _signing(_rows(database, vault))
    key = _read(vault.open(row.private))
    return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": row.kid}, whole, key, algorithms=["RS256"])


@lru_cache(maxsize=4)
def _read(pem: bytes) -> RSAKey:
    """That the key is one is worked out when it is read, which takes thirty times as long as to sign with it."""
    return RSAKey.import_key(pem)


def rotate(session: Session, vault: Vault, *, leaked: bool = False) -> None:
    """Makes a successor now: what it replaces signs for a day more, and stays published for a month.

    `leaked`: those before it are deleted, so that it signs at once; an LMS that remembers our keys may refuse us
    until it fetches them again.
    """
    if leaked:
        session.execute(delete(SigningKey))
    session.add(_new(vault))


def _rows(database: Database, vault: Vault) -> list[SigningKey]:
    """The keys that are published, oldest first."""
    with database.unit_of_work(write=False) as session:
        rows = list(session.scalars(select(SigningKey).order_by(SigningKey.created)))
    if rows and rows[-1].created > utcnow() - (LIFE - AHEAD):
        return rows
    with database.unit_of_work() as session:
        session.execute(delete(SigningKey).where(SigningKey.created < utcnow() - KEPT))
        session.add(_new(vault))
        session.flush()
        return list(session.scalars(select(SigningKey).order_by(SigningKey.created)))


def _signing(rows: list[SigningKey]) -> SigningKey:
    """The newest that has been published for a day; the first key of all signs at once."""
    shown = [row for row in rows if row.created <= utcnow() - AHEAD]
    return shown[-1] if shown else rows[0]


def _new(vault: Vault) -> SigningKey:
    kid = secrets.token_urlsafe(12)
    key = RSAKey.generate_key(BITS, {"kid": kid, "use": "sig", "alg": "RS256"})
    return SigningKey(
        kid=kid, private=vault.seal(key.as_pem(private=True)), public=dict(key.as_dict(private=False))
    )
