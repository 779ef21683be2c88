"""Tokens that others sign (JWS): by a key that they publish at an address we know, and by no other.

Keys are found by `kid`: kept for half a day, fetched again for an unknown kid once a minute at most.
"""

import base64
import binascii
import json
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from .errors import N_, Unavailable, Untrusted
from .outgoing import Outgoing, OutgoingError

REFETCH_SECONDS = 60
KEEP_SECONDS = 12 * 3600
LEAST_BITS = 2048
MOST_KEYS = 100
MOST_CHARACTERS = 100_000
# Headers that bring or fetch a key, or demand an extension: the key is the one that is published, and no other. (x5t,
# which Entra ID's older endpoint and AD FS send along, is only another name of it.)
_FORBIDDEN = ("jwk", "jku", "x5c", "x5u", "crit", "b64")
Key = RSAKey | ECKey


@dataclass
class _KeySet:
    """What one address answered last, by kid and algorithm, and when it was last asked."""

    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    fetched: float = 0.0
    asked: float = -1e9
    problem: OutgoingError | None = None
    """Why it did not answer when it was last asked: said to all who ask for a key until it is asked again."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class KeySets:
    """The key sets of all whose tokens come here, one memory a process."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._sets: dict[str, _KeySet] = {}

    def verified(self, token: str, url: str, algorithms: Collection[str]) -> dict[str, Any]:
        """The claims of an id_token that a key of this address signed, by one of these algorithms; what they claim is
        still to be checked. Raises Untrusted, and Unavailable where the keys cannot be fetched.
        """
        algorithm, kid = _header(token, algorithms)
        key = self._find(url, kid, algorithm)
        try:
            return jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Untrusted(N_("The signature of the id_token is not right.")) from None

    def _find(self, url: str, kid: str, algorithm: str) -> Key:
        known, wanted = self._sets.setdefault(url, _KeySet()), (kid, algorithm)
        with known.lock:
            now = time.monotonic()
            fresh = wanted in known.keys and now - known.fetched < KEEP_SECONDS
            if not fresh and now - known.asked >= REFETCH_SECONDS:
                known.asked, known.problem = now, None
                try:
                    known.keys = self._fetch(url)
                    known.fetched = now
                except OutgoingError as error:
                    known.problem = error
            key, problem = known.keys.get(wanted), known.problem
        if key is None and problem is not None:
            raise Unavailable(
                N_("The public keys of the other system cannot be fetched: %(reason)s."), reason=problem
            )
        if key is None:
            raise Untrusted(
                N_("The other system publishes no key with the name that the id_token gives (kid).")
            )
        return key

    def _fetch(self, url: str) -> dict[tuple[str, str], Key]:
        answer = self._outgoing.get(url, headers={"Accept": "application/json"})
        body = answer.json() if answer.status == 200 else None
        rows = body.get("keys") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise OutgoingError(N_("the answer (%(status)s) is not a key set"), status=answer.status)
        return {name: key for row in rows[:MOST_KEYS] for name, key in _sound(row).items()}


def _header(token: str, algorithms: Collection[str]) -> tuple[str, str]:
    """Algorithm and name of the key; the header may say nothing else that matters."""
    if len(token) > MOST_CHARACTERS or token.count(".") != 2:
        raise Untrusted(N_("There is no sound id_token."))
    encoded = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise Untrusted(N_("There is no sound id_token."))
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in algorithms or any(name in header for name in _FORBIDDEN):
        raise Untrusted(
            N_("The id_token must be signed with %(algorithms)s and a published key, and with nothing else."),
            algorithms=", ".join(algorithms),
        )
    if not isinstance(kid, str) or not kid:
        raise Untrusted(N_("The id_token does not name the key that it is signed with (kid)."))
    return str(algorithm), kid


def _sound(row: Any) -> dict[tuple[str, str], Key]:
    """A key for each algorithm that it may verify: RSA, long enough, or the curve P-256. Others are passed over."""
    if not isinstance(row, dict) or not isinstance(row.get("kid"), str) or row.get("use", "sig") != "sig":
        return {}
    key: Key
    fit: tuple[str, ...]
    try:
        if row.get("kty") == "RSA":
            key = RSAKey.import_key({name: row[name] for name in ("kty", "n", "e")})
            fit = ("RS256", "PS256") if key.public_key.key_size >= LEAST_BITS else ()
        else:
            key = ECKey.import_key({name: row[name] for name in ("kty", "crv", "x", "y")})
            fit = ("ES256",) if row["crv"] == "P-256" else ()
    except (JoseError, ValueError, KeyError, TypeError):
        return {}
    return {(row["kid"], name): key for name in fit if row.get("alg", name) == name}
