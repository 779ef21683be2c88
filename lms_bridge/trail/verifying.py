"""Whether the trail is as it was when it was sealed (seals.py), and if not, what is wrong where.

All that is judged is read as it is written: somebody may have written there what the service never would.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import Database
from . import seals
from .seals import ENTRY, SEAL

CHANGED = "changed after the day was sealed"
MISSING = "missing, though sealed"
ADDED = "added after the day was sealed"
SEAL_CHANGED = "the day's seal was changed"
SEAL_MISSING = "seals are missing before this day's"
NOT_SEALED = "over for days and not sealed, nor what came after: nobody seals, or seals were taken away"
OVERDUE = timedelta(days=2)
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
    """A seal as it stands there."""

    number: str
    day: str
    late: bool
    made: str
    count: str
    previous: str
    seal: str
    is_sound: bool

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
        found.problems += _check_end(session, tenant_id, found.seals, now)
    return found


def _seals(session: Session, tenant_id: uuid.UUID) -> list[Seal]:
    names = (*seals.OF_SEAL, "seal")
    found = []
    for row in seals.rows_as_written(session, SEAL, names, SEAL.c.tenant_id == tenant_id, at_once=20):
        text = {name: _text(value) for name, value in zip(names, row, strict=True) if name != "entries"}
        shown = {name: text[name] for name in ("number", "day", "made", "count", "previous", "seal")}
        is_sound = seals.digest(row[:-1]).hexdigest() == text["seal"]
        found.append(Seal(late=text["late"] == "1", is_sound=is_sound, **shown))
    return found


def _check_chain(chain: list[Seal]) -> Iterator[Problem]:
    """Each seal is what its columns make, has the next number, and stands on the one before."""
    expected, before = 1, Seal("0", "", False, "", "", "", seals.FIRST, True)
    for one in chain:
        number = int(one.number) if one.number.isdecimal() else expected
        if not one.is_sound:
            yield Problem(one.day, SEAL_CHANGED)
        elif number != expected:
            yield Problem(one.day, SEAL_MISSING)
        elif one.previous != before.seal and before.is_sound:
            yield Problem(before.day, SEAL_CHANGED)
        expected, before = number + 1, one


def _check_entries(session: Session, tenant_id: uuid.UUID, found: Verdict, shown: Days) -> Iterator[Problem]:
    """Every entry of the days whose seals are sound, and those that are older than all of them."""
    unsound = {one.day for one in found.problems}
    days = sorted({one.date for one in found.seals if not one.late and one.date and one.day not in unsound})
    wrong: Wrong = defaultdict(lambda: defaultdict(list))
    for day in shown(days):
        sealed = seals.sealed_on(session, tenant_id, day)
        found.entries += len(sealed)
        _compare(sealed, seals.entries_of(session, tenant_id, day), wrong[str(day)])
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
    days = [one.date for one in chain if one.date]
    first = max(days) + timedelta(days=1) if days else seals.first_unsealed(session, tenant_id)
    if first and seals.last_due(now) - first >= OVERDUE:
        yield Problem(str(first), NOT_SEALED)


def _text(value: bytes | str | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
