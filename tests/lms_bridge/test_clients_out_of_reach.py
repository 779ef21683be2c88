"""Clients that fall silent in the middle, as on a train in a tunnel: those that come after them are answered."""

import socket
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.service import Service, serving

THREADS, PATIENCE = 2, 1
SERVE = f"from lms_bridge import cli, lingering; lingering.PATIENCE = {PATIENCE}; cli.main(['serve', '--no-worker'])"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(
        tmp_path_factory.mktemp("silent"), "-c", SERVE, LMS_BRIDGE_WEB_THREADS=str(THREADS)
    ) as running:
        yield running


def silent(running: Service, *sent: bytes) -> list[socket.socket]:
    """As many clients as there are threads, and one; each sends this and then nothing, and reads nothing."""
    clients = []
    for _ in range(THREADS + 1):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", urlsplit(running.url).port))
        for some in sent:
            client.sendall(some)
        clients.append(client)
    return clients


def is_answered(running: Service) -> bool:
    return urllib.request.urlopen(f"{running.url}/health/live", timeout=15).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /sign-in HTTP/1.1\r\nHost: x\r\nAcc",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 100\r\n\r\nemail=",
        b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'X-Experience-API-Version: 1.0.3\r\nContent-Length: 5000\r\n\r\n{"actor":',
        b"GET /static/built/editor.js HTTP/1.1\r\nHost: x\r\n\r\n" * 40,
    ],
    ids=["in the head", "in a form", "in a statement", "in the answer"],
)
def test_a_client_falls_silent(running: Service, sent: bytes):
    clients = silent(running, sent)
    time.sleep(0.3)  # they are with their threads by now
    assert is_answered(running)
    assert all(was_let_go(client) for client in clients)
    assert "Traceback" not in (running.data_dir / "log").read_text()


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
