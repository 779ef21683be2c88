"""No test reaches the outside world by accident: sockets of the test process connect to loopback only."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class OutsideWorld(AssertionError):
    """A test tried to reach an address that is not on this machine."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, told without asking a name server."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuses every connection and name look-up that leaves this machine."""

    def refuse(host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_loopback(str(name)):
            raise OutsideWorld(f"a test tried to reach {name}: tests may reach this machine only")

    def guarded(method: str) -> Any:
        original = getattr(socket.socket, method)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                refuse(address[0])
            return original(self, address)

        return connect

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse(host)
        return resolve(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, guarded(method))
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield
