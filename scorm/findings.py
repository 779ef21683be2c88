"""What was found in a package: findings by the code of the catalogue, and the report they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scorm.catalogue import RULES
from scorm.errors import ScormError
from scorm.rule import ERROR, INFO, PROFILES, WARNING, Severity

MOST_OF_A_KIND = 100  # findings of one code that are listed; the rest is counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and where. `line` 0: the file as a whole."""

    code: str
    severity: Severity
    file: str
    line: int
    message: str
    hint: str
    values: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What stands in the message's and hint's places, for who says them in another language."""

    def to_json(self) -> dict[str, str | int]:
        return {
            "code": self.code,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "message": self.message,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What `validate` found. `standard` is None where the bytes could not be read as a package."""

    standard: str | None
    findings: tuple[Finding, ...]
    readable: bool = True

    @property
    def sound(self) -> bool:
        return self.readable and not any(f.severity is ERROR for f in self.findings)

    @property
    def exit_code(self) -> int:
        """0 sound, 1 errors found, 2 unreadable."""
        return 2 if not self.readable else int(not self.sound)

    def counts(self) -> Mapping[Severity, int]:
        return Counter(f.severity for f in self.findings)

    def to_json(self) -> dict[str, object]:
        """`{"standard": …, "findings": [{"code", "severity", "file", "line", "message", "hint"}]}`"""
        return {"standard": self.standard, "findings": [f.to_json() for f in self.findings]}

    @classmethod
    def unreadable(cls, error: ScormError, file: str) -> Report:
        finding = Finding(error.code, ERROR, file, 0, error.message, error.hint)
        return cls(None, (finding,), readable=False)


class Findings:
    """Collects findings by code, under one profile."""

    def __init__(self, profile: str | None = None) -> None:
        if profile is not None and profile not in PROFILES:
            raise ValueError(f"unknown profile {profile!r}: choose one of {', '.join(PROFILES)}")
        self.profile = profile
        self.found: list[Finding] = []
        self._times: Counter[tuple[str, str]] = Counter()  # by code and file

    def add(self, code: str, file: str, line: int | None = 0, **values: object) -> None:
        rule = RULES[code]
        severity = rule.profiles.get(self.profile or "", rule.severity)
        if severity is None:
            return
        if self.profile == "strict" and severity is WARNING:
            severity = ERROR
        self._times[code, file] += 1
        if self._times[code, file] > MOST_OF_A_KIND:
            return
        shown = {name: _short(value) for name, value in values.items()}
        message, hint = rule.says.format_map(shown), rule.hint.format_map(shown)
        self.found.append(Finding(code, severity, file, line or 0, message, hint, shown))

    def sorted(self) -> tuple[Finding, ...]:
        """Errors first, then in the order of the file."""
        rank = {ERROR: 0, WARNING: 1, INFO: 2}
        over = [key for key, times in self._times.items() if times > MOST_OF_A_KIND]
        found = self.found + [self._more(code, file) for code, file in over]
        return tuple(sorted(found, key=lambda f: (rank[f.severity], f.file, f.line, f.code)))

    def _more(self, code: str, file: str) -> Finding:
        """One finding for all beyond those that a person reads."""
        first = next(f for f in self.found if (f.code, f.file) == (code, file))
        more = self._times[code, file] - MOST_OF_A_KIND
        return replace(first, line=0, message=f"{more:,} more of this kind.", values={})


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 300 else text[:297] + "…"
