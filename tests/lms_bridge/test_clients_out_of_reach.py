"""Clients that fall silent in the middle, as on a train in a tunnel, or send and take a little now and then: those
that come after them are answered, and an honest slow line is served to the end.
"""

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.service import Service, serving

THREADS, PATIENCE, LOOK = 2, 1, 0.2
SERVE = (
    "from lms_bridge import cli, patience; "
    f"patience.AT_FIRST = patience.AT_MOST = {PATIENCE}; patience.LOOK = {LOOK}; "
    "cli.main(['serve', '--no-worker'])"
)
FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\nemail="
)
STATEMENT = (
    b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b'X-Experience-API-Version: 1.0.3\r\nContent-Length: 5000\r\n\r\n{"actor":'
)
BEGUN = {
    "in the head": b"GET /sign-in HTTP/1.1\r\nHost: x\r\nAcc",
    "in a form": FORM % 5000,
    "in a statement": STATEMENT,
}
ANSWERED = b"GET /static/built/editor.js HTTP/1.1\r\nHost: x\r\n\r\n" * 40


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(
        tmp_path_factory.mktemp("silent"), "-c", SERVE, LMS_BRIDGE_WEB_THREADS=str(THREADS)
    ) as running:
        yield running


def connected(running: Service, sent: bytes, receives: int = 4096) -> socket.socket:
    """A client that has sent this, and has room for so much of its answer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    client.connect(("127.0.0.1", urlsplit(running.url).port))
    client.sendall(sent)
    return client


def some(running: Service, sent: bytes) -> list[socket.socket]:
    """As many clients as there are threads, and one, who are with their threads by now."""
    clients = [connected(running, sent) for _ in range(THREADS + 1)]
    time.sleep(0.3)
    return clients


def is_answered(running: Service, seconds: float = 15) -> bool:
    return urllib.request.urlopen(f"{running.url}/health/live", timeout=seconds).status == 200


def was_let_go(client: socket.socket) -> bool:
    """The service has closed the connection, whatever it said before."""
    client.settimeout(15)
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    client.close()
    return True


@pytest.mark.parametrize("sent", [*BEGUN.values(), ANSWERED], ids=[*BEGUN, "in the answer"])
def test_a_client_falls_silent(running: Service, sent: bytes):
    clients = some(running, sent)
    assert is_answered(running)
    assert all(was_let_go(client) for client in clients)
    assert "Traceback" not in (running.data_dir / "log").read_text()


def now_and_then(does: Callable[[socket.socket], object], clients: list[socket.socket]) -> threading.Thread:
    """Each does this, until it is let go, or has closed its end."""

    def run() -> None:
        left = list(clients)
        while left:
            time.sleep(PATIENCE / 3)
            for client in list(left):
                try:
                    does(client)
                except OSError:
                    left.remove(client)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("sent", BEGUN.values(), ids=BEGUN)
def test_a_client_sends_a_byte_now_and_then(running: Service, sent: bytes):
    clients = some(running, sent)
    sending = now_and_then(lambda client: client.sendall(b"a"), clients)
    assert is_answered(running)
    sending.join(15)
    assert not sending.is_alive(), "nobody lost patience"
    assert "Traceback" not in (running.data_dir / "log").read_text()
    for client in clients:
        client.close()


def test_a_client_takes_a_little_of_its_answer_now_and_then(running: Service):
    clients = some(running, ANSWERED)
    taking = now_and_then(lambda client: client.recv(900), clients)
    assert is_answered(running)
    assert "Traceback" not in (running.data_dir / "log").read_text()
    for client in clients:
        client.close()
    taking.join(15)


def test_a_slow_line_is_served_to_the_end(running: Service):
    """64 kB a second, for longer than patience would last without it."""
    size = PATIENCE * 3 * 64_000
    emma = connected(running, FORM % size)
    for _ in range(0, size - 6, 6400):
        emma.sendall(b"a" * 6400)
        time.sleep(0.1)
    emma.settimeout(15)
    assert emma.recv(4096).startswith(b"HTTP/1.1 4")
    emma.close()


def test_a_slow_line_gets_the_whole_answer(running: Service):
    emma = connected(running, ANSWERED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 65_536)
    received, began = b"", time.monotonic()
    emma.settimeout(15)
    while more := emma.recv(6400):
        received += more
        time.sleep(0.02)
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert time.monotonic() - began > PATIENCE
    emma.close()


def test_connections_that_are_opened_and_not_used_hold_nobody_up(running: Service):
    clients = some(running, b"")
    assert is_answered(running, 2)
    for client in clients:
        client.close()


def test_who_has_its_answer_and_does_not_close_holds_nobody_up(running: Service):
    clients = some(running, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    began = time.monotonic()
    assert is_answered(running)
    assert time.monotonic() - began < 1
    assert all(was_let_go(client) for client in clients)
