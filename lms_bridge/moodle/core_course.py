"""One course of a Moodle, read by its own functions: what is in it, and who."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..connectors.interface import Note
from .client import SLOW_SECONDS, Client
from .many import Question
from .pulling import omission

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
    """What a course has, and what is wrong with seeing it. `criteria`: the course itself can be completed, if known."""

    course: int
    name: str
    activities: list[Activity] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    criteria: bool | None = None

    @property
    def scorms(self) -> list[Activity]:
        return [one for one in self.activities if one.modname == "scorm"]

    @property
    def others(self) -> bool:
        """Whether something else than SCORM is followed."""
        return any(one.modname != "scorm" for one in self.activities)

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


def changes(course: int, since: int) -> Question:
    """The question for the activities in which something happened since."""
    return "core_course_get_updates_since", {"courseid": course, "since": since}


def changed(answer: Mapping[str, Any]) -> list[int]:
    """Their course modules (Moodle tells others' tracks for SCORM, and little else)."""
    found = answer.get("instances", ())
    return sorted({one["id"] for one in found if one.get("contextlevel") == "module"})


def _list(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []
