"""The other LRS as we talk to it: statements in, and how it answered (xAPI 1.0.3 Communication 2.1, 3.2)."""

import base64
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

import orjson

from ..errors import Told
from ..lrs import multipart
from ..lrs.comparing import same_statement
from ..outgoing import Answer, Outgoing, OutgoingError
from ..web.i18n import N_

IN_MEMORY = 1_000_000
# The statements themselves are meant, not the address, the credentials or the moment.
REFUSALS = frozenset({400, 409, 413, 422})


class Trouble(Told):
    """The other LRS takes nothing now; `wait` is what it asked for, in seconds."""

    def __init__(self, message: str, wait: float | None = None, **details: object) -> None:
        super().__init__(message, **details)
        self.wait = wait


@dataclass
class Item:
    """A statement on its way, and the raw data of its attachments."""

    id: UUID
    statement: dict[str, Any]
    attachments: list[multipart.Attachment] = field(default_factory=list)


@dataclass
class Outcome:
    """What became of the statements of one sending."""

    taken: list[UUID] = field(default_factory=list)
    refused: list[tuple[UUID, Told]] = field(default_factory=list)


@dataclass(frozen=True)
class Peer:
    """An LRS with its address and our credentials there."""

    outgoing: Outgoing
    url: str
    username: str
    password: str
    version: str

    def send(self, items: Sequence[Item]) -> Outcome:
        """Sends all; where some are refused, halves, so that one bad statement holds up no other.

        Raises `Trouble`, OutgoingError; then what was taken is sent again later, which changes nothing there.
        """
        outcome = Outcome()
        self._send(list(items), outcome)
        if outcome.refused and not outcome.taken and len(outcome.refused) >= 10:
            raise Trouble(N_("it refuses every statement: %(why)s"), why=outcome.refused[0][1])
        return outcome

    def _send(self, items: list[Item], outcome: Outcome) -> None:
        answer = self._post(items)
        if 200 <= answer.status < 300:
            _demand_ids(answer)
            outcome.taken += [item.id for item in items]
        elif answer.status not in REFUSALS:
            raise _trouble(answer)
        elif len(items) > 1:
            half = len(items) // 2
            self._send(items[:half], outcome)
            self._send(items[half:], outcome)
        elif answer.status == 409 and self._has(items[0]):
            outcome.taken.append(items[0].id)
        else:
            outcome.refused.append((items[0].id, _trouble(answer)))

    def _post(self, items: list[Item]) -> Answer:
        body = orjson.dumps([_plain(item.statement) for item in items])
        attachments = {one.sha2: one for item in items for one in item.attachments}
        if not attachments:
            return self._request("POST", "statements", body, "application/json")
        boundary = multipart.new_boundary()
        with contextlib.ExitStack() as stack:
            whole = stack.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))
            for chunk in multipart.write(boundary, [body], attachments.values()):
                whole.write(chunk)
            length = whole.tell()
            whole.seek(0)
            return self._request("POST", "statements", whole, f"multipart/mixed; boundary={boundary}", length)

    def _has(self, item: Item) -> bool:
        """Whether the statement that lies there under the id is this one, as far as we may see: who may not read
        there, or finds it withdrawn, takes the LRS at its word that it has it.
        """
        answer = self._request("GET", f"statements?statementId={item.id}")
        if answer.status != 200:
            return True
        stored = answer.json()
        try:
            return same_statement(stored, _plain(item.statement))
        except (KeyError, TypeError, ValueError, AttributeError):
            return False

    def check(self) -> None:
        """Asks for one statement: address and credentials are right. Raises `Trouble`, OutgoingError."""
        answer = self._request("GET", "statements?limit=1")
        if answer.status not in (200, 403):  # a key that may only write is what is needed
            raise _trouble(answer)

    def _request(
        self, method: str, path: str, body: Any = None, content_type: str = "", length: int | None = None
    ) -> Answer:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "X-Experience-API-Version": self.version}
        if content_type:
            headers["Content-Type"] = content_type
        if length is not None:
            headers["Content-Length"] = str(length)
        return self.outgoing.request(
            method, f"{self.url.rstrip('/')}/{path}", headers=headers, body=body, most=4_000_000
        )


def _plain(statement: dict[str, Any]) -> dict[str, Any]:
    """Without what each LRS sets for itself; the authority goes along, for a peer that trusts us (Data 2.4.9)."""
    return {name: value for name, value in statement.items() if name not in ("stored", "version")}


def _demand_ids(answer: Answer) -> None:
    """An LRS answers with the ids (Communication 2.1.2); what is no list came from something in front of it."""
    try:
        ids = answer.json()
    except OutgoingError:
        ids = None
    if not isinstance(ids, list):
        raise Trouble(N_("something that is not an LRS answered (%(status)s)"), status=answer.status)


_MEANINGS = {
    400: N_("it finds the statement wrong (%(status)s)"),
    401: N_("it does not accept the key and secret (%(status)s)"),
    403: N_("the key may not store statements there (%(status)s)"),
    404: N_("there is no LRS at the address (%(status)s)"),
    405: N_("there is no LRS at the address (%(status)s)"),
    409: N_("it has another statement under the same id (%(status)s)"),
    413: N_("it finds the statement too large (%(status)s)"),
    429: N_("it is being asked too often (%(status)s)"),
}


def _trouble(answer: Answer) -> Trouble:
    """How it was refused, for the administrator; nothing of the answer's body, which may name people."""
    other = (
        N_("it has a trouble of its own (%(status)s)")
        if answer.status >= 500
        else N_("it answers %(status)s")
    )
    return Trouble(_MEANINGS.get(answer.status, other), answer.retry_after, status=answer.status)
