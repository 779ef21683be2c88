"""A web server for the runtime's tests: content pages, an LMS around them, and a place that keeps what it is sent.

The LMS is npm scorm-again, or `recorder.js`, an API object that writes down every call and can be told to misbehave.
"""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from scorm import runtime
from tests.scorm.runtime.recording_lrs import RecordingLrs

HERE = Path(__file__).parent
SCORM_AGAIN = Path(__file__).parents[3] / "node_modules/scorm-again/dist"
PAGE = "<!doctype html><html lang='nb'><meta charset='utf-8'><title>Test</title>"
API = {"scorm12": ("API", "Scorm12API"), "scorm2004": ("API_1484_11", "Scorm2004API")}


def content(standard: str) -> str:
    """The launch page of a package, without a player: tests drive window.lms themselves."""
    return f"{PAGE}<script src='/lms/{standard}.js'></script>"


def lms(standard: str) -> str:
    """scorm-again's page: loads what was kept of the attempt, then the content in a frame."""
    name, constructor = API[standard]
    return f"""{PAGE}<script src='/scorm-again/{standard}.min.js'></script><script>
        const attempt = "/attempt" + location.search;
        const request = new XMLHttpRequest();
        request.open("GET", attempt, false);
        request.send();
        window.{name} = new {constructor}({{ lmsCommitUrl: attempt, autocommit: false, logLevel: 5 }});
        const kept = JSON.parse(request.responseText);
        if (kept) window.{name}.loadFromJSON(kept.cmi, "cmi");
        </script><iframe name="content" src="/content/{standard}"></iframe>"""


def recorder(standard: str) -> str:
    """A page whose API does what the address says: ?values={...}&faults={...}; see recorder.js."""
    return f"""{PAGE}<script src='/recorder.js'></script><script>install("{standard}")</script>
        <iframe name="content" src="/content/{standard}"></iframe>"""


class Site:
    """The server; what an LMS page has committed is in `attempts`, by the address's query."""

    def __init__(self) -> None:
        self.attempts: dict[str, Any] = {}
        self.commits: dict[str, int] = defaultdict(int)
        self.files: dict[str, str] = {}
        self.lrs: dict[str, RecordingLrs] = {}
        handler = type("Handler", (_Handler,), {"site": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://localhost:{self.port}"
        self.other_origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, path: str, query: str) -> tuple[str, bytes]:
        """The media type and body for a path, or KeyError."""
        kind, _, name = path.strip("/").partition("/")
        html, script = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
        if path in self.files:
            return html, self.files[path].encode()
        if kind in PAGES:
            return html, PAGES[kind](name).encode()
        if kind == "lms":
            return script, runtime.script(name.removesuffix(".js"))
        if kind == "scorm-again":
            return script, (SCORM_AGAIN / name).read_bytes()
        if kind == "attempt":
            return "application/json", json.dumps(self.attempts.get(query)).encode()
        return script, (HERE / "recorder.js").read_bytes() if kind == "recorder.js" else b""


PAGES = {"content": content, "again": lms, "record": recorder}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that goes away hangs up in the middle of an answer: no reason to say so."""


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/lrs/"):
            return self.lrs("GET", address, b"")
        return self.answer(*self.site.get(address.path, address.query))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.lrs("PUT", urlsplit(self.path), body)

    def do_OPTIONS(self) -> None:
        name, _, resource = urlsplit(self.path).path.removeprefix("/lrs/").partition("/")
        self.site.lrs[name].preflight(resource)
        self.answer("text/plain", b"", 204)

    def lrs(self, method: str, address: SplitResult, body: bytes) -> None:
        name, _, resource = address.path.removeprefix("/lrs/").partition("/")
        parameters = {key: values[0] for key, values in parse_qs(address.query).items()}
        status, answer = self.site.lrs[name].handle(method, resource, parameters, self.headers, body)
        self.answer("application/json", json.dumps(answer).encode() if answer is not None else b"", status)

    def do_POST(self) -> None:
        """A commit of scorm-again; ?fails in the attempt's query makes the LMS refuse it."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = urlsplit(self.path)
        if address.path.startswith("/lrs/"):
            return self.lrs("POST", address, body)
        query = address.query
        if "fails" in parse_qs(query, keep_blank_values=True):
            return self.answer("application/json", b'{"result": false, "errorCode": 101}', 500)
        self.site.attempts[query] = json.loads(body)
        self.site.commits[query] += 1
        return self.answer("application/json", b'{"result": true, "errorCode": 0}')

    def answer(self, media_type: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "GET, PUT, POST")
        self.send_header(
            "Access-Control-Allow-Headers", "Authorization, Content-Type, X-Experience-API-Version"
        )
        self.end_headers()
        self.wfile.write(body)
