"""A provider's document is believed where it is right, and where it leads outside (OpenID Connect Discovery 1.0)."""

from typing import Any

import pytest

from lms_bridge import outgoing
from lms_bridge.outgoing import Outgoing, OutgoingError, Refused
from lms_bridge.sso.discovery import Documents
from tests.support.openid_provider import DISCOVERY, OpenIdProvider


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://evil.example"}, "calls itself “https://evil.example”"),
        ({"issuer": None}, "calls itself"),
        ({"token_endpoint": None}, "lacks token_endpoint"),
        ({"jwks_uri": 7}, "lacks jwks_uri"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "must be one such as"),
        (
            {"authorization_endpoint": "https://x.example/\r\nSet-Cookie: a=b"},
            "characters that do not belong",
        ),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "client secret"),
    ],
    ids=str,
)
def test_documents_that_are_not_right(provider: OpenIdProvider, document: dict[str, Any], said: str):
    provider.document = document
    with pytest.raises(OutgoingError, match=said):
        Documents(Outgoing(allow_private=True)).find(provider.url)


def test_a_slash_more_is_another_issuer(provider: OpenIdProvider):
    """Discovery 1.0, section 4.3: identical."""
    with pytest.raises(OutgoingError, match="calls itself"):
        Documents(Outgoing(allow_private=True)).find(provider.url + "/")


def test_a_document_that_is_huge_or_does_not_come(provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch):
    """What went wrong is told to all for a while, without asking again."""
    documents = Documents(Outgoing(allow_private=True))
    provider.instead = {DISCOVERY: (200, b"x" * 1_100_000)}
    for _ in range(3):
        with pytest.raises(OutgoingError, match="larger than"):
            documents.find(provider.url)
    assert provider.requests.count(DISCOVERY) == 1
    monkeypatch.setattr(outgoing, "READ_SECONDS", 0.2)
    provider.instead = {DISCOVERY: (0, b"")}
    documents.forget(provider.url)
    with pytest.raises(OutgoingError, match="does not answer"):
        documents.find(provider.url)
    provider.hangs.set()


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:1", "https://127.0.0.1", "https://[::1]", "file:///etc"]
)
def test_an_issuer_inside_our_own_network_is_not_asked(issuer: str):
    with pytest.raises(Refused):
        Documents(Outgoing()).find(issuer)


def test_endpoints_inside_our_own_network_are_refused_with_the_document(
    provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
):
    """Those with http at once; a name that leads inside when it is asked (test_going_out.py)."""
    guarded = Outgoing(allow_private=True)
    ask = guarded.get

    def get(*given: Any, **more: Any) -> Any:
        guarded.allow_private = True
        try:
            return ask(*given, **more)
        finally:
            guarded.allow_private = False

    monkeypatch.setattr(guarded, "get", get)
    with pytest.raises(Refused, match="must begin with https"):
        Documents(guarded).find(provider.url)
