"""What a provider says about itself (OpenID Connect Discovery 1.0, section 4), remembered for an hour a process."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from ..errors import N_
from ..outgoing import Outgoing, OutgoingError

PATH = "/.well-known/openid-configuration"
KEEP_SECONDS = 3600
RETRY_SECONDS = 30
"""For so long what went wrong is told to all who press the button, without asking again."""
_SCOPES = ("openid", "email", "profile")
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True)
class Document:
    """The part of it that matters here; endpoints that a provider need not have are empty. `scope`: what to ask for;
    `says_iss`: each answer names its issuer (RFC 9207). `by_post`: the token endpoint takes the secret in the form, and
    not as HTTP Basic.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    scope: str
    by_post: bool
    says_iss: bool


@dataclass
class _Known:
    document: Document | None = None
    problem: OutgoingError | None = None
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Documents:
    """The documents of all providers."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._known: dict[str, _Known] = {}

    def find(self, issuer: str) -> Document:
        """The provider's document. Raises OutgoingError, whose sentence says what is wrong."""
        known = self._known.setdefault(issuer, _Known())
        with known.lock:
            if time.monotonic() >= known.until:
                self._ask(issuer, known)
            if known.document is None and known.problem is not None:
                raise known.problem.with_traceback(None)
            return cast(Document, known.document)

    def forget(self, issuer: str) -> None:
        """Who has just changed something wants to know how it is now."""
        self._known.pop(issuer, None)

    def _ask(self, issuer: str, known: _Known) -> None:
        """One that was fetched before serves on while the provider does not answer."""
        try:
            known.document, keep = self._fetch(issuer), KEEP_SECONDS
        except OutgoingError as error:
            known.problem, keep = error, RETRY_SECONDS
        known.until = time.monotonic() + keep

    def _fetch(self, issuer: str) -> Document:
        answer = self._outgoing.get(issuer.rstrip("/") + PATH, headers={"Accept": "application/json"})
        told = answer.json() if answer.status == 200 else None
        if not isinstance(told, dict):
            raise OutgoingError(N_("there is no OpenID Connect document (%(status)s)"), status=answer.status)
        if told.get("issuer") != issuer:  # section 4.3: to the letter
            named = str(told.get("issuer"))[:200]
            raise OutgoingError(N_("the provider there calls itself “%(issuer)s”"), issuer=named)
        return self._read(issuer, told)

    def _read(self, issuer: str, told: dict[str, Any]) -> Document:
        names = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
        not_needed = ("userinfo_endpoint", "end_session_endpoint")
        names += [name for name in not_needed if told.get(name)]
        addresses = dict.fromkeys(not_needed, "") | {name: self._address(told, name) for name in names}
        methods = _listed(told, "token_endpoint_auth_methods_supported") or [_BASIC]
        if _BASIC not in methods and _POST not in methods:
            raise OutgoingError(N_("the provider does not let a service prove itself by a client secret"))
        known = _listed(told, "scopes_supported") or _SCOPES
        return Document(
            issuer=issuer,
            **addresses,
            scope=" ".join(one for one in _SCOPES if one == "openid" or one in known),
            by_post=_BASIC not in methods,
            says_iss=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, told: dict[str, Any], name: str) -> str:
        address = told.get(name)
        if not isinstance(address, str):
            raise OutgoingError(N_("the provider's document lacks %(name)s"), name=name)
        self._outgoing.parts(address)
        return address


def with_query(endpoint: str, query: dict[str, str]) -> str:
    """An endpoint's address with parameters, after those that it has itself (RFC 6749, section 3.1)."""
    parts = urlsplit(endpoint)
    own = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=own + urlencode(query), fragment=""))


def _listed(told: dict[str, Any], name: str) -> list[Any]:
    value = told.get(name)
    return value if isinstance(value, list) else []
