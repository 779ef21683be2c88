"""What a package is: one tree for every standard, written by `write` and found by `read`.

The words are those of IMS Content Packaging (organization, item, resource, file). cmi5 and xAPI use the
same tree: an organization is the course, an item with items is a block, an item with a resource is an
assignable unit. Everything is frozen, so that a Package can be compared, hashed and kept.

Paths and URLs: `File.path` and `Resource.files` are plain paths inside the zip (`/` between parts, not
percent-encoded). `Resource.href` and `Item.parameters` are URLs, percent-encoded, relative to the root.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO


class Standard(StrEnum):
    """The formats a package is written in."""

    SCORM12 = "scorm12"
    SCORM2004_3 = "scorm2004_3"  # 3rd edition
    SCORM2004 = "scorm2004"  # 4th edition
    CMI5 = "cmi5"
    XAPI = "xapi"  # tincan.xml
    WEB = "web"  # no LMS: a folder of files with a page to open


class MoveOn(StrEnum):
    """When an assignable unit is satisfied (cmi5 13.1.4)."""

    NOT_APPLICABLE = "NotApplicable"
    PASSED = "Passed"
    COMPLETED = "Completed"
    COMPLETED_AND_PASSED = "CompletedAndPassed"
    COMPLETED_OR_PASSED = "CompletedOrPassed"


@dataclass(frozen=True, slots=True)
class Element:
    """XML kept as data: sequencing, and whatever has no field of its own.

    `name` is `{namespace}local`, attributes are sorted by name, text is stripped; comments, processing
    instructions and the choice of prefixes are not kept.
    """

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element, ...] = ()
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return dict(self.attributes).get(name, default)

    def find(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True, slots=True)
class Contributor:
    """LOM 2.3: who did what. `role` is LOM's word: author, publisher, editor, graphical designer …"""

    name: str
    role: str = "author"
    organization: str = ""
    date: str = ""  # ISO 8601


@dataclass(frozen=True, slots=True)
class Credit:
    """The rights of one asset, as the credits page states them."""

    line: str  # "Hands under water. Photo: Kari Nordmann, CC BY 4.0, cropped"
    licence_url: str = ""
    path: str = ""  # the file in the package


@dataclass(frozen=True, slots=True)
class Rights:
    """LOM 6. None: the package does not say."""

    cost: bool | None = None
    copyright: bool | None = None  # copyright or other restrictions apply
    description: str = ""  # "© Fjordvik kommune. CC BY-SA 4.0."
    licence_url: str = ""
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """LOM 9: one taxon, as a competence with its URI (ESCO, Grep, a municipality's own)."""

    id: str  # the concept's URI
    title: str = ""
    source: str = ""  # the taxonomy: "ESCO"
    purpose: str = "competency"


@dataclass(frozen=True, slots=True)
class Relation:
    """LOM 7: another resource that this one is based on, or stands in another relation to."""

    identifier: str
    description: str = ""
    kind: str = "isbasedon"
    catalog: str = "URI"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What people and catalogues want to know (LOM 1.2 in SCORM 1.2, IEEE 1484.12 in 2004)."""

    title: str = ""
    language: str = ""  # BCP 47
    description: str = ""
    keywords: tuple[str, ...] = ()
    duration: timedelta | None = None  # typical learning time
    version: str = ""
    contributors: tuple[Contributor, ...] = ()
    rights: Rights = field(default_factory=Rights)
    classifications: tuple[Classification, ...] = ()
    relations: tuple[Relation, ...] = ()
    unknown: tuple[Element, ...] = ()  # found by a reader, has no field here; never written


@dataclass(frozen=True, slots=True)
class Objective:
    """cmi5 13.1.2: a learning objective, which assignable units and blocks refer to by id."""

    id: str  # an IRI
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A node of the table of contents: a chapter (has items) or something to launch (has a resource)."""

    identifier: str  # an NCName, the same in every version: an LMS keys a learner's results by it
    title: str
    resource: str = ""  # Resource.identifier
    items: tuple[Item, ...] = ()
    parameters: str = ""  # appended to the resource's href: "?page=2"
    visible: bool = True
    mastery_score: float | None = None  # 0..1
    launch_data: str = ""  # 1.2 datafromlms, 2004 dataFromLMS, cmi5 launchParameters
    max_time: timedelta | None = None
    time_limit_action: str = ""  # "exit,message" and its three sisters
    metadata: Metadata | None = None

    # Sequencing. The two intents are translated for each standard (see sequencing.py); the rest is data.
    forced_order: bool = False  # its items open one after the other
    post_test: bool = False  # this item alone decides whether its parent is passed
    prerequisites: str = ""  # 1.2, an aicc_script
    sequencing: Element | None = None  # 2004, an imsss:sequencing
    completion_threshold: float | None = None  # 2004, the progress (0..1) that completes
    hide_lms_ui: tuple[str, ...] = ()  # 2004, adlnav: "previous", "continue" …
    unknown: tuple[Element, ...] = ()  # found by a reader; never written

    # cmi5 and xAPI
    activity: str = ""  # the IRI; empty: see Package.activity_of
    description: str = ""
    move_on: MoveOn = MoveOn.NOT_APPLICABLE
    launch_method: str = ""  # "AnyWindow" or "OwnWindow"
    activity_type: str = ""  # an IRI
    entitlement_key: str = ""
    objectives: tuple[str, ...] = ()  # Objective.id

    def walk(self) -> Iterator[Item]:
        """This item and everything beneath it, in the order of the table of contents."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True, slots=True)
class Organization:
    """One table of contents of the package; cmi5 calls it the course."""

    identifier: str
    title: str
    items: tuple[Item, ...] = ()
    forced_order: bool = False
    sequencing: Element | None = None  # 2004
    global_objectives: bool = True  # 2004: they outlive the attempt and the course (the standard's default)
    metadata: Metadata | None = None
    unknown: tuple[Element, ...] = ()

    def walk(self) -> Iterator[Item]:
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to launch (`sco`), or files that others share (`asset`)."""

    identifier: str
    href: str = ""  # a URL: relative to the package's root, or absolute
    scorm_type: str = "sco"
    files: tuple[str, ...] = ()  # File.path; what no resource lists, the writer lists
    dependencies: tuple[str, ...] = ()  # Resource.identifier
    type: str = "webcontent"
    metadata: Metadata | None = None
    unknown: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """Bytes with a path. `open` gives a fresh binary stream each time it is called.

    What is known beforehand saves work: with `sha256`, a build remembers what it learnt about the bytes
    (see `archive.Memory`). A size that is given must be right: the writer checks it.
    """

    path: str
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)
    size: int | None = None
    media_type: str = ""
    sha256: str = ""
    crc32: int | None = None

    @classmethod
    def at(cls, path: str, source: Path, *, media_type: str = "", sha256: str = "") -> File:
        """A file on disk."""
        return cls(path, lambda: source.open("rb"), source.stat().st_size, media_type, sha256)

    @classmethod
    def of(cls, path: str, content: bytes, *, media_type: str = "") -> File:
        """Bytes in memory: generated pages, styles, scripts."""
        return cls(path, lambda: io.BytesIO(content), len(content), media_type)


@dataclass(frozen=True, slots=True)
class Package:
    """A course with its files, independent of the standard it is written in or was read from."""

    identifier: str  # an NCName, the same in every version
    metadata: Metadata
    organizations: tuple[Organization, ...]
    resources: tuple[Resource, ...]
    files: tuple[File, ...] = ()
    default_organization: str = ""  # empty: the first
    activity: str = ""  # the module's IRI: "urn:uuid:…", the same in every version
    objectives: tuple[Objective, ...] = ()  # cmi5
    standard: Standard | None = None  # what a reader found; `write` is told
    schema_version: str = ""  # as a reader found it: "1.2", "CAM 1.3", "2004 4th Edition" …
    unknown: tuple[Element, ...] = ()

    @property
    def organization(self) -> Organization | None:
        """The organization an LMS shows: the default one, else the first."""
        named = (o for o in self.organizations if o.identifier == self.default_organization)
        return next(named, self.organizations[0] if self.organizations else None)

    def resource(self, identifier: str) -> Resource | None:
        return next((r for r in self.resources if r.identifier == identifier), None)

    def launchable(self) -> tuple[Item, ...]:
        """What the organization that an LMS shows can launch, in its order."""
        organization = self.organization
        return tuple(item for item in organization.walk() if item.resource) if organization else ()

    def activity_of(self, item: Item) -> str:
        """The IRI of an item: its own; else the package's, where it is all that there is to launch."""
        if item.activity:
            return item.activity
        return self.activity if self.launchable() == (item,) else f"{self.activity}#{item.identifier}"

    @property
    def course_activity(self) -> str:
        """The course's IRI. The module's own, unless its only unit bears that one: cmi5 wants two."""
        organization = self.organization
        units = {self.activity_of(item) for item in organization.walk()} if organization else set()
        return f"{self.activity}#course" if self.activity in units else self.activity
