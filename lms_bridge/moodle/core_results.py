"""How far learners came in a course, by Moodle's own functions: many learners at a time, with the fewest questions.

A SCORM activity's last attempt is told with its number by one question for each SCO; earlier ones are asked for where
there were any. Completions are asked for where something else than SCORM is followed, grades where it was completed.
The records are named as the plugin's are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from ..connectors.interface import COMPLETED, FAILED, PASSED, LmsResult
from . import rows
from .client import Client, MoodleError, moment
from .core_course import Activity, Contents, view_capability
from .many import Question, ask
from .pulling import omission

_STATES = {1: COMPLETED, 2: PASSED, 3: FAILED}
_AWAY = frozenset({"invaliduser", "userdeleted", "usernotconfirmed", "guestsarenotallowed"})
"""Who went while the course was read, or never came: nothing is told of them."""
_NO_GRADES = frozenset({"nopermissions", "accessexception", "nopermissiontoviewgrades"})
_NO_COURSE = frozenset({"usernotenroled", "cannotviewreport", "accessdenied", "accessexception"})
MOST_ATTEMPTS = 1000
User = Mapping[str, Any]
Track = tuple[str, float | None, datetime | None]


def results_of(
    client: Client, reader: rows.Reader, found: Contents, users: Sequence[User], scorms: Set[int]
) -> list[LmsResult]:
    """The learners' results in the course; attempts are asked for in these `scorms` only (cmids)."""
    return [
        *_attempts(client, reader, found, users, scorms),
        *_others(client, reader, found, users),
        *_courses(client, reader, found, users),
    ]


def questions_of_one(found: Contents, scorms: Set[int]) -> int:
    """How many questions a learner costs who has one attempt in each of these SCORM activities."""
    attempts = sum(len(one.scoes) for one in found.scorms if one.cmid in scorms)
    return attempts + found.others + (found.criteria is not False)


# --- attempts of SCORM --------------------------------------------------------------------------------------------


def _attempts(
    client: Client, reader: rows.Reader, found: Contents, users: Sequence[User], scorms: Set[int]
) -> list[LmsResult]:
    asked = [(one, user) for user in users for one in found.scorms if one.cmid in scorms and one.scoes]
    read: dict[tuple[int, int], dict[int, dict[int, Track]]] = defaultdict(lambda: defaultdict(dict))
    _read(client, [(one, user, sco, 0) for one, user in asked for sco in one.scoes], read)
    earlier = [
        (one, user, sco, attempt)
        for one, user in asked
        if (tried := read.get((one.cmid, user["id"])))
        for attempt in range(1, min(max(tried), MOST_ATTEMPTS) + 1)
        for sco in one.scoes
        if sco not in tried.get(attempt, ())
    ]
    _read(client, earlier, read)
    results = []
    for one, user in asked:
        for attempt, tracks in sorted(read[one.cmid, user["id"]].items()):
            outcome, score, at = _attempt([tracks[sco] for sco in one.scoes if sco in tracks], len(one.scoes))
            if outcome and at:
                results.append(_result(reader, user, one, attempt, outcome, at, score))
    return results


def _read(
    client: Client,
    wanted: list[tuple[Activity, User, int, int]],
    read: dict[tuple[int, int], dict[int, dict[int, Track]]],
) -> None:
    questions: list[Question] = [
        ("mod_scorm_get_scorm_sco_tracks", {"scoid": sco, "userid": user["id"], "attempt": attempt})
        for _one, user, sco, attempt in wanted
    ]
    for (one, user, sco, _attempt), answer in zip(wanted, _sound(ask(client, questions)), strict=True):
        if answer is not None:
            data = answer["data"]
            read[one.cmid, user["id"]][int(data["attempt"])][sco] = _track(data["tracks"])


def _attempt(tracks: list[Track], scoes: int) -> tuple[str | None, float | None, datetime | None]:
    """(outcome, score, time) of an attempt from what all of its SCOs say."""
    if len(tracks) < scoes:
        return None, None, None
    scores = [score for _status, score, _at in tracks if score is not None]
    at = max((at for _status, _score, at in tracks if at), default=None)
    return (
        attempt_outcome([status for status, *_ in tracks]),
        sum(scores) / len(scores) if scores else None,
        at,
    )


def attempt_outcome(statuses: list[str]) -> str | None:
    """What the states of all SCOs make of an attempt; None while it goes on."""
    if not statuses or any(status not in ("passed", "failed", "completed") for status in statuses):
        return None
    if "failed" in statuses:
        return FAILED
    return PASSED if "passed" in statuses else COMPLETED


def _track(elements: Iterable[Mapping[str, Any]]) -> Track:
    """(status, score from 0 to 1, time) of one SCO in one attempt, of either SCORM."""
    told = {one["element"]: str(one["value"]) for one in elements}
    success = told.get("cmi.success_status", "")
    status = success if success in ("passed", "failed") else told.get("status", "")
    stamp = told.get("timemodified", "")
    return status, _score(told), moment(int(stamp) if stamp.isdigit() else 0)


def _score(told: Mapping[str, str]) -> float | None:
    try:
        if scaled := told.get("cmi.score.scaled"):
            return min(1.0, max(0.0, float(scaled)))
        raw = next(v for k in ("cmi.core.score.raw", "cmi.score.raw", "score_raw") if (v := told.get(k)))
        low = float(told.get("cmi.core.score.min") or told.get("cmi.score.min") or 0)
        high = float(told.get("cmi.core.score.max") or told.get("cmi.score.max") or 100)
        return min(1.0, max(0.0, (float(raw) - low) / (high - low)))
    except (StopIteration, ValueError, ZeroDivisionError):
        return None


# --- other activities, and the course itself ----------------------------------------------------------------------


def _others(client: Client, reader: rows.Reader, found: Contents, users: Sequence[User]) -> list[LmsResult]:
    """Completions of what is no SCORM. One learner's tell for all what the role may not see."""
    users = users if found.others else users[:1]
    asked: list[Question] = [
        ("core_completion_get_activities_completion_status", {"courseid": found.course, "userid": user["id"]})
        for user in users
    ]
    completed: list[tuple[User, Activity, str, datetime]] = []
    for user, answer in zip(users, _sound(ask(client, asked)), strict=True):
        if answer is not None:
            states = {one["cmid"]: one for one in answer["statuses"]}
            _note_hidden(found, states)
            completed += _completed(found, user, states)
    grades = _grades(client, found.course, [user for user, *_ in completed])
    return [
        _result(reader, user, one, 0, outcome, at, grades.get(user["id"], {}).get(one.cmid))
        for user, one, outcome, at in completed
    ]


def _note_hidden(found: Contents, states: Mapping[int, Any]) -> None:
    for one in found.activities:
        if one.cmid not in states:
            note = omission(view_capability(one.modname), [found.name])
            if note not in found.warnings:
                found.warnings.append(note)


def _completed(
    found: Contents, user: User, states: Mapping[int, Mapping[str, Any]]
) -> Iterable[tuple[User, Activity, str, datetime]]:
    for one in found.activities:
        state = states.get(one.cmid, {})
        outcome, at = _STATES.get(state.get("state", 0)), moment(state.get("timecompleted"))
        if one.modname != "scorm" and outcome and at:
            yield user, one, outcome, at


def _grades(client: Client, course: int, users: Iterable[User]) -> dict[int, dict[int, float]]:
    """The learners' grades by activity, from 0 to 1; none where the role may not see them."""
    ids = list(dict.fromkeys(user["id"] for user in users))
    asked: list[Question] = [
        ("gradereport_user_get_grade_items", {"courseid": course, "userid": user}) for user in ids
    ]
    answers = _sound(ask(client, asked), _NO_GRADES)
    return {user: _graded(answer) for user, answer in zip(ids, answers, strict=True) if answer is not None}


def _graded(answer: Mapping[str, Any]) -> dict[int, float]:
    found = {}
    for graded in answer.get("usergrades", ()):
        for item in graded.get("gradeitems", ()):
            raw, low, high = item.get("graderaw"), item.get("grademin", 0), item.get("grademax", 0)
            if item.get("cmid") and raw is not None and high > low:
                found[item["cmid"]] = min(1.0, max(0.0, (raw - low) / (high - low)))
    return found


def _courses(client: Client, reader: rows.Reader, found: Contents, users: Sequence[User]) -> list[LmsResult]:
    """Who completed the course itself. Whether it can be completed, the first answer tells."""
    for user in users:
        if found.criteria is None:
            (first,) = ask(client, [_course_question(found, user)])
            code = first.code if isinstance(first, MoodleError) else ""
            found.criteria = None if code in _NO_COURSE else code != "nocriteriaset"
    if not found.criteria:
        return []
    answers = _sound(ask(client, [_course_question(found, user) for user in users]), _NO_COURSE)
    results = []
    for user, answer in zip(users, answers, strict=True):
        status: dict[str, Any] = answer["completionstatus"] if answer is not None else {"completed": False}
        times = [at for one in status.get("completions", ()) if (at := moment(one.get("timecompleted")))]
        if status["completed"] and times:
            record = rows.course_record(found.course, user["id"])
            activity = rows.course_iri(reader.issuer, found.course)
            results.append(_told(reader, user, record, activity, found.name, COMPLETED, max(times), None))
    return results


def _course_question(found: Contents, user: User) -> Question:
    arguments = {"courseid": found.course, "userid": user["id"]}
    return "core_completion_get_course_completion_status", arguments


# --- results ------------------------------------------------------------------------------------------------------


def _sound(answers: list[Any], passed: Set[str] = frozenset()) -> list[Any]:
    """The answers, None for those that are of no matter. Raises MoodleError for any other."""
    for answer in answers:
        if isinstance(answer, MoodleError) and answer.code not in _AWAY | passed:
            raise answer
    return [None if isinstance(answer, MoodleError) else answer for answer in answers]


def _result(
    reader: rows.Reader,
    user: User,
    activity: Activity,
    attempt: int,
    outcome: str,
    at: datetime,
    score: float | None,
) -> LmsResult:
    record = rows.activity_record(activity.cmid, user["id"], attempt)
    iri = rows.module_iri(activity.identity) or rows.activity_iri(
        reader.issuer, activity.modname, activity.cmid
    )
    return _told(reader, user, record, iri, activity.name, outcome, at, score)


def _told(
    reader: rows.Reader,
    user: User,
    record: str,
    activity: str,
    name: str,
    outcome: str,
    at: datetime,
    score: float | None,
) -> LmsResult:
    return LmsResult(
        record=record,
        issuer=reader.issuer,
        subject=str(user["id"]),
        name=str(user.get("fullname", ""))[:200],
        email=str(user.get("email", ""))[:254],
        employment_id=str(user.get("idnumber", ""))[:80] if reader.idnumber_is_employment_id else "",
        activity=activity,
        activity_name=name,
        outcome=outcome,
        occurred=at,
        noted=at,
        score=score,
    )
