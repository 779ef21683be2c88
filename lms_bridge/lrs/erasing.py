"""Erasing a person (GDPR article 17) from a store whose statements cannot be changed.

The standard lets nobody alter or delete a statement (1.0.3 Data 2.3.1); the law stands above it. So a statement that
names the person anywhere is deleted whole, never rewritten: what is left is exactly what was received. Evidence in the
competence register is another record, with its own duty to document, and is not touched here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms_bridge.accounts import audit
from lms_bridge.db import after_commit

from . import bulk, credentials
from .identity import identity
from .models import Document, IndexEntry, LaunchToken, Statement
from .references import AGENT, RELATED_AGENT, Keys, references

AT_ONCE = 500


@dataclass(frozen=True)
class Traces:
    """How much the store holds of a person."""

    statements: int
    documents: int

    def __bool__(self) -> bool:
        return bool(self.statements or self.documents)


def traces_of(session: Session, tenant_id: UUID, person: str) -> Traces:
    """`person` is an identity as in identity.py. Statements that refer to one about the person are counted too."""
    statements = session.scalar(
        select(func.count(func.distinct(IndexEntry.position)))
        .join(Statement, Statement.position == IndexEntry.position)
        .where(IndexEntry.key.in_(_keys(tenant_id, person)), Statement.tenant_id == tenant_id)
    )
    documents = session.scalar(
        select(func.count())
        .select_from(Document)
        .where(Document.agent == person, Document.tenant_id == tenant_id)
    )
    return Traces(statements or 0, documents or 0)


def erase_person(session: Session, tenant_id: UUID, person: str) -> Traces:
    """Deletes every statement that names the person, their state and profile, and their open launches; returns what
    there was. The trail says that it was done, not whom it was.
    """
    documents = traces_of(session, tenant_id, person).documents
    keys, count = Keys(tenant_id), 0
    for statements in _statements_of(session, tenant_id, person):
        entries = [
            (keys(role, value), position)
            for position, statement in statements
            for role, value in references(statement)
        ]
        bulk.delete_keys(session, entries)
        bulk.free_ids(session, [keys.statement_id(statement["id"]) for _, statement in statements])
        count += len(statements)
        session.execute(
            delete(Statement)
            .where(
                Statement.tenant_id == tenant_id, Statement.position.in_([place for place, _ in statements])
            )
            .execution_options(synchronize_session=False)
        )
    session.execute(delete(IndexEntry).where(IndexEntry.key.in_(_keys(tenant_id, person))))
    session.execute(delete(Document).where(Document.agent == person, Document.tenant_id == tenant_id))
    for token in session.scalars(select(LaunchToken).where(LaunchToken.tenant_id == tenant_id)):
        if identity(token.actor) == person:
            session.delete(token)
    audit.record(session, "lrs_person.erased", "lrs", statements=count, documents=documents)
    after_commit(session, credentials.remembered.clear)
    return Traces(count, documents)


def _keys(tenant_id: UUID, person: str) -> list[int]:
    keys = Keys(tenant_id)
    return [keys(AGENT, person), keys(RELATED_AGENT, person)]


def _statements_of(
    session: Session, tenant_id: UUID, person: str
) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Those that name the person, some at a time; statements that only refer to one of them stay."""
    after = -1
    while True:
        rows = session.execute(
            select(Statement.position, Statement.payload)
            .join(IndexEntry, IndexEntry.position == Statement.position)
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
        parsed = {position: orjson.loads(payload) for position, payload in rows}
        naming = [
            (position, statement)
            for position, statement in parsed.items()
            if any(value == person for role, value in references(statement) if role in (AGENT, RELATED_AGENT))
        ]
        if naming:
            yield naming
