"""Secrets at rest: what another system trusts us with is encrypted by a key that is not in the database.

The service's secret key may be replaced: what was sealed with a former one is still opened while that is named in
LMS_BRIDGE_FORMER_SECRET_KEYS, and `lms-bridge rotate-secrets` seals all of it anew. What was hashed with a key cannot
be hashed anew, so such keys are not the secret key: they are made once, and kept sealed (`kept_key`).
"""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from .db import Base, utcnow
from .errors import N_, Unavailable


class Sealed(LargeBinary):
    """The type of a column whose values are sealed; rotation finds them by it."""


class KeptKey(Base):
    """A key of the service for hashes that must stay the same for good, made at first use."""

    __tablename__ = "kept_key"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(Sealed)
    created: Mapped[datetime] = mapped_column(default=utcnow)


class Vault:
    """Seals secrets with a key derived from the service's secret key (HKDF, RFC 5869); opens those of former ones."""

    def __init__(self, secret: str, former: Iterable[str] = ()) -> None:
        self._current = _fernet(secret)
        self._all = MultiFernet([self._current, *(_fernet(one) for one in former)])
        self._kept: dict[str, bytes] = {}

    def seal(self, secret: bytes) -> bytes:
        """What may lie in the database: AES-CBC with an HMAC (Fernet), different every time."""
        return self._current.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """The secret again. Raises Unavailable when it was sealed with a secret key that is not known."""
        try:
            return self._all.decrypt(sealed)
        except InvalidToken:
            raise Unavailable(
                N_(
                    "A stored secret cannot be opened: LMS_BRIDGE_SECRET_KEY is not the one it was sealed with. "
                    "If it was replaced, name the one before in LMS_BRIDGE_FORMER_SECRET_KEYS."
                )
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether it is sealed with the key of now."""
        try:
            self._current.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def kept_key(self, session: Session, name: str) -> bytes:
        """The key of this name, the same for ever; made where it is not there yet.

        In a session that only reads it is not made: nothing is hashed with it yet, so any key finds as little.
        """
        if name in self._kept:
            return self._kept[name]
        row = session.get(KeptKey, name)
        if row is None and session.get_bind().get_execution_options().get("write", True):
            self._make(session, name)
            row = session.get(KeptKey, name)
        if row is None:
            return secrets.token_bytes(32)
        key = self.open(row.sealed)
        if row.created < utcnow() - timedelta(minutes=5):  # committed long since: it may be remembered
            self._kept[name] = key
        return key

    def _make(self, session: Session, name: str) -> None:
        """On PostgreSQL in a transaction of its own, so that nobody waits for the caller's to make the same key."""
        made = {"name": name, "sealed": self.seal(secrets.token_bytes(32)), "created": utcnow()}
        if session.get_bind().dialect.name != "postgresql":
            session.execute(sqlite.insert(KeptKey).on_conflict_do_nothing(), [made])
            return
        with Session(session.get_bind()) as own:
            own.execute(postgresql.insert(KeptKey).on_conflict_do_nothing(), [made])
            own.commit()


def _fernet(secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"lms-bridge vault").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
