"""Evidence enters the register here, and only here: appended once, never changed, retracted by a new row."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from ..accounts import Tenant
from ..db import insert_many, new_id, utcnow
from ..errors import N_, Conflict, Forbidden, Invalid, NotFound
from . import derivation
from .dates import local_day
from .models import ActivityMapping, Competence, Evidence, Person
from .signals import LANDED, Landed, tell_landed
from .status import Method, Result

XAPI = "xapi"
MANUAL = "manual"


@dataclass(frozen=True)
class NewEvidence:
    """One revision of a record that a source keeps about a person and a competence.

    (`source`, `record`, `revision`) names it for good: sent again, it changes nothing.
    `person_id` None: it waits with `link_id` until a coordinator says who that is.
    """

    source: str
    record: str
    competence_id: uuid.UUID
    occurred: datetime
    result: Result
    method: Method = Method.LMS
    revision: int = 1
    person_id: uuid.UUID | None = None
    link_id: uuid.UUID | None = None
    level: int | None = None
    score: float | None = None
    validity_months: int | None = None
    valid_until: date | None = None
    awaiting_approval: bool = False
    module_id: uuid.UUID | None = None
    module_version: int | None = None
    mapping_id: uuid.UUID | None = None
    assessor_id: uuid.UUID | None = None
    import_id: uuid.UUID | None = None
    note: str = ""


_FIELDS = [field.name for field in fields(NewEvidence)]


def record_evidence(session: Session, records: Iterable[NewEvidence]) -> int:
    """Appends the revisions that are not there yet, and derives the status of those they concern.

    Returns how many were new. What occurred after it was received (a clock that runs
    ahead) counts from when it was received. Two processes may send the same at once.
    """
    records = list(records)
    if not records:  # as with nearly all statements; not even the municipality is looked up
        return 0
    received, zone, tenant_id = utcnow(), time_zone(session), session.info["tenant_id"]
    rows = []
    for record in records:
        row: dict[str, Any] = {name: getattr(record, name) for name in _FIELDS}
        row["occurred"] = min(record.occurred, received)
        row["day"] = local_day(row["occurred"], zone)
        row |= {"id": new_id(), "tenant_id": tenant_id, "received": received, "changed": received}
        rows.append(row)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    table = Evidence.__table__  # for a thousand rows, the ORM's own insert costs more than the database's
    count = insert_many(session, dialect.insert(table).on_conflict_do_nothing(), rows)
    new = rows if count == len(rows) else _stored(session, rows)
    people = {row["person_id"] for row in new if row["person_id"]}
    derivation.refresh(session, people, {row["competence_id"] for row in new})
    tell_landed(session, [Landed(*(row[name] for name in LANDED)) for row in new])
    return len(new)


def _stored(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the rows that were not there before under another id."""
    found: set[uuid.UUID] = set()
    for start in range(0, len(rows), 500):
        ids = [row["id"] for row in rows[start : start + 500]]
        found.update(session.scalars(select(Evidence.id).where(Evidence.id.in_(ids))))
    return [row for row in rows if row["id"] in found]


def retract(session: Session, source: str, records: Iterable[str], note: str = "") -> int:
    """Withdraws records: a new revision of each that says so. Returns how many rows that took."""
    names = list(records)
    pairs = session.execute(
        select(Evidence.record, Evidence.competence_id)
        .where(Evidence.source == source, Evidence.record.in_(names))
        .distinct()
    )
    return retract_all(session, source, [(row.record, row.competence_id) for row in pairs], note)


def retract_all(session: Session, source: str, pairs: Iterable[tuple[str, uuid.UUID]], note: str = "") -> int:
    """Withdraws what these records say of these competences; what is withdrawn already stays as it is."""
    wanted = sorted(pairs)
    rows: list[Evidence] = []
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        latest = (
            select(Evidence.record, Evidence.competence_id, func.max(Evidence.revision).label("revision"))
            .where(Evidence.source == source, tuple_(Evidence.record, Evidence.competence_id).in_(some))
            .group_by(Evidence.record, Evidence.competence_id)
            .subquery()
        )
        rows += session.scalars(
            select(Evidence)
            .join(
                latest,
                (latest.c.record == Evidence.record)
                & (latest.c.competence_id == Evidence.competence_id)
                & (latest.c.revision == Evidence.revision),
            )
            .where(Evidence.source == source, Evidence.result != Result.RETRACTED)
        )
    return record_evidence(session, [_next_revision(row, Result.RETRACTED, note=note) for row in rows])


def settle(session: Session, source: str, records: Iterable[str], wanted: Iterable[NewEvidence]) -> int:
    """Makes what mappings give of these records just what is wanted: appends what is missing, a new revision of what
    differs, and retracts what is given no more. Returns how many rows that took; done twice, none. What another mapping
    gives now just as it was stays, and is that one's.
    """
    latest = _latest_mapped(session, source, list(records))
    new: list[NewEvidence] = []
    kept = set()
    for one in wanted:
        key = (one.record, one.competence_id)
        kept.add(key)
        known = latest.get(key)
        if known is None or _says(known) != _says(one):
            new.append(replace(one, revision=known.revision + 1 if known else 1))
        elif known.mapping_id != one.mapping_id:
            known.mapping_id = one.mapping_id
    new += [
        _next_revision(row, Result.RETRACTED)
        for key, row in latest.items()
        if key not in kept and row.result != Result.RETRACTED
    ]
    return record_evidence(session, new)


def take_back_orphans(session: Session, limit: int) -> int:
    """Retracts what mappings gave that are no more, if nothing has taken it back yet: its statement was deleted, and
    nobody finds it by that. Some at a time; returns how many.
    """
    later = aliased(Evidence)
    names = (later.source == Evidence.source, later.record == Evidence.record)
    newer = (later.competence_id == Evidence.competence_id, later.revision > Evidence.revision)
    rows = session.scalars(
        select(Evidence)
        .where(
            Evidence.mapping_id.is_not(None),
            Evidence.mapping_id.not_in(select(ActivityMapping.id)),
            Evidence.result != Result.RETRACTED,
            ~select(later.id).where(*names, *newer).exists(),
        )
        .order_by(Evidence.id)
        .limit(limit)
    )
    return record_evidence(session, [_next_revision(row, Result.RETRACTED) for row in rows])


def _latest_mapped(
    session: Session, source: str, records: list[str]
) -> dict[tuple[str, uuid.UUID], Evidence]:
    """The newest revision of what these records give by mappings: what is not a module's."""
    found: dict[tuple[str, uuid.UUID], Evidence] = {}
    for start in range(0, len(records), 500):
        rows = session.scalars(
            select(Evidence)
            .where(
                Evidence.source == source,
                Evidence.record.in_(records[start : start + 500]),
                Evidence.module_id.is_(None),
            )
            .order_by(Evidence.revision)
        )
        found.update({(row.record, row.competence_id): row for row in rows})
    return found


def _says(row: Evidence | NewEvidence) -> tuple[object, ...]:
    return row.result, row.level, row.validity_months


def approve(
    session: Session, evidence_id: uuid.UUID, account_id: uuid.UUID, approver: uuid.UUID | None
) -> None:
    """Approves an upload that waits. `approver` is the account's person: nobody approves their own.

    Raises Forbidden for one's own, Conflict when somebody has decided before.
    """
    row = waiting_evidence(session, evidence_id)
    if approver is not None and approver == row.person_id:
        raise Forbidden(N_("You cannot approve your own evidence. Ask your leader or a colleague."))
    approved = _next_revision(row, Result(row.result), assessor_id=account_id, awaiting_approval=False)
    record_evidence(session, [approved])


def record_word(
    session: Session,
    *,
    person_id: uuid.UUID,
    competence_id: uuid.UUID,
    method: Method,
    occurred: datetime,
    account_id: uuid.UUID,
    assessor: uuid.UUID | None,
    valid_until: date | None = None,
    level: int | None = None,
    note: str = "",
) -> None:
    """What a leader vouches for: a practical assessment or their word. `assessor` is the leader's person."""
    if method not in {Method.MANAGER, Method.PRACTICAL, Method.AUTHORITY}:
        raise Invalid(N_("Choose how you know it."), {"method": N_("Choose how you know it.")})
    if assessor is not None and assessor == person_id:
        raise Forbidden(N_("You cannot vouch for yourself. Ask your leader or a colleague."))
    if occurred > utcnow():
        raise Invalid(N_("The date is in the future."), {"occurred": N_("The date is in the future.")})
    if session.get(Person, person_id) is None or session.get(Competence, competence_id) is None:
        raise NotFound()
    record_evidence(
        session,
        [
            NewEvidence(
                source=MANUAL,
                record=str(new_id()),
                competence_id=competence_id,
                occurred=occurred,
                result=Result.ATTAINED,
                method=method,
                person_id=person_id,
                level=level,
                valid_until=valid_until,
                assessor_id=account_id,
                note=note,
            )
        ],
    )


def waiting_evidence(session: Session, evidence_id: uuid.UUID) -> Evidence:
    """Evidence that waits for approval. Raises NotFound, and Conflict when somebody has decided on it."""
    row = get_evidence(session, evidence_id)
    newest = select(func.max(Evidence.revision)).where(
        Evidence.source == row.source,
        Evidence.record == row.record,
        Evidence.competence_id == row.competence_id,
    )
    if not row.awaiting_approval or session.scalar(newest) != row.revision:
        raise Conflict(N_("Somebody has decided on this already."))
    return row


def get_evidence(session: Session, evidence_id: uuid.UUID) -> Evidence:
    row = session.get(Evidence, evidence_id)
    if row is None:
        raise NotFound()
    return row


def time_zone(session: Session) -> ZoneInfo:
    """The municipality's own; asked of the database once a session."""
    if "time_zone" not in session.info:
        tenant = session.get_one(Tenant, session.info["tenant_id"])
        session.info["time_zone"] = ZoneInfo(tenant.timezone)
    zone: ZoneInfo = session.info["time_zone"]
    return zone


def today(session: Session) -> date:
    """The municipality's own day."""
    return local_day(utcnow(), time_zone(session))


def _next_revision(row: Evidence, result: Result, **changes: Any) -> NewEvidence:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    values["method"] = Method(row.method)
    return NewEvidence(**values | {"revision": row.revision + 1, "result": result} | changes)
