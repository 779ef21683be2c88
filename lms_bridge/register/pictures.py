"""Figures as pictures: what the templates need to draw bars, with the same numbers that stand in the table."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .figures import without_small_cells

ORDER = ("met", "expiring", "in_progress", "missing", "expired", "exempt")
"""The parts of a bar from left to right: what is good first."""


@dataclass(frozen=True)
class Part:
    """A stretch of a bar, in hundredths of its length. `state` "hidden": too few to show."""

    state: str
    start: float
    length: float


@dataclass(frozen=True)
class Bar:
    """A row: `counts` as in ORDER (None: too few to show), `share` of what is met, in per cent."""

    label: str
    counts: list[int | None]
    total: int
    share: int | None
    parts: list[Part]


def bar(label: str, counts: Mapping[str, int], *, exact: bool) -> Bar:
    """A bar of states; unless `exact`, cells that would show one or two people are hidden."""
    numbers = [counts.get(state, 0) for state in ORDER]
    total = sum(numbers)
    shown: list[int | None] = list(numbers) if exact else without_small_cells(numbers)
    parts, at = [], 0.0
    for state, number in zip(ORDER, shown, strict=True):
        if number and total:
            parts.append(Part(state, round(at, 2), round(100 * number / total, 2)))
            at += 100 * number / total
    if None in shown and total:
        parts.append(Part("hidden", round(at, 2), round(100 - at, 2)))
    return Bar(label, shown, total, None if None in shown else share(counts, exact=True), parts)


def share(counts: Mapping[str, int], *, exact: bool, least: int = 3) -> int | None:
    """Per cent of what is required that is met; None where it would show one or two people."""
    met = counts.get("met", 0) + counts.get("expiring", 0)
    unmet = sum(counts.get(state, 0) for state in ("in_progress", "missing", "expired"))
    if not met + unmet or (not exact and min(met, unmet) < least):
        return None
    return round(100 * met / (met + unmet))


def added(by_unit: Mapping[uuid.UUID, Counter[str]], units: Iterable[uuid.UUID]) -> Counter[str]:
    """The counts of several units together."""
    total: Counter[str] = Counter()
    for unit_id in units:
        total.update(by_unit.get(unit_id, {}))
    return total


@dataclass(frozen=True)
class Column:
    """A month: `height` in hundredths of the highest; `count` None: too few to show."""

    label: str
    count: int | None
    height: float


def columns(numbers: Sequence[tuple[str, int]], *, exact: bool, least: int = 3) -> list[Column]:
    """Columns of a picture; unless `exact`, small ones are hidden (no total stands beside them)."""
    highest = max((n for _, n in numbers), default=0) or 1
    found = []
    for label, number in numbers:
        hidden = not exact and 0 < number < least
        found.append(
            Column(label, None if hidden else number, 0 if hidden else round(100 * number / highest, 1))
        )
    return found
