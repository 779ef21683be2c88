"""Secrets at rest: what another system trusts us with is encrypted by a key that is not in the database."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import N_, Unavailable


class Vault:
    """Seals and opens secrets with a key derived from the service's secret key (HKDF, RFC 5869)."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"lms-bridge vault").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, secret: bytes) -> bytes:
        """What may lie in the database: AES-CBC with an HMAC (Fernet), different every time."""
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """The secret again. Raises Unavailable when it was sealed with another secret key."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise Unavailable(
                N_(
                    "A stored secret cannot be opened: LMS_BRIDGE_SECRET_KEY is not the one it was sealed with."
                )
            ) from None
