"""Whether the trail is as it was when it was sealed (seals.py), and if not, what is wrong where.

All that is judged is read as it is written: somebody may have written there what the service never would.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import retention
from ..db import Database
from . import seals
from .models import DAY, EXPIRED, EXPIRED_BROKEN, RULE
from .seals import ENTRY, SEAL

CHANGED = "changed after the day was sealed"
MISSING = "missing, though sealed"
ADDED = "added after the day was sealed"
SEAL_CHANGED = "the day's seal was changed"
SEAL_MISSING = "seals are missing before this day's"
NOT_SEALED = "over for days and not sealed, nor what came after: nobody seals, or seals were taken away"
NO_RULE = "expired, and no rule that was chosen says so"
NOT_CHOSEN = "how long the trail is kept is told by the chain as nobody chose it"
OUT_OF_ORDER = "sealed anew, on top of later days"
WAS_BROKEN = "was not as sealed when it expired"
OVERDUE = timedelta(days=2)
_ENTRIES = seals.OF_SEAL.index("entries")
Days = Callable[[Sequence[date]], Iterable[date]]
Wrong = dict[str, dict[str, list[str]]]  # day → what → ids


@dataclass(frozen=True)
class Problem:
    """What is wrong with a day: one of the sentences above; the ids of the entries where it is about entries."""

    day: str
    what: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seal:
    """A seal as it stands there; `entries` where it is no day's."""

    number: str
    kind: str
    day: str
    late: bool
    made: str
    count: str
    previous: str
    seal: str
    entries: bytes
    is_sound: bool

    @property
    def has_expired(self) -> bool:
        """It says that its day has expired."""
        return self.is_sound and self.kind in (EXPIRED, EXPIRED_BROKEN)

    @property
    def date(self) -> date | None:
        try:
            return date.fromisoformat(self.day)
        except ValueError:
            return None


@dataclass
class Verdict:
    """What was found. What came late is among the seals: it is told, and is no problem by itself."""

    seals: list[Seal] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    entries: int = 0

    @property
    def is_sound(self) -> bool:
        return not self.problems

    @property
    def late(self) -> list[Seal]:
        return [one for one in self.seals if one.late]

    @property
    def expired(self) -> list[Seal]:
        """Of the days that were deleted, one a day."""
        return [one for one in self.seals if one.has_expired]

    def place_of(self, seal: str) -> int | None:
        """How many seals stand on this one; None where it is none of them."""
        sound = [one.seal if one.is_sound else "" for one in reversed(self.seals)]
        return sound.index(seal) if seal in sound else None


def verify(database: Database, tenant_id: uuid.UUID, now: datetime, shown: Days = iter) -> Verdict:
    """Reads a municipality's whole trail. `shown` goes through the days, for who wants to show how far it is."""
    with database.unit_of_work(tenant_id, write=False) as session:
        found = Verdict(_seals(session, tenant_id))
        found.problems += _check_chain(found.seals)
        found.problems += _check_entries(session, tenant_id, found, shown)
        found.problems += _check_order(session, tenant_id, found.seals, now)
        found.problems += _check_end(session, tenant_id, found.seals, now)
    return found


def _seals(session: Session, tenant_id: uuid.UUID) -> list[Seal]:
    names = (*seals.OF_SEAL, "kind", "seal")
    found, emptied, expired = list[Seal](), list[tuple[str, bytes]](), set[tuple[str, bytes]]()
    for row in seals.rows_as_written(session, SEAL, names, SEAL.c.tenant_id == tenant_id, at_once=20):
        *values, kind, seal = row
        text = {name: _text(value) for name, value in zip(names, row, strict=True) if name != "entries"}
        shown = {name: text[name] for name in ("number", "kind", "day", "made", "count", "previous", "seal")}
        is_sound, entries = seals.digest_of_seal(values, kind) == text["seal"], values[_ENTRIES] or b""
        emptied.append((text["day"], b"" if entries else seals.kept_of_seal(values, seal)))
        entries = b"" if text["kind"] == DAY else entries
        found.append(Seal(late=text["late"] == "1", entries=entries, is_sound=is_sound, **shown))
        if found[-1].has_expired:
            expired |= {(text["day"], entries[at : at + 32]) for at in range(0, len(entries), 32)}
    return [
        replace(one, is_sound=True) if one.kind == DAY and stays in expired else one
        for one, stays in zip(found, emptied, strict=True)
    ]


def _check_chain(chain: list[Seal]) -> Iterator[Problem]:
    """Each seal is what its columns make, has the next number, and stands on the one before."""
    expected, below = 1, (seals.FIRST, True, "")
    for one in chain:
        number = int(one.number) if one.number.isdecimal() else expected
        if not one.is_sound:
            yield Problem(one.day, SEAL_CHANGED)
        elif number != expected:
            yield Problem(one.day, SEAL_MISSING)
        elif one.previous != below[0] and below[1]:
            yield Problem(below[2], SEAL_CHANGED)
        expected, below = number + 1, (one.seal, one.is_sound, one.day)


def _check_order(
    session: Session, tenant_id: uuid.UUID, chain: list[Seal], now: datetime
) -> Iterator[Problem]:
    """Days follow each other; a rule stands on the day when it was chosen; what expired did so by the rule below."""
    gone, last, months = set[str](), "", 0
    expires = {one.day for one in chain if one.has_expired}
    sound = [one for one in chain if one.is_sound]
    for below, one in zip([None, *sound], sound, strict=False):
        on_its_day = below is not None and (below.kind, below.day) == (DAY, one.day)
        if one.kind == DAY:
            if one.day in gone or (not one.late and (one.day < last or (one.day == last and not on_its_day))):
                yield Problem(one.day, OUT_OF_ORDER)
            last = max(last, one.day)
        elif one.kind == RULE:
            months = int(one.entries) if one.entries.isdigit() else 0
            known = one.day in expires or _was_chosen(session, tenant_id, one)
            if not known or not on_its_day or (below and below.late):
                yield Problem(one.day, NOT_CHOSEN)
        elif one.has_expired:
            gone.add(one.day)
            if not _is_by_rule(one, months, now):
                yield Problem(one.day, NO_RULE)
            elif one.kind == EXPIRED_BROKEN:
                yield Problem(one.day, WAS_BROKEN)
        else:
            yield Problem(one.day, SEAL_CHANGED)


def _was_chosen(session: Session, tenant_id: uuid.UUID, rule: Seal) -> bool:
    return rule.date is not None and seals.chosen_on(session, tenant_id, rule.date) == rule.entries


def _is_by_rule(expired: Seal, months: int, now: datetime) -> bool:
    """Its day was older than so many months when it expired."""
    try:
        made = datetime.fromisoformat(expired.made).replace(tzinfo=UTC)
        kept = retention.kept_from(made, months).date()
    except ValueError:
        return False
    return bool(months and expired.date and expired.date < kept and made < now + timedelta(days=1))


def _check_entries(session: Session, tenant_id: uuid.UUID, found: Verdict, shown: Days) -> Iterator[Problem]:
    """Every entry of the days whose seals are sound, and those that are older than all of them."""
    unsound = {one.day for one in found.problems}
    days = sorted({one.date for one in found.seals if not one.late and one.date and one.day not in unsound})
    wrong: Wrong = defaultdict(lambda: defaultdict(list))
    expired = {one.date for one in found.expired}
    for day in shown(days):
        sealed = seals.sealed_on(session, tenant_id, day)
        found.entries += len(sealed)
        _compare(sealed, seals.entries_of(session, tenant_id, day), wrong[str(day)])
        if day in expired:  # and is perhaps being deleted at this moment
            del wrong[str(day)][MISSING]
    if days and not unsound:
        for day_before, name in _older(session, tenant_id, days[0]):
            wrong[day_before][ADDED].append(name)
    _pair_moved(session, tenant_id, wrong)
    for day_text, kinds in sorted(wrong.items()):
        yield from (Problem(day_text, what, tuple(names)) for what, names in kinds.items() if names)


def _compare(
    sealed: dict[bytes, bytes], entries: Iterable[tuple[bytes, bytes]], wrong: dict[str, list[str]]
) -> None:
    for name, digest in entries:
        was = sealed.pop(name, None)
        if was is None:
            wrong[ADDED].append(_text(name))
        elif was != digest:
            wrong[CHANGED].append(_text(name))
    wrong[MISSING].extend(map(_text, sealed))


def _older(session: Session, tenant_id: uuid.UUID, first: date) -> list[tuple[str, str]]:
    """(day, id) of entries from before the first day that was sealed."""
    columns = seals.as_written(session, ENTRY.c.at, ENTRY.c.id)
    where = (ENTRY.c.tenant_id == tenant_id, ENTRY.c.at < datetime.combine(first, time(), UTC))
    return [(_text(at)[:10], _text(name)) for at, name in session.execute(select(*columns).where(*where))]


def _pair_moved(session: Session, tenant_id: uuid.UUID, wrong: Wrong) -> None:
    """An entry that is gone from its day and stands elsewhere was changed: its time was."""
    missing = [name for kinds in wrong.values() for name in kinds[MISSING]]
    moved: set[str] = set()
    for start in range(0, len(missing), 500):
        ids = [uuid.UUID(name) for name in missing[start : start + 500]]
        (column,) = seals.as_written(session, ENTRY.c.id)
        there = session.scalars(select(column).where(ENTRY.c.tenant_id == tenant_id, ENTRY.c.id.in_(ids)))
        moved |= set(map(_text, there))
    for kinds in wrong.values():
        kinds[CHANGED] += [name for name in kinds[MISSING] if name in moved]
        for what in (MISSING, ADDED):
            kinds[what] = [name for name in kinds[what] if name not in moved]


def _check_end(session: Session, tenant_id: uuid.UUID, chain: list[Seal], now: datetime) -> Iterator[Problem]:
    """Seals that were taken away from the end leave days that are over and not sealed."""
    days = [one.date for one in chain if one.date and one.kind == DAY]
    first = max(days) + timedelta(days=1) if days else seals.first_unsealed(session, tenant_id)
    if first and seals.last_due(now) - first >= OVERDUE:
        yield Problem(str(first), NOT_SEALED)


def _text(value: bytes | str | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
