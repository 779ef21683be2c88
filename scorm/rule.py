"""One row of the catalogue of findings.

A profile is a column of it: what one LMS is known to need turns a warning into an error, or speaks up about
something that disturbs nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # breaks the standard: some LMS refuses it or loses results
    WARNING = "warning"  # allowed, or tolerated by most, and known to go wrong somewhere
    INFO = "info"


ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

PROFILES = ("moodle", "openedx", "scormcloud", "successfactors", "strict")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `says` is a format string for the finding's message; no severity: only profiles look."""

    code: str
    severity: Severity | None
    says: str
    hint: str
    profiles: Mapping[str, Severity] = field(default_factory=dict)
    mended: bool = False  # by `validate --fix`
