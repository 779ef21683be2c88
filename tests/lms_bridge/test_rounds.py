"""Requests that come again on many connections are answered by one thread, those that are there together; and
nobody who is slow, at fault, or gone holds up the others.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest

from lms_bridge import rounds
from lms_bridge.repeating import Answer, Known
from lms_bridge.rounds import Leaving, Rounds

FAULT, LONG, BROKEN = b"fault", b"long", b"broken"


class Shouting:
    """Answers in capitals, and notes which requests it got together."""

    def __init__(self) -> None:
        self.together: list[list[bytes]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, bodies: Sequence[bytes]) -> list[Answer | None]:
        self.together.append(list(bodies))
        assert self.may_answer.wait(20)
        if BROKEN in bodies:
            raise RuntimeError("broken")
        return [None if body == FAULT else _answer(body) for body in bodies]


def _answer(body: bytes) -> Answer:
    shouted = body.upper() * (2_000_000 if body == LONG else 1)
    return [("Content-Length", str(len(shouted)))], shouted


class Client:
    """One side of a connection; the other is with the rounds."""

    def __init__(self, repeat: Shouting, path: bytes = b"/a") -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        self.path = path
        known = Known(b"POST %b\r\nContent-Length: " % path, b"\r\n\r\n", repeat)
        self.unread = b""
        parser = SimpleNamespace(unreader=SimpleNamespace(unread=self._keep))
        self.conn = SimpleNamespace(sock=theirs, known=known, parser=parser)

    def _keep(self, data: bytes) -> None:
        self.unread += data

    def request(self, body: bytes) -> bytes:
        return b"POST %b\r\nContent-Length: %d\r\n\r\n%b" % (self.path, len(body), body)

    def ask(self, body: bytes) -> None:
        self.socket.sendall(self.request(body))

    def answer(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(4096)
        return received.partition(b"\r\n\r\n")[2]


class Room:
    """Rounds, and who left them."""

    def __init__(self) -> None:
        self.gone: dict[int, Leaving] = {}
        self.rounds = Rounds(lambda conn, why: self.gone.__setitem__(id(conn), why))

    def why_left(self, client: Client) -> Leaving:
        """Why it has left, as soon as it has."""
        until(lambda: id(client.conn) in self.gone)
        return self.gone[id(client.conn)]

    def holds(self, client: Client) -> bool:
        return id(client.conn) not in self.gone


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.005)


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.rounds.end()


@pytest.fixture
def shouting() -> Shouting:
    return Shouting()


@pytest.fixture
def enter(room: Room, shouting: Shouting) -> Callable[..., Client]:
    def make(repeat: Shouting = shouting, path: bytes = b"/a") -> Client:
        client = Client(repeat, path)
        room.rounds.join(client.conn)
        return client

    return make


def test_one_after_the_other_is_answered(enter, shouting: Shouting):
    emma = enter()
    for body in (b"one", b"two", b"three"):
        emma.ask(body)
        assert emma.answer() == body.upper()
    assert shouting.together == [[b"one"], [b"two"], [b"three"]]


def test_what_comes_meanwhile_is_answered_together(enter, shouting: Shouting):
    emma, frode, gro = enter(), enter(), enter()
    shouting.may_answer.clear()
    emma.ask(b"emma")
    until(lambda: shouting.together == [[b"emma"]])
    frode.ask(b"frode")
    gro.ask(b"gro")
    shouting.may_answer.set()
    assert [one.answer() for one in (emma, frode, gro)] == [b"EMMA", b"FRODE", b"GRO"]
    assert [sorted(bodies) for bodies in shouting.together] == [[b"emma"], [b"frode", b"gro"]]


def test_what_another_answers_is_not_put_to_it(enter, shouting: Shouting):
    other = Shouting()
    emma, hanna = enter(), enter(other, b"/b")
    for client, body in ((emma, b"emma"), (hanna, b"hanna"), (emma, b"again")):
        client.ask(body)
        assert client.answer() == body.upper()
    assert (shouting.together, other.together) == ([[b"emma"], [b"again"]], [[b"hanna"]])


def test_no_more_than_so_many_are_put_together(enter, shouting: Shouting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds, "TOGETHER", 3 * len(b"more"))
    clients = [enter() for _ in range(8)]
    shouting.may_answer.clear()
    clients[0].ask(b"first")
    until(lambda: len(shouting.together) == 1)
    for client in clients[1:]:
        client.ask(b"more")
    shouting.may_answer.set()
    assert [client.answer() for client in clients] == [b"FIRST", *[b"MORE"] * 7]
    assert [len(bodies) for bodies in shouting.together] == [1, 3, 3, 1]


def test_what_needs_the_whole_way_leaves_with_all_it_sent_and_the_others_are_answered(
    room: Room, enter, shouting: Shouting
):
    emma, frode, gro = enter(), enter(), enter()
    shouting.may_answer.clear()
    emma.ask(b"emma")
    until(lambda: len(shouting.together) == 1)
    frode.ask(FAULT)
    gro.ask(b"gro")
    shouting.may_answer.set()
    assert [one.answer() for one in (emma, gro)] == [b"EMMA", b"GRO"]
    assert room.why_left(frode) is Leaving.ASKS
    assert frode.unread == frode.request(FAULT)
    assert room.holds(emma)
    assert room.holds(gro)


def test_what_comes_in_pieces_is_waited_for_and_nobody_else_waits(enter):
    emma, frode = enter(), enter()
    whole = emma.request(b"a long story")
    emma.socket.sendall(whole[:-5])
    frode.ask(b"frode")
    assert frode.answer() == b"FRODE"
    emma.socket.sendall(whole[-5:-2])
    emma.socket.sendall(whole[-2:])
    assert emma.answer() == b"A LONG STORY"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /a\r\nContent-Length: -1\r\n\r\n",
        b"POST /a\r\nContent-Length: 3000000\r\n\r\nbegun",
        b"POST /a\r\nContent-Length: 3\r\n\r\noneGET / HTTP/1.1\r\n\r\n",
        b"POST /a\r\nContent-Le",
    ],
    ids=["another head", "no length", "a large body", "two at once", "half a head"],
)
def test_who_asks_for_something_else_leaves_with_it(room: Room, enter, sent: bytes):
    emma, frode = enter(), enter()
    emma.socket.sendall(sent)
    assert room.why_left(emma) is Leaving.ASKS
    assert emma.unread == sent
    frode.ask(b"frode")
    assert frode.answer() == b"FRODE"


def test_when_too_much_was_begun_the_next_leaves_and_who_is_answered_makes_room(
    room: Room, enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rounds, "MOST", 200)
    emma, frode, gro = enter(), enter(), enter()
    for _ in range(3):
        frode.ask(b"x" * 100)
        assert frode.answer() == b"X" * 100
    emma.socket.sendall(emma.request(b"y" * 120)[:-1])
    time.sleep(0.1)
    frode.ask(b"x" * 100)
    assert room.why_left(frode) is Leaving.ASKS
    assert frode.unread == frode.request(b"x" * 100)
    emma.socket.sendall(b"y")
    assert emma.answer() == b"Y" * 120
    gro.ask(b"x" * 100)
    assert gro.answer() == b"X" * 100


@pytest.mark.parametrize("begun", [b"", b"POST", b"POST /a\r\nContent-Length: 4\r\n\r\nhal"])
def test_who_is_gone_leaves(room: Room, enter, shouting: Shouting, begun: bytes):
    emma, frode = enter(), enter()
    emma.socket.sendall(begun)
    emma.socket.close()
    assert room.why_left(emma) is Leaving.ASKS
    assert not shouting.together
    frode.ask(b"frode")
    assert frode.answer() == b"FRODE"


def test_who_reads_slowly_leaves_with_the_rest_of_its_answer(room: Room, enter):
    emma, frode = enter(), enter()
    emma.ask(LONG)
    assert room.why_left(emma) is Leaving.READS_SLOWLY
    frode.ask(b"frode")
    assert frode.answer() == b"FRODE"
    got = bytearray()
    whole = len(LONG) * 2_000_000
    while len(got) + len(emma.conn.unsent) < whole:
        got += emma.socket.recv(1 << 20)
    assert (bytes(got) + emma.conn.unsent).endswith(LONG.upper() * 2_000_000)


def test_who_says_nothing_for_a_while_leaves_and_is_kept_open(
    room: Room, enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rounds, "QUIET", 0.1)
    emma, frode = enter(), enter()
    frode.socket.sendall(frode.request(b"half")[:-1])
    assert room.why_left(emma) is Leaving.IS_QUIET
    assert room.why_left(frode) is Leaving.ASKS
    assert frode.unread == frode.request(b"half")[:-1]


def test_who_sends_a_byte_now_and_then_leaves_and_who_has_a_slow_line_stays(
    room: Room, enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rounds, "QUIET", 0.3)
    emma, frode = enter(), enter()
    emma.socket.sendall(emma.request(b"half" * 100)[:-399])
    frode.socket.sendall(frode.request(b"x" * 64_000)[:-64_000])
    for _ in range(10):
        emma.socket.sendall(b"a")
        frode.socket.sendall(b"x" * 6_400)
        time.sleep(0.1)
    assert frode.answer().startswith(b"X")
    assert room.why_left(emma) is Leaving.ASKS
    assert emma.unread.startswith(b"POST /a")
    assert room.holds(frode)


def test_a_fault_of_the_service_costs_nobody_the_answer(room: Room, enter, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds, "QUIET", 0.1)
    emma, frode = enter(), enter()
    emma.ask(BROKEN)
    frode.ask(b"frode")
    assert room.why_left(emma) is Leaving.ASKS
    assert emma.unread == emma.request(BROKEN)
    gro = enter()
    gro.ask(b"gro")
    assert gro.answer() == b"GRO"


def test_at_the_end_all_leave_and_nobody_stays(room: Room, enter):
    emma = enter()
    emma.ask(b"one")
    assert emma.answer() == b"ONE"
    room.rounds.end()
    assert room.why_left(emma) is Leaving.IS_QUIET
    assert room.why_left(enter()) is Leaving.IS_QUIET
