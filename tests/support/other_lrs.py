"""Another LRS on this machine, small and moody: it keeps what it is sent, unless it is told how to answer."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

Mood = Callable[[list[dict[str, Any]]], tuple[Any, ...] | int | None]


class OtherLrs:
    """`kept` is what was taken, by id; `mood(statements)` gives a status (and headers) instead, or None."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self.requests: list[int] = []
        self.bodies: list[bytes] = []
        self.mood: Mood = lambda statements: None
        self.readable = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/xapi/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, content_type: str, body: bytes) -> tuple[Any, ...]:
        self.bodies.append(body)
        if content_type.startswith("multipart/"):
            body = body.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
        statements = json.loads(body)
        self.requests.append(len(statements))
        answer = self.mood(statements)
        if answer is not None:
            return answer if isinstance(answer, tuple) else (answer, {})
        for one in statements:
            self.kept[one["id"]] = one
            self.order.append(one["id"])
        return 200, {}, [one["id"] for one in statements]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(lrs: OtherLrs) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(*lrs.take(self.headers["Content-Type"], body))

        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query).get("statementId", [""])[0]
            if not lrs.readable:
                self.answer(403, {})
            elif not wanted:
                self.answer(200, {}, {"statements": [], "more": ""})
            elif wanted in lrs.kept:
                self.answer(200, {}, lrs.kept[wanted])
            else:
                self.answer(404, {})

        def answer(self, status: int, headers: dict[str, str], body: object = None) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def other_lrs() -> Iterator[OtherLrs]:
    lrs = OtherLrs()
    yield lrs
    lrs.close()
