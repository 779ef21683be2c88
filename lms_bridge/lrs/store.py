"""How statements come in: one transaction, a handful of SQL statements however large the batch.

Order: the ids (they decide what is new) with the statements and their keys, what StatementRefs make of them, their
definitions, then the signal. Rows that several senders may write at once are written in the order of their keys, so
that no two transactions wait for each other in a circle.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from lms_bridge.db import new_id
from lms_bridge.errors import Conflict, Invalid, TooLarge, Unavailable

from . import bulk, fresh, positions
from .activities import Unheard, definitions, remember, remembered, unheard
from .comparing import same_statement
from .parsing import parse_json
from .query import payloads
from .references import Keys
from .signals import StoredStatement, statements_stored
from .statementrefs import follow_references, target_of
from .writers import Writers

MAX_BATCH = 10_000


class PlaceTaken(Unavailable):
    """Another process took the same position. The transaction is lost; in another one there is a place."""


@dataclass(slots=True)
class New:
    """A statement on its way in."""

    statement: dict[str, Any]
    key: bytes  # of its id
    keys: set[int]  # of all that it is found by
    timed: bool  # the sender gave a timestamp
    position: int = 0
    payload: bytes = b""
    awaited: bool = False  # another statement pointed at it before it came
    voided: bool = False

    @property
    def target(self) -> str | None:
        return target_of(self.statement)


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
    the same id in one batch `Invalid`: then nothing of the batch may be committed. `PlaceTaken`, very rarely: roll
    back and try again.
    """
    if len(statements) > MAX_BATCH:
        raise TooLarge(f"A batch may hold {MAX_BATCH} statements; this one has {len(statements)}.")
    keys = Keys(tenant_id)
    sender = keys.of_sender(authority, credential)
    offered = [_prepare(statement, authority, version, keys, sender) for statement in statements]
    if len({item.key for item in offered}) < len(offered):
        raise Invalid("Two statements of the batch have the same id.")
    _number(offered)
    new = _insert(session, tenant_id, offered)
    if new:
        follow_references(session, tenant_id, new, keys)
        remember(session, tenant_id, unheard([(item.position, item.statement) for item in new], keys))
        _tell(session, tenant_id, new)
    return [item.statement["id"] for item in offered]


Read = tuple[dict[str, Any], bytes]  # a statement, and the text that it was read from


class NotFresh(Exception):
    """Something among the statements needs a look at what is stored."""


def store_fresh(
    session: Session,
    writers: Writers,
    tenant_id: UUID,
    parts: Iterator[list[Read]],
    *,
    authority: dict[str, Any],
    credential: str,
    version: str,
) -> list[str]:
    """As `store_statements`, for statements that bring their ids, are not there yet, and refer to no others, as
    nearly all do; raises `NotFresh` where one is not like that, `NotJson` where a name stands twice in its text, and
    whatever the database says against it: then the session must be rolled back, and nothing is stored. They come in
    parts.

    The slices above are told first. Where they have nothing to write either, `session` is not begun, and the
    statements go in a transaction of their own, by this thread's of the `writers`; else all goes into the session's.
    """
    keys = Keys(tenant_id)
    sender = keys.of_sender(authority, credential)
    new: list[New] = []
    ids: list[str] = []
    said: Unheard = {}
    rows: bulk.Definitions = []

    def told(some: list[Read]) -> list[New]:
        if any("id" not in one or target_of(one) for one, _ in some):
            raise NotFresh
        taken = [_prepare(one, authority, version, keys, sender) for one, _ in some]
        _number(taken)
        for item, (_, text) in zip(taken, some, strict=True):
            # what is written again to the letter had no name twice
            if not item.payload.startswith(text[:-1]):
                parse_json(text)
        for one, first in unheard([(item.position, item.statement) for item in taken], keys).items():
            said.setdefault(one, first)
        _tell(session, tenant_id, taken)
        return taken

    with suppress(_Begun), fresh.inserting(session, writers, tenant_id, rows) as insert:
        for part in parts:
            new += (some := told(part))
            if session.in_transaction():
                raise _Begun
            insert(some)
            ids += _let_go(some)
        rows += definitions(said)
    if not session.in_transaction():
        remembered.add(said)
        return ids
    new += told(list(chain.from_iterable(parts)))  # the slices above shall not be asked for each part
    remember(session, tenant_id, said)
    if bulk.insert_all(session, tenant_id, new) is not None:
        raise NotFresh
    return ids + _let_go(new[len(ids) :])


def _let_go(some: list[New]) -> list[str]:
    """The ids of statements that are only kept as they are written: what was read takes ten times the room."""
    ids = [item.statement["id"] for item in some]
    for item in some:
        item.statement = {}
    return ids


class _Begun(Exception):
    """The slices above write something, too."""


def _prepare(
    statement: dict[str, Any], authority: dict[str, Any], version: str, keys: Keys, sender: set[int]
) -> New:
    """Sets what the LRS sets, except the time (1.0.3 Data 2.4: id, authority, version)."""
    if "id" not in statement:
        statement["id"] = str(new_id())
    statement.pop("authority", None)  # whoever it names
    statement.setdefault("version", version)
    _list_context_activities(statement)
    found_by = keys.of_statement(statement)
    found_by |= sender
    statement["authority"] = authority
    return New(statement, keys.statement_id(statement["id"]), found_by, "timestamp" in statement)


def _number(new: list[New]) -> None:
    """Gives position, stored and, where there was none, timestamp (1.0.3 Data 2.4.7, 2.4.8)."""
    for position, item in zip(positions.take(len(new)), new, strict=True):
        stored = positions.written_time(position)
        item.position = position
        item.statement["stored"] = stored
        if not item.timed:
            item.statement["timestamp"] = stored
        item.payload = orjson.dumps(item.statement)


def _insert(session: Session, tenant_id: UUID, offered: list[New]) -> list[New]:
    """The statements that were not there before, now stored. Raises `Conflict` if one differs from its namesake."""
    try:
        free = bulk.insert_all(session, tenant_id, offered)
        if free is None:
            return offered
        new = [item for item in offered if item.position in free]
        rest = {item.key: item for item in offered if item.position not in free}
        awaited = _compare(session, tenant_id, rest)
        bulk.claim_ids(session, awaited)
        new = sorted(new + awaited, key=lambda item: item.position)
        bulk.insert_statements(session, tenant_id, new)
        return new
    except bulk.PLACE_TAKEN:  # by another process; see positions.py
        positions.change_node()
        for item in offered:
            if not item.timed:
                del item.statement["timestamp"]
        raise PlaceTaken("The statements found no place; please send them again.") from None


def _compare(session: Session, tenant_id: UUID, rest: dict[bytes, New]) -> list[New]:
    """Of statements whose ids are taken, those that were only spoken of until now. The others must be the same."""
    taken = bulk.find_ids(session, list(rest))
    places = [position for position in taken.values() if position is not None]
    stored = payloads(session, tenant_id, places)
    awaited = []
    for key, item in rest.items():
        position = taken.get(key)
        if position is None:
            item.awaited = True
            awaited.append(item)
        elif position not in stored or not _same(orjson.loads(stored[position]), item):
            raise Conflict(f"Another statement is already stored under the id {item.statement['id']}.")
    return awaited


def _same(stored: dict[str, Any], item: New) -> bool:
    received = item.statement if item.timed else {**item.statement, "timestamp": stored["timestamp"]}
    return same_statement(stored, received)


def _tell(session: Session, tenant_id: UUID, new: list[New]) -> None:
    told = [StoredStatement(item.statement) for item in new if not item.voided]
    if told:
        # what send() does beside takes longer than most receivers do
        for receiver in statements_stored.receivers_for(None):
            receiver(None, session=session, tenant_id=tenant_id, statements=told)


def _list_context_activities(statement: dict[str, Any]) -> None:
    """A single context activity is given back as a list of one (1.0.3 Data 2.4.6.2)."""
    for part in (statement, statement["object"]):
        activities = part.get("context", {}).get("contextActivities")
        if activities:
            for name, value in activities.items():
                if type(value) is dict:
                    activities[name] = [value]
