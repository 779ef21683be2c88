"""Packages for learning management systems: SCORM 1.2, SCORM 2004, cmi5, xAPI, plain web.

from scorm import Package, Standard, write

write(package, Standard.SCORM12, "hand-hygiene.zip")
"""

from scorm.archive import Archive, Memory
from scorm.errors import PackageError, ScormError, SourceError, UnreadableError
from scorm.package import (
    Classification,
    Contributor,
    Credit,
    Element,
    File,
    Item,
    Metadata,
    MoveOn,
    Objective,
    Organization,
    Package,
    Relation,
    Resource,
    Rights,
    Standard,
)
from scorm.writer import build, stream, write

__all__ = [
    "Archive",
    "Classification",
    "Contributor",
    "Credit",
    "Element",
    "File",
    "Item",
    "Memory",
    "Metadata",
    "MoveOn",
    "Objective",
    "Organization",
    "Package",
    "PackageError",
    "Relation",
    "Resource",
    "Rights",
    "ScormError",
    "SourceError",
    "Standard",
    "UnreadableError",
    "build",
    "stream",
    "write",
]
