"""The plugin's functions (local_lmsbridge) as the small Moodle of the tests answers them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .moodle import Activity, Moodle

Arguments = dict[str, Any]


def get_site(moodle: Moodle, _: Arguments) -> dict[str, Any]:
    from .moodle import CAPABILITIES

    push = moodle.push
    return {
        "plugin": 2026112200,
        "release": "1.0",
        "moodle": "4.5+",
        "issuer": moodle.url,
        "sitename": "Fjordvik læring",
        "userid": 2,
        "username": "lmsbridge",
        "now": int(time.time()),
        "capabilities": [{"name": name, "held": name in moodle.held} for name in CAPABILITIES],
        "push": {
            "url": push["url"],
            "enabled": push["enabled"],
            "waiting": len(moodle.outbox) - moodle.sent,
            "lastsuccess": push["success"],
            "lasterror": push["error"],
        },
    }


def list_courses(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    moodle.need("local/lmsbridge:use")
    search, author = arguments.get("search", "").lower(), arguments.get("author", "")
    found = [
        course
        for course in moodle.courses.values()
        if search in course.fullname.lower() and (not author or author in course.teachers)
    ]
    offset, limit = int(arguments.get("offset", 0)), int(arguments.get("limit", 50))
    missing = [
        name
        for name in ("moodle/course:manageactivities", "mod/scorm:addinstance")
        if name not in moodle.held
    ]
    return {
        "courses": [
            {
                "id": course.id,
                "fullname": course.fullname,
                "shortname": f"k{course.id}",
                "category": "Helse",
                "visible": True,
                "completionenabled": True,
                "missing": missing,
                "sections": [{"number": i, "name": name} for i, name in enumerate(course.sections)],
            }
            for course in found[offset : offset + limit]
        ],
        "more": len(found) > offset + limit,
    }


def publish(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    """Idempotent by (course, identity); nobody's dates or attempts are touched."""
    from .moodle import MoodleException

    for capability in ("moodle/course:manageactivities", "mod/scorm:addinstance"):
        if capability not in moodle.held:
            raise MoodleException("notallowed", capability)
    course, identity = int(arguments["courseid"]), arguments["identity"]
    if course not in moodle.courses:
        raise MoodleException("invalidrecord", "Can't find data record in database table course.")
    package = moodle.drafts.get(int(arguments["draftitemid"]), b"")
    if not package.startswith(b"PK"):
        raise MoodleException("invalidpackage", "The package has no imsmanifest.xml.")
    mark = f"lmsbridge:{identity}"
    activity = next(
        (a for a in moodle.activities.values() if a.course == course and a.idnumber == mark), None
    )
    created = activity is None
    activity = activity or moodle.add(course, "scorm", arguments["name"], idnumber=mark)
    activity.section, activity.name = int(arguments["section"]), arguments["name"]
    activity.revision, activity.visible = int(arguments["revision"]), arguments["visible"] == "1"
    activity.intro, activity.completion = arguments["intro"], arguments["completion"]
    activity.package = hashlib.sha256(package).hexdigest()
    begun = sum(
        rows[-1]["status"] == "incomplete"
        for (cmid, _), rows in moodle.attempts.items()
        if cmid == activity.cmid
    )
    return {
        "cmid": activity.cmid,
        "instanceid": activity.instance,
        "created": created,
        "revision": activity.revision,
        "url": f"{moodle.url}/mod/scorm/view.php?id={activity.cmid}",
        "attempts": begun,
        "courseid": course,
    }


def list_activities(moodle: Moodle, _: Arguments) -> dict[str, Any]:
    return {"activities": [_listed(moodle, a) for a in moodle.activities.values() if a.identity]}


def _listed(moodle: Moodle, activity: Activity) -> dict[str, Any]:
    course = moodle.courses[activity.course]
    return {
        "cmid": activity.cmid,
        "instanceid": activity.instance,
        "courseid": course.id,
        "coursename": course.fullname,
        "section": activity.section,
        "identity": activity.identity,
        "revision": activity.revision,
        "name": activity.name,
        "visible": activity.visible,
        "url": f"{moodle.url}/mod/scorm/view.php?id={activity.cmid}",
        "learners": len(course.users),
        "completed": sum(cmid == activity.cmid for cmid, _ in moodle.completions),
        "updated": int(time.time()),
    }


def unpublish(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    from .moodle import MoodleException

    cmid = int(arguments["cmid"])
    activity = moodle.activities.get(cmid)
    if activity is None:
        return {"cmid": cmid, "state": "gone"}
    if arguments["how"] == "hide":
        activity.visible = False
        return {"cmid": cmid, "state": "hidden"}
    if any(where == cmid for where, _ in moodle.attempts):
        raise MoodleException("hasattempts", "There are attempts.")
    del moodle.activities[cmid]
    return {"cmid": cmid, "state": "deleted"}


def get_results(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    after, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit", 1000))
    rows = [row for row in moodle.outbox[after : after + limit] if _told(moodle, row)]
    reached = min(after + limit, len(moodle.outbox))
    left_out = [
        {"courseid": 7, "coursename": moodle.courses[7].fullname, "capability": name}
        for name in ("mod/scorm:viewreport", "mod/lti:view")
        if name not in moodle.held
    ]
    return {
        "rows": rows,
        "cursor": str(max(reached, after)),
        "more": len(moodle.outbox) > reached,
        "remaining": len(moodle.outbox) - reached + moodle.backfilling,
        "now": int(time.time()),
        "omitted": left_out,
    }


def _told(moodle: Moodle, row: dict[str, Any]) -> bool:
    if not isinstance(row, dict):  # a test put it there
        return True
    needed = {"scorm": "mod/scorm:viewreport", "lti": "mod/lti:view"}.get(row.get("modname", ""))
    return needed is None or needed in moodle.held


def get_roster(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    after, limit = int(arguments.get("after", 0)), int(arguments.get("limit", 1000))
    users = sorted((u for u in moodle.users.values() if u.id > after), key=lambda u: u.id)
    page = users[:limit]
    fields = ("id", "username", "idnumber", "fullname", "email", "suspended")
    return {
        "users": [{name: getattr(user, name) for name in fields} for user in page],
        "last": page[-1].id if page else after,
        "more": len(users) > limit,
    }


def set_push(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    enabled = arguments["enabled"] == "1"
    moodle.push.update(url=arguments["url"], secret=arguments["secret"], enabled=enabled)
    return {"enabled": enabled}


def test_push(moodle: Moodle, arguments: Arguments) -> dict[str, Any]:
    status, body = moodle.post([])
    return {
        "ok": status == 200,
        "status": status,
        "milliseconds": 12,
        "error": "" if status == 200 else str(body[:50]),
    }


test_push.__test__ = False  # not a test

PLUGIN: dict[str, Callable[[Moodle, Arguments], Any]] = {
    f"local_lmsbridge_{function.__name__}": function
    for function in (
        get_site,
        list_courses,
        publish,
        list_activities,
        unpublish,
        get_results,
        get_roster,
        set_push,
        test_push,
    )
}
