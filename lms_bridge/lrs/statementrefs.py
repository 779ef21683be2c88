"""What a StatementRef as object does: the referring statement is found by everything its target is found by
(1.0.3 Communication 2.1.3, filter conditions for StatementRefs), and a voiding statement takes its target out of
sight (Data 2.3.2). Both hold in whichever order the two arrive.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from . import bulk
from .models import Statement
from .references import CREDENTIAL, TARGET, Keys, references
from .rules import VOIDED

if TYPE_CHECKING:
    from .store import New

MAX_CHAIN = 20  # how far references are followed


class KeyEntries:
    """The rows of the index table that a batch makes."""

    def __init__(self, keys: Keys, credential: str) -> None:
        self.rows: list[tuple[int, int]] = []
        self._keys = keys
        self._credential = keys(CREDENTIAL, credential)
        self._inherited: dict[int, set[int]] = {}

    def add_all(self, new: "list[New]") -> None:
        keys = self._keys
        for item in new:
            position = item.position
            found = {keys(role, value) for role, value in references(item.statement)}
            found.add(self._credential)
            self.rows += [(key, position) for key in found]

    def inherit(self, position: int, statement: dict[str, Any]) -> None:
        """The statement at `position` refers to `statement` and is found by what finds that one."""
        keys = self._lent_by(statement)
        self._inherited.setdefault(position, set()).update(keys)
        self.rows += [(key, position) for key in keys]

    def lend(self, item: "New", borrowers: Iterable[int]) -> None:
        """The statements at these positions refer to `item`."""
        keys = self._lent_by(item.statement) | self._inherited.get(item.position, set())
        self.rows += [(key, position) for position in borrowers for key in keys]

    def _lent_by(self, statement: dict[str, Any]) -> set[int]:
        return {self._keys(role, value) for role, value in references(statement) if role != TARGET}

    def target(self, statement_id: UUID) -> int:
        """The key under which those stand that refer to this statement."""
        return self._keys(TARGET, str(statement_id))


def follow_references(session: Session, tenant_id: UUID, new: "list[New]", entries: KeyEntries) -> None:
    """Adds what is inherited to `entries`, and marks what is voided, in the database and in `new`."""
    _Walk(session, tenant_id, entries).follow(new)


class _Walk:
    def __init__(self, session: Session, tenant_id: UUID, entries: KeyEntries) -> None:
        self.session = session
        self.tenant_id = tenant_id
        self.entries = entries

    def follow(self, new: "list[New]") -> None:
        voided = self._from_referring([item for item in new if item.target])
        named = {self.entries.target(item.id): item for item in new if item.named}
        own = {item.position for item in new}
        for key, position in bulk.find_keys(self.session, list(named)):
            if position not in own and self._to_referring(named[key], position, own):
                voided.add(named[key].id)
        if voided:
            self._void(voided)
            for item in new:
                item.voided = item.id in voided

    def _from_referring(self, referring: "list[New]") -> set[UUID]:
        """New statements that refer to stored ones inherit from them, and through them; returns what is voided."""
        voided: set[UUID] = set()
        steps = [(item, target) for item in referring if (target := item.target)]
        for depth in range(MAX_CHAIN):
            if not steps:
                break
            targets = self._statements(Statement.statement_id.in_({target for _, target in steps}))
            by_id = {UUID(statement["id"]): statement for statement in targets}
            steps = [(item, target) for item, target in steps if target in by_id]
            for item, target in steps:
                self.entries.inherit(item.position, by_id[target])
                if depth == 0 and item.voids and not is_voiding(by_id[target]):
                    voided.add(target)
            steps = [
                (item, further) for item, target in steps if (further := target_of(by_id[target])) is not None
            ]
        return voided

    def _to_referring(self, item: "New", position: int, seen: set[int]) -> bool:
        """A stored statement, and those that refer to it, inherit from the new one; True if it voids the new one."""
        positions = {position}
        voided = False
        for depth in range(MAX_CHAIN):
            self.entries.lend(item, positions)
            seen = seen | positions
            statements = self._statements(Statement.position.in_(positions))
            if depth == 0:
                voided = not is_voiding(item.statement) and any(map(is_voiding, statements))
            keys = [self.entries.target(UUID(statement["id"])) for statement in statements]
            positions = {found for _, found in bulk.find_keys(self.session, keys)} - seen
            if not positions:
                break
        return voided

    def _statements(self, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
        query = select(Statement.payload).where(Statement.tenant_id == self.tenant_id, condition)
        return [orjson.loads(payload) for payload in self.session.scalars(query)]

    def _void(self, ids: set[UUID]) -> None:
        self.session.execute(
            update(Statement)
            .where(Statement.tenant_id == self.tenant_id, Statement.statement_id.in_(sorted(ids)))
            .values(voided=True)
            .execution_options(synchronize_session=False)
        )


def target_of(statement: dict[str, Any]) -> UUID | None:
    """The statement that the object of this one points at (StatementRef)."""
    target = statement["object"]
    return UUID(target["id"]) if target.get("objectType") == "StatementRef" else None


def is_voiding(statement: dict[str, Any]) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)
