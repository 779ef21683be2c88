"""Schemas and rules over a package: what is wrong, where, and how to mend it."""

from __future__ import annotations

from scorm.errors import UnreadableError
from scorm.findings import Findings, Report
from scorm.package import Standard
from scorm.reader import kind_of
from scorm.rules_cmi5 import check_course
from scorm.rules_files import check_files, check_zip
from scorm.rules_ims import check_manifest
from scorm.source import Given, Source, locate
from scorm.xsd import check_schema

_IMS = (Standard.SCORM12, Standard.SCORM2004_3, Standard.SCORM2004)


def validate(given: Given, profile: str | None = None, *, verify: bool = True) -> Report:
    """Validates a zip or a bare manifest, given as a path, bytes or a seekable binary file.

    Never raises for what was given: what cannot be read becomes a Report with one finding and
    `exit_code` 2. `profile` adds what one LMS is known to need (see `findings.PROFILES`); ValueError for
    another. `verify` also inflates every file against its checksum.
    """
    findings = Findings(profile)
    name = _name(given)
    try:
        source = locate(given)
        try:
            standard = kind_of(source)
            check(source, standard, findings)
            if source.archive is not None and verify:
                source.archive.verify()
        finally:
            if source.archive is not None:
                source.archive.close()
    except UnreadableError as error:
        return Report.unreadable(error, name)
    return Report(str(standard), findings.sorted())


def check(source: Source, standard: Standard, findings: Findings) -> None:
    """Every rule that holds for the standard, over a source that was found."""
    for problem in source.problems:
        findings.add(problem.code, source.manifest, 1, **dict(problem.values))
    if source.root is None:
        findings.add("manifest-missing", "", 0, name=source.manifest)
        return
    check_zip(source, findings)
    check_schema(source.root, standard, source.manifest, findings)
    if standard in _IMS:
        check_manifest(source.root, standard, source, findings)
        check_files(source.root, standard, source, findings)
    else:
        check_course(source.root, standard, source, findings)


def _name(given: Given) -> str:
    if isinstance(given, bytes):
        return ""
    name = str(getattr(given, "name", "") if hasattr(given, "read") else given)
    return name.replace("\\", "/").rpartition("/")[2]
