"""Bringing in a course: what is wrong with it, then its structure and files. A package is untrusted to the last byte:
`scorm` opens it, and nothing is kept of one with an error.
"""

import mimetypes
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlalchemy import insert
from sqlalchemy.orm import Session

import scorm

from ..accounts import audit
from ..db import new_id
from ..errors import Invalid
from ..storage import Storage
from ..web.i18n import N_
from .models import Course, CourseFile, Node

_RUNS_HERE = {"javascript", "data", "vbscript", "blob", "file"}
NOT_CMI5 = N_("This is not a cmi5 course. Other packages are given to the LMS that plays them.")


@dataclass(frozen=True)
class Judgement:
    """What was found in what was given. `title` is the course's, where it could be read."""

    title: str
    units: int
    findings: tuple[scorm.Finding, ...]
    sound: bool


def judge(given: BinaryIO) -> Judgement:
    """Reads and validates a zip with cmi5.xml, or a cmi5.xml alone. Raises Invalid for a course of another standard."""
    report = scorm.validate(given)
    if not report.readable:
        return Judgement("", 0, report.findings, sound=False)
    if report.standard != scorm.Standard.CMI5:
        raise Invalid(NOT_CMI5)
    with scorm.read(given) as reading:
        package = reading.package
        _refuse_scripts_as_addresses(package)
        return Judgement(package.metadata.title, len(package.launchable()), report.findings, report.sound)


def _refuse_scripts_as_addresses(package: scorm.Package) -> None:
    for resource in package.resources:
        if urlsplit(resource.href).scheme.lower() in _RUNS_HERE:
            raise Invalid(
                N_("A unit's address is a script or a local file. Such a course is not brought in.")
            )


def bring_in(session: Session, storage: Storage, given: BinaryIO, *, by: uuid.UUID | None = None) -> Course:
    """Keeps the course with all its files. Raises Invalid for one with errors (14.0), with nothing kept."""
    if not judge(given).sound:
        raise Invalid(N_("The course has errors and was not brought in."))
    given.seek(0)
    with scorm.read(given) as reading:
        package = reading.package
        course = _course(package, by)
        session.add(course)
        session.flush()
        nodes = list(_nodes(package, course))
        for batch in range(0, len(nodes), 500):
            session.execute(insert(Node), nodes[batch : batch + 500])
        files = [_file(storage, file, course) for file in package.files]
        for batch in range(0, len(files), 500):
            session.execute(insert(CourseFile), files[batch : batch + 500])
    audit.record(session, "cmi5_course.brought_in", f"cmi5_course:{course.id}", account_id=by)
    return course


def _course(package: scorm.Package, by: uuid.UUID | None) -> Course:
    return Course(
        publisher_id=package.activity,
        title=package.metadata.title,
        description=package.metadata.description,
        language=package.metadata.language[:35],
        objectives=[
            {
                "id": f"urn:uuid:{new_id()}",
                "publisher_id": objective.id,
                "title": objective.title,
                "description": objective.description,
            }
            for objective in package.objectives
        ],
        brought_in_by=by,
    )


def _nodes(package: scorm.Package, course: Course) -> Iterator[dict[str, object]]:
    """Every block and AU, parents first, with an LMS id of its own."""
    organization = package.organization
    waiting = [(item, None) for item in reversed(organization.items if organization else ())]
    position = 0
    while waiting:
        item, parent_id = waiting.pop()
        node_id = new_id()
        yield {
            "id": node_id,
            "tenant_id": course.tenant_id,
            "course_id": course.id,
            "parent_id": parent_id,
            "position": position,
            "kind": "au" if item.resource else "block",
            "publisher_id": item.activity,
            "title": item.title,
            "description": item.description,
            "objectives": list(item.objectives),
            **(_unit(package, item) if item.resource else _BLOCK),
        }
        position += 1
        waiting += [(child, node_id) for child in reversed(item.items)]  # type: ignore[misc]


_BLOCK: dict[str, object] = {
    "url": "",
    "launch_method": "",
    "move_on": "",
    "mastery_score": None,
    "launch_parameters": "",
    "entitlement_key": "",
    "activity_type": "",
}


def _unit(package: scorm.Package, item: scorm.Item) -> dict[str, object]:
    resource = package.resource(item.resource)
    return {
        "url": resource.href if resource else "",
        "launch_method": item.launch_method or "AnyWindow",
        "move_on": str(item.move_on),
        "mastery_score": item.mastery_score,
        "launch_parameters": item.launch_data,
        "entitlement_key": item.entitlement_key,
        "activity_type": item.activity_type,
    }


def _file(storage: Storage, file: scorm.File, course: Course) -> dict[str, object]:
    with file.open() as content:
        stored = storage.put(content)
    kind, encoding = mimetypes.guess_type(file.path, strict=False)
    return {
        "tenant_id": course.tenant_id,
        "course_id": course.id,
        "path": file.path,
        "sha256": stored.sha256,
        "media_type": (kind if kind and not encoding else None) or "application/octet-stream",
    }
