"""One course of a Moodle, read by its own functions: what is in it, and how far one learner came there.

A learner costs a call for the course's activities, and for each SCORM activity one for the number of attempts and
one for each attempt (and SCO). Its records are named as the plugin's are.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..connectors.interface import COMPLETED, FAILED, PASSED, LmsResult, Note
from . import rows
from .client import SLOW_SECONDS, Client, MoodleError, moment
from .pulling import omission

_STATES = {1: COMPLETED, 2: PASSED, 3: FAILED}
_ITEM = re.compile(r"m([0-9a-f]{32})(-item)?")
"""How our packages name their item (publishing.package)."""
REPORTS = "mod/scorm:viewreport"
FIELDS = "id,fullname,email,idnumber,lastcourseaccess"


@dataclass(frozen=True)
class Activity:
    """An activity whose completion is followed. `scoes`: the ids of what a SCORM package launches."""

    cmid: int
    modname: str
    instance: int
    name: str
    scoes: list[int] = field(default_factory=list)
    identity: str = ""

    def plain(self) -> list[Any]:
        return [self.cmid, self.modname, self.instance, self.name, self.scoes, self.identity]


@dataclass
class Contents:
    """What a course has, and what is wrong with seeing it. `criteria`: the course itself can be completed."""

    course: int
    name: str
    activities: list[Activity] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    criteria: bool = True

    def plain(self) -> dict[str, Any]:
        """For the cursor."""
        told = [activity.plain() for activity in self.activities]
        return {"course": self.course, "name": self.name, "activities": told, "criteria": self.criteria}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Contents:
        known = [Activity(*values) for values in kept["activities"]]
        return cls(kept["course"], kept["name"], known, [], kept["criteria"])


def contents(client: Client, course: int, name: str, published: Iterable[tuple[int, str]]) -> Contents:
    """What is in the course, with a warning for each kind of activity that Moodle leaves out.

    `published`: (cmid, name) of what this service put there, which must be among them.
    """
    found, hidden = Contents(course, name), set()
    listed: dict[int, dict[str, Any]] = {}
    for section in _list(client.call("core_course_get_contents", courseid=course)):
        for module in section.get("modules", ()):
            listed[module["id"]] = module
            if module.get("completion"):
                if not module.get("uservisible", True):
                    hidden.add(view_capability(module["modname"]))
                found.activities.append(
                    Activity(module["id"], module["modname"], module["instance"], str(module["name"])[:300])
                )
    if any(cmid not in listed for cmid, _ in published):
        hidden.add(REPORTS)
    if any(activity.modname == "scorm" for activity in found.activities):
        hidden |= _look_into_scorms(client, found)
    found.warnings += [omission(capability, [name]) for capability in sorted(hidden)]
    return found


def view_capability(modname: str) -> str:
    """The capability without which Moodle leaves such activities out."""
    return REPORTS if modname == "scorm" else f"mod/{modname}:view"


def _look_into_scorms(client: Client, found: Contents) -> set[str]:
    """Fills in the SCOs of SCORM activities; returns what the role lacks."""
    seen = client.call("mod_scorm_get_scorms_by_courses", courseids=[found.course])["scorms"]
    visible, lacking = {one["id"] for one in seen}, set()
    for at, activity in enumerate(found.activities):
        if activity.modname != "scorm" or activity.instance not in visible:
            continue
        if not client.call("mod_scorm_get_scorm_access_information", scormid=activity.instance)[
            "canviewreport"
        ]:
            lacking.add(REPORTS)
            continue
        scoes = client.call("mod_scorm_get_scorm_scoes", scormid=activity.instance)["scoes"]
        launched = [sco for sco in scoes if sco.get("launch")]
        identity = next((name for sco in scoes if (name := identity_of(sco.get("identifier")))), "")
        found.activities[at] = replace(activity, scoes=[sco["id"] for sco in launched], identity=identity)
    return lacking


def identity_of(identifier: object) -> str:
    """The module behind an item's identifier, also where a person put the package into Moodle by hand."""
    match = _ITEM.fullmatch(identifier) if isinstance(identifier, str) else None
    return str(uuid.UUID(match[1])) if match else ""


def enrolled(
    client: Client, course: int, start: int, most: int, fields: str = FIELDS
) -> list[dict[str, Any]]:
    """Some of the course's users, by their id; only the fields that are needed, for each costs Moodle time."""
    options = {
        "userfields": fields,
        "sortby": "id",
        "sortdirection": "ASC",
        "limitfrom": start,
        "limitnumber": most,
    }
    named = [{"name": name, "value": value} for name, value in options.items()]
    answer = client.call(
        "core_enrol_get_enrolled_users", patience=SLOW_SECONDS, courseid=course, options=named
    )
    return _list(answer)


def changed_since(client: Client, course: int, since: int) -> set[int]:
    """The activities in which something happened (Moodle tells others' tracks for SCORM, and little else)."""
    answer = client.call("core_course_get_updates_since", courseid=course, since=since)
    return {one["id"] for one in answer.get("instances", ()) if one.get("contextlevel") == "module"}


def results_of(
    client: Client, reader: rows.Reader, found: Contents, user: Mapping[str, Any], scorms: set[int]
) -> list[LmsResult]:
    """A learner's results in the course; attempts are asked for in these `scorms` only (cmids)."""
    answer = client.call(
        "core_completion_get_activities_completion_status", courseid=found.course, userid=user["id"]
    )
    states = {one["cmid"]: one for one in answer["statuses"]}
    for activity in found.activities:
        if activity.cmid not in states:
            note = omission(view_capability(activity.modname), [found.name])
            if note not in found.warnings:
                found.warnings.append(note)
    results, grades = [], None
    for activity in found.activities:
        if activity.modname == "scorm":
            if activity.cmid in scorms and activity.scoes:
                results += _attempts(client, reader, activity, user)
            continue
        state = states.get(activity.cmid, {})
        outcome, at = _STATES.get(state.get("state", 0)), moment(state.get("timecompleted"))
        if outcome and at:
            grades = _grades(client, found.course, user["id"]) if grades is None else grades
            score = grades.get(activity.cmid)
            results.append(_result(reader, user, activity, 0, outcome, at, score))
    return results + _course_result(client, reader, found, user)


def _attempts(
    client: Client, reader: rows.Reader, activity: Activity, user: Mapping[str, Any]
) -> list[LmsResult]:
    count = client.call("mod_scorm_get_scorm_attempt_count", scormid=activity.instance, userid=user["id"])
    results = []
    for attempt in range(1, min(int(count["attemptscount"]), 1000) + 1):
        read = [
            _tracks(
                client.call("mod_scorm_get_scorm_sco_tracks", scoid=sco, userid=user["id"], attempt=attempt)
            )
            for sco in activity.scoes
        ]
        outcome = attempt_outcome([status for status, _, _ in read])
        at = max((at for _, _, at in read if at), default=None)
        scores = [score for _, score, _ in read if score is not None]
        if outcome and at:
            score = sum(scores) / len(scores) if scores else None
            results.append(_result(reader, user, activity, attempt, outcome, at, score))
    return results


def attempt_outcome(statuses: list[str]) -> str | None:
    """What the states of all SCOs make of an attempt; None while it goes on."""
    if not statuses or any(status not in ("passed", "failed", "completed") for status in statuses):
        return None
    if "failed" in statuses:
        return FAILED
    return PASSED if "passed" in statuses else COMPLETED


def _tracks(answer: Mapping[str, Any]) -> tuple[str, float | None, Any]:
    """(status, score from 0 to 1, time) of one SCO in one attempt, of either SCORM."""
    told = {one["element"]: str(one["value"]) for one in answer["data"]["tracks"]}
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


def _grades(client: Client, course: int, user: int) -> dict[int, float]:
    """The learner's grades by activity, from 0 to 1; none where the role may not see them."""
    try:
        answer = client.call("gradereport_user_get_grade_items", courseid=course, userid=user)
    except MoodleError as error:
        if error.code not in ("nopermissions", "accessexception", "nopermissiontoviewgrades"):
            raise
        return {}
    found = {}
    for graded in answer.get("usergrades", ()):
        for item in graded.get("gradeitems", ()):
            raw, low, high = item.get("graderaw"), item.get("grademin", 0), item.get("grademax", 0)
            if item.get("cmid") and raw is not None and high > low:
                found[item["cmid"]] = min(1.0, max(0.0, (raw - low) / (high - low)))
    return found


def _course_result(
    client: Client, reader: rows.Reader, found: Contents, user: Mapping[str, Any]
) -> list[LmsResult]:
    if not found.criteria:
        return []
    try:
        answer = client.call(
            "core_completion_get_course_completion_status", courseid=found.course, userid=user["id"]
        )
    except MoodleError as error:
        if error.code == "nocriteriaset":
            found.criteria = False  # nobody need be asked about this course again
        elif error.code not in ("usernotenroled", "cannotviewreport", "accessdenied", "accessexception"):
            raise
        return []
    status = answer["completionstatus"]
    times = [at for one in status["completions"] if (at := moment(one.get("timecompleted")))]
    if not status["completed"] or not times:
        return []
    record, activity = (
        rows.course_record(found.course, user["id"]),
        rows.course_iri(reader.issuer, found.course),
    )
    return [_told(reader, user, record, activity, found.name, COMPLETED, max(times), None)]


def _result(
    reader: rows.Reader,
    user: Mapping[str, Any],
    activity: Activity,
    attempt: int,
    outcome: str,
    at: Any,
    score: float | None,
) -> LmsResult:
    record = rows.activity_record(activity.cmid, user["id"], attempt)
    iri = rows.module_iri(activity.identity) or rows.activity_iri(
        reader.issuer, activity.modname, activity.cmid
    )
    return _told(reader, user, record, iri, activity.name, outcome, at, score)


def _told(
    reader: rows.Reader,
    user: Mapping[str, Any],
    record: str,
    activity: str,
    name: str,
    outcome: str,
    at: Any,
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


def _list(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []
