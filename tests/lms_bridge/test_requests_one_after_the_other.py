"""A busy client's requests on one connection: the head of one is that of the next, and is not read twice; whatever is
sent, the answer is the one that a first request gets.
"""

import json
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.benchmarks.lrs import basic

from .lrs.conftest import EXPERIENCED, statement


class Talk:
    """One connection, byte by byte."""

    def __init__(self, service, authorization: str, receives: int | None = None) -> None:
        place = urlsplit(service.url)
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if receives:  # bytes before anybody reads, as from afar
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.connect((place.hostname, place.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host, self.authorization = place.netloc, authorization
        self.received = b""

    def request(self, sent: object, **headers: str) -> bytes:
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        lines = {
            "Host": self.host,
            "Authorization": self.authorization,
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST /xapi/statements HTTP/1.1\r\n{head}\r\n".encode() + body

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self.received:
            self.more()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        while len(self.received) < length:
            self.more()
        body, self.received = self.received[:length], self.received[length:]
        return int(status.split()[1]), headers, body

    def more(self) -> None:
        received = self.socket.recv(65536)
        assert received, "the service closed the connection"
        self.received += received

    def ask(self, sent: object, **headers: str) -> tuple[int, dict[str, str], bytes]:
        self.socket.sendall(self.request(sent, **headers))
        return self.answer()

    def post(self, sent: object, **headers: str) -> int:
        return self.ask(sent, **headers)[0]


@pytest.fixture(scope="module")
def authorization(service) -> str:
    created = json.loads(service.command("credentials", "create", "--tenant", "fjordvik", "--scopes", "all"))
    return basic(created["key"], created["secret"])


@pytest.fixture
def talk(service, authorization: str) -> Iterator[Talk]:
    """A connection on which three requests were answered: the next head is known."""
    opened = Talk(service, authorization)
    for _ in range(3):
        assert opened.post(statement()) == 200
    yield opened
    opened.socket.close()


def test_each_statement_gets_its_own_answer(talk: Talk):
    for size in (1, 3, 40, 2):
        sent = [statement() for _ in range(size)]
        status, headers, body = talk.ask(sent)
        assert (status, json.loads(body)) == (200, [one["id"] for one in sent])
        assert headers["x-experience-api-version"] == "1.0.3"
        assert (headers["connection"], headers["x-content-type-options"]) == ("keep-alive", "nosniff")
        assert {"date", "server", "server-timing", "x-experience-api-consistent-through"} <= headers.keys()


def test_a_fault_between_two_good_ones_is_told_and_nothing_else_suffers(talk: Talk):
    assert [talk.post(sent) for sent in (statement(), {"actor": 1}, statement(), b"{", statement())] == [
        200,
        400,
        200,
        400,
        200,
    ]


def test_a_statement_sent_twice_is_there_once_and_another_under_its_id_is_refused(talk: Talk):
    sent = statement()
    assert [talk.post(sent), talk.post(sent)] == [200, 200]
    assert talk.post({**sent, "timestamp": "2020-01-01T00:00:00Z"}) == 409


def test_the_head_of_another_is_read_anew(talk: Talk, service):
    assert talk.post(statement()) == 200
    assert talk.post(statement(), Authorization=basic("nobody", "knows")) == 401
    assert talk.post(statement(), X_Experience_API_Version="0.9") == 400
    assert talk.post(statement(), Content_Type="text/plain") == 400
    status, headers, _ = talk.ask(statement(), X_Experience_API_Version="2.0.0")
    assert (status, headers["x-experience-api-version"]) == (200, "2.0.0")
    assert talk.post(statement()) == 200


def test_a_long_answer_that_is_read_late_arrives_whole(service, authorization: str):
    talk = Talk(service, authorization, receives=16_384)
    for _ in range(3):
        assert talk.post(statement()) == 200
    short = {"object": {"id": "https://fjordvik.example/a"}, "verb": {"id": EXPERIENCED}}
    sent = [statement(**short) for _ in range(2_000)]
    talk.socket.sendall(talk.request(sent))
    time.sleep(0.5)
    status, _, body = talk.answer()
    assert (status, json.loads(body)) == (200, [one["id"] for one in sent])
    assert talk.post(statement()) == 200
    talk.socket.close()


def test_a_proxy_that_numbers_requests_gets_its_answers(talk: Talk):
    for number in range(20):
        sent = [statement() for _ in range(1 + number % 2)]
        status, _, body = talk.ask(sent, X_Request_ID=f"{number // 3}")
        assert (status, json.loads(body)) == (200, [one["id"] for one in sent])


def test_a_body_that_comes_in_pieces_and_two_requests_that_come_at_once(talk: Talk):
    whole = talk.request([statement() for _ in range(200)])
    head = whole.index(b"\r\n\r\n")
    for start, end in ((0, 20), (20, head + 2), (head + 2, head + 700), (head + 700, len(whole))):
        talk.socket.sendall(whole[start:end])
    assert talk.answer()[0] == 200
    first, second = statement(), statement()
    talk.socket.sendall(talk.request(first) + talk.request({"no": "statement"}) + talk.request(second))
    assert [talk.answer()[0] for _ in range(3)] == [200, 400, 200]


@pytest.mark.parametrize("length", ["1", "-1", "+5", "5, 5", "0x10", "1_0", ""])
def test_a_length_that_is_none_is_refused_as_ever(talk: Talk, length: str):
    assert talk.post(b"{}", Content_Length=length) in (400, 413)


def test_two_lengths_are_refused_as_ever(talk: Talk):
    whole = talk.request(statement())
    talk.socket.sendall(whole.replace(b"Host:", b"Content-Length: 5\r\nHost:", 1))
    assert talk.answer()[0] == 400


def test_a_client_that_stops_in_the_middle_leaves_nothing(talk: Talk, service, authorization: str):
    sent = statement()
    talk.socket.sendall(talk.request(sent)[:-10])
    talk.socket.close()
    other = Talk(service, authorization)
    assert other.post({**sent, "timestamp": "2020-01-01T00:00:00Z"}) == 200  # its id was not taken
    other.socket.close()


def test_no_two_connections_share_a_known_head(talk: Talk, service):
    stranger = Talk(service, basic(uuid.uuid4().hex, "guess"))
    assert stranger.post(statement()) == 401
    stranger.socket.close()
    assert talk.post(statement()) == 200


def test_of_many_clients_at_once_each_gets_the_answers_to_its_own(service, authorization: str):
    shared = statement()

    def client(_number: int) -> None:
        talk = Talk(service, authorization)
        for round_ in range(30):
            sent = [statement() for _ in range(1 + round_ % 3)]
            status, _, body = talk.ask(sent)
            assert (status, json.loads(body)) == (200, [one["id"] for one in sent])
            if round_ % 5 == 0:
                assert talk.post({**statement(), "actor": 1}) == 400
                assert talk.post(shared) == 200
                assert talk.post({**shared, "timestamp": "2020-01-01T00:00:00Z"}) == 409
        talk.socket.close()

    with ThreadPoolExecutor(12) as clients:
        list(clients.map(client, range(12)))
