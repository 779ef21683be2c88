"""What can be found in a package: one table of codes, each with a sentence, a way to mend it, a severity.

A profile is a column of the same table: what one LMS is known to need turns a warning into an error, or
speaks up about something that disturbs nobody else. `FINDINGS.md` is made from this table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scorm.errors import ScormError


class Severity(StrEnum):
    ERROR = "error"  # breaks the standard: some LMS refuses it or loses results
    WARNING = "warning"  # allowed, or tolerated by most, and known to go wrong somewhere
    INFO = "info"


ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

MOST_OF_A_KIND = 100  # findings of one code that are listed; the rest is counted

PROFILES = ("moodle", "openedx", "scormcloud", "successfactors", "strict")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and where. `line` 0: the file as a whole."""

    code: str
    severity: Severity
    file: str
    line: int
    message: str
    hint: str

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


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `says` is a format string for the finding's message; no severity: only profiles look."""

    code: str
    severity: Severity | None
    says: str
    hint: str
    profiles: Mapping[str, Severity] = field(default_factory=dict)
    mended: bool = False  # by `validate --fix`


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
        self.found.append(Finding(code, severity, file, line or 0, message, hint))

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
        return replace(first, line=0, message=f"{more:,} more of this kind.")


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 300 else text[:297] + "…"


_MOODLE_ERROR = {"moodle": ERROR}
_PUBLISH = "Publish the course again, or let --fix mend it."

_TABLE = (
    # --- the file as a whole
    Rule(
        "manifest-nested",
        ERROR,
        "{name} lies in the folder {folder}, not at the top of the zip, where an LMS looks for it.",
        "Make the zip from inside the course's folder, or let --fix move everything up.",
        mended=True,
    ),
    Rule(
        "manifest-case",
        ERROR,
        "The manifest is called {found}; an LMS looks for {name}.",
        "Rename it, or let --fix do so.",
        mended=True,
    ),
    Rule(
        "manifest-several",
        WARNING,
        "There are several manifests: {used} is read, {others} is not.",
        "Put only one course into a package.",
    ),
    Rule(
        "manifest-missing",
        ERROR,
        "There are web pages, but no manifest: no LMS can take it and no result is kept.",
        "Publish it for an LMS; as it is, it opens from a web server, beginning with {name}.",
    ),
    Rule(
        "junk-files",
        INFO,
        "{count} files that a computer keeps for itself are in the zip, as {name}.",
        "They do no harm; --fix leaves them out.",
        mended=True,
    ),
    Rule(
        "xml-encoding",
        ERROR,
        "The manifest claims to be {claimed}, but is {real}.",
        "Save it as UTF-8, or let --fix do so.",
        mended=True,
    ),
    Rule(
        "xml-start",
        ERROR,
        "There is something before the manifest's first line, which XML forbids.",
        "Remove blank lines and double byte order marks at the top, or let --fix do so.",
        mended=True,
    ),
    Rule(
        "xml-prefix-undeclared",
        ERROR,
        "The prefix {prefix} is used but not declared.",
        "Declare it on the first element: xmlns:{prefix}=…; --fix does so.",
        mended=True,
    ),
    # --- the standard's schema
    Rule(
        "schema",
        ERROR,
        "{message}",
        "The manifest's structure is not as the standard says: correct it, or publish the course again.",
    ),
    Rule(
        "schema-metadata",
        WARNING,
        "In the metadata: {message}",
        "No LMS minds; catalogues may overlook the metadata. Correct its order and words.",
    ),
    Rule(
        "schema-extension",
        INFO,
        "{message}",
        "The tool that made the course added something of its own. An LMS passes over it.",
    ),
    # --- IMS manifests: SCORM 1.2 and 2004
    Rule(
        "namespace-mismatch",
        WARNING,
        "The manifest says that it is {version}, but is written in the words of {other}.",
        "Publish the course again and choose one version of SCORM.",
        {"moodle": ERROR},
    ),
    Rule(
        "prefix-imscp",
        WARNING,
        "The elements of the manifest have the prefix {prefix}: some LMSs then find nothing in it.",
        "Make the IMS namespace the default namespace.",
        {"moodle": ERROR, "openedx": ERROR},
    ),
    Rule(
        "prefix-adl",
        WARNING,
        "The namespace {namespace} has the prefix {prefix}, not {usual}; LMSs that compare letters miss it.",
        "Use the prefix {usual}.",
        _MOODLE_ERROR,
    ),
    Rule(
        "metadata-missing",
        ERROR,
        "The manifest has no metadata, so that an LMS cannot tell which version of SCORM it is.",
        "Add <metadata> with <schema>ADL SCORM</schema> and a <schemaversion>; --fix does so.",
        mended=True,
    ),
    Rule(
        "metadata-several",
        ERROR,
        "An element has {count} <metadata>; only one is allowed.",
        "Move everything into the first one.",
    ),
    Rule(
        "schemaversion-missing",
        ERROR,
        "The metadata has no <schemaversion>; an LMS then takes the course for SCORM 1.2.",
        "Write {expected}; --fix does so.",
        mended=True,
    ),
    Rule(
        "schemaversion-unknown",
        ERROR,
        "The <schemaversion> is {found}; an LMS then takes the course for SCORM 1.2.",
        "Write exactly “{expected}”; --fix does so.",
        mended=True,
    ),
    Rule(
        "schema-name",
        WARNING,
        "The metadata's <schema> is {found}, not “ADL SCORM”.",
        "Write <schema>ADL SCORM</schema>; --fix does so.",
        mended=True,
    ),
    Rule(
        "xml-base",
        WARNING,
        "xml:base moves the addresses of files to {base}; several LMSs do not follow.",
        "Write the whole path in each href.",
        {"moodle": ERROR, "openedx": ERROR},
    ),
    Rule(
        "submanifest",
        WARNING,
        "There is a manifest inside the manifest; most LMSs pass over it.",
        "Publish each part as a package of its own.",
        {"moodle": ERROR, "openedx": ERROR},
    ),
    Rule(
        "id-syntax",
        ERROR,
        "The identifier “{id}” is not a name as XML wants it.",
        "Begin with a letter or _; then letters, digits, “.”, “-”, “_”. --fix renames it where it is safe.",
        mended=True,
    ),
    Rule(
        "id-duplicate",
        ERROR,
        "The identifier “{id}” stands twice, so that results may land on the wrong part.",
        "Give each element an identifier of its own.",
    ),
    Rule(
        "organization-missing",
        WARNING,
        "The manifest has no organization: there is nothing for a learner to open.",
        "Publish it as a course, not as a collection of resources.",
        {"moodle": ERROR, "openedx": ERROR, "successfactors": ERROR},
    ),
    Rule(
        "default-dangling",
        ERROR,
        "The default organization is “{id}”, which is not there.",
        "Name an organization that is in the manifest; --fix names the first.",
        mended=True,
    ),
    Rule(
        "title-missing",
        ERROR,
        "The {element} “{id}” has no title: learners see an empty line.",
        "Give it a <title>.",
    ),
    Rule(
        "identifierref-dangling",
        ERROR,
        "The item “{id}” refers to the resource “{ref}”, which is not there.",
        "Publish the course again; the page that this item opens has been lost.",
    ),
    Rule(
        "item-empty",
        WARNING,
        "The item “{id}” opens nothing and has no items beneath it.",
        "Remove it, or refer to a resource.",
    ),
    Rule(
        "item-launchable-parent",
        WARNING,
        "The item “{id}” opens a page and has items beneath it; SCORM 2004 allows one or the other.",
        "Move the page to an item of its own.",
    ),
    Rule(
        "dependency-dangling",
        ERROR,
        "The resource “{id}” depends on “{ref}”, which is not there.",
        "Remove the dependency, or publish the course again.",
    ),
    Rule(
        "launch-missing",
        ERROR,
        "The resource “{id}” is to be opened, but has no href.",
        "Name the page that starts it in href.",
    ),
    Rule(
        "scormtype-missing",
        WARNING,
        "The resource “{id}” does not say whether it reports results (adlcp:{attribute}).",
        'Write adlcp:{attribute}="sco" where it talks to the LMS, else "asset".',
        _MOODLE_ERROR,
    ),
    Rule(
        "scormtype-case",
        ERROR,
        "{found} is written {expected} in this version of SCORM; an LMS will not see it.",
        "Write {expected}; --fix does so.",
        mended=True,
    ),
    Rule(
        "scormtype-value",
        ERROR,
        "adlcp:{attribute} is “{found}”; it can be “sco” or “asset”.",
        "Write “sco” where the page talks to the LMS, else “asset”.",
    ),
    Rule(
        "mastery-score",
        ERROR,
        "The mastery score “{found}” is not a number from {low} to {high}.",
        "Write a plain number, as {example}.",
    ),
    Rule(
        "time-limit",
        ERROR,
        "The time limit “{found}” is not a time.",
        "Write {example}.",
    ),
    Rule(
        "text-too-long",
        WARNING,
        "{what} has {length} characters; SCORM allows {limit}, and some LMSs cut it there.",
        "Make it shorter.",
    ),
    Rule(
        "prerequisite-dangling",
        WARNING,
        "The prerequisite of “{id}” names “{ref}”, which is not an item: the item may never open.",
        "Name an item of this manifest.",
    ),
    Rule(
        "completion-by-lms",
        None,
        "The item “{id}” lets the LMS complete it: completionSetByContent and objectiveSetByContent are not true.",
        "Set both in imsss:deliveryControls.",
        {"successfactors": ERROR, "strict": WARNING},
    ),
    Rule(
        "sco-several",
        None,
        "The course has {count} parts that report results; this LMS opens or counts only the first.",
        "Publish it as one part (“single SCO”).",
        {"openedx": ERROR, "successfactors": WARNING, "moodle": WARNING},
    ),
    Rule(
        "sco-not-first",
        None,
        "The first resource with an href is “{first}”, not “{launched}”, which the course opens with.",
        "Put the course's resource first.",
        {"openedx": ERROR},
    ),
    # --- files and addresses
    Rule(
        "href-backslash",
        ERROR,
        "The address {href} has backslashes, which only Windows understands.",
        "Write / instead; --fix does so.",
        mended=True,
    ),
    Rule(
        "href-space",
        ERROR,
        "The address “{href}” has spaces.",
        "Write %20 instead, or better rename the file; --fix writes %20.",
        mended=True,
    ),
    Rule(
        "href-characters",
        WARNING,
        "The address {href} has letters that need percent-encoding; some LMSs do not find the file.",
        "Rename the file with plain letters a–z, or percent-encode; --fix encodes.",
        mended=True,
    ),
    Rule(
        "href-absolute",
        ERROR,
        "The address {href} names a place outside the package.",
        "Use a path inside the package.",
    ),
    Rule(
        "href-external",
        INFO,
        "{href} is on the internet: it needs a connection, and may change or vanish.",
        "Put the file into the package if its rights allow.",
        {"openedx": WARNING, "moodle": WARNING},
    ),
    Rule(
        "href-case",
        ERROR,
        "The address {href} means {name}: upper and lower case differ, and most servers mind.",
        "Write it as the file is named; --fix does so.",
        mended=True,
    ),
    Rule(
        "launch-file-missing",
        ERROR,
        "{href}, which starts the course or a part of it, is not in the zip.",
        "Publish the course again; check that the whole folder is in the zip.",
    ),
    Rule(
        "file-missing",
        ERROR,
        "The manifest lists {href}, which is not in the zip.",
        "Publish the course again; --fix removes the line where nothing else uses it.",
        mended=True,
    ),
    Rule(
        "file-unlisted",
        WARNING,
        "{count} files of the zip are not listed in the manifest, as {name}; an LMS may leave them out.",
        "List each in a <file>; --fix does so.",
        mended=True,
    ),
    Rule(
        "control-documents",
        WARNING,
        "The standard's schema files are not in the zip: {names}.",
        "Some LMSs ask for them; --fix adds them.",
        mended=True,
    ),
    Rule(
        "location-missing",
        WARNING,
        "The metadata file {href} is not in the zip.",
        "Remove the reference, or add the file.",
    ),
    # --- cmi5 course structures and tincan.xml
    Rule(
        "iri",
        ERROR,
        "The {element}'s id “{id}” is not a full address (IRI).",
        "Begin with https:// and a host name that is yours, or with urn:uuid:.",
    ),
    Rule(
        "iri-duplicate",
        ERROR,
        "Two of the {element}s have the id “{id}”: their results would be mixed.",
        "Give each an id of its own.",
    ),
    Rule(
        "objective-dangling",
        ERROR,
        "The objective “{id}” is referred to, but not defined.",
        "Define it in the course's <objectives>.",
    ),
    Rule(
        "url-relative",
        ERROR,
        "The address {href} is relative, but there is no zip that it could point into.",
        "Give the whole zip, or write an absolute URL.",
    ),
    Rule(
        "url-invalid",
        ERROR,
        "“{href}” is not a URL.",
        "Write a URL without spaces, as https://content.example/index.html.",
    ),
    Rule(
        "url-query-reserved",
        ERROR,
        "The address {href} uses “{name}”, which the LMS itself adds when it opens the part.",
        "Give the parameter another name.",
    ),
    Rule(
        "language-missing",
        INFO,
        "A text of the {element} does not say its language.",
        'Add lang, as lang="nb".',
    ),
    Rule(
        "launch-none",
        ERROR,
        "No activity has a <launch>: there is nothing for a learner to open.",
        'Add <launch lang="…">index.html</launch> to the course\'s activity.',
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}

UNREADABLE: dict[str, str] = {
    "file-unreadable": "The file is not there or may not be read.",
    "file-empty": "The file has no bytes.",
    "file-too-large": "A single file is larger than any manifest.",
    "not-a-package": "Neither a zip nor a manifest: a web page, a PDF, a video …",
    "no-manifest": "A zip without any manifest.",
    "root-unknown": "XML, but not of a standard that is read here.",
    "aicc": "An AICC course (descriptor files .au, .crs …), which is another standard.",
    "h5p": "An H5P file, which an LMS opens with its H5P plugin.",
    "common-cartridge": "An IMS Common Cartridge, which is imported as a course.",
    "moodle-backup": "A Moodle backup (.mbz).",
    "xml-malformed": "The manifest is not well-formed XML.",
    "xml-doctype": "The manifest has a DOCTYPE, with which files can be stolen.",
    "xml-encoding-unknown": "The manifest is in an encoding that is not known.",
    "zip-malformed": "The zip is cut off or damaged, or is one part of several.",
    "zip-encrypted": "A file is encrypted.",
    "zip-method": "A file is packed with a method that no LMS opens.",
    "zip-symlink": "A link or device among the files.",
    "zip-name": "A name that leads out of the package or that some computer cannot write.",
    "zip-collision": "Two names that are one name on many computers.",
    "zip-overlap": "Files that share bytes of the zip.",
    "zip-header": "The zip's two directories contradict each other.",
    "zip-ratio": "A file that unpacks to more than 100 times its size.",
    "zip-size": "More than 2 GiB.",
    "zip-files": "More than 20,000 files.",
    "zip-nested": "An archive inside the zip.",
    "zip-damaged": "A file has not the size or checksum that was promised.",
}
