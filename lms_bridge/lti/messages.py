"""What an LMS says in a launch (LTI 1.3 Core, section 5): claims, read once into one message."""

from dataclasses import dataclass
from typing import Any

from ..errors import N_, Untrusted

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINEITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINEITEM_SCOPES = (LINEITEM_SCOPE, f"{LINEITEM_SCOPE}.readonly")
ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINK = "LtiDeepLinkingRequest"
REVIEW = "LtiSubmissionReviewRequest"

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
# Whole URIs only: "Instructor" as a part of something else makes nobody a teacher.
TEACHERS = frozenset(
    {
        f"{_MEMBERSHIP}#Instructor",
        f"{_MEMBERSHIP}#ContentDeveloper",
        f"{_MEMBERSHIP}#Administrator",
        f"{_MEMBERSHIP}#Manager",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    }
)
_TEACHING = f"{_MEMBERSHIP}/Instructor#"


@dataclass(frozen=True)
class Message:
    """A verified launch. What the LMS may leave out is empty."""

    kind: str
    deployment_id: str
    subject: str
    roles: frozenset[str]
    name: str
    email: str
    idnumber: str
    locale: str
    resource_link_id: str
    title: str
    context_title: str
    custom: dict[str, Any]
    target_link_uri: str
    lineitem: str
    lineitems: str
    scopes: frozenset[str]
    """What may be done in the gradebook."""
    memberships: str
    deep_linking: dict[str, Any]
    reviewed: str
    """Submission review: the subject whose work is looked at."""

    @property
    def may_score(self) -> bool:
        return SCORE_SCOPE in self.scopes

    @property
    def lineitem_scope(self) -> str:
        """The most that is allowed with the list of line items: make, read, or "" for nothing."""
        if not self.lineitems or not self.may_score:
            return ""
        return next((scope for scope in LINEITEM_SCOPES if scope in self.scopes), "")

    @property
    def teaches(self) -> bool:
        """Whether this person teaches or runs the course; with unknown roles, or none, a learner."""
        return any(role in TEACHERS or role.startswith(_TEACHING) for role in self.roles)


def read(claims: dict[str, Any]) -> Message:
    """The message in these claims. Raises Untrusted for one that is none, or lacks what it must have."""
    kind = claims.get(CLAIM + "message_type")
    if kind not in (RESOURCE_LINK, DEEP_LINK, REVIEW):
        raise Untrusted(N_("This is not an LTI launch that this service knows (message_type)."))
    if claims.get(CLAIM + "version") != "1.3.0":
        raise Untrusted(N_("This launch is of another version of LTI than 1.3."))
    roles = claims.get(CLAIM + "roles")
    if not isinstance(roles, list):
        raise Untrusted(N_("This launch does not say in which roles the person comes (roles)."))
    link = _section(claims, CLAIM + "resource_link")
    linking = _section(claims, DEEP_LINKING + "deep_linking_settings")
    if kind == RESOURCE_LINK and not _text(link, "id"):
        raise Untrusted(N_("This launch does not say which activity it is (resource_link)."))
    if kind == DEEP_LINK and not _text(linking, "deep_link_return_url"):
        raise Untrusted(N_("This request for content does not say where to answer (deep_link_return_url)."))
    return _message(claims, kind, roles, link, linking)


def _message(
    claims: dict[str, Any], kind: str, roles: list[Any], link: dict[str, Any], linking: dict[str, Any]
) -> Message:
    endpoint = _section(claims, AGS_ENDPOINT)
    scopes = endpoint.get("scope")
    return Message(
        kind=kind,
        deployment_id=_needed(claims, CLAIM + "deployment_id", "deployment_id"),
        subject=_needed(claims, "sub", "sub"),
        roles=frozenset(role for role in roles if isinstance(role, str)),
        name=_name(claims),
        email=_text(claims, "email")[:254],
        idnumber=_text(_section(claims, CLAIM + "lis"), "person_sourcedid").strip()[:80],
        locale=_text(_section(claims, CLAIM + "launch_presentation"), "locale") or _text(claims, "locale"),
        resource_link_id=_text(link, "id")[:500],
        title=_text(link, "title")[:500],
        context_title=_text(_section(claims, CLAIM + "context"), "title")[:500],
        custom=_section(claims, CLAIM + "custom"),
        target_link_uri=_text(claims, CLAIM + "target_link_uri"),
        lineitem=_text(endpoint, "lineitem"),
        lineitems=_text(endpoint, "lineitems"),
        scopes=frozenset(scope for scope in scopes if isinstance(scope, str))
        if isinstance(scopes, list)
        else frozenset(),
        memberships=_text(_section(claims, NRPS), "context_memberships_url"),
        deep_linking=linking,
        reviewed=_text(_section(claims, CLAIM + "for_user"), "user_id"),
    )


def _section(claims: dict[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _text(section: dict[str, Any], name: str) -> str:
    value = section.get(name)
    return value if isinstance(value, str) else ""


def _needed(claims: dict[str, Any], claim: str, name: str) -> str:
    """At most 255 characters (LTI 1.3 Core, 5.3.3 and 5.3.6.1)."""
    value = _text(claims, claim)
    if not value or len(value) > 255:
        raise Untrusted(N_("This launch lacks something that every launch has: %(name)s."), name=name)
    return value


def _name(claims: dict[str, Any]) -> str:
    parts = (_text(claims, "given_name"), _text(claims, "family_name"))
    return (_text(claims, "name") or " ".join(part for part in parts if part))[:200]
