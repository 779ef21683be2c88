"""gunicorn's threaded worker, whose threads stay with a connection for a moment after they have answered."""

import mmap
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gunicorn.util import http_date
from gunicorn.workers.gthread import ThreadWorker

from .lookout import Lookout, tell

MOMENT = 1  # millisecond
AT_ONCE = 65_536  # bytes that are received
LONGEST = 4 * 1024 * 1024  # bytes of a body that are read here

Answer = tuple[list[tuple[str, str]], bytes]
Repeat = Callable[[bytes], Answer | None]
REPEAT = "lms_bridge.repeat"
"""Where an application leaves in the environ what answers further requests with the very same head: it takes their
body and gives headers and body of an answer that is 200 OK, or None where the whole way must be gone.
"""

_connections = memoryview(mmap.mmap(-1, 256)).cast("H")
"""How many each process has open, and one: shared by them all, since it was there before they were."""

_LENGTH = re.compile(rb"\r\nContent-Length: ?(\d{1,9})\r\n", re.IGNORECASE)


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    """A busy client's next request is there at once. Handing the connection back to the main thread, only to get it
    again, takes as long as the whole answer; where somebody else waits for a thread, or nothing comes, it is done.

    And its head is the one before to the letter, but for the length of the body: what gunicorn has once read of it,
    and the application made of that, need not be found out again.
    """

    def accept(self, listener: Any) -> None:
        """Leaves a new connection to the process that has the fewest, which gets it at the same time as this one."""
        if self.nr_conns >= min(filter(None, _connections), default=0):
            time.sleep(MOMENT / 1000)
        super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        _connections[self.age % len(_connections)] = min(self.nr_conns + 1, 65_535)
        tell(sum(_connections) - sum(map(bool, _connections)))
        super().wait_for_and_dispatch_events(timeout)

    def handle(self, conn: Any) -> Any:
        while True:
            received = _receive(conn)
            kept = self._repeat(conn, received) if received else None
            if kept is None:
                if received:
                    conn.parser.unreader.unread(received)
                kept = super().handle(conn)
                if kept is True:
                    _learn(conn, received)
            if kept is not True or not self.alive or conn.is_http2:
                return kept
            if self.tpool._work_queue.qsize() or conn.parser.unreader.buf.getvalue():
                return kept
            if not _lookout(conn).wait(conn.sock.fileno(), milliseconds=MOMENT):
                return kept

    def _repeat(self, conn: Any, received: bytes) -> bool | None:
        """Answers a request whose head is known; None: nothing is done."""
        known = getattr(conn, "repeat", None)
        if known is None or not self.alive:
            return None
        before, after, repeat = known
        place = len(before)
        digits = received[place : received.find(b"\r", place, place + 10)]
        if not (
            received.startswith(before)
            and digits.isdigit()
            and received.startswith(after, place + len(digits))
        ):
            return None
        start, length = place + len(digits) + len(after), int(digits)
        if length > LONGEST:
            return None
        try:
            body = _read_body(conn.sock, received[start : start + length], length)
            if body is None:
                return False
            answer = repeat(body)
            if answer is None:
                # the whole way begins with what was received; the rest of the body is put behind it
                conn.parser.unreader.unread(body[len(received) - start :])
                return None
            conn.sock.sendall(_written(*answer))
        except OSError:  # the client is gone
            return False
        if len(received) > start + length:
            conn.parser.unreader.unread(received[start + length :])
        return True


def remember(_worker: Any, request: Any, environ: dict[str, Any], _response: Any) -> None:
    """gunicorn's hook after a request: keeps what the application left for the next one."""
    request.repeat = environ.get(REPEAT)


def forget(worker: Any) -> None:
    """This process has ended."""
    _connections[worker.age % len(_connections)] = 0


def _lookout(conn: Any) -> Lookout:
    if not hasattr(conn, "lookout"):
        conn.lookout = Lookout()
    kept: Lookout = conn.lookout
    return kept


def _receive(conn: Any) -> bytes:
    """What has come on a connection that was talked on before."""
    if not conn.initialized or conn.is_http2 or conn.parser.unreader.buf.getvalue():
        return b""
    conn.sock.setblocking(True)
    try:
        received: bytes = conn.sock.recv(AT_ONCE)
    except OSError:
        return b""  # gunicorn meets it again, and knows what to do
    return received


def _learn(conn: Any, received: bytes) -> None:
    """The request that was just answered may come again: (head before the length, head after it, what answers)."""
    repeat = getattr(conn.parser.mesg, "repeat", None)
    end = received.find(b"\r\n\r\n")
    found = _LENGTH.search(received, 0, end + 2) if repeat and end > 0 else None
    conn.repeat = found and (received[: found.start(1)], received[found.end(1) : end + 4], repeat)


def _read_body(sock: Any, begun: bytes, length: int) -> bytes | None:
    """The whole body, of which a part is there; None where the client stops in the middle."""
    if len(begun) == length:
        return begun
    body, at = bytearray(length), len(begun)
    body[:at] = begun
    view = memoryview(body)
    while at < length:
        count = sock.recv_into(view[at:])
        if not count:
            return None
        at += count
    return bytes(body)


def _written(headers: list[tuple[str, str]], body: bytes) -> bytes:
    head = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return b"%b%b\r\n%b" % (_beginning(int(time.time())), head.encode("latin-1"), body)


@lru_cache(maxsize=1)
def _beginning(now: int) -> bytes:
    date = http_date(now)
    return f"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: {date}\r\nConnection: keep-alive\r\n".encode()
