"""Moodle's own functions, those that results are read by without the plugin, as the small Moodle answers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .moodle import Activity, Course, Moodle

Arguments = dict[str, Any]


def site_info(moodle: Moodle, _: Arguments) -> dict[str, Any]:
    from .moodle_plugin import PLUGIN

    names = [*CORE, *(PLUGIN if moodle.plugin else ())]
    return {
        "sitename": "Fjordvik læring",
        "username": "lmsbridge",
        "userid": 2,
        "siteurl": moodle.url,
        "functions": [{"name": name, "version": "1"} for name in names if name not in moodle.missing],
        "release": "4.5+ (Build: 20241108)",
        "version": "2024100700.05",
        "uploadfiles": 1,
    }


def courses_by_field(moodle: Moodle, _: Arguments) -> dict[str, Any]:
    """Courses that the user may not see are left out; the site itself is course 1."""
    site = {"id": 1, "fullname": "Fjordvik læring", "visible": 1, "enablecompletion": 0}
    found = [
        {"id": c.id, "fullname": c.fullname, "visible": 1, "enablecompletion": 1} for c in _courses(moodle)
    ]
    return {"courses": [site, *found], "warnings": []}


def _courses(moodle: Moodle) -> list[Course]:
    return list(moodle.courses.values()) if "moodle/course:view" in moodle.held else []


def _course(moodle: Moodle, arguments: Arguments) -> Course:
    moodle.need("moodle/course:view")
    return moodle.courses[int(arguments["courseid"])]


def _seen(moodle: Moodle, course: Course) -> list[Activity]:
    return [a for a in moodle.activities.values() if a.course == course.id and moodle.sees(a)]


def contents(moodle: Moodle, arguments: Arguments) -> list[dict[str, Any]]:
    """Also an activity that the role may not enter is listed, where it stands on the course's page."""
    course = _course(moodle, arguments)
    modules = [
        {
            "id": a.cmid,
            "name": a.name,
            "instance": a.instance,
            "modname": a.modname,
            "visible": int(a.visible),
            "uservisible": moodle.sees(a),
            "completion": 2,
        }
        for a in moodle.activities.values()
        if a.course == course.id and a.visible
    ]
    return [{"id": 1, "name": "General", "section": 0, "modules": modules}]


def updates_since(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    """Others' tracks are told for SCORM only, to whom may view its reports."""
    course, since = _course(moodle, arguments), int(arguments["since"])
    changed = {
        cmid
        for (cmid, _), rows in moodle.attempts.items()
        if any(row["at"] > since for row in rows) and "mod/scorm:viewreport" in moodle.held
    }
    return {
        "instances": [
            {"contextlevel": "module", "id": a.cmid, "updates": [{"name": "usertracks", "itemids": [1]}]}
            for a in _seen(moodle, course)
            if a.cmid in changed
        ],
        "warnings": [],
    }


def enrolled_users(moodle: Moodle, arguments: Arguments) -> list[dict[str, Any]]:
    """Whose profile the role may not see is left out of the page that they would be on."""
    course = _course(moodle, arguments)
    moodle.need("moodle/course:viewparticipants")
    options = {option["name"]: option["value"] for option in arguments.get("options", [])}
    start, most = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
    fields = options["userfields"].split(",")
    ids = sorted(set(course.users))[start : start + most if most else None]
    identity = {"email", "idnumber"} if "moodle/site:viewuseridentity" not in moodle.held else set()
    return [
        {
            name: value
            for name, value in _user(moodle, course, i).items()
            if name in fields and name not in identity
        }
        for i in ids
        if i not in moodle.unseen
    ]


def _user(moodle: Moodle, course: Course, user_id: int) -> dict[str, Any]:
    user = moodle.users[user_id]
    return {
        "id": user.id,
        "username": user.username,
        "fullname": user.fullname,
        "email": user.email,
        "idnumber": user.idnumber,
        "lastcourseaccess": user.access.get(course.id, 0),
    }


def activities_status(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    course, user = _course(moodle, arguments), int(arguments["userid"])
    moodle.need("report/progress:view")
    rows = []
    for activity in _seen(moodle, course):
        state, at = moodle.completions.get((activity.cmid, user), (0, 0))
        rows.append(
            {
                "cmid": activity.cmid,
                "modname": activity.modname,
                "instance": activity.instance,
                "state": state,
                "timecompleted": at,
                "tracking": 2,
            }
        )
    return {"statuses": rows, "warnings": []}


def course_status(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    from .moodle import MoodleException

    course, user = _course(moodle, arguments), int(arguments["userid"])
    if not course.criteria:
        raise MoodleException("nocriteriaset", "No completion criteria set for this course")
    at = moodle.course_completions.get((course.id, user), 0)
    rows = [
        {"type": 4, "title": "x", "status": "Yes", "complete": bool(at), "timecompleted": at, "details": {}}
    ]
    return {
        "completionstatus": {"completed": bool(at), "aggregation": 1, "completions": rows},
        "warnings": [],
    }


def scorms(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    ids = {int(i) for i in arguments["courseids"]}
    return {
        "scorms": [
            {"id": a.instance, "coursemodule": a.cmid, "course": a.course, "name": a.name}
            for a in moodle.activities.values()
            if a.course in ids and a.modname == "scorm" and moodle.sees(a)
        ],
        "warnings": [],
    }


def _scorm(moodle: Moodle, instance: int) -> Activity:
    return next(a for a in moodle.activities.values() if a.instance == instance)


def scoes(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    """An organization without a launch, and one SCO; their identifiers are the package's."""
    activity = _scorm(moodle, int(arguments["scormid"]))
    name = activity.item or (f"m{activity.identity.replace('-', '')}-item" if activity.identity else "sco1")
    rows = [("course", "", 1), (name, "sco", 2)]
    return {
        "scoes": [
            {
                "id": activity.instance * 10 + n,
                "identifier": i,
                "scormtype": kind,
                "launch": "a" if kind else "",
            }
            for i, kind, n in rows
        ],
        "warnings": [],
    }


def access_information(moodle: Moodle, _: Arguments) -> dict[str, Any]:
    return {"canviewreport": "mod/scorm:viewreport" in moodle.held, "warnings": []}


def tracks(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    """Of the last attempt, where none is named. Who never tried has a first attempt without tracks."""
    moodle.need("mod/scorm:viewreport")
    activity, attempt = _scorm(moodle, int(arguments["scoid"]) // 10), int(arguments.get("attempt", 0))
    tried = moodle.attempts.get((activity.cmid, int(arguments["userid"])), [])
    attempt = attempt or len(tried) or 1
    if attempt > len(tried):
        warning = {"item": "attempt", "itemid": attempt, "warningcode": "notattempted", "message": ""}
        return {"data": {"attempt": attempt, "tracks": []}, "warnings": [warning]}
    row = tried[attempt - 1]
    found = {"status": row["status"], "cmi.core.lesson_status": row["status"], "timemodified": row["at"]}
    if row["score"] >= 0:
        found |= {"score_raw": row["score"] * 100, "cmi.core.score.raw": row["score"] * 100}
    elements = [{"element": name, "value": str(value)} for name, value in found.items()]
    return {"data": {"attempt": attempt, "tracks": elements}, "warnings": []}


def grade_items(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    moodle.need("moodle/grade:viewall")
    course, user = _course(moodle, arguments), int(arguments.get("userid", 0))
    told: dict[int, list[dict[str, Any]]] = {}
    for row in moodle.outbox:
        wanted = row["courseid"] == course.id and row["cmid"] and row["score"] >= 0
        if wanted and user in (0, row["userid"]) and moodle.sees(moodle.activities[row["cmid"]]):
            item = {"id": 1, "itemtype": "mod", "itemmodule": row["modname"], "cmid": row["cmid"]}
            item |= {
                "graderaw": row["score"] * 10,
                "grademin": 0,
                "grademax": 10,
                "gradedategraded": row["occurred"],
            }
            told.setdefault(row["userid"], []).append(item)
    return {"usergrades": [{"userid": i, "gradeitems": items} for i, items in told.items()], "warnings": []}


def many(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    """Many functions in one call, up to the first that fails."""
    from .moodle import MoodleException

    responses: list[dict[str, Any]] = []
    for request in arguments["requests"]:
        function, given = request["function"], json.loads(request["arguments"])
        moodle.requests.append((function, {name: str(value) for name, value in given.items()}))
        try:
            responses.append(
                {"error": False, "data": json.dumps(moodle.answer(function, given, moodle.token))}
            )
        except MoodleException as error:
            told = {"message": str(error), "errorcode": error.code}
            responses.append({"error": True, "exception": json.dumps(told)})
            break
    return {"responses": responses}


CORE: dict[str, Callable[[Moodle, Arguments], Any]] = {
    "core_webservice_get_site_info": site_info,
    "core_course_get_courses_by_field": courses_by_field,
    "core_course_get_contents": contents,
    "core_course_get_updates_since": updates_since,
    "core_enrol_get_enrolled_users": enrolled_users,
    "core_completion_get_activities_completion_status": activities_status,
    "core_completion_get_course_completion_status": course_status,
    "mod_scorm_get_scorms_by_courses": scorms,
    "mod_scorm_get_scorm_scoes": scoes,
    "mod_scorm_get_scorm_access_information": access_information,
    "mod_scorm_get_scorm_sco_tracks": tracks,
    "gradereport_user_get_grade_items": grade_items,
    "tool_mobile_call_external_functions": many,
}
