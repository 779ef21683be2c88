"""LMSs' public keys, found by `kid`: kept for half a day, fetched again for an unknown kid once a minute at most."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from ..errors import N_, Unavailable, Untrusted
from ..outgoing import Outgoing, OutgoingError

REFETCH_SECONDS = 60
KEEP_SECONDS = 12 * 3600
LEAST_BITS = 2048
MOST_KEYS = 100


@dataclass
class _KeySet:
    """What one address answered last, and when it was last asked."""

    keys: dict[str, RSAKey] = field(default_factory=dict)
    fetched: float = 0.0
    asked: float = -1e9
    problem: OutgoingError | None = None
    """Why it did not answer when it was last asked: said to all who ask for a key until it is asked again."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class PlatformKeys:
    """The key sets of all LMSs, one memory a process."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._sets: dict[str, _KeySet] = {}

    def find(self, url: str, kid: str) -> RSAKey:
        """The key of that name. Raises Untrusted where the LMS has none, Unavailable where it cannot be asked."""
        known = self._sets.setdefault(url, _KeySet())
        with known.lock:
            now = time.monotonic()
            fresh = kid in known.keys and now - known.fetched < KEEP_SECONDS
            if not fresh and now - known.asked >= REFETCH_SECONDS:
                known.asked, known.problem = now, None
                try:
                    known.keys = self._fetch(url)
                    known.fetched = now
                except OutgoingError as error:
                    known.problem = error
            key, problem = known.keys.get(kid), known.problem
        if key is None and problem is not None:
            raise Unavailable(N_("The keys of the LMS cannot be fetched: %(reason)s."), reason=problem)
        if key is None:
            raise Untrusted(N_("The LMS has no key with the name that this launch was signed with."))
        return key

    def _fetch(self, url: str) -> dict[str, RSAKey]:
        answer = self._outgoing.get(url, headers={"Accept": "application/json"})
        body = answer.json() if answer.status == 200 else None
        rows = body.get("keys") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise OutgoingError(N_("the answer (%(status)s) is not a key set"), status=answer.status)
        return {key[0]: key[1] for row in rows[:MOST_KEYS] if (key := _sound(row))}


def _sound(row: Any) -> tuple[str, RSAKey] | None:
    """A key that may verify a launch: RSA, for RS256 signatures, long enough. Others in the set are passed over."""
    if not isinstance(row, dict) or row.get("kty") != "RSA" or not isinstance(row.get("kid"), str):
        return None
    if row.get("use", "sig") != "sig" or row.get("alg", "RS256") != "RS256":
        return None
    try:
        key = RSAKey.import_key({name: row[name] for name in ("kty", "n", "e")})
        long_enough = key.public_key.key_size >= LEAST_BITS
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    return (row["kid"], key) if long_enough else None
