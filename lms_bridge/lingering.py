"""gunicorn's threaded worker, whose threads stay with a connection for a moment after they have answered."""

import logging
import mmap
import time
from concurrent.futures import Future
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import _DEFER, ThreadWorker

from .lookout import Lookout, tell
from .parting import Partings
from .patience import Answers, Patience
from .repeating import learn
from .rounds import AT_ONCE, Leaving, Rounds

MOMENT = 1  # millisecond

_connections = memoryview(mmap.mmap(-1, 256)).cast("H")
"""How many each process has open, and one: shared by them all, since it was there before they were."""

_JOINED = object()
"""The connection is with the rounds."""


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    """A busy client's next request is there at once. Handing the connection back to the main thread, only to get it
    again, takes as long as the whole answer; where somebody else waits for a thread, or nothing comes, it is done.

    Where its head was the one before to the letter (repeating.py), the connection goes to the rounds.
    """

    def init_process(self) -> None:
        self.rounds = Rounds(self._back)
        self.answers, self.held = Answers(), set[Any]()  # connections that a thread is with
        logging.getLogger("gunicorn.error").addFilter(_is_not_about_patience)
        super().init_process()

    def run(self) -> None:
        self.partings = Partings(self.poller, self._is_gone)
        super().run()

    def accept(self, listener: Any) -> None:
        """Leaves a new connection to the process that has the fewest, which gets it at the same time as this one."""
        if self.nr_conns >= min(filter(None, _connections), default=0):
            time.sleep(MOMENT / 1000)
        super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        _connections[self.age % len(_connections)] = min(self.nr_conns + 1, 65_535)
        tell(sum(_connections) - sum(map(bool, _connections)))
        if not self.alive:
            self.rounds.end()
        super().wait_for_and_dispatch_events(timeout)
        self.answers.look(self.held)
        self.partings.end()

    def handle(self, conn: Any) -> Any:
        self.held.add(conn)
        try:
            return self._handle(conn)
        finally:
            self.held.discard(conn)

    def _handle(self, conn: Any) -> Any:
        if getattr(conn, "unsent", b""):
            return _send_rest(conn)
        if not conn.initialized:
            if not conn.wait_for_data(MOMENT / 1000):
                return _DEFER  # the main thread waits, and gives it up after a few seconds
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = Patience(conn.parser, conn.sock)
        while True:
            received = _receive(conn)
            kept = super().handle(conn)
            if kept is not True or not self.alive or conn.is_http2 or conn.parser.unreader.buf.getvalue():
                return kept
            before, conn.known = getattr(conn, "known", None), learn(conn, received)
            if conn.known and conn.known == before:
                self.rounds.join(conn)
                return _JOINED
            if self.tpool._work_queue.qsize() or not _more_comes(conn):
                return kept

    def finish_request(self, conn: Any, fs: Any) -> None:
        kept = not fs.cancelled() and fs.exception() is None and fs.result()
        if not kept:
            self.partings.begin(conn)
        elif kept is not _JOINED:
            super().finish_request(conn, fs)

    def _is_gone(self) -> None:
        self.nr_conns -= 1

    def _back(self, conn: Any, why: Leaving) -> None:
        """From the rounds, to be answered as any other, or kept open."""
        if why is Leaving.IS_QUIET:
            done: Future[bool] = Future()
            done.set_result(True)
            self.method_queue.defer(self.finish_request, conn, done)
        else:
            self.enqueue_req(conn)


def _is_not_about_patience(record: logging.LogRecord) -> bool:
    """gunicorn writes a traceback for what it takes for an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def forget(worker: Any) -> None:
    """This process has ended."""
    _connections[worker.age % len(_connections)] = 0


def _send_rest(conn: Any) -> bool:
    """Whether the client took the rest of its answer."""
    rest, conn.unsent = conn.unsent, b""
    try:
        conn.sock.setblocking(True)
        conn.sock.sendall(rest)
    except OSError:  # it is gone
        return False
    return True


def _more_comes(conn: Any) -> bool:
    if not hasattr(conn, "lookout"):
        conn.lookout = Lookout()
    more: bool = conn.lookout.wait(conn.sock.fileno(), milliseconds=MOMENT)
    return more


def _receive(conn: Any) -> bytes:
    """What has come on a connection that was talked on before; it is still there to be read."""
    if not conn.initialized or conn.is_http2:
        return b""
    received: bytes = conn.parser.unreader.buf.getvalue()
    if received:
        return received
    conn.sock.setblocking(True)
    try:
        received = conn.sock.recv(AT_ONCE)
    except OSError:
        return b""  # gunicorn meets it again, and knows what to do
    conn.parser.unreader.unread(received)
    return received
