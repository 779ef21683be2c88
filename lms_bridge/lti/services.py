"""Calling an LMS's services: an access token a scope, by private_key_jwt (Security Framework 1.0, section 4.1)."""

import threading
import time
from dataclasses import dataclass

from ..errors import N_
from ..outgoing import Answer, OutgoingError
from ..web.app import Bridge
from . import keys
from .models import Platform

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MARGIN_SECONDS = 30
USUAL_SECONDS = 300


@dataclass(frozen=True)
class _Token:
    value: str
    until: float


class Services:
    """The way to the services of all LMSs; remembers access tokens until just before they end."""

    def __init__(self, app: Bridge) -> None:
        self._app = app
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._lock = threading.Lock()

    def call(
        self,
        platform: Platform,
        scope: str,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: bytes | None = None,
        most: int = 1_000_000,
    ) -> Answer:
        """One call with a token; once more with a fresh one where it was refused. Raises OutgoingError."""
        answer = Answer(0, {}, b"")
        for fresh in (False, True):
            token = self._token(platform, scope, fresh=fresh)
            answer = self._app.outgoing.request(
                method, url, headers={**headers, "Authorization": f"Bearer {token}"}, body=body, most=most
            )
            if answer.status != 401:
                break
        return answer

    def _token(self, platform: Platform, scope: str, *, fresh: bool) -> str:
        key = (str(platform.id), scope)
        with self._lock:
            known = self._tokens.get(key)
        if known is not None and not fresh and known.until > time.time():
            return known.value
        token = self._fetch(platform, scope)
        with self._lock:
            self._tokens[key] = token
        return token.value

    def _fetch(self, platform: Platform, scope: str) -> _Token:
        claims = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.token_audience or platform.token_url,
        }
        answer = self._app.outgoing.post_form(
            platform.token_url,
            {
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION,
                "client_assertion": keys.sign(self._app.database, self._app.vault, claims),
                "scope": scope,
            },
        )
        body = answer.json() if answer.status in (200, 201) else None
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise OutgoingError(
                N_(
                    "the LMS gives no access token (%(status)s); it must be able to fetch our keys from %(address)s"
                ),
                status=answer.status,
                address=f"{self._app.settings.base_url}/lti/jwks",
            )
        seconds = body.get("expires_in", USUAL_SECONDS)
        sound = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        return _Token(
            body["access_token"], time.time() + (seconds if sound else USUAL_SECONDS) - MARGIN_SECONDS
        )
