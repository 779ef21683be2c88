"""The load on an LRS: prepared requests over plain sockets, so that little of the machine goes into asking."""

import json
import multiprocessing
import socket
import time
import urllib.parse
import uuid
from typing import Any

PEOPLE, ACTIVITIES = 5000, 200
PATIENCE = 60  # seconds


def statement(number: int) -> dict[str, Any]:
    """A statement of 1.3 kB as packages send them."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {
            "objectType": "Agent",
            "name": f"Employee {number % PEOPLE}",
            "account": {"homePage": "https://fjordvik.example", "name": str(number % PEOPLE)},
        },
        "verb": {
            "id": f"http://adlnet.gov/expapi/verbs/{('completed', 'answered', 'passed')[number % 3]}",
            "display": {"en": "completed", "nb": "fullførte"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"https://example.com/activities/{number % ACTIVITIES}",
            "definition": {
                "name": {"nb": "Håndhygiene i helse og omsorg"},
                "description": {"nb": "Når, hvordan og hvorfor. " * 10},
                "type": "http://adlnet.gov/expapi/activities/course",
            },
        },
        "result": {
            "score": {"scaled": 0.9, "raw": 90, "min": 0, "max": 100},
            "success": True,
            "completion": True,
            "duration": "PT1H2M3.45S",
        },
        "context": {
            "registration": str(uuid.uuid4()),
            "contextActivities": {
                "parent": [{"id": f"https://example.com/courses/{number % 7}"}],
                "grouping": [{"id": "https://example.com/programme"}],
            },
            "language": "nb",
            "platform": "lms-bridge",
            "extensions": {
                "https://example.com/session": {"a": 1, "b": "a text of some length, as they are"}
            },
        },
        "timestamp": "2026-03-01T12:00:00.123Z",
    }


class Connection:
    """HTTP/1.1 with keep-alive, by hand."""

    def __init__(self, address: str) -> None:
        self.parts = urllib.parse.urlsplit(address)
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection((str(self.parts.hostname), int(self.parts.port or 80)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, request: bytes) -> int:
        """Sends a request and reads the whole answer; its status."""
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError("the server closed the connection")
            received += more
        head, rest = received.split(b"\r\n\r\n", 1)
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        left = length - len(rest)
        while left > 0:
            left -= len(self.socket.recv(min(left, 1 << 20)))
        if b"connection: close" in lines:
            self.socket.close()
            self._open()
        return int(head[9:12])


def request(method: str, address: str, authorization: str, body: bytes = b"", query: str = "") -> bytes:
    parts = urllib.parse.urlsplit(address)
    return (
        f"{method} {parts.path}{'?' + query if query else ''} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: {authorization}\r\nX-Experience-API-Version: 1.0.3\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def rate(address: str, authorization: str, per_request: int, clients: int, seconds: float) -> float:
    """Statements a second that a server takes from these many clients."""
    queue: multiprocessing.Queue[float] = multiprocessing.Queue()
    barrier = multiprocessing.Barrier(clients + 1, timeout=PATIENCE)  # whoever fails shall not be waited for
    arguments = (address, authorization, per_request, clients, seconds, barrier, queue)
    processes = [multiprocessing.Process(target=_client, args=arguments) for _ in range(clients)]
    for process in processes:
        process.start()
    barrier.wait()
    total = sum(queue.get(timeout=seconds + PATIENCE) for _ in processes)
    for process in processes:
        process.join()
    return total


def _client(
    address: str, authorization: str, per: int, clients: int, seconds: float, barrier: Any, queue: Any
) -> None:
    most = {1: 6000, 50: 1000, 500: 120}[per] * seconds / 3 / clients
    bodies = []
    for number in range(int(most) + 1):
        made = [statement(number * per + each) for each in range(per)]
        text = json.dumps(made if per > 1 else made[0], ensure_ascii=False, separators=(",", ":"))
        bodies.append(request("POST", address, authorization, text.encode()))
    connection = Connection(address)
    connection.exchange(request("POST", address, authorization, json.dumps(statement(0)).encode()))
    barrier.wait()
    started, done = time.perf_counter(), 0
    for body in bodies:
        status = connection.exchange(body)
        if status not in (200, 204):
            raise RuntimeError(f"the server answered {status}")
        done += per
        if time.perf_counter() - started > seconds:
            break
    queue.put(done / (time.perf_counter() - started))


def ask(address: str, authorization: str, queries: list[str]) -> list[float]:
    """Seconds of each GET, one after the other."""
    connection, times = Connection(address), []
    for query in queries:
        sent = request("GET", address, authorization, query=query)
        started = time.perf_counter()
        status = connection.exchange(sent)
        times.append(time.perf_counter() - started)
        if status != 200:
            raise RuntimeError(f"the server answered {status} to {query}")
    return times
