"""One line a request: what was asked and how it went, and nothing of who or what was in it."""

import logging
import sys
import time
import uuid
from datetime import datetime
from functools import lru_cache

import structlog
from flask import Response, g, request
from prometheus_client import Counter, Histogram
from structlog.typing import EventDict

from .app import Bridge

log = structlog.get_logger()
REQUESTS = Counter("lms_bridge_requests_total", "Requests answered.", ["endpoint", "method", "status"])
SECONDS = Histogram("lms_bridge_request_seconds", "Seconds to answer.", ["endpoint"])


def configure(level: str) -> None:
    """Logs to standard error, at this level and above: lines for a person at a terminal, JSON for all else."""
    at_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            readable if at_terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def readable(_logger: object, _method: str, event: EventDict) -> str:
    """One line as a person reads it: `14:03:22 GET authoring.modules 200 in 12 ms (fjordvik)`."""
    at = datetime.fromisoformat(event.pop("timestamp")).astimezone().strftime("%H:%M:%S")
    name, level, trace = event.pop("event"), event.pop("level", "info"), event.pop("exception", "")
    if name == "request":
        tenant = f" ({event['tenant']})" if event.get("tenant") else ""
        told = "{method} {endpoint} {status} in {ms:.0f} ms".format(**event) + tenant
    else:
        told = " ".join([level, name, *(f"{key}={value}" for key, value in event.items())])
    return "\n".join(_harmless(line) for line in (f"{at} {told}", *trace.splitlines()))


def _harmless(line: str) -> str:
    """Without what a terminal takes for a command, and on one line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def init_app(app: Bridge) -> None:
    configure(app.settings.log_level)

    @app.before_request
    def number_request() -> None:
        g.request_id = uuid.uuid4().hex[:12]
        g.received = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        took = time.perf_counter() - g.get("received", time.perf_counter())
        tenant = g.get("tenant")
        note_answer(
            request.endpoint or "none",
            request.method,
            response.status_code,
            took,
            id=g.get("request_id"),
            queries=g.get("queries", 0),
            tenant=tenant.slug if tenant else None,
        )
        return response


def note_answer(endpoint: str, method: str, status: int, took: float, **more: object) -> None:
    """Counts an answer, and logs it; `took` in seconds."""
    _counted(endpoint, method, status).inc()
    _timed(endpoint).observe(took)
    if endpoint != "static":
        log.info("request", endpoint=endpoint, method=method, status=status, ms=round(took * 1000, 1), **more)


_counted = lru_cache(maxsize=5000)(REQUESTS.labels)
_timed = lru_cache(maxsize=1000)(SECONDS.labels)
