"""What must hold before a package is written: the rules that no schema knows, each with a way out.

Numbers in brackets are those of the README's list of manifest rules.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from scorm import metadata as lom
from scorm.errors import PackageError
from scorm.identifiers import is_ncname, path_of
from scorm.package import Item, Metadata, Organization, Package, Resource, Standard
from scorm.xml import line

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DATE = re.compile(r"(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:([^\s<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})+")
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*")
_NOT_IN_PATHS = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff\ufffe\uffff]')
_TIME_LIMIT_ACTIONS = {"", "exit,message", "exit,no message", "continue,message", "continue,no message"}
_LMS_BUTTONS = {"abandon", "continue", "exit", "previous", "suspendAll", "exitAll", "abandonAll"}
# What an LMS appends to a launch URL (cmi5 8.1, and the launch of tincan.xml): not the package's to use.
_LAUNCH_PARAMETERS = {"endpoint", "fetch", "actor", "registration", "activityid", "activity_id", "auth"}
_SCORM = {Standard.SCORM12, Standard.SCORM2004_3, Standard.SCORM2004}


def check(package: Package, standard: Standard) -> None:
    """Raises PackageError for the first thing that would make the package unsound."""
    _check_files(package)
    _check_metadata(package.metadata)
    _check_structure(package)
    if standard in _SCORM:
        _check_scorm_identifiers(package)
    if standard is Standard.SCORM12:
        _check_scorm12_limits(package)
    if standard in (Standard.CMI5, Standard.XAPI):
        _check_activities(package, standard)


def _check_files(package: Package) -> None:
    seen: dict[str, str] = {}
    for file in package.files:
        path = file.path
        parts = path.split("/")
        if not path or _NOT_IN_PATHS.search(path) or any(not p or p in (".", "..") for p in parts):
            raise PackageError(
                "file-path",
                f"A file cannot be called {path!r} in a package.",
                'Use a relative path with "/" between its parts, without \\ : * ? " < > | in it.',
            )
        if any(part != part.strip(" ") or part.endswith(".") for part in parts):
            raise PackageError(
                "file-path",
                f"{path!r} has a name that ends with a dot or begins or ends with a space.",
                "Windows cannot unpack such names: rename the file.",
            )
        if len(path.encode()) > 1000:
            raise PackageError(
                "file-path", f"The path {path[:60]!r}… is too long.", "Keep it under 1,000 bytes."
            )
        if file.size is not None and file.size < 0:
            raise PackageError(
                "file-size", f"The size of {path!r} is negative.", "Leave it out if it is unknown."
            )
        folded = unicodedata.normalize("NFC", path).casefold()
        if folded in seen:
            raise PackageError(
                "file-twice",
                f"{path!r} and {seen[folded]!r} would be the same file on some systems.",
                "Rename one of them.",
            )
        seen[folded] = path
    for folded, path in seen.items():
        parts = folded.split("/")
        above = next((f for n in range(1, len(parts)) if (f := "/".join(parts[:n])) in seen), None)
        if above is not None:
            raise PackageError(
                "file-twice",
                f"{seen[above]!r} is a file, and {path!r} needs it to be a folder.",
                "Rename one of them.",
            )


def _check_metadata(metadata: Metadata) -> None:
    if not line(metadata.title):
        raise PackageError(
            "title-missing", "The package has no title.", "Give it one: LMSs show it to learners."
        )
    if metadata.language and not _LANGUAGE.fullmatch(metadata.language):
        raise PackageError(
            "language", f"{metadata.language!r} is no language tag.", 'Use BCP 47: "nb", "nn", "sv", "en-GB".'
        )
    for kind, values, known in (
        ("contributor-role", (c.role for c in metadata.contributors), lom.ROLES),
        ("relation-kind", (r.kind for r in metadata.relations), lom.KINDS),
        ("classification-purpose", (c.purpose for c in metadata.classifications), lom.PURPOSES),
    ):
        for value in values:
            if value not in known:
                raise PackageError(
                    kind, f"{value!r} is no word of LOM.", f"Use one of: {', '.join(sorted(known))}."
                )
    for contributor in metadata.contributors:
        if contributor.date and not _DATE.fullmatch(contributor.date):
            raise PackageError(
                "contributor-date",
                f"{contributor.date!r} is no date.",
                "Use ISO 8601: 2026, 2026-11, 2026-11-22.",
            )
    if metadata.duration is not None and metadata.duration.total_seconds() < 0:
        raise PackageError("duration", "The duration is negative.", "Leave it out if it is unknown.")


def _check_structure(package: Package) -> None:
    if not package.organizations:
        raise PackageError(
            "organization-missing", "The package has no table of contents.", "Add an Organization."
        )
    if (
        package.default_organization
        and package.organization
        and (package.organization.identifier != package.default_organization)
    ):
        raise PackageError(
            "default-organization",
            f"There is no organization {package.default_organization!r}.",
            "Name an existing one as the default, or none.",
        )
    files = {file.path for file in package.files}
    resources = {resource.identifier: resource for resource in package.resources}
    for resource in package.resources:
        _check_resource(resource, files, resources)
    for organization in package.organizations:
        if not organization.items:
            raise PackageError(
                "organization-empty",
                f"{organization.title!r} has no items.",
                "Add one with a resource to launch.",
            )
        for item in organization.walk():
            _check_item(item, resources)
    if not any(item.resource for o in package.organizations for item in o.walk()):
        raise PackageError("nothing-to-launch", "No item has a resource.", "Point one at the page to launch.")


def _check_resource(resource: Resource, files: set[str], resources: dict[str, Resource]) -> None:
    name = resource.identifier
    if resource.scorm_type not in ("sco", "asset"):
        raise PackageError("scorm-type", f"{name!r} is {resource.scorm_type!r}.", 'Say "sco" or "asset".')
    if resource.href:
        _check_url(resource.href, f"the href of {name!r}")
        path = path_of(resource.href)
        if path is not None and path not in files:
            raise PackageError(
                "launch-file-missing",
                f"The resource {name!r} launches {resource.href!r}, and the package has no such file.",
                "Add the file; upper and lower case count.",
            )
    for path in resource.files:
        if path not in files:
            raise PackageError(
                "file-missing", f"{name!r} lists {path!r}, which the package does not have.", "Add the file."
            )
    for dependency in resource.dependencies:
        if dependency not in resources:
            raise PackageError(
                "dependency-missing", f"{name!r} depends on {dependency!r}, which does not exist.", "Add it."
            )


def _check_item(item: Item, resources: dict[str, Resource]) -> None:
    if not line(item.title):
        raise PackageError("title-missing", f"The item {item.identifier!r} has no title.", "Give it one.")
    if item.resource:
        resource = resources.get(item.resource)
        if resource is None or not resource.href:
            raise PackageError(
                "resource-missing",
                f"{item.title!r} points at {item.resource!r}, which is not there or has nothing to launch.",
                "Point it at a resource with an href.",
            )
        if item.items:
            raise PackageError(
                "item-both",
                f"{item.title!r} has items and a resource.",
                "Put what it launches into an item of its own.",
            )
    _check_url(item.parameters, f"the parameters of {item.title!r}")
    for name, share in (
        ("mastery-score", item.mastery_score),
        ("completion-threshold", item.completion_threshold),
    ):
        if share is not None and not 0 <= share <= 1:
            raise PackageError(
                name, f"{item.title!r}: {share} is no share.", "Give it between 0 and 1: 0.8 is 80 %."
            )
    if item.time_limit_action not in _TIME_LIMIT_ACTIONS:
        raise PackageError(
            "time-limit-action",
            f"{item.title!r}: {item.time_limit_action!r} is no time limit action.",
            f"Use one of: {'; '.join(sorted(_TIME_LIMIT_ACTIONS - {''}))}.",
        )
    for button in item.hide_lms_ui:
        if button not in _LMS_BUTTONS:
            raise PackageError(
                "hide-lms-ui",
                f"{item.title!r} hides {button!r}, which no LMS shows.",
                f"Use one of: {', '.join(sorted(_LMS_BUTTONS))}.",
            )


def _check_url(text: str, where: str) -> None:
    if not _URL_CHARACTERS.fullmatch(text) or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise PackageError(
            "url",
            f"{text!r} ({where}) is no URL.",
            "Percent-encode it: identifiers.url() does it for a path.",
        )


def _check_scorm_identifiers(package: Package) -> None:
    """[7] One name space in the whole manifest (xs:ID)."""
    names = [package.identifier, *(r.identifier for r in package.resources)]
    for organization in package.organizations:
        names += [organization.identifier, *(item.identifier for item in organization.walk())]
    for name in names:
        if not is_ncname(name):
            raise PackageError(
                "identifier",
                f"{name!r} cannot be an identifier.",
                "Begin with a letter; use letters, digits and . - _ only; identifiers.ncname() makes one.",
            )
    _refuse_twice(names, "identifier")


def _refuse_twice(names: Iterable[str], what: str) -> None:
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise PackageError(
            f"{what}-twice", f"The {what} {name!r} is used {times} times.", "Each must be unique."
        )


def _check_scorm12_limits(package: Package) -> None:
    """[11] What the schema and the data model of SCORM 1.2 hold; titles are shortened instead."""
    limits = [("version", package.metadata.version, 20)]
    for organization in package.organizations:
        for item in organization.walk():
            limits += [
                ("parameters", item.parameters, 1000),
                ("launch data", item.launch_data, 255),
                ("prerequisites", item.prerequisites, 200),
            ]
    for resource in package.resources:
        limits.append(("href", resource.href, 2000))
    for what, text, limit in limits:
        if len(text) > limit:
            raise PackageError(
                "too-long",
                f"The {what} {text[:40]!r}… has {len(text)} characters; SCORM 1.2 takes {limit}.",
                "Shorten it, or use SCORM 2004.",
            )


def _check_activities(package: Package, standard: Standard) -> None:
    if not _IRI.fullmatch(package.activity):
        raise PackageError(
            "activity",
            f"{package.activity!r} is no IRI.",
            'Give the package one as its activity: "urn:uuid:…".',
        )
    organization = package.organization
    assert organization is not None  # _check_structure has seen it
    for item in organization.walk():
        for iri in filter(None, (item.activity, item.activity_type, *item.objectives)):
            if not _IRI.fullmatch(iri):
                raise PackageError(
                    "activity", f"{item.title!r}: {iri!r} is no IRI.", 'Use "urn:uuid:…" or "https://…".'
                )
        if item.launch_method not in ("", "AnyWindow", "OwnWindow"):
            raise PackageError(
                "launch-method", f"{item.title!r}: {item.launch_method!r}.", "Say AnyWindow or OwnWindow."
            )
        _check_launch_url(item, package)
    if standard is Standard.CMI5:
        _check_course(package, organization)


def _check_launch_url(item: Item, package: Package) -> None:
    resource = package.resource(item.resource)
    query = urlsplit(resource.href).query if resource else ""
    used = {
        key.lower() for key, _ in parse_qsl(f"{query}&{item.parameters.lstrip('?&')}", keep_blank_values=True)
    }
    if used & _LAUNCH_PARAMETERS:
        raise PackageError(
            "launch-parameter",
            f"{item.title!r} uses {', '.join(sorted(used & _LAUNCH_PARAMETERS))} in its URL.",
            "The LMS appends these itself: take them out.",
        )


def _check_course(package: Package, organization: Organization) -> None:
    known = {objective.id for objective in package.objectives}
    for item in organization.walk():
        if not item.items and not item.resource:
            raise PackageError(
                "item-empty",
                f"{item.title!r} launches nothing.",
                "cmi5 has only units and blocks: leave it out.",
            )
        for objective in item.objectives:
            if objective not in known:
                raise PackageError(
                    "objective-missing",
                    f"{item.title!r} names the objective {objective!r}.",
                    "Add it to the package.",
                )
    _refuse_twice(
        [package.course_activity, *(package.activity_of(item) for item in organization.walk())], "activity"
    )
    if package.objectives:
        for declared in package.objectives:
            if not _IRI.fullmatch(declared.id):
                raise PackageError(
                    "objective", f"{declared.id!r} is no IRI.", 'Use "urn:uuid:…" or "https://…".'
                )
        _refuse_twice((o.id for o in package.objectives), "objective")
