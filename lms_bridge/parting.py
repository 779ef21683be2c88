"""Ends connections so that the client gets the whole answer, without anybody waiting for it (RFC 9112, section 9.6).

gunicorn waits for the client's end where it hands out all requests: two seconds in which nobody else gets a thread.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

LONGEST = 2.0  # seconds in which what the client still sends is thrown away, so that it may read its answer


class Partings:
    """Of gunicorn's connections, watched by its `poller`; each is told to `gone` when it is closed."""

    def __init__(self, poller: selectors.BaseSelector, gone: Callable[[], None]) -> None:
        self._poller, self._gone = poller, gone
        self._parting: deque[tuple[float, Any]] = deque()

    def begin(self, conn: Any) -> None:
        """Nothing more is sent to this one; it is closed when the client has closed it, or time is up."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._poller.register(conn.sock, selectors.EVENT_READ, partial(self._throw_away, conn))
        except (OSError, ValueError, KeyError):  # it is gone
            self._close(conn)
        else:
            self._parting.append((time.monotonic() + LONGEST, conn))

    def end(self) -> None:
        """Closes those whose time is up."""
        now = time.monotonic()
        while self._parting and self._parting[0][0] <= now:
            _ends, conn = self._parting.popleft()
            if conn.sock.fileno() >= 0:
                self._poller.unregister(conn.sock)
                self._close(conn)

    def _throw_away(self, conn: Any, _sock: socket.socket) -> None:
        try:
            more = conn.sock.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._poller.unregister(conn.sock)
            self._close(conn)

    def _close(self, conn: Any) -> None:
        conn.close()
        self._gone()
