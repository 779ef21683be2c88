"""The requests that come again and again (repeating.py), answered by one thread for a whole web process.

Those that are there when it looks are answered together, so that what costs as much for many as for one, a transaction
above all, is done once; and the threads that answer everything else stay free for it.
"""

import select
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import structlog
from gunicorn.workers.gthread import PollableMethodQueue

from .lookout import Lookout
from .patience import PACE
from .repeating import Repeat, written

log = structlog.get_logger()
LONGEST = 1_048_576  # bytes of a body that is answered here
TOGETHER = 262_144  # bytes of bodies, and the rest of the last one
MOST = 67_108_864  # bytes that have come and are not answered
AT_ONCE = 65_536  # bytes that are received, where it is not known how many will come
QUIET = 1.0  # seconds after which a connection leaves, or in which it sends so much that it may stay


class Leaving(Enum):
    """Why a connection leaves."""

    ASKS = "for something else, or is closed"
    IS_QUIET = "and kept open"
    READS_SLOWLY = "and shall get what is `unsent` of its answer"


class Rounds:
    """gunicorn's connections, each with what is `known` of its next request, in `begun` what has come of it, and how
    many bytes are `missing`, where that is known.
    """

    def __init__(self, leave: Callable[[Any, Leaving], None]) -> None:
        self._leave = leave  # takes a connection back
        self._there: dict[int, Any] = {}
        self._poll, self._lookout = select.poll(), Lookout()
        self._calls = PollableMethodQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = False
        self._held = 0  # bytes of what has come

    def join(self, conn: Any) -> None:
        """A connection whose last request was answered; from any thread."""
        with self._starting:
            if self._thread is None:
                self._calls.init()
                self._poll.register(self._calls.fileno(), select.POLLIN)
                self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)
                self._thread.start()
        self._calls.defer(self._add, conn)

    def end(self) -> None:
        """All connections leave, and none stays any more."""
        self._over = True
        if self._thread is not None:
            self._calls.defer(lambda: None)

    def _add(self, conn: Any) -> None:
        conn.begun, conn.missing, conn.since, conn.seen = b"", 0, time.monotonic(), 0
        conn.sock.setblocking(False)
        self._there[conn.sock.fileno()] = conn
        self._poll.register(conn.sock.fileno(), select.POLLIN)

    def _remove(self, conn: Any, why: Leaving) -> None:
        del self._there[conn.sock.fileno()]
        self._poll.unregister(conn.sock.fileno())
        conn.parser.unreader.unread(conn.begun)
        self._forget(conn)
        self._leave(conn, why)

    def _forget(self, conn: Any) -> None:
        self._held -= len(conn.begun)
        conn.begun = b""

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            ready = self._lookout.watch(self._poll, int(QUIET * 1000))
            now = time.monotonic()
            try:
                self._round([descriptor for descriptor, _events in ready], now)
                if self._over or now - looked > QUIET:
                    looked = now
                    self._let_go(now)
            except Exception:  # whatever it is: without this thread nobody here is answered
                log.exception("a round failed")

    def _round(self, ready: list[int], now: float) -> None:
        asked: dict[Repeat, list[tuple[Any, bytes]]] = {}
        for descriptor in ready:
            conn = self._there.get(descriptor)
            if conn is None:
                self._calls.run_callbacks(None)
                continue
            conn.since = now
            body = self._receive(conn)
            if body is not None:
                asked.setdefault(conn.known.repeat, []).append((conn, body))
        for repeat, requests in asked.items():
            for some in _together(requests):
                self._answer(repeat, some)

    def _receive(self, conn: Any) -> bytes | None:
        """The body of a request that is all there. Who asks for something else, or is gone, leaves."""
        try:
            received = conn.sock.recv(conn.missing or AT_ONCE)
        except BlockingIOError:
            return None
        except OSError:
            received = b""
        conn.begun += received
        self._held += len(received)
        place = conn.known.body_of(conn.begun) if received and self._held <= MOST else None
        if place is None or place[1] - place[0] > LONGEST or place[1] < len(conn.begun):
            self._remove(conn, Leaving.ASKS)
            return None
        conn.missing = place[1] - len(conn.begun)
        return None if conn.missing else conn.begun[place[0] :]

    def _answer(self, repeat: Repeat, requests: list[tuple[Any, bytes]]) -> None:
        answers = repeat([body for _conn, body in requests])
        for (conn, _body), answer in zip(requests, answers, strict=True):
            if answer is None:
                self._remove(conn, Leaving.ASKS)
                continue
            self._forget(conn)
            conn.unsent = _unsent(conn, written(*answer))
            if conn.unsent:
                self._remove(conn, Leaving.READS_SLOWLY)

    def _let_go(self, now: float) -> None:
        for conn in list(self._there.values()):
            if self._over or now - conn.since > QUIET or _is_slow(conn):
                self._remove(conn, Leaving.ASKS if conn.begun else Leaving.IS_QUIET)


def _together(requests: list[tuple[Any, bytes]]) -> Iterator[list[tuple[Any, bytes]]]:
    some, size = [], 0
    for request in requests:
        some.append(request)
        size += len(request[1])
        if size >= TOGETHER:
            yield some
            some, size = [], 0
    if some:
        yield some


def _is_slow(conn: Any) -> bool:
    """Whether little has come since the last look, of what had begun by then."""
    before: int = conn.seen
    conn.seen = now = len(conn.begun)
    return 0 < before <= now < before + PACE


def _unsent(conn: Any, answer: bytes) -> bytes:
    """What there was no room for, or all of it where the client is gone."""
    try:
        return answer[conn.sock.send(answer) :]
    except OSError:
        return answer
