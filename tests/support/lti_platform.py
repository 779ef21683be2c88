"""A small LTI platform: keys, login, tokens, gradebook, roster, registration; and a switch for each fault.

It listens on 127.0.0.1; as a page in the browser it is platform.localhost, another site than the tool.
"""

import html
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINEITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINEITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER = f"{MEMBERSHIP}#Learner"
INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
DEPLOYMENT = "7"
CLIENT = "client-of-fjordvik"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class LtiPlatform:
    """The platform's state. Use as a context manager; every answer is made by `Handler` below."""

    def __enter__(self) -> "LtiPlatform":
        self.key = new_key("key-1")
        self.published = [self.key]
        self.reset()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.platform = self
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        port = self._server.server_address[1]
        self.url, self.site = f"http://127.0.0.1:{port}", f"http://platform.localhost:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """A platform without faults, whose gradebook is empty."""
        self.published = [self.key]
        self.requests: list[tuple[str, str]] = []
        self.tokens: dict[str, str] = {}
        self.assertions: list[str] = []
        self.scores: list[dict[str, Any]] = []
        self.posts: list[tuple[str, str]] = []
        self.registrations: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.lineitems: list[dict[str, Any]] = []
        self.overlooks_filters = False
        self.page_size = 50
        self.expires_in = 3600
        self.no_token = 0
        self.answers: list[tuple[Any, ...]] = []
        """The gradebook's next answers, before it is sound again: status, headers, and a body if it is not {}."""
        self.instead_of_keys: tuple[int, bytes] | None = None
        self.malformed_link = self.foreign_link = False
        self.issuer_elsewhere = ""
        self.no_registration = False
        self.claims: dict[str, Any] = {}  # laid over the claims of browser launches
        self.storage = False

    @property
    def issuer(self) -> str:
        return self.site

    def registration(self, **changed: str) -> dict[str, str]:
        """What an administrator types into the form of manual registration."""
        return {
            "name": "Fjordvik Moodle",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "deployment_id": DEPLOYMENT,
            "auth_url": f"{self.site}/auth",
            "token_url": f"{self.url}/token",
            "jwks_url": f"{self.url}/jwks",
        } | changed

    def launch_claims(self, nonce: str, /, **changed: Any) -> dict[str, Any]:
        """A student's launch of a resource link, as certification sends it. A change to None takes a claim away."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "4711",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": "Emma Eide",
            "given_name": "Emma",
            "family_name": "Eide",
            "email": "emma@fjordvik.example",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": DEPLOYMENT,
            CLAIM + "target_link_uri": "http://bridge.localhost/lti/launch",
            CLAIM + "roles": [LEARNER],
            CLAIM + "resource_link": {"id": "link-1", "title": "Hygiene"},
            CLAIM + "context": {"id": "course-1", "title": "Nyansatt"},
            CLAIM + "lis": {"person_sourcedid": "1001"},
            AGS: {
                "scope": [SCORE_SCOPE],
                "lineitem": f"{self.url}/lineitems/5/lineitem?type_id=2",
                "lineitems": f"{self.url}/lineitems?type_id=2",
            },
            NRPS: {"context_memberships_url": f"{self.url}/members", "service_versions": ["2.0"]},
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        key = key or self.key
        whole = {"alg": "RS256", "typ": "JWT", "kid": key.kid} | header
        whole = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(whole, claims, key, algorithms=["RS256"])


class Handler(BaseHTTPRequestHandler):
    """The platform's pages and services."""

    protocol_version = "HTTP/1.1"

    @property
    def platform(self) -> LtiPlatform:
        return self.server.platform

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, method: str, body: bytes) -> None:
        parts = urlsplit(self.path)
        self.platform.requests.append((method, self.path))
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        names = {"/": "course", "/auth": "auth", "/jwks": "jwks", "/token": "token", "/members": "roster"}
        names |= {
            "/return": "returned",
            "/registration": "registration",
            "/frame": "frame",
            "/store": "store",
            "/lineitems": "lineitems",
        }
        names |= {"/.well-known/openid-configuration": "configuration"}
        name = names.get(parts.path, "score" if parts.path.endswith("/scores") else "missing")
        getattr(self, name)(query, body)

    def missing(self, _query: dict[str, str], _body: bytes) -> None:
        self._send(404, b"", "text/plain")

    def course(self, query: dict[str, str], _body: bytes) -> None:
        """A course page with the tool in a frame, as Moodle and Canvas show it."""
        store = (
            '<iframe name="storage" src="/store" title="storage"></iframe>' if self.platform.storage else ""
        )
        self._page(
            f'{store}<iframe name="tool" title="tool" width="900" height="600" '
            f'src="/frame?{urlencode(query)}"></iframe>'
        )

    def frame(self, query: dict[str, str], _body: bytes) -> None:
        """Begins the login, by a form that posts itself."""
        fields = {"iss": self.platform.issuer, "login_hint": "4711", "client_id": CLIENT} | query
        tool = fields.pop("tool")
        fields["target_link_uri"] = f"{tool}/lti/launch"
        if self.platform.storage:
            fields["lti_storage_target"] = "storage"
        self._form(f"{tool}/lti/login", fields)

    def store(self, _query: dict[str, str], _body: bytes) -> None:
        """Platform storage: keeps what the tool's pages ask it to, a key an origin."""
        self._page("""<script>
            const kept = {};
            window.addEventListener("message", ({ data, origin, source }) => {
              if (data.subject === "lti.put_data") kept[origin + data.key] = data.value;
              source.postMessage({ subject: data.subject + ".response", message_id: data.message_id, key: data.key,
                                   value: kept[origin + data.key] }, origin);
            });
        </script>""")

    def auth(self, query: dict[str, str], _body: bytes) -> None:
        hint = json.loads(query.get("lti_message_hint", "{}"))
        claims = self.platform.launch_claims(query["nonce"], **self.platform.claims, **hint)
        self._form(query["redirect_uri"], {"state": query["state"], "id_token": self.platform.sign(claims)})

    def jwks(self, _query: dict[str, str], _body: bytes) -> None:
        if self.platform.instead_of_keys:
            self._send(*self.platform.instead_of_keys, "text/html")
            return
        self._json(200, {"keys": [key.as_dict(private=False) for key in self.platform.published]})

    def token(self, _query: dict[str, str], body: bytes) -> None:
        form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        if self.platform.no_token:
            self._json(self.platform.no_token, {"error": "invalid_client"})
            return
        self.platform.assertions.append(form["client_assertion"])
        token = uuid.uuid4().hex
        self.platform.tokens[token] = form["scope"]
        self._json(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": self.platform.expires_in}
        )

    def _scope(self) -> str:
        return self.platform.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "), "")

    def score(self, _query: dict[str, str], body: bytes) -> None:
        if not self._scope().endswith("/score"):
            self._json(401, {})
            return
        if self.platform.answers:
            self._fault()
            return
        score = json.loads(body)
        before = [s["timestamp"][:19] for s in self.platform.scores if s["userId"] == score["userId"]]
        if before and score["timestamp"][:19] <= max(before):  # Moodle keeps whole seconds
            self._json(409, {})
            return
        self.platform.scores.append(score)
        self._json(200, {})

    def lineitems(self, query: dict[str, str], body: bytes) -> None:
        """The gradebook's columns; like Moodle, it wants its exact Accept type."""
        if LINEITEM_SCOPE not in self._scope():
            self._json(401, {})
        elif self.platform.answers:
            self._fault()
        elif self.command == "POST":
            if self._scope() != LINEITEM_SCOPE:
                self._json(403, {})
                return
            made = json.loads(body) | {
                "id": f"{self.platform.url}/lineitems/{len(self.platform.lineitems) + 10}/lineitem"
            }
            self.platform.lineitems.append(made)
            self._json(201, made)
        elif self.headers.get("Accept") != LINEITEMS:
            self._json(406, {})
        else:
            self._columns(query)

    def _fault(self) -> None:
        status, headers, *body = self.platform.answers.pop(0)
        headers = {"Content-Type": "application/json"} | headers
        self._send(status, body[0] if body else b"{}", headers.pop("Content-Type"), **headers)

    def _columns(self, query: dict[str, str]) -> None:
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId"}
        wanted = {names[name]: value for name, value in query.items() if name in names}
        found = [
            item
            for item in self.platform.lineitems
            if self.platform.overlooks_filters
            or all(item.get(name) == value for name, value in wanted.items())
        ]
        start, size = int(query.get("from", 0)), self.platform.page_size
        headers = {}
        if start + size < len(found):
            url, quote = f"{self.platform.url}/lineitems?{urlencode(query | {'from': start + size})}", '"'
            if self.platform.malformed_link:
                url, quote = url.replace("&", "&amp;"), "”"
            headers["Link"] = f"<{url}>; rel={quote}next{quote}".encode().decode("latin-1")
        self._json(200, found[start : start + size], **headers)

    def roster(self, query: dict[str, str], _body: bytes) -> None:
        if not self._scope().endswith("contextmembership.readonly"):
            self._json(401, {})
            return
        start, size = int(query.get("from", 0)), self.platform.page_size
        headers = {}
        if start + size < len(self.platform.members):
            host = "http://elsewhere.localhost" if self.platform.foreign_link else self.platform.url
            url, quote = f"{host}/members?Role=ALL&from={start + size}", '"'
            if self.platform.malformed_link:
                url, quote = url.replace("&", "&amp;"), "”"
            headers["Link"] = f"<{url}>; rel={quote}next{quote}".encode().decode("latin-1")
        self._json(200, {"id": "x", "members": self.platform.members[start : start + size]}, **headers)

    def configuration(self, _query: dict[str, str], _body: bytes) -> None:
        url = self.platform.url
        self._json(
            200,
            {
                "issuer": self.platform.issuer_elsewhere or url,
                "authorization_endpoint": f"{url}/auth",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
                "registration_endpoint": f"{url}/registration",
                "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                    "product_family_code": "moodle"
                },
            },
        )

    def registration(self, _query: dict[str, str], body: bytes) -> None:
        if self.platform.no_registration:
            self._send(200, b"<html>Please log in</html>", "text/html")
            return
        sent = json.loads(body) | {"authorization": self.headers.get("Authorization", "")}
        self.platform.registrations.append(sent)
        self._json(201, sent | {"client_id": "registered", TOOL: sent[TOOL] | {"deployment_id": "12"}})

    def returned(self, _query: dict[str, str], body: bytes) -> None:
        form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        self.platform.posts.append((self.path, form.get("JWT", "")))
        self._page("<h2>The course has what you chose</h2>")

    def _form(self, action: str, fields: dict[str, str]) -> None:
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        self._page(
            f'<form method="post" action="{html.escape(action)}">{inputs}</form>'
            "<script>document.forms[0].submit()</script>"
        )

    def _page(self, body: str) -> None:
        head = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>LMS</title>'
        page = f"{head}<body><main><h1>LMS</h1>{body}</main>"
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _json(self, status: int, value: object, **headers: str) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", **headers)

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def running_platform() -> Iterator[LtiPlatform]:
    with LtiPlatform() as platform:
        yield platform


@pytest.fixture
def platform(running_platform: LtiPlatform) -> LtiPlatform:
    """The platform, without faults and with an empty gradebook."""
    running_platform.reset()
    return running_platform
