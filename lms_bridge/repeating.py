"""Requests that come again on a connection, the same to the letter but for the body and its length: what was once
read of such a head, and made of it by the application, is not found out again.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gunicorn.util import http_date

Answer = tuple[list[tuple[str, str]], bytes]
Repeat = Callable[[Sequence[bytes]], list[Answer | None]]
REPEAT = "lms_bridge.repeat"
"""Where an application leaves in the environ what answers further requests with the very same head: it takes the
bodies of some that came together, of whatever connections whose `Repeat` is equal, and gives for each headers and
body of an answer that is 200 OK, or None where the whole way must be gone.
"""

_LENGTH = re.compile(rb"\r\nContent-Length: ?(\d{1,9})\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A head, but for the length of its body, and what answers."""

    before: bytes
    after: bytes
    repeat: Repeat

    def body_of(self, received: bytes) -> tuple[int, int] | None:
        """(start, end) of the body of a request that begins like this one, of which the end may not be there yet;
        None where it begins otherwise.
        """
        place = len(self.before)
        digits = received[place : received.find(b"\r", place, place + 10)]
        end = place + len(digits)
        if not (
            received.startswith(self.before) and digits.isdigit() and received.startswith(self.after, end)
        ):
            return None
        start = end + len(self.after)
        return start, start + int(digits)


def remember(_worker: Any, request: Any, environ: dict[str, Any], _response: Any) -> None:
    """gunicorn's hook after a request: keeps what the application left for the next one."""
    request.repeat = environ.get(REPEAT)


def learn(conn: Any, received: bytes) -> Known | None:
    """What is known of the next request, when this one, which was just answered, comes again."""
    repeat: Any = getattr(conn.parser.mesg, "repeat", None)
    end = received.find(b"\r\n\r\n")
    found = _LENGTH.search(received, 0, end + 2) if repeat and end > 0 else None
    return Known(received[: found.start(1)], received[found.end(1) : end + 4], repeat) if found else None


def written(headers: list[tuple[str, str]], body: bytes) -> bytes:
    """The whole answer, as gunicorn writes it."""
    head = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return b"%b%b\r\n%b" % (_beginning(int(time.time())), head.encode("latin-1"), body)


@lru_cache(maxsize=1)
def _beginning(now: int) -> bytes:
    date = http_date(now)
    return f"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: {date}\r\nConnection: keep-alive\r\n".encode()
