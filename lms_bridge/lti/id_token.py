"""The id_token of a launch: what must hold before a word of it is believed (1EdTech Security Framework 1.0, 5.1.3)."""

import hmac
import time
from typing import Any

from ..errors import N_, Untrusted
from ..key_sets import KeySets
from .models import Platform

LEEWAY_SECONDS = 10


def verified(token: str, platform: Platform, nonce: str, keys: KeySets) -> dict[str, Any]:
    """The claims of a token that this platform signed for us, now, for this login. Raises Untrusted."""
    claims = keys.verified(token, platform.jwks_url, ("RS256",))
    _check_audience(claims, platform)
    _check_times(claims)
    sent = claims.get("nonce")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), nonce.encode()):
        raise Untrusted(
            N_("This launch answers another login (its nonce is not the one that was asked for).")
        )
    return claims


def _check_audience(claims: dict[str, Any], platform: Platform) -> None:
    """Security Framework 5.1.3, points 2 to 5: exact issuer, our client id in the audience, azp right when given."""
    if claims.get("iss") != platform.issuer:
        raise Untrusted(N_("This launch comes from another LMS than it says (iss)."))
    audience = claims.get("aud")
    if platform.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Untrusted(N_("This launch is meant for another tool (aud)."))
    if "azp" in claims and claims["azp"] != platform.client_id:
        raise Untrusted(N_("This launch was given to another tool (azp)."))


def _check_times(claims: dict[str, Any]) -> None:
    now = time.time()
    for name in ("exp", "iat"):
        if type(claims.get(name)) not in (int, float):
            raise Untrusted(N_("This launch does not say from when to when it holds (iat, exp)."))
    if not claims["exp"] > now - LEEWAY_SECONDS:
        raise Untrusted(N_("This launch is too old. Open the activity again in the LMS."))
    if not claims["iat"] < now + LEEWAY_SECONDS:
        raise Untrusted(
            N_("This launch comes from the future: the clock of the LMS or of this service is wrong.")
        )
