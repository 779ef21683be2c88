"""What is stored already, looked through again when a mapping is made, changed or removed: a page a job, each page in
one transaction with the job for the next, so that a killed worker leaves nothing half-done and nothing twice.

Who was storing meanwhile may not have heard of the change; so the same is looked through once more when that is over.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from ..connectors.interface import WITHDRAWN
from ..jobs import Jobs
from ..lrs.patterns import matches
from ..lrs.query import Page, Query, count_found, find_statements
from ..lrs.references import ACTIVITY, RELATED_ACTIVITY, VERB, Keys
from ..lrs.signals import StoredStatement
from . import mappings
from .lms_results import settle_mapped
from .models import ActivityMapping, LmsRecord
from .results import Told, evidence_of, module_of, told_by
from .service import XAPI, settle, take_back_orphans
from .status import Result

LOOK_BACK = "register.look_back"
PAGE = 500
PAGES = 4
HEARD = timedelta(minutes=3)
"""By then every process has heard of the change, and what was being stored is stored or dead."""
PREVIEWED = 20_000
SUGGESTED_FROM = 2_000
SUGGESTIONS = 20


def begin(
    session: Session, jobs: Jobs, patterns: Sequence[str], mapping: ActivityMapping | None = None
) -> None:
    """Looks through all that fits one of these patterns, after the commit and once more; the mapping shows how far."""
    if mapping is not None:
        mapping.looking, mapping.looked, mapping.given = True, 0, 0
        mapping.total = _total(session, patterns)
    shown = str(mapping.id) if mapping is not None else ""
    jobs.enqueue(session, LOOK_BACK, patterns=list(patterns), shown=shown, record="", first=0)
    jobs.enqueue(session, LOOK_BACK, delay=HEARD, patterns=list(patterns), shown="", record="", first=0)


def look_back(
    session: Session,
    jobs: Jobs,
    own_address: str,
    key: bytes,
    *,
    patterns: Sequence[str],
    shown: str,
    record: str | None,
    first: int,
) -> None:
    """Some pages: of results that LMSs told of after `record` (None: they are done), then statements from `first`."""
    looked = given = 0
    for _ in range(PAGES):
        if record is not None:
            rows = kept_records(session, patterns, record)
            looked, given = looked + len(rows), given + settle_mapped(session, rows)
            record = str(rows[-1].id) if len(rows) == PAGE else None
        else:
            page = find_statements(
                session, session.info["tenant_id"], results_query(session, patterns, first)
            )
            told = [one for one in results_in(page) if _fits(patterns, one.names)]
            looked, given = looked + len(page.payloads), given + _settle(session, told, own_address, key)
            if page.last is not None:
                first = page.last + 1
            elif take_back_orphans(session, PAGE) < PAGE:
                return _show(session, shown, looked, given, looking=False)
    _show(session, shown, looked, given, looking=True)
    jobs.enqueue(session, LOOK_BACK, patterns=list(patterns), shown=shown, record=record, first=first)


def _settle(session: Session, told: list[Told], own_address: str, key: bytes) -> int:
    wanted = [
        one for one in evidence_of(session, told, own_address, lambda: key, afresh=True) if not one.module_id
    ]
    settle(session, XAPI, [one.record for one in told], wanted)
    return len({one.record for one in wanted if one.result is Result.ATTAINED})


def _show(session: Session, mapping_id: str, looked: int, given: int, *, looking: bool) -> None:
    mapping = session.get(ActivityMapping, uuid.UUID(mapping_id)) if mapping_id else None
    if mapping is not None:
        mapping.looked += looked
        mapping.given += given
        mapping.looking = looking


# --- what there is ------------------------------------------------------------------------------------------------


def kept_records(session: Session, patterns: Sequence[str], after: str) -> list[LmsRecord]:
    """The next page of results that LMSs told of, about activities that may fit."""
    rows = select(LmsRecord).where(_like(patterns)).order_by(LmsRecord.id).limit(PAGE)
    if after:
        rows = rows.where(LmsRecord.id > uuid.UUID(after))
    found = session.scalars(rows).all()
    return list(found)


def _like(patterns: Sequence[str]) -> ColumnElement[bool]:
    """At least what fits; SQLite compares letters without regard to case."""
    written = [p.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("*", "%") for p in patterns]
    return or_(*(LmsRecord.activity.like(one, escape="!") for one in written))


def results_query(session: Session, patterns: Sequence[str], first: int = 0) -> Query:
    """The results among the statements, from the oldest; of exact patterns those about their activities only."""
    keys = Keys(session.info["tenant_id"])
    query = Query(first=first, ascending=True, limit=PAGE)
    query.filters.append([keys(VERB, verb) for verb in mappings.WORDS])
    if not any("*" in pattern for pattern in patterns):
        query.filters.append(
            [keys(role, pattern) for pattern in patterns for role in (ACTIVITY, RELATED_ACTIVITY)]
        )
    return query


def results_in(page: Page) -> Iterator[Told]:
    """What the statements of a page say that may give evidence."""
    for payload in page.payloads:
        if one := told_by(StoredStatement(orjson.loads(payload))):
            yield one


def _fits(patterns: Sequence[str], names: Iterable[str]) -> bool:
    return any(matches(pattern, name) for name in names for pattern in patterns)


def _total(session: Session, patterns: Sequence[str]) -> int:
    """How many results are to be looked through."""
    filters = results_query(session, patterns).filters
    keys = filters[-1] if len(filters) > 1 else filters[0]
    records = select(func.count()).select_from(LmsRecord).where(_like(patterns))
    return count_found(session, keys) + (session.scalar(records) or 0)


# --- before a mapping is made ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """How many stored results would count; `whole` is False where more were there than were looked through."""

    results: int
    whole: bool


def preview(session: Session, rule: mappings.Rule) -> Preview:
    """What a rule would give of what is stored."""
    results, query = 0, results_query(session, [rule.pattern])
    rows = session.execute(
        select(LmsRecord.activity, LmsRecord.outcome, func.count().label("number"))
        .where(_like([rule.pattern]), LmsRecord.outcome != WITHDRAWN)
        .group_by(LmsRecord.activity, LmsRecord.outcome)
    )
    for row in rows:
        results += row.number * _counts(rule, [row.activity], row.outcome)
    for _ in range(PREVIEWED // PAGE):
        page = find_statements(session, session.info["tenant_id"], query)
        results += sum(_counts(rule, one.names, one.word) for one in results_in(page))
        if page.last is None:
            return Preview(results, True)
        query.first = page.last + 1
    return Preview(results, False)


def _counts(rule: mappings.Rule, names: Iterable[str], word: str) -> bool:
    return any(gain.result is Result.ATTAINED for gain in mappings.gained([rule], names, word))


@dataclass(frozen=True)
class Suggestion:
    """An activity of which results are told, and that gives nothing yet."""

    activity: str
    name: str
    results: int


def suggestions(session: Session) -> list[Suggestion]:
    """The most told of first: all that LMSs told, and the newest statements."""
    rules = mappings.rules(session, remembered=False)
    counted: Counter[str] = Counter()
    called: dict[str, str] = {}
    rows = session.execute(
        select(
            LmsRecord.activity, func.max(LmsRecord.activity_name).label("name"), func.count().label("number")
        )
        .where(LmsRecord.outcome != WITHDRAWN)
        .group_by(LmsRecord.activity)
        .order_by(func.count().desc())
        .limit(200)
    )
    for row in rows:
        counted[row.activity] += row.number
        called[row.activity] = row.name
    query = results_query(session, ["*"])
    query.ascending, query.limit = False, SUGGESTED_FROM
    for one in results_in(find_statements(session, session.info["tenant_id"], query)):
        counted[one.names[0]] += 1
        called.setdefault(one.names[0], _called(one.statement["object"]))
    found = [
        Suggestion(activity, called[activity], number)
        for activity, number in counted.most_common()
        if module_of(activity) is None and not _fits([rule.pattern for rule in rules], [activity])
    ]
    return found[:SUGGESTIONS]


def _called(activity: dict[str, Any]) -> str:
    return str(next(iter(activity.get("definition", {}).get("name", {}).values()), ""))[:300]
