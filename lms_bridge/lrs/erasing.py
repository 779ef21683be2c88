"""Erasing a person (GDPR article 17) from a store whose statements cannot be changed.

The standard lets nobody alter or delete a statement (1.0.3 Data 2.3.1); the law stands above it. So a statement that
names the person anywhere is deleted whole, never rewritten: what is left is exactly what was received. Evidence in the
competence register is another record, with its own duty to document, and is not touched here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from lms_bridge.accounts import audit
from lms_bridge.db import after_commit

from . import bulk, credentials, days, pending
from .blocks import is_at
from .identity import identity
from .models import Document, IndexEntry, LaunchToken, Statement
from .query import count_pending
from .references import AGENT, CREDENTIAL, RELATED_AGENT, Keys, references

AT_ONCE = 500
Placed = tuple[int, dict[str, Any]]  # position, statement


@dataclass(frozen=True)
class Traces:
    """How much the store holds of a person."""

    statements: int
    documents: int

    def __bool__(self) -> bool:
        return bool(self.statements or self.documents)


def traces_of(session: Session, tenant_id: UUID, person: str) -> Traces:
    """`person` is an identity as in identity.py. Statements that refer to one about the person are counted too."""
    indexed = session.scalar(
        select(func.count(func.distinct(Statement.position)))
        .join(IndexEntry, is_at(Statement.position))
        .where(IndexEntry.key.in_(_keys(tenant_id, person)), Statement.tenant_id == tenant_id)
    )
    documents = session.scalar(
        select(func.count())
        .select_from(Document)
        .where(Document.agent == person, Document.tenant_id == tenant_id)
    )
    return Traces((indexed or 0) + count_pending(session, _keys(tenant_id, person)), documents or 0)


def erase_person(session: Session, tenant_id: UUID, person: str) -> Traces:
    """Deletes every statement that names the person, their state and profile, and their open launches; returns what
    there was. The trail says that it was done, not whom it was.
    """
    pending.settle(session)
    documents = traces_of(session, tenant_id, person).documents
    count = 0
    for statements in _statements_of(session, tenant_id, person):
        delete_statements(session, tenant_id, statements)
        count += len(statements)
    session.execute(delete(IndexEntry).where(IndexEntry.key.in_(_keys(tenant_id, person))))
    session.execute(delete(Document).where(Document.agent == person, Document.tenant_id == tenant_id))
    for token in session.scalars(select(LaunchToken).where(LaunchToken.tenant_id == tenant_id)):
        if identity(token.actor) == person:
            session.delete(token)
    audit.record(session, "lrs_person.erased", "lrs", statements=count, documents=documents)
    after_commit(session, credentials.remembered.clear)
    return Traces(count, documents)


def delete_statements(
    session: Session, tenant_id: UUID, statements: list[Placed], *, for_good: bool = False
) -> None:
    """Deletes these, with all that they are found by. Unless it is for good, one that comes again is still what
    others said of it meanwhile, such as voided.
    """
    pending.settle(session)
    keys = Keys(tenant_id)
    entries = [(key, position) for position, one in statements for key in _found_by(keys, one)]
    ids = [keys.statement_id(statement["id"]) for _, statement in statements]
    bulk.delete_keys(session, entries)
    bulk.free_ids(session, ids, for_good=for_good)
    places = [position for position, _ in statements]
    days.forget(session, tenant_id, places)
    session.execute(
        delete(Statement)
        .where(Statement.tenant_id == tenant_id, Statement.position.in_(places))
        .execution_options(synchronize_session=False)
    )


def _found_by(keys: Keys, statement: dict[str, Any]) -> set[int]:
    """Who stored it stands in its authority: a key, or the launch of a registration."""
    found = keys.of_statement(statement)
    sender = statement["authority"].get("account", {}).get("name")
    registration = statement.get("context", {}).get("registration", "").lower()
    return found | {keys(CREDENTIAL, name) for name in (sender, f"launch {registration}") if name}


def parsed(rows: Iterable[Row[tuple[int, bytes]]]) -> list[Placed]:
    return [(position, orjson.loads(payload)) for position, payload in rows]


def _keys(tenant_id: UUID, person: str) -> list[int]:
    keys = Keys(tenant_id)
    return [keys(AGENT, person), keys(RELATED_AGENT, person)]


def _statements_of(session: Session, tenant_id: UUID, person: str) -> Iterator[list[Placed]]:
    """Those that name the person, some at a time; statements that only refer to one of them stay."""
    after = -1
    while True:
        rows = session.execute(
            select(Statement.position, Statement.payload)
            .join(IndexEntry, is_at(Statement.position))
            .where(
                IndexEntry.key.in_(_keys(tenant_id, person)),
                Statement.tenant_id == tenant_id,
                Statement.position > after,
            )
            .order_by(Statement.position)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        after = rows[-1][0]
        naming = [
            (position, statement)
            for position, statement in parsed(rows)
            if any(value == person for role, value in references(statement) if role in (AGENT, RELATED_AGENT))
        ]
        if naming:
            yield naming
