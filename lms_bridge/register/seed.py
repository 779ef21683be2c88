"""Fills a municipality's register with the demo's people, requirements and history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import Account
from . import identities, policies
from .identities import HR
from .models import Competence, JobRole, Person, Position, Unit
from .service import NewEvidence, record_evidence, time_zone, today
from .status import Method, Result


def seed(session: Session, data: Mapping[str, Any], competences: Sequence[Mapping[str, Any]]) -> None:
    """Loads one municipality of lms_bridge/demo/people.json into its session; accounts are there already.

    `competences`: demo/competences.json. Days count back from today.
    """
    day = today(session)
    units = _units(session, data["units"], day)
    session.add_all(JobRole(code=r["code"], title=r["title"]) for r in data["job_roles"])
    people = _people(session, data["people"], units, day)
    session.flush()
    known = _competences(session, competences)
    asked = _requirements(session, data["requirements"], known, day)
    accounts = {a.email: a for a in session.scalars(select(Account))}
    emails = {p["key"]: p["email"] for p in data["people"]}
    for key, person in people.items():
        if account := accounts.get(emails[key]):
            identities.connect_account(session, account.id, person.id, None)
    record_evidence(session, [_evidence(session, e, people, known, day) for e in data["evidence"]])
    for one in data["exemptions"]:
        decider = accounts.get(emails[one["decided_by"]])
        policies.exempt(
            session,
            person_id=people[one["person"]].id,
            competence_id=asked[one["requirement"]],
            reason=one["reason"],
            starts_on=day - timedelta(days=one["from_days_ago"]),
            until=day + timedelta(days=one["until_in_days"]),
            account_id=decider.id if decider else people[one["decided_by"]].id,
            decider=people[one["decided_by"]].id,
        )


def _units(session: Session, rows: Sequence[Mapping[str, Any]], day: date) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for row in rows:
        parent = found[row["parent"]].id if row["parent"] else None
        unit = Unit(
            source=HR,
            code=row["code"],
            name=row["name"],
            parent_id=parent,
            starts_on=day - timedelta(days=3650),
        )
        session.add(unit)
        session.flush()
        found[row["code"]] = unit
    return found


def _people(
    session: Session, rows: Sequence[Mapping[str, Any]], units: Mapping[str, Unit], day: date
) -> dict[str, Person]:
    found = {row["key"]: Person(name=row["name"], email=row["email"]) for row in rows}
    session.add_all(found.values())
    session.flush()
    for row in rows:
        for one in row["positions"]:
            ended, starts_on = one["ended_days_ago"], day - timedelta(days=one["started_days_ago"])
            session.add(
                Position(
                    person_id=found[row["key"]].id,
                    unit_id=units[one["unit"]].id,
                    source=HR,
                    employment_id=one["employment_id"],
                    roles=one["job_roles"],
                    leads=[str(units[code].id) for code in one["leads"]],
                    starts_on=starts_on,
                    ends_on=day - timedelta(days=ended) if ended is not None else None,
                    due_from=starts_on,
                )
            )
    return found


def _competences(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, uuid.UUID]:
    known = {row.uri: row for row in session.scalars(select(Competence))}
    for row in rows:
        competence = known.get(row["uri"]) or Competence(uri=row["uri"])
        competence.titles, competence.kind = row["titles"], row["kind"]
        competence.validity_months = row["validity_months"]
        session.add(competence)
    session.flush()
    return {row.uri: row.id for row in session.execute(select(Competence.uri, Competence.id))}


def _requirements(
    session: Session, rows: Sequence[Mapping[str, Any]], known: Mapping[str, uuid.UUID], day: date
) -> dict[str, uuid.UUID]:
    for row in rows:
        demand = policies.Demand(
            title=row["title"],
            competence_id=known[row["competence"]],
            roles=row["concerns"].get("job_roles", []),
            due_days=row["due_days_from_start"],
            validity_months=row["validity_months"],
            window_days=row["renewal_window_days"],
            admissible=row["admissible"],
        )
        policies.save_requirement(session, None, demand, effective_from=day - timedelta(days=3650))
    return {row["key"]: known[row["competence"]] for row in rows}


def _evidence(
    session: Session,
    row: Mapping[str, Any],
    people: Mapping[str, Person],
    known: Mapping[str, uuid.UUID],
    day: date,
) -> NewEvidence:
    on = day - timedelta(days=row["days_ago"])
    return NewEvidence(
        source=row["source"],
        record=row["id"],
        competence_id=known[row["competence"]],
        occurred=datetime.combine(on, time(12), time_zone(session)),
        result=Result(row["result"]),
        method=Method(row["method"]),
        person_id=people[row["person"]].id,
        score=row["score"],
        module_id=uuid.UUID(row["module"]) if row["module"] else None,
    )
