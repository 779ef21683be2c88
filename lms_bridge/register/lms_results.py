"""Results that an LMS or another source told of become evidence, in the transaction that moves the source's cursor.

Each is kept as it was last told (LmsRecord), so that what gives a competence only later can still be counted. The
same contents again are nothing; other contents are a new revision; what was withdrawn is retracted.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, func, insert, select, update
from sqlalchemy.orm import Session

from ..connectors.interface import WITHDRAWN, LmsResult
from ..db import insert_many, new_id, utcnow
from ..lti.signals import LmsLearner
from . import lms_learners, mappings
from .models import Evidence, IdentityLink, LmsRecord
from .results import module_of, of_module, of_version, published_competences
from .service import NewEvidence, record_evidence, retract_all, settle
from .status import Result

CHUNK = 500
MOMENTS = timedelta(minutes=1)
_TOLD = ("activity", "outcome", "occurred", "score", "version", "activity_name", "record", "link_id")


def source_of(source_id: uuid.UUID) -> str:
    """What evidence calls the source that a connection is."""
    return f"lms:{source_id}"


def take_results(session: Session, source_id: uuid.UUID, results: Sequence[LmsResult], key: bytes) -> int:
    """Keeps what is new or has changed, and makes evidence of it; returns how many results that were.

    Of several of one record the last counts, and what the source noted before what is known already is passed over:
    a push that was on its way for long undoes nothing. `key` is that of the hashes by which erased people are
    known: nothing more is taken in on them.
    """
    latest = {_record(one): one for one in results}
    links = lms_learners.know(session, _learners(latest.values()), key)
    latest = {name: one for name, one in latest.items() if (one.issuer, one.subject) in links}
    before = _kept(session, source_id, latest)
    changed: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for name, one in latest.items():
        told, kept = _contents(one), before.get(name)
        if kept is None:
            link = links[one.issuer, one.subject]
            new.append(told | {"id": new_id(), "record": name, "link_id": link.id, "revision": 1})
        elif kept.noted and one.noted and one.noted < kept.noted:
            continue
        elif not _same(kept, told):
            changed.append(told | {"id": kept.id, "record": name, "link_id": kept.link_id})
        elif one.noted and one.noted != kept.noted:
            again.append({"id": kept.id, "noted": one.noted})
    _write(session, source_id, new, changed, before)
    if again:
        session.execute(update(LmsRecord), again)
    people = {link.id: link.person_id for link in links.values()}
    people |= _people(session, {row["link_id"] for row in changed} - people.keys())
    _make_evidence(session, source_id, [*new, *changed], {row["record"] for row in changed}, people)
    return len(new) + len(changed)


def _same(kept: Row[Any], told: dict[str, Any]) -> bool:
    """Whether it is the same result, perhaps by another road: Moodle's own functions tell no version, and when an
    attempt was last written to, which may be moments after it was passed."""
    if (kept.activity, kept.outcome) != (told["activity"], told["outcome"]):
        return False
    if told["version"] not in (None, kept.version) or abs(told["occurred"] - kept.occurred) >= MOMENTS:
        return False
    if kept.score is None or told["score"] is None:
        return kept.score is told["score"]
    return bool(abs(kept.score - told["score"]) < 0.0001)


def _record(one: LmsResult) -> str:
    return one.record if len(one.record) <= 200 else hashlib.sha256(one.record.encode()).hexdigest()


def _learners(results: Iterable[LmsResult]) -> list[LmsLearner]:
    """Each learner once, as last told."""
    found = {
        (one.issuer, one.subject): LmsLearner(
            one.issuer, one.subject, one.name[:200], one.email[:254], one.employment_id[:80]
        )
        for one in results
    }
    return list(found.values())


def _contents(one: LmsResult) -> dict[str, Any]:
    return {
        "activity": one.activity[:1000],
        "activity_name": one.activity_name[:300],
        "outcome": one.outcome,
        "occurred": one.occurred,
        "score": None if one.score is None else round(min(1.0, max(0.0, float(one.score))), 6),
        "version": one.version,
        "noted": one.noted,
    }


_KEPT = (
    *(LmsRecord.id, LmsRecord.record, LmsRecord.revision, LmsRecord.link_id, LmsRecord.activity),
    *(LmsRecord.outcome, LmsRecord.occurred, LmsRecord.score, LmsRecord.version, LmsRecord.noted),
)


def _kept(session: Session, source_id: uuid.UUID, names: Iterable[str]) -> dict[str, Row[Any]]:
    wanted, found = list(names), {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(*_KEPT).where(
                LmsRecord.source_id == source_id, LmsRecord.record.in_(wanted[start : start + CHUNK])
            )
        )
        found.update({row.record: row for row in rows})
    return found


def _write(
    session: Session,
    source_id: uuid.UUID,
    new: list[dict[str, Any]],
    changed: list[dict[str, Any]],
    before: dict[str, Row[Any]],
) -> None:
    now = utcnow()
    if new:
        common = {"tenant_id": session.info["tenant_id"], "source_id": source_id, "received": now}
        insert_many(session, insert(cast(Table, LmsRecord.__table__)), [row | common for row in new])
    if changed:
        rows = [row | {"revision": before[row["record"]].revision + 1, "received": now} for row in changed]
        session.execute(update(LmsRecord), rows)


@dataclass(frozen=True)
class _Told:
    """One result and the person it is about."""

    row: dict[str, Any]
    person_id: uuid.UUID | None


def _make_evidence(
    session: Session,
    source_id: uuid.UUID,
    rows: list[dict[str, Any]],
    changed: set[str],
    people: Mapping[uuid.UUID, uuid.UUID | None],
) -> None:
    """Writes what these results give, and retracts what those that `changed` gave before and give no more."""
    told = [_Told(row, people.get(row["link_id"])) for row in rows if row["outcome"] != WITHDRAWN]
    records = _gained(session, source_of(source_id), told)
    last = _last_revisions(session, source_of(source_id), changed)
    given = {(one.record, one.competence_id) for one in records}
    retract_all(session, source_of(source_id), [pair for pair in last if pair not in given])
    again = [
        replace(one, revision=last[one.record, one.competence_id] + 1)
        if (one.record, one.competence_id) in last
        else one
        for one in records
    ]
    record_evidence(session, again)


def _gained(session: Session, source: str, told: list[_Told], *, afresh: bool = False) -> list[NewEvidence]:
    modules = {module for one in told if (module := module_of(one.row["activity"]))}
    given = published_competences(session, modules)
    rules = mappings.rules(session, remembered=not afresh)
    found = []
    for one in told:
        module_id, row = module_of(one.row["activity"]), one.row
        common = {
            "source": source,
            "record": row["record"],
            "score": row["score"],
            "occurred": row["occurred"],
            "person_id": one.person_id,
            "link_id": row["link_id"],
        }
        if module_id is not None and given[module_id]:
            rows = of_version(given[module_id], str(row["version"] or ""))
            found += [of_module(competence, word=row["outcome"], **common) for competence in rows]
        else:
            gains = mappings.gained(rules, [row["activity"]], row["outcome"])
            note = row["activity_name"] or row["activity"][:300]
            found += [gain.evidence(note=note, **common) for gain in gains]
    return found


def settle_mapped(session: Session, rows: Iterable[LmsRecord]) -> int:
    """Makes what mappings give of these kept results what they give now; returns how many of them count."""
    count = 0
    for source, kept in _by_source(rows):
        gained = _gained(session, source, _told(session, kept), afresh=True)
        records = [one for one in gained if one.module_id is None]
        settle(session, source, [row.record for row in kept], records)
        count += len({one.record for one in records if one.result is Result.ATTAINED})
    return count


def take_lost(session: Session, rows: Iterable[LmsRecord]) -> None:
    """Writes what these kept results give of modules of our own where there is no evidence of them at all."""
    for source, kept in _by_source(rows):
        known = _last_revisions(session, source, {row.record for row in kept})
        there = {record for record, _ in known}
        told = [one for one in _told(session, kept) if one.row["record"] not in there]
        record_evidence(session, [one for one in _gained(session, source, told) if one.module_id])


def _by_source(rows: Iterable[LmsRecord]) -> Iterable[tuple[str, list[LmsRecord]]]:
    found: defaultdict[str, list[LmsRecord]] = defaultdict(list)
    for row in rows:
        found[source_of(row.source_id)].append(row)
    return found.items()


def _told(session: Session, kept: list[LmsRecord]) -> list[_Told]:
    people = _people(session, {row.link_id for row in kept})
    return [
        _Told({name: getattr(row, name) for name in _TOLD}, people.get(row.link_id))
        for row in kept
        if row.outcome != WITHDRAWN
    ]


def _people(session: Session, link_ids: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    wanted, found = sorted(link_ids), {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(IdentityLink.id, IdentityLink.person_id).where(
                IdentityLink.id.in_(wanted[start : start + CHUNK]), IdentityLink.person_id.is_not(None)
            )
        )
        found.update({row.id: row.person_id for row in rows})
    return found


def _last_revisions(
    session: Session, source: str, records: Iterable[str]
) -> dict[tuple[str, uuid.UUID], int]:
    """The newest revision of each (record, competence) that there is evidence of."""
    wanted, found = sorted(records), defaultdict[tuple[str, uuid.UUID], int](int)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Evidence.record, Evidence.competence_id, func.max(Evidence.revision).label("revision"))
            .where(Evidence.source == source, Evidence.record.in_(wanted[start : start + CHUNK]))
            .group_by(Evidence.record, Evidence.competence_id)
        )
        found.update({(row.record, row.competence_id): row.revision for row in rows})
    return dict(found)
