"""What is not the provider's word about this login in this browser opens nothing (OpenID Connect Core, 3.1.3.7)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from sqlalchemy import func, select

from lms_bridge.sso import login, routes
from lms_bridge.sso.models import Identity
from lms_bridge.throttle import Limit
from tests.support.app import new_client
from tests.support.openid_provider import CLIENT, DISCOVERY, OpenIdProvider, elliptic, rsa

from .conftest import Directory, who

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAST, FUTURE = 1_000_000_000, 4_000_000_000  # in 2001 and in 2096


def nobody_came_in(directory: Directory) -> bool:
    with directory.app.database.unit_of_work(write=False) as session:
        bound = session.scalar(select(func.count()).select_from(Identity))
    return who(directory.browser) == "" and bound == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": None},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"exp": PAST},
        {"exp": None},
        {"exp": "never"},
        {"exp": True},
        {"iat": FUTURE},
        {"iat": None},
        {"nbf": FUTURE},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 256},
        {"sub": 4711},
    ],
    ids=str,
)
def test_claims_that_are_not_right(directory: Directory, claims: dict[str, Any]):
    directory.provider.claims = claims
    assert directory.sign_in().status_code == 401
    assert nobody_came_in(directory)


def changed(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "admin"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [
        OpenIdProvider.unsigned,
        OpenIdProvider.signed_with_public_key,
        lambda _provider, token: changed(token),
        lambda _provider, token: token[:-6] + "AAAAAA",
        lambda _provider, token: token.rpartition(".")[0] + ".",
        lambda _provider, _token: "a.b.c",
        lambda _provider, _token: "",
        lambda _provider, token: token + "A" * 100_000,
    ],
    ids=[
        "none",
        "HS256 by the public key",
        "changed",
        "signature",
        "no signature",
        "rubbish",
        "nothing",
        "large",
    ],
)
def test_tokens_that_are_not_signed_as_they_must_be(
    directory: Directory, forge: Callable[[OpenIdProvider, str], str]
):
    directory.provider.forge = lambda token: forge(directory.provider, token)
    assert directory.sign_in().status_code == 401
    assert nobody_came_in(directory)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "unknown"},
        {"kid": None},
        {"kid": 7},
        {"jku": "https://evil.example/jwks"},
        {"jwk": {"kty": "RSA"}},
        {"x5u": "https://evil.example/x"},
        {"crit": ["exp"]},
        {"alg": "RS512"},
    ],
    ids=str,
)
def test_headers_that_name_another_key_or_ask_for_more(directory: Directory, header: dict[str, Any]):
    """The signature is right, by the published key."""
    provider = directory.provider
    provider.forge = lambda token: resigned(provider, token, header)
    assert directory.sign_in().status_code == 401
    assert nobody_came_in(directory)


def resigned(provider: OpenIdProvider, token: str, header: dict[str, Any]) -> str:
    """The claims of a token with another header, signed anew."""

    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    whole = {"alg": "RS256", "kid": "key-1"} | header
    whole = {name: value for name, value in whole.items() if value is not None}
    signed = f"{encoded(json.dumps(whole).encode())}.{token.split('.')[1]}"
    digest = SHA512() if whole["alg"] == "RS512" else SHA256()
    return f"{signed}.{encoded(provider.key.private_key.sign(signed.encode(), PKCS1v15(), digest))}"


@pytest.mark.parametrize(
    "header", [{}, {"typ": "JWT", "x5t": "L05UdWlQTzU2TXc"}], ids=["as it is", "as AD FS"]
)
def test_the_header_alone_is_what_is_refused_there(directory: Directory, header: dict[str, Any]):
    directory.provider.forge = lambda token: resigned(directory.provider, token, header)
    assert directory.sign_in().status_code == 303


@pytest.mark.parametrize("key", [rsa("key-1"), elliptic("key-1")], ids=["RSA", "EC"])
def test_another_s_key_by_the_same_name(directory: Directory, key: Any):
    directory.provider.signing, directory.provider.alg = key, "ES256" if key.key_type == "EC" else "RS256"
    assert directory.sign_in().status_code == 401
    assert nobody_came_in(directory)


def test_a_key_that_is_published_for_another_algorithm(directory: Directory):
    """RFC 7517, section 4.4; the signature is right."""
    key = directory.provider.key.as_dict(private=False)
    directory.provider.alg = "PS256"
    directory.provider.instead = {"/jwks": (200, json.dumps({"keys": [key | {"alg": "RS256"}]}).encode())}
    assert directory.sign_in().status_code == 401
    directory.provider.alg = "RS256"
    assert directory.sign_in().status_code == 303


@pytest.mark.parametrize("error", ["", "access_denied"])
def test_a_state_is_used_once_whatever_comes_of_it(directory: Directory, error: str):
    asked = directory.begin()
    sound = directory.provider.consent(asked)
    directory.provider.error = error
    first = directory.provider.consent(asked) if error else sound
    assert directory.back(first).status_code == (403 if error else 303)
    assert directory.back(sound).status_code == 401


def test_a_state_of_another_browser_and_one_that_nobody_began(directory: Directory):
    """Somebody sends their own answer to a victim (login CSRF, RFC 6749, section 10.12)."""
    other = new_client(directory.app)
    back = directory.provider.consent(directory.begin(other))
    assert directory.back(back).status_code == 401
    assert directory.back("http://bridge.localhost/sso/callback?state=x&code=y").status_code == 401
    assert directory.back("http://bridge.localhost/sso/callback").status_code == 401
    assert nobody_came_in(directory)


def test_a_state_that_is_too_old(directory: Directory, monkeypatch: pytest.MonkeyPatch):
    back = directory.provider.consent(directory.begin())
    now = time.time() + login.WAITS_SECONDS + 1
    monkeypatch.setattr(login.time, "time", lambda: now)
    assert directory.back(back).status_code == 401


def test_a_code_of_another_login(directory: Directory):
    """Code injection (RFC 9700, section 4.5): a code that was stolen is put into one's own login."""
    other = new_client(directory.app)
    stolen = directory.provider.consent(directory.begin(other)).partition("code=")[2].partition("&")[0]
    state = directory.begin()["state"]
    answer = directory.back(
        f"http://bridge.localhost/sso/callback?state={state}&code={stolen}&iss={directory.provider.url}"
    )
    assert (answer.status_code, "(invalid_grant)" in answer.text) == (401, True)
    assert nobody_came_in(directory)


@pytest.mark.parametrize("iss", ["", "&iss=https://evil.example"], ids=["absent", "another"])
def test_the_answer_of_another_provider(directory: Directory, iss: str):
    """Mix-up (RFC 9700, section 4.4; RFC 9207): the code is not even sent to the provider of the state."""
    state = directory.begin()["state"]
    answer = directory.back(f"http://bridge.localhost/sso/callback?state={state}&code=c{iss}")
    assert (answer.status_code, "(iss)" in answer.text) == (401, True)
    assert "/token" not in directory.provider.requests


def test_a_provider_that_names_no_issuer_in_its_answers_need_not(directory: Directory):
    directory.provider.document = {"authorization_response_iss_parameter_supported": None}
    back = directory.provider.consent(directory.begin()).replace("&iss=", "&x=")
    assert directory.back(back).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/" + "x" * 600],
)
def test_next_leads_nowhere_else(directory: Directory, target: str):
    assert directory.sign_in(next=target).headers["Location"] == "/"


def test_userinfo_of_somebody_else_is_not_believed(directory: Directory):
    """Section 5.3.2: the sub must be the one of the id_token."""
    directory.provider.in_userinfo, directory.provider.userinfo_of = ("email",), "somebody else"
    answer = directory.sign_in()
    assert (answer.status_code, "does not tell your e-mail" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", (200, b"<html>")),
        ("/token", (200, b"[]")),
        ("/token", (200, b'{"id_token": 7}')),
        ("/token", (500, b"")),
        ("/token", (302, b"")),
        ("/token", (200, b"{" + b" " * 1_100_000 + b"}")),
        ("/jwks", (200, b"{}")),
        ("/jwks", (404, b"")),
        (DISCOVERY, (200, b"[]")),
        (DISCOVERY, (404, b"")),
    ],
    ids=str,
)
def test_answers_that_are_none_end_in_a_sentence(directory: Directory, path: str, answer: tuple[int, bytes]):
    directory.app.extensions["sso"].forget(directory.provider.url)
    if path == DISCOVERY:
        directory.provider.instead = {path: answer}
        come = directory.browser.get(f"/sso/start/{directory.id}")
    else:
        back = directory.provider.consent(directory.begin())
        directory.provider.instead = {path: answer}
        come = directory.back(back)
    assert come.status_code in (401, 503)
    assert "Entra ID" in come.text or "other system" in come.text or "id_token" in come.text
    assert nobody_came_in(directory)


def test_who_guesses_is_not_heard_for_a_while(directory: Directory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(routes, "FAILURES", Limit("sso from", 3, 900))
    answers = [directory.browser.get("/sso/callback?state=x").status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
