"""Packages for learning management systems: SCORM 1.2, SCORM 2004, cmi5, xAPI, plain web.

from scorm import Package, Standard, write

write(package, Standard.SCORM12, "hand-hygiene.zip")

with read("bought.zip") as reading: reading.package

validate("bought.zip", profile="moodle").findings
"""

from scorm.archive import Archive, Memory
from scorm.errors import PackageError, ScormError, SourceError, UnreadableError
from scorm.findings import Finding, Report
from scorm.mend import Mended, mend
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
from scorm.reader import Reading, read
from scorm.rule import PROFILES, Severity
from scorm.validate import validate
from scorm.writer import build, stream, write

__all__ = [
    "PROFILES",
    "Archive",
    "Classification",
    "Contributor",
    "Credit",
    "Element",
    "File",
    "Finding",
    "Item",
    "Memory",
    "Mended",
    "Metadata",
    "MoveOn",
    "Objective",
    "Organization",
    "Package",
    "PackageError",
    "Reading",
    "Relation",
    "Report",
    "Resource",
    "Rights",
    "ScormError",
    "Severity",
    "SourceError",
    "Standard",
    "UnreadableError",
    "build",
    "mend",
    "read",
    "stream",
    "validate",
    "write",
]
