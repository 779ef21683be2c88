"""Derives standings from the register's facts: for some people after a change, or for all in a rebuild."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, cast

from sqlalchemy import Row, Table, delete, insert, select
from sqlalchemy.orm import Session

from ..db import insert_many, new_id
from . import status
from .dates import Renewal, Validity
from .models import Competence, Evidence, Exemption, Person, Position, Requirement, Standing, Unit

BATCH = 500
_METHODS = {method.value: method for method in status.Method}
_RESULTS = {result.value: result for result in status.Result}


def rebuild(session: Session, competence_id: uuid.UUID | None = None) -> int:
    """Derives everybody's standings anew; returns how many there are. The result is what was there before."""
    everybody = session.scalars(select(Person.id).order_by(Person.id)).all()
    return refresh(session, everybody, {competence_id} if competence_id else None)


def refresh(
    session: Session, person_ids: Collection[uuid.UUID], about: Collection[uuid.UUID] | None = None
) -> int:
    """Derives the standings of these people, in a few queries per 500 of them.

    `about`: only what asks for one of these competences, or accepts one instead; None: everything.
    """
    if not person_ids:
        return 0
    session.flush()
    policy = _Policy(session, about)
    return sum(_refresh_batch(session, policy, batch) for batch in _batches(person_ids))


def _batches(ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    waiting = iter(ids)
    while batch := list(islice(waiting, BATCH)):
        yield batch


class _Policy:
    """Every version of every requirement, and which positions each concerns."""

    def __init__(self, session: Session, about: Collection[uuid.UUID] | None) -> None:
        competences = select(Competence.id, Competence.validity_months)
        self._months = {row.id: row.validity_months for row in session.execute(competences)}
        self._parents = {u.id: u.parent_id for u in session.execute(select(Unit.id, Unit.parent_id))}
        order = (Requirement.key, Requirement.effective_from, Requirement.policy_version)
        rows = session.scalars(select(Requirement).order_by(*order)).all()
        self.asked: set[uuid.UUID] | None = None
        if about is not None:
            texts = {str(competence) for competence in about}
            self.asked = set(about) | {r.competence_id for r in rows if texts & set(r.alternatives)}
            rows = [r for r in rows if r.competence_id in self.asked]
        self._requirements = [(r, frozenset(r.roles), self._pure(r)) for r in rows]
        self._asked: dict[tuple[frozenset[str], uuid.UUID], dict[str, list[status.Requirement]]] = {}

    @property
    def accepted(self) -> set[uuid.UUID]:
        """The competences of which evidence matters."""
        pure = [p for _, _, p in self._requirements]
        return {uuid.UUID(c) for p in pure for c in (p.competence, *p.alternatives)}

    def asked_of(self, position: Row[Any]) -> dict[str, list[status.Requirement]]:
        """The requirements that concern a position, by competence."""
        place = frozenset(position.roles), position.unit_id
        if place not in self._asked:
            self._asked[place] = self._asked_at(*place)
        return self._asked[place]

    def _asked_at(self, roles: frozenset[str], unit_id: uuid.UUID) -> dict[str, list[status.Requirement]]:
        above = self._above(unit_id)
        found: dict[str, list[status.Requirement]] = defaultdict(list)
        for row, wanted, pure in self._requirements:
            if (not wanted or wanted & roles) and (row.unit_id is None or row.unit_id in above):
                found[pure.competence].append(pure)
        return found

    def _above(self, unit_id: uuid.UUID | None) -> set[uuid.UUID]:
        """The unit and all that it is a part of."""
        found: set[uuid.UUID] = set()
        while unit_id is not None and unit_id not in found:
            found.add(unit_id)
            unit_id = self._parents.get(unit_id)
        return found

    def _pure(self, row: Requirement) -> status.Requirement:
        months = row.validity_months or self._months.get(row.competence_id)
        methods = status.SATISFYING
        if row.admissible is not None:
            methods = frozenset(status.Method(m) for m in row.admissible) & status.SATISFYING
        return status.Requirement(
            key=str(row.key),
            policy_version=row.policy_version,
            competence=str(row.competence_id),
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            introduced=row.introduced,
            retroactive=row.retroactive,
            alternatives=frozenset(row.alternatives),
            level=row.level,
            due_days=row.due_days,
            validity=Validity(months, Renewal(row.renewal), row.window_days, row.calendar_month),
            admissible=methods,
        )


def _refresh_batch(session: Session, policy: _Policy, people: list[uuid.UUID]) -> int:
    gone = delete(Standing).where(Standing.person_id.in_(people))
    if policy.asked is not None:
        gone = gone.where(Standing.competence_id.in_(policy.asked))
    session.execute(gone, execution_options={"synchronize_session": False})
    evidence = _evidence_of(session, people, policy.accepted)
    exemptions = _exemptions_of(session, people)
    positions = select(
        Position.id,
        Position.person_id,
        Position.unit_id,
        Position.roles,
        Position.starts_on,
        Position.ends_on,
        Position.due_from,
    ).where(Position.person_id.in_(people))
    rows = []
    for position in session.execute(positions.order_by(Position.id)):
        duty = status.Duty(position.starts_on, position.ends_on, position.due_from)
        person = position.person_id
        for competence, requirements in policy.asked_of(position).items():
            accepted = {competence}.union(*(r.alternatives for r in requirements))
            known = [e for c in accepted for e in evidence[person, c]]
            for one in status.standings(duty, requirements, known, exemptions[person, competence]):
                rows.append(_row(session, position, one))
    if rows:
        insert_many(session, insert(cast(Table, Standing.__table__)), rows)
    return len(rows)


def _row(session: Session, position: Row[Any], one: status.Standing) -> dict[str, Any]:
    until = one.valid_until
    return {
        "id": new_id(),
        "tenant_id": session.info["tenant_id"],
        "position_id": position.id,
        "person_id": position.person_id,
        "unit_id": position.unit_id,
        "competence_id": uuid.UUID(one.competence),
        "required_from": one.required_from,
        "required_to": one.required_to,
        "policy_version": one.policy_version,
        "level": one.level,
        "window_days": one.window_days,
        "exempt": one.exempt,
        "due_on": one.due_on,
        "attained_on": one.attained_on,
        "valid_until": until,
        "expiring_from": until - timedelta(days=one.window_days) if until else None,
        "evidence_id": uuid.UUID(one.evidence) if one.evidence else None,
        "started": one.started,
        "awaiting_approval": one.awaiting_approval,
    }


def _evidence_of(
    session: Session, people: list[uuid.UUID], competences: Collection[uuid.UUID]
) -> defaultdict[tuple[uuid.UUID, str], list[status.Evidence]]:
    rows = session.execute(
        select(
            Evidence.id,
            Evidence.person_id,
            Evidence.source,
            Evidence.record,
            Evidence.revision,
            Evidence.competence_id,
            Evidence.day,
            Evidence.method,
            Evidence.result,
            Evidence.level,
            Evidence.validity_months,
            Evidence.valid_until,
            Evidence.awaiting_approval,
        ).where(Evidence.person_id.in_(people), Evidence.competence_id.in_(competences))
    )
    found: defaultdict[tuple[uuid.UUID, str], list[status.Evidence]] = defaultdict(list)
    for row in rows:
        one = _pure_evidence(row)
        found[row.person_id, one.competence].append(one)
    return found


def _pure_evidence(row: Row[Any]) -> status.Evidence:
    """A row of evidence as the rules read it."""
    return status.Evidence(
        id=str(row.id),
        source=row.source,
        record=row.record,
        revision=row.revision,
        competence=str(row.competence_id),
        day=row.day,
        method=_METHODS[row.method],
        result=_RESULTS[row.result],
        level=row.level,
        validity_months=row.validity_months,
        valid_until=row.valid_until,
        awaiting_approval=row.awaiting_approval,
    )


def _exemptions_of(
    session: Session, people: list[uuid.UUID]
) -> defaultdict[tuple[uuid.UUID, str], list[status.Exemption]]:
    rows = session.execute(
        select(Exemption.person_id, Exemption.competence_id, Exemption.starts_on, Exemption.until)
        .where(Exemption.person_id.in_(people))
        .order_by(Exemption.starts_on)
    )
    found: defaultdict[tuple[uuid.UUID, str], list[status.Exemption]] = defaultdict(list)
    for row in rows:
        found[row.person_id, str(row.competence_id)].append(status.Exemption(row.starts_on, row.until))
    return found


def export(session: Session) -> Iterator[dict[str, Any]]:
    """The derived register in a fixed order without row ids, for comparing and for handing over."""
    columns = [c for c in Standing.__table__.columns if c.name not in {"id", "tenant_id"}]
    order = (Standing.position_id, Standing.competence_id, Standing.required_from)
    for row in session.execute(select(Standing).order_by(*order)).scalars():
        values = {c.name: getattr(row, c.name) for c in columns}
        yield {k: v if v is None or isinstance(v, bool | int) else str(v) for k, v in values.items()}
