"""Which activities of others give which competence: a pattern of addresses, and what counts.

What a mapping gives follows from it alone: where it is changed or removed, what it gave is looked through again
(looking_back.py), and evidence that nothing gives any more is retracted. Evidence outlives its statement, which the
LRS deletes when it is older than it is kept: so it says which mapping gave it. Where that is removed, it is retracted;
where that is changed, it stays as it was given, since nothing tells any more what it was of.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import after_commit
from ..errors import N_, Invalid, NotFound
from ..lrs.patterns import matches
from .models import ActivityMapping, Competence
from .service import NewEvidence
from .status import Result

WORDS = {
    "http://adlnet.gov/expapi/verbs/completed": "completed",
    "http://adlnet.gov/expapi/verbs/passed": "passed",
    "http://adlnet.gov/expapi/verbs/failed": "failed",
    "http://adlnet.gov/expapi/verbs/attended": "attended",
    "http://adlnet.gov/expapi/verbs/mastered": "mastered",
    "https://w3id.org/xapi/adl/verbs/satisfied": "satisfied",
}
"""What verbs say of an activity; `satisfied` is said of a whole cmi5 course (cmi5 9.3.9)."""

COUNTING = {
    "completed": N_("completed"),
    "passed": N_("passed"),
    "attended": N_("attended"),
    "mastered": N_("mastered"),
    "satisfied": N_("satisfied (a cmi5 course)"),
}
USUAL = ("completed", "passed")
MOST_MONTHS = 1200
REMEMBERED_SECONDS = 5.0


@dataclass(frozen=True)
class Rule:
    """What a mapping says, apart from its row."""

    pattern: str
    competence_id: uuid.UUID
    words: Collection[str]
    level: int | None
    validity_months: int | None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Gain:
    """What a result gives of one competence."""

    rule: Rule
    result: Result

    def evidence(self, *, score: float | None, **more: Any) -> NewEvidence:
        """`score` is from 0 to 1; `more`: the other fields of NewEvidence."""
        return NewEvidence(
            competence_id=self.rule.competence_id,
            result=self.result,
            level=self.rule.level,
            validity_months=self.rule.validity_months,
            mapping_id=self.rule.id,
            score=round(float(score) * 100, 1) if score is not None else None,
            **more,
        )


_known: WeakKeyDictionary[Any, dict[uuid.UUID, tuple[float, list[Rule]]]] = WeakKeyDictionary()
"""By a database's connections, then municipality: until when it is remembered, and what there is."""


def rules(session: Session, *, remembered: bool = True) -> list[Rule]:
    """The municipality's, the most particular first: of two that give the same, the longer pattern decides.

    Remembered for a few seconds, for storing must not ask each time; looking back asks.
    """
    tenant_id = session.info["tenant_id"]
    known = _known.setdefault(session.get_bind().engine.pool, {})
    until, found = known.get(tenant_id, (0.0, []))
    if not remembered or until < time.monotonic():
        rows = session.scalars(select(ActivityMapping).order_by(ActivityMapping.id))
        found = sorted(map(rule_of, rows), key=lambda rule: -len(rule.pattern))
        known[tenant_id] = (time.monotonic() + REMEMBERED_SECONDS, found)
    return found


def _forget_at_commit(session: Session) -> None:
    tenant_id, pool = session.info["tenant_id"], session.get_bind().engine.pool
    known = _known.setdefault(pool, {})

    def forget() -> None:
        known.pop(tenant_id, None)

    forget()
    after_commit(session, forget)


def rule_of(row: ActivityMapping) -> Rule:
    return Rule(row.pattern, row.competence_id, frozenset(row.words), row.level, row.validity_months, row.id)


def gained(among: Sequence[Rule], names: Iterable[str], word: str, *, refuted: bool = False) -> list[Gain]:
    """What a result on an activity with these names gives, each competence once. What is told but does not count,
    or is `refuted` by the result's own success or completion, shows that somebody has begun.
    """
    found: dict[uuid.UUID, Gain] = {}
    names = list(names)
    for rule in among:
        if any(matches(rule.pattern, name) for name in names):
            attained = word in rule.words and not refuted
            gain = Gain(rule, Result.ATTAINED if attained else Result.ATTEMPTED)
            known = found.get(rule.competence_id)
            if known is None or (attained and known.result is not Result.ATTAINED):
                found[rule.competence_id] = gain
    return list(found.values())


def list_mappings(session: Session) -> list[tuple[ActivityMapping, Competence]]:
    """With the competence that each gives, by pattern."""
    rows = session.execute(
        select(ActivityMapping, Competence)
        .join(Competence, Competence.id == ActivityMapping.competence_id)
        .order_by(ActivityMapping.pattern, ActivityMapping.id)
    )
    return list(rows.tuples())


def get_mapping(session: Session, mapping_id: uuid.UUID) -> ActivityMapping:
    """Raises NotFound."""
    row = session.get(ActivityMapping, mapping_id)
    if row is None:
        raise NotFound
    return row


def read(session: Session, form: Mapping[str, str], words: Sequence[str]) -> Rule:
    """The rule that a form describes. Raises Invalid with its fields."""
    pattern, problems = form.get("pattern", "").strip(), {}
    if not pattern.strip("*") or len(pattern) > 1000 or any(c.isspace() for c in pattern):
        problems["pattern"] = N_("Write an address, with * where anything may stand; not * alone.")
    chosen = [word for word in COUNTING if word in words]
    if not chosen:
        problems["words"] = N_("Choose at least one.")
    competence = _competence(session, form.get("competence", ""))
    if competence is None:
        problems["competence"] = N_("Choose a competence.")
    numbers: dict[str, int | None] = {}
    for name, most in (("level", 100), ("validity_months", MOST_MONTHS)):
        numbers[name] = _number(form.get(name, "").strip(), most)
        if numbers[name] == 0:
            problems[name] = N_("Write a whole number.")
    if problems or competence is None:
        raise Invalid(N_("Some fields need another look."), problems)
    return Rule(pattern, competence.id, chosen, numbers["level"], numbers["validity_months"])


def _competence(session: Session, text: str) -> Competence | None:
    try:
        return session.get(Competence, uuid.UUID(text))
    except ValueError:
        return None


def _number(text: str, most: int) -> int | None:
    """None where nothing is written, 0 where it is no number from 1 to `most`."""
    if not text:
        return None
    sound = text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most
    return int(text) if sound else 0


def save(session: Session, rule: Rule, row: ActivityMapping | None = None) -> ActivityMapping:
    """Writes a new mapping, or changes one; what it gives is still to be looked for (looking_back.begin)."""
    new = row is None
    row = row or ActivityMapping()
    row.pattern, row.competence_id, row.words = rule.pattern, rule.competence_id, list(rule.words)
    row.level, row.validity_months = rule.level, rule.validity_months
    session.add(row)
    session.flush()
    audit.record(
        session, "mapping.made" if new else "mapping.changed", f"mapping:{row.id}", pattern=rule.pattern
    )
    _forget_at_commit(session)
    return row


def remove(session: Session, mapping_id: uuid.UUID) -> str:
    """Removes a mapping and returns its pattern: what it gave is still to be taken back. Raises NotFound."""
    row = get_mapping(session, mapping_id)
    session.delete(row)
    session.flush()
    audit.record(session, "mapping.removed", f"mapping:{mapping_id}", pattern=row.pattern)
    _forget_at_commit(session)
    return row.pattern
