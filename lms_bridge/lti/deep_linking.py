"""Deep linking (LTI Deep Linking 2.0): a teacher chooses modules here, the LMS makes an activity of each."""

import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import bind_tenant
from ..errors import Invalid, Untrusted
from ..publishing import service as publishing
from ..publishing.models import ModuleVersion
from ..web.app import Bridge
from ..web.i18n import N_
from . import keys
from .launches import Launch
from .messages import CLAIM, DEEP_LINKING
from .models import APPROVED, Deployment, Platform

SCORE_MAXIMUM = 100
MINUTES = 60
LONGEST_DATA = 20_000


@dataclass(frozen=True)
class Request:
    """What the LMS asks for, carried by the page in a signed field: no cookie is needed between."""

    platform_id: str
    deployment_id: str
    return_url: str
    data: str | None
    multiple: bool
    line_items: bool
    locale: str


def request_of(launch: Launch) -> Request:
    """The request in a launch. Raises Invalid where the LMS takes no activities, or names no sound return address."""
    settings = launch.message.deep_linking
    accepted = settings.get("accept_types")
    if not isinstance(accepted, list) or "ltiResourceLink" not in accepted:
        raise Invalid(N_("The LMS does not take activities here, and this service gives nothing else."))
    return_url, data = str(settings["deep_link_return_url"]), settings.get("data")
    parts = urlsplit(return_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username is not None:
        raise Invalid(N_("The LMS named no sound address to send the choice to."))
    if data is not None and (not isinstance(data, str) or len(data) > LONGEST_DATA):
        raise Invalid(N_("The LMS sent more with the request than belongs there."))
    return Request(
        platform_id=str(launch.platform.id),
        deployment_id=str(launch.deployment.id),
        return_url=return_url,
        data=data,
        multiple=settings.get("accept_multiple") is not False,
        line_items=settings.get("accept_lineitem") is not False,
        locale=launch.message.locale,
    )


def sealed(app: Bridge, request: Request) -> str:
    return _serializer(app).dumps(asdict(request))


def opened(app: Bridge, field: str) -> Request:
    """Raises Untrusted for a field that is forged or an hour old."""
    try:
        return Request(**_serializer(app).loads(field, max_age=MINUTES * 60))
    except (BadData, TypeError):
        raise Untrusted(N_("This page is too old. Choose the content again in the LMS.")) from None


def modules(session: Session) -> Sequence[ModuleVersion]:
    """What can be chosen: the newest version of every published module."""
    return publishing.newest_versions(session)


@dataclass(frozen=True)
class Response:
    """The signed answer, and where the browser posts it."""

    jwt: str
    return_url: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.return_url)
        return f"{parts.scheme}://{parts.netloc}"


def answer(app: Bridge, session: Session, request: Request, chosen: list[str]) -> Response:
    """The LtiDeepLinkingResponse for these modules, in the order of the page. Raises Invalid, Untrusted."""
    row = session.execute(
        select(Platform, Deployment)
        .join(Deployment, Deployment.platform_id == Platform.id)
        .where(
            Deployment.id == uuid.UUID(request.deployment_id), Platform.id == uuid.UUID(request.platform_id)
        )
    ).first()
    if row is None or (row[0].state, row[1].state) != (APPROVED, APPROVED):
        raise Untrusted(
            N_("This LMS is not connected to the service. An administrator connects it on the page “LTI”.")
        )
    platform, deployment = row._tuple()
    bind_tenant(session, platform.tenant_id)
    versions = [version for version in modules(session) if str(version.module_id) in chosen]
    if not versions or (len(versions) > 1 and not request.multiple):
        raise Invalid(N_("Choose a module."))
    items = [content_item(app, version, line_item=request.line_items) for version in versions]
    claims = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "nonce": secrets.token_urlsafe(24),
        "nbf": int(time.time()) - 5,
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": deployment.deployment_id,
        DEEP_LINKING + "content_items": items,
    }
    if request.data is not None:
        claims[DEEP_LINKING + "data"] = request.data
    return Response(keys.sign(app.database, app.vault, claims), request.return_url)


def content_item(app: Bridge, version: ModuleVersion, *, line_item: bool) -> dict[str, Any]:
    """An ltiResourceLink: `custom` carries the module, so that a copied course still opens it."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": version.title,
        "text": version.summary,
        "url": f"{app.settings.base_url}/lti/launch",
        "custom": {"module": str(version.module_id)},
    }
    if line_item:
        item["lineItem"] = {
            "label": version.title,
            "scoreMaximum": SCORE_MAXIMUM,
            "resourceId": str(version.module_id),
            "tag": "module",
        }
    return item


def _serializer(app: Bridge) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.signing_keys, salt="lti-deep-linking")
