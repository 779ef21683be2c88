"""How statements come in: one transaction, a handful of SQL statements however large the batch.

Order: the statements themselves (their ids decide what is new), what StatementRefs make of them, their keys, their
definitions, then the signal. Rows that several senders may write at once are written in the order of their keys, so
that no two transactions wait for each other in a circle.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms_bridge.db import new_id
from lms_bridge.errors import Conflict, Invalid, TooLarge, Unavailable

from . import bulk, positions, values
from .activities import remember_definitions
from .comparing import same_statement
from .models import Statement
from .references import Keys
from .signals import statements_stored
from .statementrefs import KeyEntries, follow_references, is_voiding, target_of

MAX_BATCH = 10_000


@dataclass
class New:
    """A statement on its way in."""

    id: UUID
    position: int
    statement: dict[str, Any]
    payload: bytes
    timed: bool  # the sender gave a timestamp
    named: bool  # the sender gave the id, so somebody may have pointed at it before
    voided: bool = False

    @property
    def target(self) -> UUID | None:
        return target_of(self.statement)

    @property
    def voids(self) -> UUID | None:
        return self.target if is_voiding(self.statement) else None


def store_statements(
    session: Session,
    tenant_id: UUID,
    statements: list[dict[str, Any]],
    *,
    authority: dict[str, Any],
    credential: str,
    version: str,
) -> list[str]:
    """Stores checked statements (rules.py), which are changed in place, and returns their ids in order.

    A statement that is already there is passed over; another one under the same id raises `Conflict`, and two with
    the same id in one batch `Invalid`: then nothing of the batch may be committed.
    """
    if len(statements) > MAX_BATCH:
        raise TooLarge(f"A batch may hold {MAX_BATCH} statements; this one has {len(statements)}.")
    keys = Keys(tenant_id)
    offered = [_prepare(statement, authority, version) for statement in statements]
    _number(offered)
    if len({item.id for item in offered}) < len(offered):
        raise Invalid("Two statements of the batch have the same id.")
    new = _insert(session, tenant_id, offered)
    if new:
        entries = KeyEntries(keys, credential)
        entries.add_all(new)
        follow_references(session, tenant_id, new, entries)
        bulk.insert_keys(session, entries.rows)
        remember_definitions(session, tenant_id, [(item.position, item.statement) for item in new], keys)
        _tell(session, tenant_id, new)
    return [item.statement["id"] for item in offered]


def _prepare(statement: dict[str, Any], authority: dict[str, Any], version: str) -> New:
    """Sets what the LRS sets, except the time (1.0.3 Data 2.4: id, authority, version)."""
    named = "id" in statement
    if not named:
        statement["id"] = str(new_id())
    statement["authority"] = authority
    statement.setdefault("version", version)
    _list_context_activities(statement)
    return New(UUID(statement["id"]), 0, statement, b"", "timestamp" in statement, named)


def _number(new: list[New]) -> None:
    """Gives position, stored and, where there was none, timestamp (1.0.3 Data 2.4.7, 2.4.8)."""
    for position, item in zip(positions.take(len(new)), new, strict=True):
        stored = values.format_timestamp(positions.stored_at(position))
        item.position = position
        item.statement["stored"] = stored
        if not item.timed:
            item.statement["timestamp"] = stored
        item.payload = orjson.dumps(item.statement)


def _insert(session: Session, tenant_id: UUID, offered: list[New]) -> list[New]:
    """The statements that were not there before, now stored. Raises `Conflict` if one differs from its namesake."""
    new: list[New] = []
    for _ in range(10):
        if bulk.insert_statements(session, tenant_id, offered) == len(offered):
            return new + offered
        stored = _stored(session, tenant_id, offered)
        collided = []
        for item in offered:
            if item.id not in stored:
                collided.append(item)  # another process took the same position; see positions.py
                continue
            position, payload = stored[item.id]
            if position == item.position:
                new.append(item)
            elif not _same(orjson.loads(payload), item):
                raise Conflict(f"Another statement is already stored under the id {item.statement['id']}.")
        if not collided:
            return new
        positions.change_node()
        _number(collided)
        offered = collided
    raise Unavailable("The statements found no place; please send them again.")


def _stored(session: Session, tenant_id: UUID, offered: list[New]) -> dict[UUID, tuple[int, bytes]]:
    found = session.execute(
        select(Statement.statement_id, Statement.position, Statement.payload).where(
            Statement.tenant_id == tenant_id, Statement.statement_id.in_([item.id for item in offered])
        )
    )
    return {statement_id: (position, payload) for statement_id, position, payload in found}


def _same(stored: dict[str, Any], item: New) -> bool:
    received = item.statement if item.timed else {**item.statement, "timestamp": stored["timestamp"]}
    return same_statement(stored, received)


def _tell(session: Session, tenant_id: UUID, new: list[New]) -> None:
    rows = [
        {
            "id": item.id,
            "stored": positions.stored_at(item.position),
            "statement": item.statement,
            "voids": item.voids,
        }
        for item in new
        if not item.voided
    ]
    if rows and statements_stored.receivers:
        statements_stored.send(None, session=session, tenant_id=tenant_id, statements=rows)


def _list_context_activities(statement: dict[str, Any]) -> None:
    """A single context activity is given back as a list of one (1.0.3 Data 2.4.6.2)."""
    for part in (statement, statement["object"]):
        activities = part.get("context", {}).get("contextActivities")
        if activities:
            for name, value in activities.items():
                if type(value) is dict:
                    activities[name] = [value]
