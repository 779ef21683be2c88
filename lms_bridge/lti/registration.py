"""Connecting an LMS: by an invitation that the LMS follows (Dynamic Registration 1.0), or by hand."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import Database, utcnow
from ..errors import Conflict, Invalid, NotFound, Untrusted
from ..outgoing import Outgoing, OutgoingError
from ..web.app import Bridge
from ..web.i18n import N_, _
from .logins import hashed
from .messages import DEEP_LINK, LINEITEM_SCOPE, RESOURCE_LINK, REVIEW, ROSTER_SCOPE, SCORE_SCOPE
from .models import APPROVED, REFUSED, WAITING, Deployment, Invitation, Platform

DAYS = 7
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
SCOPES = (SCORE_SCOPE, LINEITEM_SCOPE, ROSTER_SCOPE)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
ADDRESSES = ("auth_url", "token_url", "jwks_url")


def invite(session: Session) -> str:
    """A token that lets one LMS register itself, once, within a week."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(token_hash=hashed(token), expires=utcnow() + timedelta(days=DAYS))
    session.add(invitation)
    session.flush()
    audit.record(session, "lti.invited", f"lti_invitation:{invitation.id}")
    return token


@dataclass(frozen=True)
class _Configuration:
    """What is needed of an LMS's OpenID configuration."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    product: str
    token_audience: str


def register(app: Bridge, token: str, configuration_url: str, registration_token: str) -> Platform:
    """Follows an invitation: reads the LMS's configuration, registers there, and writes down who waits for approval.

    Raises Untrusted for an invitation that was used or is too old, Invalid where the LMS cannot be registered; the
    invitation is then still good.
    """
    tenant_id, invitation_id = _claim(app.database, token)
    try:
        try:
            configuration = _read_configuration(app.outgoing, configuration_url)
            registered = _register_there(app, configuration, registration_token)
        except OutgoingError as error:
            raise Invalid(N_("The LMS cannot be reached: %(reason)s."), reason=error) from error
        with app.database.unit_of_work(tenant_id) as session:
            return _write_down(session, configuration, registered)
    except BaseException:
        with app.database.unit_of_work(tenant_id) as session:
            session.execute(update(Invitation).where(Invitation.id == invitation_id).values(used=None))
        raise


def _claim(database: Database, token: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Takes the invitation, so that nobody else can; (municipality, invitation)."""
    now = utcnow()
    with database.unit_of_work() as session:
        row = session.execute(
            update(Invitation)
            .where(
                Invitation.token_hash == hashed(token), Invitation.used.is_(None), Invitation.expires > now
            )
            .values(used=now)
            .returning(Invitation.tenant_id, Invitation.id)
        ).first()
    if row is None:
        raise Untrusted(N_("This invitation was used already, or is too old. Ask for a new one."))
    return row._tuple()


def _read_configuration(outgoing: Outgoing, url: str) -> _Configuration:
    """The issuer must be at home where its configuration lies, or anybody could speak for any LMS (section 3.5.1)."""
    answer = outgoing.get(url, headers={"Accept": "application/json"})
    body = answer.json() if answer.status == 200 else None
    if not isinstance(body, dict):
        raise Invalid(N_("There is no OpenID configuration of an LMS at the address that was given."))
    found = _Configuration(
        issuer=_text(body, "issuer"),
        auth_url=_text(body, "authorization_endpoint"),
        token_url=_text(body, "token_endpoint"),
        jwks_url=_text(body, "jwks_uri"),
        registration_url=_text(body, "registration_endpoint"),
        product=_text(
            _section(body, "https://purl.imsglobal.org/spec/lti-platform-configuration"),
            "product_family_code",
        ),
        token_audience=_text(body, "authorization_server"),
    )
    if not all((found.issuer, found.auth_url, found.token_url, found.jwks_url, found.registration_url)):
        raise Invalid(N_("The LMS's OpenID configuration lacks something that is needed."))
    if _origin(found.issuer) != _origin(url):
        raise Invalid(N_("The LMS's configuration names an issuer that lives at another address."))
    return found


def _register_there(app: Bridge, configuration: _Configuration, token: str) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = app.outgoing.post_json(configuration.registration_url, client_metadata(app), headers=headers)
    body = answer.json() if answer.status in (200, 201) else None
    if not isinstance(body, dict) or not _text(body, "client_id"):
        raise Invalid(N_("The LMS did not accept the registration (%(status)s)."), status=answer.status)
    return body


def client_metadata(app: Bridge) -> dict[str, Any]:
    """What this service is, to an LMS (Dynamic Registration 1.0, section 3.6)."""
    base = app.settings.base_url
    launch = f"{base}/lti/launch"
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{base}/lti/login",
        "redirect_uris": [launch],
        "client_name": "lms-bridge",
        "jwks_uri": f"{base}/lti/jwks",
        "logo_uri": f"{base}/static/icon.svg",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        TOOL: {
            "domain": urlsplit(base).netloc,
            "target_link_uri": launch,
            "claims": list(CLAIMS),
            "messages": [
                {"type": RESOURCE_LINK},
                {"type": DEEP_LINK, "target_link_uri": launch, "label": "lms-bridge"},
                {"type": REVIEW, "target_link_uri": launch},
            ],
        },
    }


def _write_down(session: Session, found: _Configuration, registered: Mapping[str, Any]) -> Platform:
    deployment_id = _text(_section(registered, TOOL), "deployment_id")
    platform = Platform(
        name=f"{urlsplit(found.issuer).hostname} ({found.product})" if found.product else found.issuer[:200],
        issuer=found.issuer,
        client_id=_text(registered, "client_id"),
        auth_url=found.auth_url,
        token_url=found.token_url,
        jwks_url=found.jwks_url,
        token_audience=found.token_audience,
    )
    _add(session, platform, deployment_id, WAITING)
    return platform


def add_by_hand(session: Session, values: Mapping[str, str]) -> Platform:
    """A platform as an administrator typed it, who thereby approves it. Raises Invalid with fields, Conflict."""
    given = {name: values.get(name, "").strip() for name in (*ADDRESSES, "name", "issuer", "client_id")}
    fields = {
        name: _("Write an address that begins with https://.")
        for name in ADDRESSES
        if not _address(given[name])
    }
    if not _address(given["issuer"]):
        fields["issuer"] = _("Write the issuer exactly as the LMS shows it, such as https://lms.kommune.no.")
    if not given["client_id"] or len(given["client_id"]) > 255:
        fields["client_id"] = _("Copy the client id from the LMS.")
    audience = values.get("token_audience", "").strip()
    if audience and not _address(audience):
        fields["token_audience"] = _("Write an address that begins with https://.")
    if fields:
        raise Invalid(N_("Look at the marked fields."), fields)
    platform = Platform(
        name=given.pop("name")[:200] or urlsplit(given["issuer"]).netloc,
        token_audience=audience,
        state=APPROVED,
        **given,
    )
    _add(session, platform, values.get("deployment_id", "").strip()[:255], APPROVED)
    return platform


def _add(session: Session, platform: Platform, deployment_id: str, state: str) -> None:
    try:
        with session.begin_nested():
            session.add(platform)
    except IntegrityError:
        raise Conflict(N_("An LMS with this issuer and client id is connected already.")) from None
    if deployment_id:
        session.add(Deployment(platform_id=platform.id, deployment_id=deployment_id, state=state))
    audit.record(session, "lti.registered", f"lti_platform:{platform.id}", issuer=platform.issuer)


def decide_platform(session: Session, platform_id: uuid.UUID, *, approve: bool) -> Platform:
    """Lets an LMS in, with the deployment it registered with, or shuts it out. Raises NotFound."""
    platform = get_platform(session, platform_id)
    if approve and platform.state == WAITING:
        session.execute(
            update(Deployment).where(Deployment.platform_id == platform.id).values(state=APPROVED)
        )
    platform.state = APPROVED if approve else REFUSED
    audit.record(session, "lti.approved" if approve else "lti.refused", f"lti_platform:{platform.id}")
    return platform


def decide_deployment(session: Session, deployment_id: uuid.UUID, *, approve: bool) -> Deployment:
    """Lets a place in a known LMS in, or shuts it out. Raises NotFound."""
    deployment = session.get(Deployment, deployment_id)
    if deployment is None:
        raise NotFound
    deployment.state = APPROVED if approve else REFUSED
    audit.record(session, "lti.approved" if approve else "lti.refused", f"lti_deployment:{deployment.id}")
    return deployment


def trust_idnumber(session: Session, platform_id: uuid.UUID, trusted: bool) -> None:
    """Says whether this LMS's idnumber (lis.person_sourcedid) is the municipality's employment id."""
    platform = get_platform(session, platform_id)
    platform.idnumber_is_employment_id = trusted
    audit.record(session, "lti.idnumber", f"lti_platform:{platform.id}", trusted=trusted)


def get_platform(session: Session, platform_id: uuid.UUID) -> Platform:
    """One of the municipality's platforms. Raises NotFound."""
    platform = session.scalar(select(Platform).where(Platform.id == platform_id))
    if platform is None:
        raise NotFound
    return platform


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(url) <= 500


def _section(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value.strip() if isinstance(value, str) and len(value) <= 500 else ""
