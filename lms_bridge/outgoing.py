"""The one way out: every HTTP request to an address that somebody else named goes through here.

An address from a form, a token or another system could point into our own network (SSRF). So: https only, the name
is resolved once, every address it has must be public, the connection is made to the address that was checked,
redirects are not followed, and time and size have ends. LMS_BRIDGE_ALLOW_PRIVATE_ADDRESSES lifts the rules on
addresses and https, for a service and an LMS on one machine.
"""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from .errors import N_, Told

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
WHOLE_SECONDS = 30.0
MOST_BYTES = 1_000_000
_CHUNK = 65_536
# Ranges that ipaddress calls global although they lead to IPv4 addresses inside: NAT64, 6to4, Teredo.
_TRANSLATED = [ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutgoingError(Told):
    """No answer could be had; the message says why, as a part of a sentence."""


class Refused(OutgoingError):
    """The address is one that this service does not go to; trying again does not help."""


class Oversized(OutgoingError):
    """The answer is larger than is taken; asking for less at a time may help."""


@dataclass(frozen=True)
class Answer:
    """What the other side answered, whole; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds that the other side asks to wait (Retry-After, in seconds or as a date); None if it does not."""
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        try:
            return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None

    def json(self) -> Any:
        """The body as JSON. Raises OutgoingError, as for the HTML error page of an LMS."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise OutgoingError(N_("the answer (%(status)s) is not JSON"), status=self.status) from None


class Outgoing:
    """A guarded HTTP client."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self.allow_private = allow_private

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, most: int = MOST_BYTES) -> Answer:
        return self.request("GET", url, headers=headers, most=most)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self.request("POST", url, headers=headers, body=urlencode(fields).encode())

    def post_json(self, url: str, value: object, *, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request(
            "POST",
            url,
            headers={"Content-Type": "application/json", **(headers or {})},
            body=json.dumps(value).encode(),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | Iterable[bytes] | None = None,
        most: int = MOST_BYTES,
        patience: float | None = None,
    ) -> Answer:
        """One request and its whole answer, of any status. Raises OutgoingError, and Refused for the address.

        A large body may be a file or an iterable of its parts, with its Content-Length among the headers. `patience` is
        the longest that the answer may take in seconds, for a system that is known to be slow.
        """
        host, port, secure, target = self.parts(url)
        address = self.resolve(host, port)
        pool = _pool(address, port, host, secure, patience or READ_SECONDS)
        given = {
            "Host": _host_header(host, port, secure),
            "User-Agent": "lms-bridge",
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        seconds = patience or WHOLE_SECONDS
        ends = time.monotonic() + seconds
        try:
            with _ending(pool, seconds):
                response = pool.urlopen(
                    method,
                    target,
                    body=body,
                    headers=given,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    assert_same_host=False,
                )
            with response:
                content = _read(response, most, ends, seconds)
        except (HTTPError, OSError) as error:
            raise OutgoingError(
                N_("%(host)s does not answer: %(kind)s"), host=host, kind=type(error).__name__
            ) from error
        finally:
            pool.close()
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, content)

    def parts(self, url: str) -> tuple[str, int, bool, str]:
        """Host, port, whether it is https, and what to ask for there. Raises Refused for where nobody is sent."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Refused(N_("the address is malformed")) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise Refused(N_("the address must be one such as https://lms.example/path"))
        secure = parts.scheme == "https"
        if not secure and not self.allow_private:
            raise Refused(N_("the address must begin with https:"))
        if any(c.isspace() or not c.isprintable() for c in url) or "\\" in url:
            raise Refused(N_("the address has characters that do not belong there"))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return parts.hostname, port or (443 if secure else 80), secure, target

    def resolve(self, host: str, port: int) -> str:
        """The one address to connect to, resolved now; every address of the name must be allowed. For connections
        other than HTTP too. Raises OutgoingError, and Refused."""
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            raise OutgoingError(N_("there is no host %(host)s"), host=host) from None
        found = [str(row[4][0]).partition("%")[0] for row in rows]
        if not found:
            raise OutgoingError(N_("there is no host %(host)s"), host=host)
        if not self.allow_private:
            for address in found:
                if not is_public(ipaddress.ip_address(address)):
                    raise Refused(
                        N_("%(host)s is an address inside a network, not on the Internet"), host=host
                    )
        return found[0]


def is_public(address: Address) -> bool:
    """Whether an address is one on the Internet: not private, loopback, link-local, reserved or translated."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _pool(
    address: str, port: int, host: str, secure: bool, seconds: float
) -> urllib3.HTTPConnectionPool | urllib3.HTTPSConnectionPool:
    """A connection to the checked address, that still demands the host's own certificate."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)
    if not secure:
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address, port, timeout=timeout, maxsize=1, server_hostname=host, assert_hostname=host
    )


@contextmanager
def _ending(pool: urllib3.HTTPConnectionPool, seconds: float) -> Iterator[None]:
    """Ends what the pool does after so many seconds: its own timeouts begin anew with every byte of a head."""
    made: list[Any] = []
    kind = pool.ConnectionCls

    def connection(*arguments: Any, **options: Any) -> Any:
        made.append(kind(*arguments, **options))
        return made[-1]

    def end() -> None:
        for one in made:
            with suppress(OSError, TypeError):  # it is closed, or not open yet
                socket.socket.shutdown(one.sock, socket.SHUT_RDWR)

    pool.ConnectionCls = connection  # type: ignore[assignment]
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _host_header(host: str, port: int, secure: bool) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == (443 if secure else 80) else f"{name}:{port}"


def _read(response: urllib3.BaseHTTPResponse, most: int, ends: float, seconds: float) -> bytes:
    """The body, within its size and time. A compressed one was not asked for and could hide its size."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise OutgoingError(N_("the answer is compressed, although it was asked not to be"))
    chunks: list[bytes] = []
    size = 0
    while time.monotonic() <= ends:
        chunk = response.read1(_CHUNK, decode_content=False)
        size += len(chunk)
        if size > most:
            raise Oversized(N_("the answer is larger than %(most)s bytes"), most=most)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
    raise OutgoingError(N_("the answer took longer than %(seconds)s seconds"), seconds=round(seconds))
