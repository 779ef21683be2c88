"""Who signs out here is signed out at the provider, too (OpenID Connect RP-Initiated Logout 1.0, section 2).

The provider wants its id_token back to know whom it is about. It may name a person by national number, so it lies
sealed in a cookie of the browser's own, which goes along with nothing but the request that signs out.
"""

import uuid

import orjson
from flask import after_this_request, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ..accounts.ways_in import Way
from ..errors import DomainError
from ..outgoing import OutgoingError
from ..web.app import Bridge, bridge
from . import service
from .discovery import Documents, with_query
from .models import Provider

COOKIE = "lms_bridge_directory"
MOST = 3_800  # bytes that a browser keeps for sure, less the cookie's name and attributes


def remember(app: Bridge, response: Response, provider: Provider, id_token: str) -> None:
    """Notes in the browser where it was signed in. A token that is too long for a cookie is left out: the provider
    then asks the person.
    """
    if not provider.signs_out:
        response.delete_cookie(COOKIE, path=url_for("accounts.sign_out"))
        return
    for token in (id_token, ""):
        sealed = app.vault.seal(orjson.dumps([provider.id.hex, token])).decode()
        if len(sealed) <= MOST:
            break
    response.set_cookie(
        COOKIE,
        sealed,
        max_age=app.permanent_session_lifetime,
        path=url_for("accounts.sign_out"),
        secure=app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def way_out(unit: Session) -> Way | None:
    """Where the browser goes on to, if it was signed in by a provider that signs out; asked once."""
    kept = request.cookies.get(COOKIE)
    if not kept:
        return None
    after_this_request(_forget)
    app = bridge()
    try:
        provider_id, token = orjson.loads(app.vault.open(kept.encode()))
        provider = service.get(unit, uuid.UUID(provider_id), is_open=True)
        unit.rollback()  # nothing is open while the provider is asked
        documents: Documents = app.extensions["sso"]
        endpoint = documents.find(provider.issuer).end_session_endpoint
    except (DomainError, OutgoingError):
        return None
    if not endpoint or not provider.signs_out:
        return None
    query = {"client_id": provider.client_id, "post_logout_redirect_uri": back(app)}
    if token:
        query["id_token_hint"] = token
    return Way(provider.name, "", with_query(endpoint, query))


def back(app: Bridge) -> str:
    """The address to which the provider sends people who are signed out; it is registered there (section 3.1)."""
    return f"{app.settings.base_url}{url_for('accounts.sign_in')}"


def _forget(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=url_for("accounts.sign_out"))
    return response
