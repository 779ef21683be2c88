"""What comes at once is looked for while processors are idle; everything else wakes whoever waits for it."""

import os
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_bridge import lookout
from lms_bridge.lookout import Lookout, processors, tell


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "_processors", 2)
    monkeypatch.setattr(lookout, "_idle", False)
    monkeypatch.setattr(lookout, "AT_ONCE", 0.4)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that was looked in vain."""
    counted: list[int] = []
    let_others_go_first = os.sched_yield

    def count() -> None:
        counted.append(1)
        let_others_go_first()

    monkeypatch.setattr(os, "sched_yield", count)
    return counted


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def comes_after(ends: tuple[socket.socket, socket.socket], seconds: float, watching: Lookout) -> bool:
    """Whether what the other side sends after so long is met, and taken."""
    ours, theirs = ends
    sending = threading.Timer(seconds, theirs.send, [b"x"])
    sending.start()
    came = watching.wait(ours.fileno())
    sending.join()
    assert ours.recv(10) == b"x"
    return came


def test_what_came_at_once_is_looked_for_the_next_time(ends, looks: list[int]):
    tell(1)
    watching = Lookout()
    assert comes_after(ends, 0.01, watching)
    assert not looks
    assert comes_after(ends, 0.01, watching)
    assert looks


def test_what_took_long_is_waited_for(ends, looks: list[int]):
    tell(1)
    watching = Lookout()
    for _ in range(2):
        assert comes_after(ends, 0.6, watching)
    assert not looks


def test_it_is_looked_for_only_so_long(ends, looks: list[int]):
    tell(1)
    watching = Lookout()
    comes_after(ends, 0.01, watching)
    assert comes_after(ends, 0.6, watching)
    vain = len(looks)
    assert vain
    assert comes_after(ends, 0.01, watching)
    assert len(looks) == vain, "the last time it took too long"


def test_where_others_need_the_processors_nobody_looks(ends, looks: list[int]):
    tell(2)
    watching = Lookout()
    for _ in range(2):
        assert comes_after(ends, 0.01, watching)
    assert not looks


@pytest.mark.parametrize("connections", [1, 2])
def test_what_does_not_come_is_not_waited_for_longer(ends, connections: int):
    tell(connections)
    ours, theirs = ends
    watching = Lookout()
    assert not watching.wait(ours.fileno(), milliseconds=1)
    theirs.send(b"x")
    assert watching.wait(ours.fileno(), milliseconds=1)
    ours.recv(1)
    assert not watching.wait(ours.fileno(), milliseconds=1)


def test_a_connection_that_takes_more_is_met_too(ends):
    ours, _theirs = ends
    assert Lookout().wait(ours.fileno(), select.POLLIN | select.POLLOUT)


@pytest.mark.parametrize(
    ("limit", "count"),
    [
        ("max 100000", 8),
        ("50000 100000", 0),
        ("250000 100000", 2),
        ("1600000 100000", 8),
        ("", 8),
        ("nonsense", 8),
    ],
)
def test_a_container_has_as_many_processors_as_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, count: int
):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    (tmp_path / "cpu.max").write_text(limit)
    assert processors(tmp_path / "cpu.max") == count
    assert processors(tmp_path / "none") == 8
