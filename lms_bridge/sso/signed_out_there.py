"""The provider says that somebody is signed out there: then they are here, too, in the browsers that came by it.

By a token from its server (OpenID Connect Back-Channel Logout 1.0), or by an address that it has the person's browser
fetch (Front-Channel Logout 1.0). No cookie is needed for either: the browser need not be there, and would send none to
a page within another site's.
"""

import time
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, select
from sqlalchemy.orm import Session

from ..accounts.models import SignIn
from ..errors import N_, Untrusted
from ..key_sets import KeySets
from .discovery import Document
from .login import ALGORITHMS, LEEWAY_SECONDS, sid_of
from .models import Identity, Provider, ProviderSession

EVENT = "http://schemas.openid.net/event/backchannel-logout"
OLDEST_SECONDS = 600  # of a token that says no end: the standard demands none


def note(session: Session, provider: Provider, sign_in: SignIn, sid: str) -> None:
    """By which of the provider's sessions this one came."""
    session.add(ProviderSession(sign_in_id=sign_in.id, provider_id=provider.id, sid=sid))


def claims_of(token: str, provider: Provider, document: Document, keys: KeySets) -> dict[str, Any]:
    """What a logout token says that is believed (Back-Channel Logout, section 2.6). Nothing may be open in the
    database meanwhile. Raises Untrusted, and Unavailable where the keys cannot be fetched.
    """
    claims = keys.verified(token, document.jwks_uri, ALGORITHMS)
    audience, events = claims.get("aud"), claims.get("events")
    sound = (
        claims.get("iss") == provider.issuer
        and provider.client_id in (audience if isinstance(audience, list) else [audience])
        and _is_of_now(claims)
        and isinstance(events, dict)
        and isinstance(events.get(EVENT), dict)
        and "nonce" not in claims  # it would be an id_token
        and (_text(claims.get("sub")) or sid_of(claims))
    )
    if not sound:
        raise Untrusted(N_("This is no logout token for this service."))
    return claims


def _is_of_now(claims: dict[str, Any]) -> bool:
    issued: Any = claims.get("iat")
    if type(issued) not in (int, float):
        return False
    ends, now = claims.get("exp", issued + OLDEST_SECONDS), time.time()
    return type(ends) in (int, float) and issued < now + LEEWAY_SECONDS and ends > now - LEEWAY_SECONDS


def end(session: Session, provider: Provider, claims: dict[str, Any]) -> int:
    """Ends the sign-ins that came by a session, or all that a person has by this provider; how many."""
    which: list[ColumnElement[bool]] = [ProviderSession.provider_id == provider.id]
    if sid := sid_of(claims):
        which.append(ProviderSession.sid == sid)
    if subject := _text(claims.get("sub")):
        whose = select(Identity.account_id).where(
            Identity.provider_id == provider.id, Identity.subject == subject
        )
        which.append(SignIn.account_id.in_(whose))
    if len(which) == 1:
        return 0
    found = select(SignIn.id).join(ProviderSession, ProviderSession.sign_in_id == SignIn.id).where(*which)
    gone = session.execute(delete(SignIn).where(SignIn.id.in_(found)))
    return cast(CursorResult[Any], gone).rowcount


def _text(claim: object) -> str:
    return claim if isinstance(claim, str) else ""
