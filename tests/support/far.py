"""Another system on this machine: serves a WSGI application, and fails as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

HTML = Response("<!doctype html><title>Sign in</title>", content_type="text/html")


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


class Far:
    """`faults`: what the next calls are answered instead, None for those that go through; `change` may alter an
    answer that went through. `seen`: every request, its body read."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.faults: list[Any] = []
        self.change: Callable[[Request, Response], Response] = lambda _request, response: response
        self.seen: list[Request] = []
        self.url = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        request.get_data()
        self.seen.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            fault = Response("no", fault)
        answer = fault or self.change(request, Response.from_app(self.application, environ, buffered=True))
        return answer(environ, start_response)


@contextmanager
def serving(application: Any, **how: Any) -> Iterator[Far]:
    """The application on a free port of this machine."""
    far = Far(application)
    server = make_server("127.0.0.1", 0, far, threaded=True, request_handler=_Silent, **how)
    scheme = "https" if how.get("ssl_context") else "http"
    far.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield far
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
