"""A folder on another machine, by SFTP (SSH). The server is known by its key: pinned at first contact, and shown.

The rules on addresses are those of all that goes out: resolved once, public, connected to as resolved. The key is
asked for before anything secret is said, and a server with another key than the pinned one is told nothing.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from ...errors import Invalid
from ...web.app import bridge
from ...web.i18n import N_
from .. import drops
from ..drops import Found
from ..interface import Budget, Capability, Check, Connector, Field, Page, SourceFailed, register
from ..models import Connection
from ..service import secrets_of
from .folder import PATTERN

if TYPE_CHECKING:
    import asyncssh

SECONDS = 60.0
HOST_KEY = "host_key"
Given = TypeVar("Given")


class Sftp(Connector):
    kind = "sftp"
    title = N_("Lists by SFTP")
    hint = N_(
        "Another system puts its completions on a server as CSV or XLSX; each list is taken once by SFTP."
    )
    capabilities = frozenset({Capability.PULL})
    minutes = 60
    address_help = N_("Such as sftp://files.example/completions")
    fields = (
        Field("user", N_("User name"), required=True),
        Field("password", N_("Password"), "password", secret=True),
        Field("private_key", N_("Or a private key (OpenSSH)"), "textarea", secret=True),
        PATTERN,
        Field(
            HOST_KEY,
            N_("The server's key"),
            "textarea",
            help=N_(
                "Left empty, it is kept at first contact, and demanded from then on. Empty it to trust a new one."
            ),
        ),
    )

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        import asyncssh

        problems = {}
        try:
            parts = urlsplit(address)
            sound = parts.scheme == "sftp" and parts.hostname and parts.username is None and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            problems["address"] = N_("Write an address such as sftp://files.example/completions")
        if not secrets.get("password") and not secrets.get("private_key"):
            problems["password"] = N_("Write a password, or a private key below.")
        for name, read in (
            (HOST_KEY, asyncssh.import_public_key),
            ("private_key", asyncssh.import_private_key),
        ):
            text = (secrets if name == "private_key" else settings).get(name)
            try:
                if text:
                    read(text)
            except (ValueError, asyncssh.Error):
                problems[name] = N_("This is no key in OpenSSH's form, or it has a password of its own.")
        if problems:
            raise Invalid(N_("Some of it needs another look."), problems)

    def check(self, connection: Connection) -> list[Check]:
        key = _pinned(connection) or _first_key(connection)
        shown = {"key": key.get_fingerprint()}
        told = N_("Its key is %(key)s. Compare it with what the server's owner says.")
        checks = [Check(N_("Know the server by its key"), True, told, shown)]
        with _Server(connection, key) as server:
            checks.append(Check(N_("Sign in"), True))
            pattern = connection.settings.get("pattern") or "*"
            count = sum(1 for file in server.files() if drops.wanted(file.name, pattern))
        return [*checks, Check(N_("Open the folder"), True, N_("Lists in it: %(count)s"), {"count": count})]

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        key = _pinned(connection)
        if key is None:
            key = _first_key(connection)
            yield Page(connection.cursor, False, write=_pinning(connection, key))
        with _Server(connection, key) as server:
            yield from drops.pull(session, connection, server.files(), server.read)


register(Sftp())


# --- the server's key -------------------------------------------------------------------------------------------


def _pinned(connection: Connection) -> asyncssh.SSHKey | None:
    import asyncssh

    text = connection.settings.get(HOST_KEY)
    return asyncssh.import_public_key(text) if text else None


def _first_key(connection: Connection) -> asyncssh.SSHKey:
    import asyncssh

    address, port, _folder = _place(connection)
    key = _run(asyncssh.get_server_host_key(address, port, config=None))
    if key is None:
        raise SourceFailed(N_("The server shows no key of its own."))
    return key


def _pinning(connection: Connection, key: asyncssh.SSHKey) -> Any:
    def write(session: Session) -> int:
        row = session.get_one(Connection, connection.id)
        row.settings = {**row.settings, HOST_KEY: key.export_public_key().decode().strip()}
        return 0

    return write


# --- talking to it ----------------------------------------------------------------------------------------------


class _Server:
    """An SFTP session, used from ordinary code; its event loop has a thread of its own (see `_run`)."""

    def __init__(self, connection: Connection, key: asyncssh.SSHKey) -> None:
        self._connection, self._key = connection, key
        self._thread, self._runner = ThreadPoolExecutor(1), asyncio.Runner()

    def __enter__(self) -> _Server:
        try:
            self._run(self._open())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._ssh.abort).result()
        self._close()

    def _close(self) -> None:
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def files(self) -> list[Found]:
        return self._run(self._list())

    def read(self, name: str) -> bytes:
        return self._run(self._read(name))

    def _run(self, work: Coroutine[Any, Any, Given]) -> Given:
        return _guarded(self._thread.submit(copy_context().run, self._runner.run, _timed(work)).result)

    async def _open(self) -> None:
        import asyncssh

        address, port, self._folder = _place(self._connection)
        secrets = secrets_of(bridge().vault, self._connection)
        own = secrets.get("private_key")
        self._ssh = await asyncssh.connect(
            address,
            port,
            username=self._connection.settings["user"],
            password=secrets.get("password") or None,
            client_keys=[asyncssh.import_private_key(own)] if own else None,
            known_hosts=([self._key], [], []),
            config=None,
            agent_path=None,
            connect_timeout=10,
            login_timeout=20,
        )
        self._sftp = await self._ssh.start_sftp_client()

    async def _list(self) -> list[Found]:
        import asyncssh

        found: list[Found] = []
        async for entry in self._sftp.scandir(self._folder):
            if entry.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and len(found) < drops.MOST_FILES:
                found.append(Found(str(entry.filename), entry.attrs.size or 0, entry.attrs.mtime or 0))
        return found

    async def _read(self, name: str) -> bytes:
        async with self._sftp.open(posixpath.join(self._folder, name), "rb") as file:
            content = await file.read(drops.MOST_BYTES + 1)
            return content if isinstance(content, bytes) else content.encode()


def _place(connection: Connection) -> tuple[str, int, str]:
    """The address to connect to, resolved and allowed; the port, and the folder."""
    parts = urlsplit(connection.address)
    port = parts.port or 22
    folder = unquote(parts.path)
    folder = folder if folder.startswith("/~/") or len(folder) > 1 else "."
    return bridge().outgoing.resolve(parts.hostname or "", port), port, folder.removeprefix("/~/") or "."


def _run(work: Coroutine[Any, Any, Given]) -> Given:
    """Does it in a thread of its own, since the caller's may have an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return _guarded(thread.submit(copy_context().run, asyncio.run, _timed(work)).result)


async def _timed(work: Coroutine[Any, Any, Given]) -> Given:
    return await asyncio.wait_for(work, SECONDS)


def _guarded(work: Callable[[], Given]) -> Given:
    """Does it; what goes wrong becomes a sentence that says nothing secret."""
    import asyncssh

    try:
        return work()
    except asyncssh.HostKeyNotVerifiable:
        raise SourceFailed(
            N_(
                "The server shows another key than the one it had. Ask its owner; if that is right, empty the key here."
            )
        ) from None
    except asyncssh.PermissionDenied:
        raise SourceFailed(N_("The user name, password or key is not accepted.")) from None
    except asyncssh.SFTPNoSuchFile:
        raise SourceFailed(N_("There is no such folder.")) from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        why = type(error).__name__
        raise SourceFailed(N_("The server does not answer as it should: %(why)s."), why=why) from None
