"""A web server for the runtime's tests: content pages, an LMS around them, and a place that keeps what it is sent.

The LMS is npm scorm-again, or `recorder.js`, an API object that writes down every call and can be told to misbehave.
"""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scorm import runtime

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
        handler = type("Handler", (_Handler,), {"site": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
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


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.answer(*self.site.get(address.path, address.query))

    def do_POST(self) -> None:
        """A commit of scorm-again; ?fails in the attempt's query makes the LMS refuse it."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = urlsplit(self.path).query
        self.site.commits[query] += 1
        if "fails" in parse_qs(query, keep_blank_values=True):
            return self.answer("application/json", b'{"result": false, "errorCode": 101}', 500)
        self.site.attempts[query] = json.loads(body)
        return self.answer("application/json", b'{"result": true, "errorCode": 0}')

    def answer(self, media_type: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
