"""What the plugin tells of learners, as results of the connectors: rows of an outbox, from a pull or a push.

A row that is broken or of an unknown state is counted and left out; the rest goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..connectors.interface import COMPLETED, FAILED, PASSED, WITHDRAWN, LmsResult, Note
from ..errors import N_
from .client import moment

_OUTCOMES = {"completed": COMPLETED, "passed": PASSED, "failed": FAILED, "withdrawn": WITHDRAWN}
_UNFINISHED = "incomplete"


class BrokenRow(ValueError):
    """Something in a row is not what it must be."""


@dataclass
class Taken:
    """The results of some rows, and what was left out."""

    results: list[LmsResult] = field(default_factory=list)
    broken: int = 0
    example: str = ""

    def warnings(self) -> list[Note]:
        """What the administrator should know of it."""
        if not self.broken:
            return []
        told = {"count": self.broken, "example": self.example}
        return [Note(N_("%(count)s results from Moodle could not be read, for example %(example)s."), told)]


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one Moodle. `issuer` is its wwwroot, whose user ids are the learners' subjects."""

    issuer: str
    idnumber_is_employment_id: bool

    def read(self, rows: Iterable[object]) -> Taken:
        taken = Taken()
        for row in rows:
            try:
                result = self.result(row)
            except BrokenRow as error:
                taken.broken += 1
                taken.example = taken.example or str(error)
                continue
            if result is not None:
                taken.results.append(result)
        return taken

    def result(self, row: object) -> LmsResult | None:
        """One row; None for an attempt that goes on. Raises BrokenRow."""
        if not isinstance(row, Mapping):
            raise BrokenRow("a row that is none")
        state = row.get("state")
        if state == _UNFINISHED:
            return None
        where = f"row {_plain(row.get('id'))}"
        if not isinstance(state, str) or state not in _OUTCOMES:
            raise BrokenRow(f"{where}: state {_plain(state)}")
        user, course = _number(row, "userid", where), _number(row, "courseid", where)
        occurred = moment(row.get("occurred")) or moment(row.get("changed"))
        if occurred is None:
            raise BrokenRow(f"{where}: no time")
        record, activity = self._place(row, user, course, where)
        return LmsResult(
            record=record,
            issuer=self.issuer,
            subject=str(user),
            name=_text(row, "fullname", 200),
            email=_text(row, "email", 254),
            employment_id=_text(row, "useridnumber", 80) if self.idnumber_is_employment_id else "",
            activity=activity,
            activity_name=_text(row, "name", 300),
            outcome=_OUTCOMES[state],
            occurred=occurred,
            score=_score(row.get("score"), where),
            noted=moment(row.get("changed")),
            version=_version(row.get("revision")) if activity.startswith("urn:uuid:") else None,
        )

    def _place(self, row: Mapping[str, Any], user: int, course: int, where: str) -> tuple[str, str]:
        """(record, activity) of a row."""
        kind = row.get("kind")
        if kind == "course":
            return course_record(course, user), course_iri(self.issuer, course)
        if kind != "activity":
            raise BrokenRow(f"{where}: kind {_plain(kind)}")
        cmid = _number(row, "cmid", where)
        attempt = row.get("attempt", 0)
        if not isinstance(attempt, int) or isinstance(attempt, bool) or attempt < 0:
            raise BrokenRow(f"{where}: attempt {_plain(attempt)}")
        activity = module_iri(row.get("identity")) or activity_iri(
            self.issuer, _text(row, "modname", 40), cmid
        )
        return activity_record(cmid, user, attempt), activity


def activity_record(cmid: int, user: int, attempt: int) -> str:
    return f"a:{cmid}:{user}:{attempt}"


def course_record(course: int, user: int) -> str:
    return f"c:{course}:{user}"


def course_iri(issuer: str, course: int) -> str:
    return f"{issuer}/course/view.php?id={course}"


def activity_iri(issuer: str, modname: str, cmid: int) -> str:
    name = modname if modname.isascii() and modname.replace("_", "").isalnum() else "unknown"
    return f"{issuer}/mod/{name}/view.php?id={cmid}"


def module_iri(identity: object) -> str:
    """The activity of a module of ours; "" where the identity is none."""
    try:
        return f"urn:uuid:{uuid.UUID(str(identity))}" if identity else ""
    except ValueError:
        return ""


def _number(row: Mapping[str, Any], name: str, where: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise BrokenRow(f"{where}: {name} {_plain(value)}")
    return value


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    return " ".join(value.replace("\x00", "").split())[:most] if isinstance(value, str) else ""


def _score(value: object, where: str) -> float | None:
    """0 to 1; -1 and nothing are no score."""
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value or value > 1:
        raise BrokenRow(f"{where}: score {_plain(value)}")
    return float(value) if value >= 0 else None


def _version(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else None


def _plain(value: object) -> str:
    """A value of somebody else's, short enough for a log; never a name or a number of a person."""
    return (
        repr(value)[:20] if isinstance(value, str | int | float | bool | type(None)) else type(value).__name__
    )
