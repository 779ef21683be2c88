"""One sign-in at a provider, from the button to claims that are believed (OpenID Connect Core 1.0, section 3.1).

State, nonce and the code verifier (PKCE, RFC 7636) lie in the signed session of the browser that pressed the button,
for half an hour: so long may it take somebody to set up a second factor. Each is used once.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import N_, Unavailable, Untrusted
from ..outgoing import OutgoingError
from ..web.app import Bridge
from .discovery import Document, with_query
from .models import Provider

WAITING = "sso"
WAITS_SECONDS = 1800
MOST_WAITING = 3
MOST_NEXT = 500
LEEWAY_SECONDS = 30
ALGORITHMS = ("RS256", "PS256", "ES256")


@dataclass(frozen=True)
class Waiting:
    """A login that waits for its answer; `next`: where the person was going, `link`: whose account it shall open."""

    provider: str
    nonce: str
    verifier: str
    next: str
    link: str
    at: int


@dataclass(frozen=True)
class Who:
    """Whom the provider has before it. `verified`: whether it says that the e-mail is theirs, or says nothing;
    `token`: the id_token that says so, `sid`: what the provider calls their session there, if it has a name for it."""

    subject: str
    name: str
    email: str
    verified: bool
    token: str = field(repr=False)
    sid: str = ""


def begin(
    browser: MutableMapping[str, Any],
    provider: Provider,
    document: Document,
    callback: str,
    *,
    next: str,
    link: str,
) -> str:
    """Notes the login in the browser's session; the address to send the browser to (section 3.1.2.1)."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    next = next if len(next) <= MOST_NEXT else ""
    begun = Waiting(provider.id.hex, nonce, verifier, next, link, int(time.time()))
    others = sorted(browser.get(WAITING, {}).items(), key=lambda one: one[1][-1])[1 - MOST_WAITING :]
    browser[WAITING] = {**dict(others), state: list(vars(begun).values())}
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback,
        "scope": document.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": _base64(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    if provider.acr:
        query["acr_values"] = provider.acr
    return with_query(document.authorization_endpoint, query)


def take(browser: MutableMapping[str, Any], state: str) -> Waiting:
    """The login of a state, which is used up by it. Raises Untrusted for one that this browser has not begun."""
    waiting = dict(browser.get(WAITING, {}))
    kept = waiting.pop(state, None)
    browser[WAITING] = waiting
    if kept is None or Waiting(*kept).at < time.time() - WAITS_SECONDS:
        raise Untrusted(
            N_("This sign-in was used already, is too old, or was begun in another browser. Begin it again.")
        )
    return Waiting(*kept)


def who_is_there(
    app: Bridge, provider: Provider, document: Document, waiting: Waiting, code: str, callback: str
) -> Who:
    """Exchanges the code for the id_token and believes it if everything about it is right. Nothing may be open in
    the database meanwhile. Raises Untrusted, and Unavailable where the provider does not answer.
    """
    try:
        tokens = _tokens(app, provider, document, waiting, code, callback)
        token = str(tokens.get("id_token", ""))
        claims = app.key_sets.verified(token, document.jwks_uri, ALGORITHMS)
        check(claims, provider, waiting.nonce)
        if "email" not in claims and "email" in document.scope and document.userinfo_endpoint:
            claims = _userinfo(app, document, tokens, claims["sub"]) | claims
    except OutgoingError as error:
        raise Unavailable(
            N_("%(name)s cannot be reached: %(reason)s."), name=provider.name, reason=error
        ) from None
    name, email = (claims[key] if isinstance(claims.get(key), str) else "" for key in ("name", "email"))
    verified = claims.get("email_verified", True) in (True, "true")
    return Who(claims["sub"], name.strip()[:200], email.strip(), verified, token, sid_of(claims))


def _tokens(
    app: Bridge, provider: Provider, document: Document, waiting: Waiting, code: str, callback: str
) -> dict[str, Any]:
    """What the token endpoint answers (sections 3.1.3.1 and 9)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": waiting.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    secret = app.vault.open(provider.secret).decode()
    if document.by_post:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    else:  # RFC 6749, section 2.3.1: each is form-encoded before
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    answer = app.outgoing.request(
        "POST", document.token_endpoint, headers=headers, body=urlencode(form).encode()
    )
    try:
        told = answer.json()
    except OutgoingError:
        told = None
    if not isinstance(told, dict) or answer.status != 200:
        told = told if isinstance(told, dict) else {}
        code = error_code(told.get("error")) or str(answer.status)
        raise Untrusted(N_("%(name)s did not confirm the sign-in (%(code)s)."), name=provider.name, code=code)
    return told


def _userinfo(app: Bridge, document: Document, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
    """What only the UserInfo endpoint tells, of the same person (section 5.3)."""
    token = str(tokens.get("access_token", ""))
    if not token.isascii() or not token.isprintable():
        return {}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = app.outgoing.get(document.userinfo_endpoint, headers=headers)
    told = answer.json() if answer.status == 200 else {}
    return told if isinstance(told, dict) and told.get("sub") == subject else {}


def check(claims: dict[str, Any], provider: Provider, nonce: str) -> None:
    """Section 3.1.3.7 from point 2 on: issuer, audience, authorized party, times, nonce; and a subject."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    now = time.time()
    if claims.get("iss") != provider.issuer:
        raise Untrusted(N_("The id_token comes from another provider (iss)."))
    if provider.client_id not in audiences:
        raise Untrusted(N_("The id_token is meant for another service (aud)."))
    if claims.get("azp", None if len(audiences) > 1 else provider.client_id) != provider.client_id:
        raise Untrusted(N_("The id_token was given to another service (azp)."))
    expires: Any = None
    expires, *since = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if any(type(moment) not in (int, float) for moment in (expires, *since)):
        raise Untrusted(N_("The id_token does not say from when to when it holds (iat, exp)."))
    if not expires > now - LEEWAY_SECONDS:
        raise Untrusted(N_("The id_token is too old. Begin the sign-in again."))
    if not max(since) < now + LEEWAY_SECONDS:
        raise Untrusted(
            N_("The id_token comes from the future: the clock of the provider or of this service is wrong.")
        )
    sent, subject = claims.get("nonce"), claims.get("sub")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), nonce.encode()):
        raise Untrusted(
            N_("The id_token answers another sign-in (its nonce is not the one that was asked for).")
        )
    if provider.acr and claims.get("acr") not in provider.acr.split():
        raise Untrusted(
            N_("%(name)s did not confirm the sign-in at the level that is demanded here (acr)."),
            name=provider.name,
        )
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise Untrusted(N_("The id_token does not say who is there (sub)."))


def sid_of(claims: dict[str, Any]) -> str:
    """The provider's name of a session; empty where it says none that can be kept."""
    sid = claims.get("sid")
    return sid if isinstance(sid, str) and len(sid) <= 255 and sid.isprintable() else ""


def error_code(sent: object) -> str:
    """An OAuth error code (RFC 6749, section 4.1.2.1) that may be shown and logged; empty for anything else."""
    sound = isinstance(sent, str) and len(sent) <= 60 and sent.isascii() and sent.replace("_", "").isalnum()
    return str(sent) if sound else ""


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
