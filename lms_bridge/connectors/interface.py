"""What a connector is: one file that knows one kind of source, its health, and how results are fetched from it.

A connector derives from `Connector`, and an object of it is handed to `register` by the file that defines it. All
else (rows, secrets, cursors, times, pages of the interface) is the same for every kind, and is not its business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from ..errors import DomainError, plain
from ..web.i18n import N_

if TYPE_CHECKING:
    from .models import Connection


class Capability(StrEnum):
    """What a connector can do."""

    PUBLISH = "publish"
    PULL = "pull"
    PUSH = "push"
    ROSTER = "roster"


@dataclass(frozen=True)
class LmsResult:
    """One result of one learner, as a source tells it.

    `record` is stable within the source, whatever road the result came (push, pull): the same record with other
    contents is a change, with the same contents nothing. `(issuer, subject)` is the learner, as in LTI; name and
    e-mail only help a person to recognise them. `activity` is "urn:uuid:<identity>" for a module of ours.
    `occurred` is aware; `score` is from 0 to 1; `version` is of our module, where it is known.
    """

    record: str
    issuer: str
    subject: str
    activity: str
    outcome: str
    occurred: datetime
    name: str = ""
    email: str = ""
    employment_id: str = ""
    """Filled only where the municipality says that the source's number is the employment number."""
    activity_name: str = ""
    score: float | None = None
    version: int | None = None
    noted: datetime | None = None
    """When the source wrote this down, where it says so: by it, what was on its way for long is seen to be older."""


COMPLETED, PASSED, FAILED, WITHDRAWN = "completed", "passed", "failed", "withdrawn"
"""The outcomes. `withdrawn`: what was told before was taken back in the LMS."""


@dataclass(frozen=True)
class Note:
    """A sentence for the administrator: a message id (mark it with N_), and what fills its %(gaps)s."""

    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {"message": self.message, "details": plain(self.details)}


@dataclass(frozen=True)
class Check:
    """One step of looking after a connection's health. `step` and `message` are message ids."""

    step: str
    ok: bool
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What one bite of a source gave; it is written together with `cursor`, in one transaction.

    `cursor` is where the next bite begins, also after the process was killed. `write` does what else belongs to the
    page, in that transaction, and returns how many things were new. `again`: the source is worth another look then,
    earlier than its usual time. `estimate`: what is left, any of "rows", "calls" and "seconds".
    """

    cursor: dict[str, Any]
    done: bool
    results: Sequence[LmsResult] = ()
    warnings: Sequence[Note] = ()
    estimate: Mapping[str, int] | None = None
    calls: int = 1
    write: Callable[[Session], int] | None = None
    again: timedelta | None = None


@dataclass
class Budget:
    """The time that a run may take."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return self.seconds - (time.monotonic() - self.began)

    @property
    def spent(self) -> bool:
        return self.left <= 0


class SourceFailed(DomainError):
    """A source did not give what it should; it is tried again later, after `retry_after` seconds where it says so."""

    title = N_("The source does not answer as it should")

    def __init__(self, message: str, retry_after: float | None = None, **details: object) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Field:
    """A line of a connection's form. `label`, `help` and the texts of `options` are message ids.

    A `secret` one is sealed, and never shown again; the others are kept in the connection's settings.
    `type` is text, url, number, password, textarea, checkbox or select.
    """

    name: str
    label: str
    type: str = "text"
    help: str = ""
    required: bool = False
    secret: bool = False
    default: str = ""
    options: Sequence[tuple[str, str]] = ()


class Connector:
    """A kind of source. `title` and `hint` are message ids; `fields` is its form, below name and address."""

    kind: str
    title: str
    hint: str = ""
    capabilities: frozenset[Capability] = frozenset()
    address_label: str = N_("Address")
    address_help: str = ""
    fields: Sequence[Field] = ()
    minutes: int = 15
    """How often it is looked at, unless the administrator chooses otherwise."""
    page: str = ""
    """Endpoint of a page of its own, given `connection_id`; for a kind whose pages are another slice's."""
    new_page: str = ""
    """Endpoint of a page of its own where such a connection is made."""

    def settle(self, address: str, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        """Checks what the form gave and may tidy `settings`. Raises Invalid with `fields`; asks nobody."""

    def check(self, connection: Connection) -> list[Check]:
        """Looks after the connection's health, step by step; a step after one that failed may be left out."""
        return []

    def pull(self, session: Session, connection: Connection, budget: Budget) -> Iterator[Page]:
        """Fetches, from `connection.cursor` on, page by page, until one is `done` or nobody asks for the next.

        `session` is for reading the municipality's own rows; nothing may be written with it, and it is ended before
        each page is written. Raises SourceFailed or OutgoingError; what was given before that stays.
        """
        raise NotImplementedError

    def publish(self, session: Session, connection: Connection, **what: Any) -> Any:
        """Puts a version of a module into the LMS, or brings it up to date there; for those that can `publish`."""
        raise NotImplementedError

    def unpublish(self, session: Session, connection: Connection, **what: Any) -> Any:
        """Takes a module out of the LMS again; for those that can `publish`."""
        raise NotImplementedError


_connectors: dict[str, Connector] = {}


def register(connector: Connector) -> None:
    """Makes a kind known, to the pages too."""
    _connectors[connector.kind] = connector


def connectors() -> list[Connector]:
    """Every kind, by name."""
    return sorted(_connectors.values(), key=lambda one: one.kind)


def find(kind: str) -> Connector | None:
    """The connector of a kind; None for one that this installation does not have."""
    return _connectors.get(kind)
