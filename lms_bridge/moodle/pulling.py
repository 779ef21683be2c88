"""Fetching results from a Moodle with the plugin: its outbox by cursor, a thousand rows a call, and who there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from ..connectors.interface import Budget, Note, Page
from ..connectors.models import Connection
from ..db import utcnow
from ..errors import N_
from ..lti.signals import LmsLearner, learners_known
from .client import Client, MoodleError
from .rows import Reader, Taken

ROWS = 1000
ROSTER_EVERY = timedelta(days=1)


def pull(client: Client, connection: Connection, reader: Reader, budget: Budget) -> Iterator[Page]:
    """Pages of results from the cursor on; then, once a day, who there is, where their number tells who they are."""
    cursor = dict(connection.cursor)
    roster = reader.idnumber_is_employment_id and _due(cursor)
    more, again = True, None
    while more:
        answer = client.call("local_lmsbridge_get_results", cursor=str(cursor.get("outbox", "")), limit=ROWS)
        rows, reached, more = _page(answer)
        if more and reached == cursor.get("outbox"):
            raise _odd("local_lmsbridge_get_results")
        remaining = _count(answer.get("remaining"))
        cursor = {**cursor, "outbox": reached}
        taken = reader.read(rows)
        if remaining and not more:  # the plugin is still collecting what was there before it came
            again = timedelta(minutes=1)
        yield Page(
            cursor=cursor,
            done=not more and not roster,
            results=taken.results,
            warnings=[*taken.warnings(), *omissions(answer.get("omitted"))],
            estimate={"rows": remaining, "calls": -(-remaining // ROWS)} if remaining else None,
            again=again,
        )
    if roster:
        yield from read_roster(client, reader, cursor, again)


def read_roster(
    client: Client, reader: Reader, cursor: dict[str, Any], again: timedelta | None = None
) -> Iterator[Page]:
    """Tells the register of everybody who has a number, a thousand a page; goes on where it was cut off."""
    more = True
    while more:
        after = int(cursor.get("roster", 0))
        answer = client.call("local_lmsbridge_get_roster", after=after, limit=ROWS)
        users, last = answer.get("users"), answer.get("last")
        if not isinstance(users, list) or not isinstance(last, int):
            raise _odd("local_lmsbridge_get_roster")
        more = bool(answer.get("more")) and last > after
        learners = [one for user in users if (one := _learner(user, reader))]
        cursor = {**cursor, "roster": last}
        if not more:
            cursor = {**cursor, "roster": 0, "roster_read": utcnow().isoformat()}
        yield Page(cursor=cursor, done=not more, write=partial(_know, learners), again=again)


def omissions(told: object) -> list[Note]:
    """What the token's user may not see, as sentences: Moodle leaves it out without a word."""
    found: dict[str, list[str]] = {}
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict) and one.get("capability"):
            found.setdefault(str(one["capability"])[:100], []).append(str(one.get("coursename", ""))[:100])
    return [omission(capability, courses) for capability, courses in sorted(found.items())]


def omission(capability: str, courses: list[str]) -> Note:
    """The warning for one capability that the role lacks."""
    shown = ", ".join(dict.fromkeys(courses))[:200]
    sentence = N_(
        "The role of the token’s user lacks %(capability)s, so Moodle leaves results out without a word, in: "
        "%(courses)s. Give the role that capability."
    )
    return Note(sentence, {"capability": capability, "courses": shown})


def _page(answer: object) -> tuple[list[object], str, bool]:
    if not isinstance(answer, dict) or not isinstance(answer.get("rows"), list):
        raise _odd("local_lmsbridge_get_results")
    return answer["rows"], str(answer.get("cursor", ""))[:40], bool(answer.get("more"))


def _odd(function: str) -> MoodleError:
    return MoodleError(
        N_("Moodle’s answer to %(function)s has another form than the plugin’s. Is it the newest one?"),
        "form",
        function=function,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _due(cursor: dict[str, Any]) -> bool:
    """Whether the roster is to be read: not in the last day, or half read."""
    if cursor.get("roster"):
        return True
    read = str(cursor.get("roster_read", ""))
    return not read or read < (utcnow() - ROSTER_EVERY).isoformat()


def _learner(user: object, reader: Reader) -> LmsLearner | None:
    """Who has a number and still works here; whom it cannot tell is not written down before they have a result."""
    if not isinstance(user, dict) or user.get("suspended") or not user.get("idnumber"):
        return None
    number = user.get("id")
    if not isinstance(number, int) or number <= 0:
        return None
    return LmsLearner(
        reader.issuer,
        str(number),
        str(user.get("fullname", ""))[:200],
        str(user.get("email", ""))[:254],
        str(user["idnumber"])[:80],
    )


def _know(learners: list[LmsLearner], session: Session) -> int:
    if learners:
        learners_known.send(None, session=session, learners=learners)
    return 0


def taken_of(rows: object, reader: Reader) -> Taken:
    """The results of a pushed batch. Raises ValueError where it has no rows."""
    if not isinstance(rows, list):
        raise ValueError("no rows")
    return reader.read(rows)
