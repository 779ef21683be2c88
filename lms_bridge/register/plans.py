"""What a list will do before it does it: counts, examples, and every row that cannot be used, with a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from .models import Import
from .tables import Problem, Row

Thing = TypeVar("Thing")
MOST_SHOWN = 100
MOST_CLOSED = 0.1
"""A full list that would close more than this part of what is open needs a person's approval."""


@dataclass(frozen=True)
class Finding:
    """A sentence about a row of the list."""

    row: int
    problem: Problem


@dataclass(frozen=True)
class Example:
    """One thing that will happen: to whom, and what (`kind` is one of the plan's counts)."""

    kind: str
    name: str
    detail: str = ""


@dataclass
class Plan:
    """The preview of an import. `apply` writes it; nothing is written before it is called."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    closing_needs_approval: bool = False
    apply: Callable[[], None] = lambda: None

    def happens(self, kind: str, name: str, detail: str = "") -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_SHOWN:
            self.examples.append(Example(kind, name, detail))

    def wrong(self, row: Row, message: str, **params: object) -> None:
        self.counts["problems"] += 1
        if len(self.problems) < MOST_SHOWN:
            self.problems.append(Finding(row.number, Problem(message, params)))

    def odd(self, row: Row, message: str, **params: object) -> None:
        self.counts["warnings"] += 1
        if len(self.warnings) < MOST_SHOWN:
            self.warnings.append(Finding(row.number, Problem(message, params)))


class Cells:
    """A row read by the names of its matched columns."""

    def __init__(self, row: Row, columns: dict[str, int]) -> None:
        self.row = row
        self._columns = columns

    def __getitem__(self, name: str) -> str:
        index = self._columns.get(name)
        return self.row.cells[index] if index is not None and index < len(self.row.cells) else ""

    @property
    def full_name(self) -> str:
        """From one column, or from two; "Nordmann, Kari" is turned round."""
        name = self["name"] or f"{self['given_name']} {self['family_name']}".strip()
        if name.count(",") == 1:
            family, given = name.split(",")
            name = f"{given.strip()} {family.strip()}"
        return " ".join(name.split())[:200]


def closing(
    made: Plan, row: Import, gone: Sequence[Thing], opened: int, name: Callable[[Thing], str]
) -> list[Thing]:
    """What a full list closes: what is open and not in it; too much at once needs approval."""
    if not row.options.get("full"):
        return []
    for one in gone:
        made.happens("closed", name(one))
    made.closing_needs_approval = len(gone) > max(1, opened * MOST_CLOSED)
    return list(gone)
