"""What a StatementRef as object does: the referring statement is found by everything its target is found by
(1.0.3 Communication 2.1.3, filter conditions for StatementRefs), and a voiding statement takes its target out of
sight (Data 2.3.2). Both hold in whichever order the two arrive.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.orm import Session

from . import bulk
from .models import Statement
from .query import payloads
from .references import TARGET, Keys
from .rules import VOIDED

if TYPE_CHECKING:
    from .store import New

MAX_CHAIN = 20  # how far references are followed


def follow_references(session: Session, tenant_id: UUID, new: "list[New]", keys: Keys) -> None:
    """Stores what is inherited, and marks what is voided, in the database and in `new`."""
    referring = [item for item in new if item.target]
    awaited = [item for item in new if item.awaited]
    if referring or awaited:
        _Walk(session, tenant_id, keys).follow(new, referring, awaited)


class _Walk:
    def __init__(self, session: Session, tenant_id: UUID, keys: Keys) -> None:
        self.session = session
        self.tenant_id = tenant_id
        self.keys = keys
        self.rows: list[tuple[int, int]] = []  # of the index
        self.inherited: dict[int, set[int]] = {}

    def follow(self, new: "list[New]", referring: "list[New]", awaited: "list[New]") -> None:
        voided = self._from_referring(referring)
        own = {item.position for item in new}
        for item in awaited:
            for position in self._referring_to(item.statement["id"]) - own:
                if self._to_referring(item, position, own):
                    voided.add(item.position)
        bulk.insert_keys(self.session, self.rows)
        if voided:
            self._void(voided)
            for item in new:
                item.voided = item.position in voided

    def _from_referring(self, referring: "list[New]") -> set[int]:
        """New statements that refer to stored ones inherit from them, and through them; returns what is voided."""
        voided: set[int] = set()
        steps = [(item, target) for item in referring if (target := item.target)]
        bulk.await_ids(self.session, [self.keys.statement_id(target) for _, target in steps])
        for depth in range(MAX_CHAIN):
            if not steps:
                break
            targets = self._statements({target for _, target in steps})
            steps = [(item, target) for item, target in steps if target in targets]
            for item, target in steps:
                position, statement = targets[target]
                self._inherit(item.position, statement)
                if depth == 0 and is_voiding(item.statement) and not is_voiding(statement):
                    voided.add(position)
            steps = [(item, further) for item, target in steps if (further := target_of(targets[target][1]))]
        return voided

    def _to_referring(self, item: "New", position: int, seen: set[int]) -> bool:
        """A stored statement, and those that refer to it, inherit from the new one; True if it voids the new one."""
        positions = {position}
        voided = False
        for depth in range(MAX_CHAIN):
            self._lend(item, positions)
            seen = seen | positions
            statements = self._at(positions).values()
            if depth == 0:
                voided = not is_voiding(item.statement) and any(map(is_voiding, statements))
            positions = self._referring_to(*(statement["id"] for statement in statements)) - seen
            if not positions:
                break
        return voided

    def _inherit(self, position: int, statement: dict[str, Any]) -> None:
        """The statement at `position` refers to `statement` and is found by what finds that one."""
        keys = self._lent_by(statement)
        self.inherited.setdefault(position, set()).update(keys)
        self.rows += [(key, position) for key in keys]

    def _lend(self, item: "New", borrowers: set[int]) -> None:
        """The statements at these positions refer to `item`."""
        keys = self._lent_by(item.statement) | self.inherited.get(item.position, set())
        self.rows += [(key, position) for position in borrowers for key in keys]

    def _lent_by(self, statement: dict[str, Any]) -> set[int]:
        target = target_of(statement)
        return self.keys.of_statement(statement) - ({self.keys(TARGET, target)} if target else set())

    def _referring_to(self, *ids: str) -> set[int]:
        """The positions of the statements that point at these."""
        return {at for _, at in bulk.find_keys(self.session, [self.keys(TARGET, one.lower()) for one in ids])}

    def _statements(self, ids: set[str]) -> dict[str, tuple[int, dict[str, Any]]]:
        """{id: (position, statement)} of those that are there."""
        keys = {self.keys.statement_id(one): one for one in ids}
        found = bulk.find_ids(self.session, list(keys))
        stored = self._at({position for position in found.values() if position is not None})
        return {keys[key]: (at, stored[at]) for key, at in found.items() if at is not None and at in stored}

    def _at(self, positions: set[int]) -> dict[int, dict[str, Any]]:
        found = payloads(self.session, self.tenant_id, positions)
        return {position: orjson.loads(payload) for position, payload in found.items()}

    def _void(self, positions: set[int]) -> None:
        self.session.execute(
            update(Statement)
            .where(Statement.tenant_id == self.tenant_id, Statement.position.in_(sorted(positions)))
            .values(voided=True)
            .execution_options(synchronize_session=False)
        )


def target_of(statement: dict[str, Any]) -> str | None:
    """The id, in lower case, of the statement that the object of this one points at (StatementRef)."""
    target = statement["object"]
    return str(target["id"]).lower() if target.get("objectType") == "StatementRef" else None


def is_voiding(statement: dict[str, Any]) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)
