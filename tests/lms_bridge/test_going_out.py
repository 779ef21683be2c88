"""Requests to addresses that others named: to the Internet only, pinned, without redirects, with an end."""

import http.server
import ipaddress
import re
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import lms_bridge
from lms_bridge import outgoing
from lms_bridge.errors import Unavailable
from lms_bridge.outgoing import Outgoing, OutgoingError, Refused, is_public
from lms_bridge.vault import Vault

WAYS_OUT = re.compile(
    r"^\s*(?:import|from) "
    r"(urllib3|urllib\.request|http\.client|requests|httpx|aiohttp|socket|smtplib|asyncssh|boto3)\b",
    re.M,
)
# its storage, its mail server, the ports it listens on, and the connections that come in by them
OPERATORS_OWN = {"storage.py", "mail.py", "server.py", "patience.py", "parting.py"}


def test_there_is_no_other_way_out():
    """Every connector, registration and key set goes through the guard; SFTP connects to the address it resolved."""
    root = Path(lms_bridge.__file__).parent
    found = {
        path.relative_to(root).as_posix(): set(WAYS_OUT.findall(path.read_text()))
        for path in root.rglob("*.py")
    }
    found = {name: ways for name, ways in found.items() if ways and name not in OPERATORS_OWN}
    assert found == {"outgoing.py": {"socket", "urllib3"}, "connectors/kinds/sftp.py": {"asyncssh"}}
    assert "bridge().outgoing.resolve(" in (root / "connectors/kinds/sftp.py").read_text()


class Faulty(http.server.BaseHTTPRequestHandler):
    """Answers by path: each path a fault."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["Host"]))
        if self.path == "/redirect":
            self._send(302, b"", Location="http://169.254.169.254/latest/meta-data")
        elif self.path == "/large":
            self._send(200, b"x" * 2_000_000)
        elif self.path == "/packed":
            self._send(200, b"\x1f\x8b", **{"Content-Encoding": "gzip"})
        elif self.path == "/html":
            self._send(200, b"<html>Please sign in</html>")
        elif self.path in ("/slow-head", "/slow-body"):
            self._send_slowly(self.path == "/slow-head")
        elif self.path == "/hangs":
            self.server.stop.wait(5)
        else:
            self._send(200, b'{"sound": true}')

    def do_POST(self) -> None:
        left = length = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 65_536)))
        self._send(200, b'{"bytes": %d}' % length)

    def _send_slowly(self, head: bool) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" if head else b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
        for _ in range(20):
            if self.server.stop.wait(0.1):
                break
            self.wfile.write(b"X: y\r\n" if head else b"a")

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    server.seen, server.stop = [], threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def here(server: http.server.ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


INSIDE = """
127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1
240.0.0.1 255.255.255.255 ::1 :: fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2001::1 2001:db8::1
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_that_is_not_on_the_internet(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["193.213.112.4", "2a02:2121::1", "::ffff:193.213.112.4", "8.8.8.8"])
def test_an_address_that_is(address: str):
    assert is_public(ipaddress.ip_address(address))


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server that answers so, one answer after the other; the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host == "127.0.0.1":  # a number is its own answer
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
    ],
)
def test_this_machine_is_refused_however_it_is_written(
    host: str, meant: str, monkeypatch: pytest.MonkeyPatch
):
    answering(monkeypatch, [meant])
    with pytest.raises(Refused):
        Outgoing().get(f"https://{host}/")


@pytest.mark.parametrize(
    "answer", [["169.254.169.254"], ["10.1.2.3"], ["193.213.112.4", "127.0.0.1"], ["64:ff9b::a9fe:a9fe"]]
)
def test_a_name_of_a_machine_inside_is_refused(answer: list[str], monkeypatch: pytest.MonkeyPatch):
    answering(monkeypatch, answer)
    with pytest.raises(Refused, match="inside a network"):
        Outgoing().get("https://lms.example/jwks")


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(
    monkeypatch: pytest.MonkeyPatch, server: http.server.ThreadingHTTPServer
):
    """A DNS server that flips its answer between the check and the connection gains nothing."""
    asked = answering(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    port = server.server_address[1]
    assert Outgoing(allow_private=True).get(f"http://lms.localhost:{port}/pin").json() == {"sound": True}
    assert asked == ["lms.localhost"]
    assert server.seen[-1] == ("/pin", f"lms.localhost:{port}")


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/",
        "ftp://lms.example/",
        "file:///etc/passwd",
        "https://",
        "https://u:p@lms.example/",
        "//x",
        "",
    ],
)
def test_an_address_of_another_kind_is_refused(url: str):
    with pytest.raises(Refused):
        Outgoing().get(url)


@pytest.mark.parametrize(
    "url", ["https://lms.example:99999/", "https://lms.example/a b", "https://[::1", "https://x/\r\nA: b"]
)
def test_a_malformed_address_is_refused(url: str):
    with pytest.raises(Refused):
        Outgoing().get(url)


def test_a_redirect_is_an_answer_and_is_not_followed(here: str):
    assert Outgoing(allow_private=True).get(f"{here}/redirect").status == 302


@pytest.mark.parametrize("path", ["/large", "/packed"])
def test_an_answer_that_is_too_large_or_hides_its_size_is_refused(here: str, path: str):
    with pytest.raises(OutgoingError):
        Outgoing(allow_private=True).get(f"{here}{path}")


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_said(
    here: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing, "READ_SECONDS", 0.2)
    with pytest.raises(OutgoingError, match="does not answer"):
        Outgoing(allow_private=True).get(f"{here}/hangs")


def test_html_instead_of_json_is_said_so(here: str):
    with pytest.raises(OutgoingError, match="not JSON"):
        Outgoing(allow_private=True).get(f"{here}/html").json()


def test_nobody_there_is_said_so():
    with pytest.raises(OutgoingError, match="does not answer"):
        Outgoing(allow_private=True).get("http://127.0.0.1:1/")


def test_a_pinned_connection_still_demands_the_host_s_certificate(here: str):
    pool = outgoing._pool("127.0.0.1", 443, "lms.example", True, 10)
    assert pool.conn_kw["server_hostname"] == "lms.example"
    assert pool.assert_hostname == "lms.example"
    assert pool.cert_reqs in (None, ssl.CERT_REQUIRED, "CERT_REQUIRED")


def test_a_sealed_secret_is_opened_by_the_same_key_only():
    sealed = Vault("a" * 32).seal(b"token of the LMS")
    assert b"token" not in sealed
    assert sealed != Vault("a" * 32).seal(b"token of the LMS")
    assert Vault("a" * 32).open(sealed) == b"token of the LMS"
    for other in (Vault("b" * 32), Vault("a" * 33)):
        with pytest.raises(Unavailable):
            other.open(sealed)
    with pytest.raises(Unavailable):
        Vault("a" * 32).open(sealed[:-4] + b"AAA=")


def test_a_large_body_is_sent_in_its_parts(here: str, server: http.server.ThreadingHTTPServer):
    parts = (b"x" * 100_000 for _ in range(200))
    tracemalloc.start()
    sent = Outgoing(allow_private=True).request(
        "POST", f"{here}/upload", body=parts, headers={"Content-Length": "20000000"}
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent.json() == {"bytes": 20_000_000}
    assert peak < 2_000_000  # it is never held as a whole


@pytest.mark.parametrize("path", ["/slow-head", "/slow-body"])
def test_a_system_that_answers_a_little_now_and_then_is_given_up(here: str, path: str):
    began = time.monotonic()
    with pytest.raises(OutgoingError, match=r"longer than|does not answer"):
        Outgoing(allow_private=True).request("GET", f"{here}{path}", patience=0.5)
    assert time.monotonic() - began < 1.5


def test_a_system_that_is_known_to_be_slow_is_waited_for(here: str):
    with pytest.raises(OutgoingError, match="does not answer"):
        Outgoing(allow_private=True).request("GET", f"{here}/hangs", patience=0.2)
