"""Status as a pure function of evidence, requirements, the position and the date.

Two steps. `standings` reduces what is known to rows that hold for whole stretches
of time: these are what the database keeps, and why nothing has to flip at
midnight. `state` reads such a row on a day.

Vocabulary: *evidence* is what a person can show; a *requirement* is what the
municipality asks of a role; the *duty* is a position's period, to which
requirements attach. Evidence follows the person, duty follows the position.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from .dates import Period, Validity, count_validity


class State(StrEnum):
    NOT_REQUIRED = "not_required"
    EXEMPT = "exempt"
    MISSING = "missing"
    IN_PROGRESS = "in_progress"
    MET = "met"
    EXPIRING = "expiring"
    EXPIRED = "expired"


class Flag(StrEnum):
    OVERDUE = "overdue"
    AWAITING_APPROVAL = "awaiting_approval"
    RENEWING = "renewing"


class Method(StrEnum):
    """How the evidence came about, the weightiest first."""

    AUTHORITY = "authority"
    PRACTICAL = "practical"
    LMS = "lms"
    UPLOAD = "upload"
    MANAGER = "manager"
    LEGACY = "legacy"
    SELF = "self"

    @property
    def weight(self) -> int:
        """Higher decides: an authority's register over an assessment over an LMS …"""
        return _WEIGHTS[self]


_WEIGHTS = {method: -place for place, method in enumerate(Method)}
SATISFYING = frozenset(Method) - {Method.SELF}
"""A self-assessment never satisfies a requirement."""


class Result(StrEnum):
    """What one revision of a record says."""

    ATTAINED = "attained"
    ATTEMPTED = "attempted"
    RETRACTED = "retracted"


@dataclass(frozen=True)
class Evidence:
    """One revision of one record about a person and a competence. `day` is local."""

    id: str
    source: str
    record: str
    revision: int
    competence: str
    day: date
    method: Method
    result: Result
    level: int | None = None
    validity_months: int | None = None
    valid_until: date | None = None
    awaiting_approval: bool = False


@dataclass(frozen=True)
class Requirement:
    """One version of one demand on whoever holds a role.

    `key` stays the same over versions. A version holds from `effective_from`
    through `effective_to`; it also judges the validity of earlier evidence only
    when it was signed as `retroactive`.
    """

    key: str
    policy_version: int
    competence: str
    effective_from: date
    effective_to: date | None = None
    introduced: date | None = None
    retroactive: bool = False
    alternatives: frozenset[str] = frozenset()
    level: int | None = None
    due_days: int | None = 0
    validity: Validity = field(default_factory=Validity)
    admissible: frozenset[Method] = SATISFYING


@dataclass(frozen=True)
class Duty:
    """A position's period. `due_from`: the day from which deadlines are counted."""

    starts_on: date
    ends_on: date | None = None
    due_from: date | None = None


@dataclass(frozen=True)
class Exemption:
    starts_on: date
    until: date | None = None


@dataclass(frozen=True)
class Standing:
    """What holds from `required_from` through `required_to` (None: without end)."""

    competence: str
    required_from: date
    required_to: date | None
    policy_version: int
    level: int | None
    window_days: int
    exempt: bool
    due_on: date | None
    attained_on: date | None
    valid_until: date | None
    evidence: str | None
    started: bool
    awaiting_approval: bool


def state(standing: Standing, today: date) -> tuple[State, frozenset[Flag]]:
    """The state and its flags on a local day."""
    if today < standing.required_from or (standing.required_to and today > standing.required_to):
        return State.NOT_REQUIRED, frozenset()
    if standing.exempt:
        return State.EXEMPT, frozenset()
    flags = {Flag.AWAITING_APPROVAL} if standing.awaiting_approval else set()
    attained = standing.attained_on is not None and standing.attained_on <= today
    if attained and standing.started:
        flags.add(Flag.RENEWING)
    until = standing.valid_until
    if attained and (until is None or today <= until):
        soon = until is not None and until <= today + timedelta(days=standing.window_days)
        return (State.EXPIRING if soon else State.MET), frozenset(flags)
    if standing.due_on is not None and standing.due_on < today:
        flags.add(Flag.OVERDUE)
    if attained:
        return State.EXPIRED, frozenset(flags)
    return (State.IN_PROGRESS if standing.started else State.MISSING), frozenset(flags)


def standings(
    duty: Duty,
    requirements: Sequence[Requirement],
    evidence: Iterable[Evidence],
    exemptions: Sequence[Exemption] = (),
) -> list[Standing]:
    """The standings of one position for one competence.

    `requirements`: every version of every requirement that asks the position's
    roles for this competence. Several at once are read as one: the highest level
    and the shortest validity win, the earliest deadline, the alternatives that
    all of them accept.
    """
    known = current_revisions(evidence)
    found: list[Standing] = []
    for first, last in _stretches(duty, requirements, exemptions):
        in_force = [r for r in requirements if _covers(r.effective_from, r.effective_to, first)]
        if in_force:
            one = _standing(duty, in_force, requirements, known, exemptions, first, last)
            _append(found, one)
    return found


def current_revisions(evidence: Iterable[Evidence]) -> list[Evidence]:
    """What each record says last; retracted records and self-assessments are gone.

    Depends on neither order nor repetition, so that a replay changes nothing.
    """
    latest: dict[tuple[str, str, str], Evidence] = {}
    for one in evidence:
        key = (one.source, one.record, one.competence)
        if key not in latest or one.revision > latest[key].revision:
            latest[key] = one
    kept = [e for e in latest.values() if e.result is not Result.RETRACTED and e.method is not Method.SELF]
    return sorted(kept, key=lambda e: (e.day, e.method.weight, e.id))


def combine(requirements: Sequence[Requirement]) -> Requirement:
    """Several requirements for one competence, read as one: the strictest wins."""
    if len(requirements) == 1:
        return requirements[0]
    first, *rest = sorted(requirements, key=lambda r: r.key)
    levels = [r.level for r in requirements if r.level is not None]
    shortest = min(requirements, key=lambda r: (r.validity.months or 10**6, r.key)).validity
    alternatives, admissible = first.alternatives, first.admissible
    for other in rest:
        alternatives, admissible = alternatives & other.alternatives, admissible & other.admissible
    return replace(
        first,
        policy_version=max(r.policy_version for r in requirements),
        level=max(levels) if levels else None,
        validity=shortest,
        alternatives=alternatives,
        admissible=admissible,
    )


def _standing(
    duty: Duty,
    in_force: Sequence[Requirement],
    versions: Sequence[Requirement],
    known: Sequence[Evidence],
    exemptions: Sequence[Exemption],
    first: date,
    last: date | None,
) -> Standing:
    demand = combine(in_force)
    keys = {r.key for r in in_force}
    relevant = [e for e in known if e.competence == demand.competence or e.competence in demand.alternatives]
    counting = [e for e in relevant if _counts(e, demand)]
    winner = _winner(counting, [v for v in versions if v.key in keys], first)
    attained_on = winner[0].day if winner else None
    later = [e for e in relevant if attained_on is None or e.day > attained_on]
    return Standing(
        competence=demand.competence,
        required_from=first,
        required_to=last,
        policy_version=demand.policy_version,
        level=demand.level,
        window_days=demand.validity.window_days,
        exempt=any(_covers(x.starts_on, x.until, first) for x in exemptions),
        due_on=_due_on(duty, in_force, exemptions, first),
        attained_on=attained_on,
        valid_until=winner[1].until if winner else None,
        evidence=winner[0].id if winner else None,
        started=any(not _counts(e, demand) and not e.awaiting_approval for e in later),
        awaiting_approval=any(e.awaiting_approval for e in later),
    )


def _counts(evidence: Evidence, demand: Requirement) -> bool:
    return (
        evidence.result is Result.ATTAINED
        and not evidence.awaiting_approval
        and evidence.method in demand.admissible
        and (demand.level is None or (evidence.level is not None and evidence.level >= demand.level))
    )


def _winner(
    counting: Sequence[Evidence], versions: Sequence[Requirement], on: date
) -> tuple[Evidence, Period] | None:
    """The evidence that decides, and how long it lasts.

    A later (or same-day) word of a weightier source replaces the lighter ones
    before it; of what then stands, the longest validity wins, so that a renewal
    never shortens what the person already has.
    """
    best: dict[int, tuple[Evidence, Period]] = {}  # of each weight, what lasts longest
    for one in counting:
        previous = max((p for _, p in best.values()), key=lambda p: p.until or date.max, default=None)
        found = (one, _period(one, _rule_for(one.day, versions, on), previous))
        weight = one.method.weight
        best = {w: kept for w, kept in best.items() if w >= weight}
        best[weight] = max(best.get(weight, found), found, key=_lasting)
    return max(best.values(), key=_lasting, default=None)


def _lasting(found: tuple[Evidence, Period]) -> tuple[date, int, date, str]:
    evidence, period = found
    return period.until or date.max, evidence.method.weight, evidence.day, evidence.id


def _period(evidence: Evidence, validity: Validity, previous: Period | None) -> Period:
    """The earlier of what policy derives and what the evidence states."""
    period = count_validity(evidence.day, validity.no_longer_than(evidence.validity_months), previous)
    stated = evidence.valid_until
    if stated is not None and (period.until is None or stated < period.until):
        return Period(stated, 0, stated)
    return period


def _rule_for(day: date, versions: Sequence[Requirement], on: date) -> Validity:
    """The validity that judges evidence of `day`: policy works forward.

    Of each requirement, the version in force that day (the oldest, for evidence
    from before it) unless a later one was signed as retroactive.
    """
    chosen: dict[str, Requirement] = {}
    for version in sorted(versions, key=lambda v: (v.effective_from, v.policy_version)):
        applies = version.effective_from <= on and (version.effective_from <= day or version.retroactive)
        if version.key not in chosen or applies:
            chosen[version.key] = version
    return combine(list(chosen.values())).validity


def _due_on(
    duty: Duty, in_force: Sequence[Requirement], exemptions: Sequence[Exemption], first: date
) -> date | None:
    """The earliest deadline; an exemption that has run out moves it to its end."""
    start = duty.due_from or duty.starts_on
    deadlines = [
        max(start, r.introduced or r.effective_from) + timedelta(days=r.due_days)
        for r in in_force
        if r.due_days is not None
    ]
    ended = [x.until for x in exemptions if x.until is not None and x.until < first]
    return max([min(deadlines), *ended]) if deadlines else None


def _stretches(
    duty: Duty, requirements: Sequence[Requirement], exemptions: Sequence[Exemption]
) -> list[tuple[date, date | None]]:
    """The duty, cut at every day on which a requirement or an exemption begins or ends."""
    spans = [(r.effective_from, r.effective_to) for r in requirements]
    spans += [(x.starts_on, x.until) for x in exemptions]
    day = timedelta(days=1)
    cuts = {start for start, _ in spans} | {end + day for _, end in spans if end}
    inside = {c for c in cuts if c > duty.starts_on and (duty.ends_on is None or c <= duty.ends_on)}
    starts = [duty.starts_on, *sorted(inside)]
    return [(a, b - day) for a, b in pairwise(starts)] + [(starts[-1], duty.ends_on)]


def _append(found: list[Standing], one: Standing) -> None:
    """Adds a standing, lengthening the one before it where nothing but the dates differs."""
    if found:
        before = found[-1]
        touching = before.required_to is not None and before.required_to + timedelta(1) == one.required_from
        same = replace(one, required_from=before.required_from, policy_version=before.policy_version)
        if touching and replace(before, required_to=one.required_to) == same:
            found[-1] = replace(same, policy_version=one.policy_version)
            return
    found.append(one)


def _covers(start: date, end: date | None, day: date) -> bool:
    return start <= day and (end is None or day <= end)
