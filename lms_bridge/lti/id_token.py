"""The id_token of a launch: what must hold before a word of it is believed (1EdTech Security Framework 1.0, 5.1.3)."""

import base64
import binascii
import hmac
import json
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from ..errors import N_, Untrusted
from .models import Platform
from .platform_keys import PlatformKeys

LEEWAY_SECONDS = 10
MOST_CHARACTERS = 100_000
# Headers that name a key or demand an extension: the key is the one that the LMS publishes, and no other.
_FORBIDDEN = ("jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256", "crit", "b64")


def verified(token: str, platform: Platform, nonce: str, keys: PlatformKeys) -> dict[str, Any]:
    """The claims of a token that this platform signed for us, now, for this login. Raises Untrusted."""
    header = _header(token)
    key = keys.find(platform.jwks_url, header["kid"])
    try:
        claims = jwt.decode(token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Untrusted(N_("The signature of this launch is not the LMS's.")) from None
    _check_audience(claims, platform)
    _check_times(claims)
    sent = claims.get("nonce")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), nonce.encode()):
        raise Untrusted(
            N_("This launch answers another login (its nonce is not the one that was asked for).")
        )
    return claims


def _header(token: str) -> dict[str, Any]:
    """The header, which says nothing but the name of the key: the algorithm is RS256, always."""
    if len(token) > MOST_CHARACTERS or token.count(".") != 2:
        raise Untrusted(N_("The launch has no sound id_token."))
    encoded = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise Untrusted(N_("The launch has no sound id_token."))
    if header.get("alg") != "RS256" or any(name in header for name in _FORBIDDEN):
        raise Untrusted(N_("Launches must be signed with RS256 and a published key, and with nothing else."))
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        raise Untrusted(N_("The launch does not name the key that it is signed with (kid)."))
    return header


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
