"""A small OpenID Provider: discovery, consent, tokens with PKCE, keys, UserInfo; and a switch for each fault.

It listens on 127.0.0.1; in the browser it is a page of its own, another origin than the service.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "bridge of fjordvik", "s3cret: with & signs+"
DISCOVERY = "/.well-known/openid-configuration"


def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def elliptic(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


class OpenIdProvider:
    """The provider's state. Use as a context manager; `Handler` below answers."""

    def __enter__(self) -> "OpenIdProvider":
        self.key = rsa("key-1")
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.provider = self
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.reset()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """A provider without faults, that has Emma before it."""
        self.alg, self.signing, self.published = "RS256", self.key, [self.key]
        self.person: dict[str, Any] = {
            "sub": "emma-at-work",
            "name": "Emma Eide",
            "email": "emma@fjordvik.example",
        }
        self.document: dict[str, Any] = {}  # laid over the discovery document; None takes a member away
        self.claims: dict[str, Any] = {}  # the same for the id_token's claims
        self.header: dict[str, Any] = {}  # and for its header
        self.forge: Callable[[str], str] = lambda token: token
        self.in_userinfo: tuple[str, ...] = ()  # claims that only UserInfo tells
        self.userinfo_of = ""
        self.error = ""
        self.instead: dict[str, tuple[int, bytes]] = {}
        self.hangs = threading.Event()
        self.requests: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.signed_out: list[str] = []

    def described(self) -> dict[str, Any]:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=fjordvik",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/logout?tenant=fjordvik",
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "response_types_supported": ["code"],
            "authorization_response_iss_parameter_supported": True,
        } | self.document
        return {name: value for name, value in told.items() if value is not None}

    def consent(self, asked: dict[str, str]) -> str:
        """The person agrees (or what `error` says happens): the address that the browser is sent back to."""
        back = {"state": asked["state"], "iss": self.url}
        if self.error:
            return f"{asked['redirect_uri']}?{urlencode(back | {'error': self.error, 'error_description': 'Emma'})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode(back | {'code': code})}"

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        whole = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce}
        told = {name: value for name, value in self.person.items() if name not in self.in_userinfo}
        claims = {name: value for name, value in (whole | told | self.claims).items() if value is not None}
        header = {"alg": self.alg, "kid": self.signing.kid} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        return self.forge(jwt.encode(header, claims, self.signing, algorithms=[header["alg"]]))

    def logout_token(self, **changed: Any) -> str:
        """Of Emma's session (Back-Channel Logout 1.0, section 2.4); None takes a claim away."""
        now = int(time.time())
        event = {"http://schemas.openid.net/event/backchannel-logout": {}}
        whole = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "1", "events": event}
        whole |= {"sub": self.person["sub"], "sid": self.person.get("sid")} | changed
        claims = {name: value for name, value in whole.items() if value is not None}
        header = {"alg": "RS256", "kid": self.signing.kid, "typ": "logout+jwt"}
        return jwt.encode(header, claims, self.signing)

    def unsigned(self, token: str) -> str:
        """The same claims with alg none, and no signature."""
        return f"{_encoded({'alg': 'none', 'kid': self.signing.kid})}.{token.split('.')[1]}."

    def signed_with_public_key(self, token: str) -> str:
        """HS256 with the published key as the secret (key confusion)."""
        signed = f"{_encoded({'alg': 'HS256', 'kid': self.key.kid})}.{token.split('.')[1]}"
        digest = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Server(ThreadingHTTPServer):
    def handle_error(self, *given: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # the service reads no more than it wants
            super().handle_error(*given)


class Handler(BaseHTTPRequestHandler):
    """The provider's pages and endpoints."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    @property
    def provider(self) -> OpenIdProvider:
        return self.server.provider

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({k: v[0] for k, v in parse_qs(body.decode()).items()})

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        self.provider.requests.append(parts.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if parts.path in self.provider.instead:
            status, body = self.provider.instead[parts.path]
            if status:
                self._send(status, body, "application/json")
            else:
                self.provider.hangs.wait(5)
        elif parts.path == DISCOVERY:
            self._json(200, self.provider.described())
        elif parts.path == "/authorize" and self.command == "GET":
            self._ask(query)
        elif parts.path == "/authorize":
            self._send(302, b"", "text/plain", Location=self.provider.consent(form))
        elif parts.path == "/token":
            self._tokens(form)
        elif parts.path == "/userinfo":
            self._userinfo()
        elif parts.path == "/logout":
            self._sign_out(query)
        elif parts.path == "/jwks":
            self._json(200, {"keys": [key.as_dict(private=False) for key in self.provider.published]})
        else:
            self._send(404, b"", "text/plain")

    def _ask(self, query: dict[str, str]) -> None:
        """The consent, for a request that is as it must be (OpenID Connect Core 1.0, section 3.1.2.1)."""
        fixed = {
            "response_type": "code",
            "client_id": CLIENT,
            "code_challenge_method": "S256",
            "tenant": "fjordvik",
        }
        sound = fixed.items() <= query.items() and "openid" in query["scope"].split() and query["nonce"]
        if not sound or not query["redirect_uri"].endswith("/sso/callback"):
            self._send(400, b"not a sound request", "text/plain")
            return
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        page = (
            '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Sign in</title><body><main>'
            f"<h1>Fjordvik’s directory</h1><form method='post' action='/authorize'>{inputs}"
            f"<button>Go on as {html.escape(self.provider.person['name'])}</button></form></main>"
        )
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _tokens(self, form: dict[str, str]) -> None:
        """A code works once, for the client that it was made for, with the verifier of its challenge."""
        asked = self.provider.codes.pop(form.get("code", ""), None)
        if self._client(form) != (CLIENT, SECRET):
            self._json(401, {"error": "invalid_client"})
            return
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (
            challenge,
            form["redirect_uri"],
        ):
            self._json(400, {"error": "invalid_grant"})
            return
        token = secrets.token_urlsafe(16)
        self.provider.tokens.add(token)
        id_token = self.provider.id_token(asked["nonce"])
        self._json(200, {"access_token": token, "token_type": "Bearer", "id_token": id_token})

    def _client(self, form: dict[str, str]) -> tuple[str, str]:
        methods = self.provider.document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in methods:
            return form.get("client_id", ""), form.get("client_secret", "")
        sent = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        name, _colon, secret = sent.partition(":")
        return unquote(name), unquote(secret)

    def _userinfo(self) -> None:
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.provider.tokens:
            self._json(401, {})
            return
        person = self.provider.person
        self._json(200, person | {"sub": self.provider.userinfo_of or person["sub"]})

    def _sign_out(self, query: dict[str, str]) -> None:
        """RP-Initiated Logout 1.0, section 3: back only for a client that is known, to where it said before."""
        hint = query.get("id_token_hint", "")
        told = jwt.decode(hint, self.provider.key).claims if hint else {"aud": query.get("client_id")}
        if told["aud"] != CLIENT or not query["post_logout_redirect_uri"].endswith("/sign-in"):
            self._send(400, b"not a sound request", "text/plain")
            return
        self.provider.signed_out.append(told.get("sub", ""))
        self._send(302, b"", "text/plain", Location=query["post_logout_redirect_uri"])

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def running_provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: OpenIdProvider) -> OpenIdProvider:
    """The provider, without faults."""
    running_provider.reset()
    return running_provider
