"""Clients that keep a thread waiting, of which there are only so many: who sends or takes a byte now and then is let
go like one who has fallen silent.

Each has some seconds in hand. Waiting for it spends them; what it sends or takes earns others, so that a slow line
carries a film, and a train comes out of its tunnel.
"""

import errno
import select
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any

from gunicorn.http.unreader import SocketUnreader

AT_FIRST = 30.0  # seconds that a request has in hand
AT_MOST = 60.0  # seconds, however much has come
PACE = 4_000  # bytes that earn a second: half of what a modem carried
LOOK = 5.0  # seconds between two looks at who takes an answer

_INFO = struct.Struct("=24xI92xQ16xI")  # linux/tcp.h: tcpi_unacked, tcpi_bytes_acked, tcpi_notsent_bytes


class Patience(SocketUnreader):  # type: ignore[misc]
    """What gunicorn's `parser` reads a client's requests from."""

    def __init__(self, parser: Any, sock: socket.socket) -> None:
        super().__init__(sock)
        self._parser = parser
        self._request = 0  # the one for which there is something in hand
        self._in_hand = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """What has come, waited for where nothing has. Raises BlockingIOError when patience is lost."""
        size = min(max(self.mxchunk, size_hint or 0), self.max_body_chunk)
        try:
            received: bytes = self.sock.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._wait()
            received = self.sock.recv(size)
        self._in_hand = min(AT_MOST, self._in_hand + len(received) / PACE)
        return received

    def _wait(self) -> None:
        if self._request != self._parser.req_count:
            self._request, self._in_hand = self._parser.req_count, AT_FIRST
        ready, began = select.poll(), time.monotonic()
        ready.register(self.sock, select.POLLIN)
        if not ready.poll(max(0.0, self._in_hand) * 1000):
            raise BlockingIOError(errno.EAGAIN, "too slow")
        self._in_hand -= time.monotonic() - began


class Answers:
    """Looks now and then at how clients take their answers."""

    def __init__(self) -> None:
        self._looked = time.monotonic()

    def look(self, conns: Iterable[Any]) -> None:
        """Ends, of gunicorn's connections that a thread is with, those that take theirs too slowly."""
        passed = time.monotonic() - self._looked
        if passed < LOOK:
            return
        self._looked += passed
        for conn in tuple(conns):  # others come and go meanwhile
            try:
                if _is_too_slow(conn, passed):
                    conn.sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is gone
                continue


def _is_too_slow(conn: Any, passed: float) -> bool:
    unacked, taken, unsent = _INFO.unpack(
        conn.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    )
    before, in_hand = getattr(conn, "taken", (taken, AT_MOST))
    in_hand = in_hand - passed + (taken - before) / PACE if unacked or unsent else AT_MOST
    conn.taken = taken, min(AT_MOST, in_hand)
    return bool(in_hand < 0)
