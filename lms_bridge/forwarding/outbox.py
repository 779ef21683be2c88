"""What is to go where: written with the statements themselves, so that both hold or neither.

No cursor runs over the order of storing: a transaction that commits late would be passed over. Who is a target is
remembered for seconds, for storing must not ask each time; what was stored meanwhile is collected (collect.py).
"""

import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..db import new_id
from ..jobs import Jobs
from ..lrs.patterns import matches
from ..lrs.references import activities_of
from ..lrs.signals import StoredStatement
from .models import Parcel, Target

SEND = "forwarding.send"
REMEMBERED_SECONDS = 5.0
TOGETHER = timedelta(seconds=2)
PER_PARCEL = 100


@dataclass(frozen=True)
class Filter:
    """Which statements a target wants."""

    target_id: uuid.UUID
    paused: bool
    verbs: frozenset[str]
    activity: str
    only_from: str
    never_from: str

    @classmethod
    def of(cls, row: Target) -> "Filter":
        return cls(row.id, row.paused, frozenset(row.verbs), row.activity, row.only_from, row.never_from)

    def wants(self, statement: dict[str, Any]) -> bool:
        if self.verbs and statement["verb"]["id"] not in self.verbs:
            return False
        if self.only_from or self.never_from:
            stored_by = statement.get("authority", {}).get("account", {}).get("name", "")
            if (self.only_from and stored_by != self.only_from) or stored_by == self.never_from:
                return False
        return not self.activity or any(
            matches(self.activity, activity["id"]) for activity in activities_of(statement)
        )


class Outbox:
    """One a process: remembers each municipality's targets for a few seconds, and when it last woke the worker."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._known: dict[uuid.UUID, tuple[float, list[Filter]]] = {}
        self._woken: dict[uuid.UUID, float] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """A target was changed here."""
        self._known.clear()

    def note(self, session: Session, tenant_id: uuid.UUID, stored: Sequence[StoredStatement]) -> None:
        """Puts new statements into the outbox."""
        for wanted in self._targets(session, tenant_id):
            ids = [item.id for item in stored if wanted.wants(item.statement)]
            if ids:
                put(session, tenant_id, wanted.target_id, ids)
                if not wanted.paused and self._sleeps(wanted.target_id):
                    self._jobs.enqueue(session, SEND, delay=TOGETHER, target_id=str(wanted.target_id))

    def _targets(self, session: Session, tenant_id: uuid.UUID) -> list[Filter]:
        until, filters = self._known.get(tenant_id, (0.0, []))
        if until < time.monotonic():
            rows = session.scalars(select(Target).where(Target.tenant_id == tenant_id).order_by(Target.id))
            filters = [Filter.of(row) for row in rows]
            self._known[tenant_id] = (time.monotonic() + REMEMBERED_SECONDS, filters)
        return filters

    def _sleeps(self, target_id: uuid.UUID) -> bool:
        """Whether the worker is to be woken; what comes within two seconds goes together, or with the sweep."""
        now = time.monotonic()
        with self._lock:
            if now - self._woken.get(target_id, float("-inf")) < TOGETHER.total_seconds():
                return False
            self._woken[target_id] = now
            return True


def put(session: Session, tenant_id: uuid.UUID, target_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> None:
    """Rows of the outbox for these statements, in order."""
    rows = [
        {
            "id": new_id(),
            "tenant_id": tenant_id,
            "target_id": target_id,
            "size": len(some),
            "statements": b"".join(one.bytes for one in some),
        }
        for some in _some(list(ids))
    ]
    if rows:
        session.execute(insert(Parcel), rows)


def ids_in(parcel: bytes) -> list[uuid.UUID]:
    """The statement ids of a parcel."""
    return [uuid.UUID(bytes=parcel[start : start + 16]) for start in range(0, len(parcel), 16)]


def _some(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    for start in range(0, len(ids), PER_PARCEL):
        yield ids[start : start + PER_PARCEL]
