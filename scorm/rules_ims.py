"""What no schema knows about SCORM manifests: references, names, versions, numbers, and LMSs' habits.

Section numbers are those of SCORM CAM 1.2 and CAM 2004 4th edition; the habits were seen in LMSs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from scorm import ims
from scorm.findings import Findings
from scorm.identifiers import is_ncname
from scorm.ims import Node, attribute, child, children, collapsed, local, namespace, text
from scorm.package import Standard
from scorm.source import Source
from scorm.values import duration, number
from scorm.xml import ADLCP, ADLCP12, ADLNAV, ADLSEQ, IMSSS

_NCNAME = re.compile(r"[^\W\d][\w.\-\u00b7]*")
_USUAL_PREFIX = {ADLCP: "adlcp", ADLCP12: "adlcp", ADLNAV: "adlnav", ADLSEQ: "adlseq", IMSSS: "imsss"}
_PREREQUISITE_WORD = re.compile(r"[A-Za-z_][\w.-]*")
# aicc_script: statuses and their letters (CAM 1.2 2.3.2.5.2.1)
_STATUSES = {"passed", "completed", "browsed", "failed", "incomplete", "not", "attempted", "and", "or"}
_STATUSES |= set("pcbfni")


def check_manifest(root: Node, standard: Standard, source: Source, findings: Findings) -> None:
    manifest = Manifest(root, standard, source, findings)
    for rule in (
        _namespaces,
        _metadata,
        _bases_and_submanifests,
        _identifiers,
        _organizations,
        _items,
        _resources,
        _what_an_lms_opens,
    ):
        rule(manifest)


class Manifest:
    """What the rules share: the elements, looked up once."""

    def __init__(self, root: Node, standard: Standard, source: Source, findings: Findings) -> None:
        self.root, self.standard, self.source, self.findings = root, standard, source, findings
        self.organizations = list(ims.organizations(root))
        self.resources = [node for node, _ in ims.resources(root)]
        self.items = [item for organization in self.organizations for item in ims.items(organization)]
        self.by_id = {collapsed(node, "identifier"): node for node in self.resources}

    @property
    def old(self) -> bool:
        return self.standard is Standard.SCORM12

    def add(self, code: str, node: Node, **values: object) -> None:
        self.findings.add(code, self.source.manifest, ims.line_of(node), **values)


def _namespaces(m: Manifest) -> None:
    root = m.root
    if root.prefix:
        m.add("prefix-imscp", root, prefix=root.prefix)
    declared = {(p, u) for node in (root, *root) if isinstance(node.tag, str) for p, u in node.nsmap.items()}
    for prefix, uri in sorted(declared, key=str):
        usual = _USUAL_PREFIX.get(uri)
        if usual and prefix != usual and (usual, uri) not in declared:
            m.add("prefix-adl", root, namespace=uri, prefix=prefix or "none", usual=usual)
    words = "SCORM 1.2" if namespace(root) == ims.CP12 else "SCORM 2004" if namespace(root) == ims.CP else ""
    version = ims.schema_version(root)
    if version in ims.SCHEMA_VERSIONS and words != ("SCORM 1.2" if m.old else "SCORM 2004"):
        m.add("namespace-mismatch", root, version=version, other=words or "no known standard")


def _metadata(m: Manifest) -> None:
    """CAM 1.2 2.3.2.2, CAM 2004 3.4.1.2: the version, by which an LMS decides everything else."""
    held = children(m.root, "metadata")
    expected = ims.USUAL_VERSION[m.standard]
    if not held:
        m.add("metadata-missing", m.root)
    else:
        schema, version = child(held[0], "schema"), child(held[0], "schemaversion")
        if version is None or not text(version):
            m.add("schemaversion-missing", held[0], expected=expected)
        elif text(version) not in ims.SCHEMA_VERSIONS:
            m.add("schemaversion-unknown", version, found=text(version), expected=expected)
        if schema is not None and text(schema) != "ADL SCORM":
            m.add("schema-name", schema, found=text(schema) or "empty")
    for node in (m.root, *m.organizations, *m.items, *m.resources):
        several = children(node, "metadata") if len(node) > 1 else ()
        if len(several) > 1:
            m.add("metadata-several", several[1], count=len(several))


def _bases_and_submanifests(m: Manifest) -> None:
    groups = children(m.root, "resources")
    for node in (m.root, *groups, *m.resources):
        if base := ims.base_of(node):
            m.add("xml-base", node, base=base)
    for inner in children(m.root, "manifest"):
        m.add("submanifest", inner)


def _identifiers(m: Manifest) -> None:
    """XML Schema's xs:ID: a name, and only once (CAM 1.2 2.3.2.1)."""
    manifests = [m.root, *(node for node in m.root.iterdescendants() if local(node) == "manifest")]
    seen: set[str] = set()
    for node in (*manifests, *m.organizations, *m.items, *m.resources):
        identifier = collapsed(node, "identifier")
        if not identifier:
            continue
        if not is_ncname(identifier) and not _NCNAME.fullmatch(identifier):
            m.add("id-syntax", node, id=identifier)
        if identifier in seen:
            m.add("id-duplicate", node, id=identifier)
        seen.add(identifier)


def _organizations(m: Manifest) -> None:
    if not m.organizations:
        m.add("organization-missing", m.root)
    for group in children(m.root, "organizations"):
        default = collapsed(group, "default")
        if default and default not in {collapsed(o, "identifier") for o in children(group, "organization")}:
            m.add("default-dangling", group, id=default)
    for organization in m.organizations:
        if not text(child(organization, "title")):
            m.add(
                "title-missing",
                organization,
                element="organization",
                id=collapsed(organization, "identifier"),
            )


def _items(m: Manifest) -> None:
    """CAM 1.2 2.3.2.5, CAM 2004 3.4.1.10."""
    manifests = {
        collapsed(node, "identifier") for node in m.root.iterdescendants() if local(node) == "manifest"
    }
    identifiers = {collapsed(item, "identifier") for item in m.items}
    for item in m.items:
        identifier, ref = collapsed(item, "identifier"), collapsed(item, "identifierref")
        parts = {local(part).lower(): part for part in reversed(item)}
        if not text(parts.get("title")):
            m.add("title-missing", item, element="item", id=identifier)
        if ref and ref not in m.by_id and ref not in manifests:
            m.add("identifierref-dangling", item, id=identifier, ref=ref)
        elif not ref and "item" not in parts:
            m.add("item-empty", item, id=identifier)
        elif ref and "item" in parts and not m.old:
            m.add("item-launchable-parent", item, id=identifier)
        _item_values(m, item, parts, identifiers)


def _item_values(m: Manifest, item: Node, parts: dict[str, Node], identifiers: set[str]) -> None:
    for name, check in _ITEM_CHECKS.items():
        if name in parts:
            check(m, parts[name])
    if m.old:
        _lengths(m, item, parts)
        prerequisites = parts.get("prerequisites")
        if prerequisites is not None:
            for word in _PREREQUISITE_WORD.findall(re.sub(r'"[^"]*"|=\s*\w+', "", prerequisites.text or "")):
                if word not in identifiers and word.lower() not in _STATUSES:
                    m.add("prerequisite-dangling", prerequisites, id=collapsed(item, "identifier"), ref=word)


def _mastery_score(m: Manifest, node: Node) -> None:
    """CAM 1.2 2.3.2.5.7: a whole number from 0 to 100."""
    score = number(text(node))
    if score is None or not 0 <= score <= 100:
        m.add("mastery-score", node, found=text(node), low=0, high=100, example=80)


def _time_allowed(m: Manifest, node: Node) -> None:
    if duration(text(node)) is None or text(node).upper().startswith("P"):
        m.add("time-limit", node, found=text(node), example="hours, minutes and seconds as 0000:30:00")


def _completion_threshold(m: Manifest, node: Node) -> None:
    found = node.get("minProgressMeasure") or text(node)
    measure = number(found) if found else 1.0
    if measure is None or not 0 <= measure <= 1:
        m.add("mastery-score", node, found=found, low=0, high=1, example=0.8)


def _measure(m: Manifest, sequencing: Node) -> None:
    for node in sequencing.iter():
        name = local(node)
        if name == "minNormalizedMeasure":
            measure = number(text(node))
            if measure is None or not -1 <= measure <= 1:
                m.add("mastery-score", node, found=text(node), low=-1, high=1, example=0.8)
        elif name == "limitConditions":
            limit = node.get("attemptAbsoluteDurationLimit")
            if limit is not None and duration(limit) is None:
                m.add("time-limit", node, found=limit, example="an ISO 8601 duration as PT30M")


_ITEM_CHECKS: dict[str, Callable[[Manifest, Node], None]] = {
    "masteryscore": _mastery_score,
    "maxtimeallowed": _time_allowed,
    "completionthreshold": _completion_threshold,
    "sequencing": _measure,
}


def _lengths(m: Manifest, item: Node, parts: dict[str, Node]) -> None:
    """The schema of 1.2 says the same; these are the places where exporters overstep it."""
    title = parts.get("title")
    if title is not None and len(text(title)) > 200:
        m.add("text-too-long", title, what="The title", length=len(text(title)), limit=200)
    data = parts.get("datafromlms")
    if data is not None and len(data.text or "") > 255:
        m.add("text-too-long", data, what="datafromlms", length=len(data.text or ""), limit=255)
    parameters = item.get("parameters") or ""
    if len(parameters) > 1_000:
        m.add("text-too-long", item, what="parameters", length=len(parameters), limit=1_000)


def _resources(m: Manifest) -> None:
    """CAM 1.2 2.3.2.7, CAM 2004 3.4.1.21."""
    expected = "scormtype" if m.old else "scormType"
    opened = {collapsed(item, "identifierref") for item in m.items}
    for resource in m.resources:
        identifier = collapsed(resource, "identifier")
        kind = attribute(resource, "scormtype")
        launched = identifier in opened
        if kind is None:
            if launched:
                m.add("scormtype-missing", resource, id=identifier, attribute=expected)
        else:
            name = next(str(k) for k in resource.attrib if str(k).lower().endswith("scormtype"))
            if not name.endswith(expected):
                m.add("scormtype-case", resource, found=name.rpartition("}")[2], expected=expected)
            if kind not in ("sco", "asset"):
                m.add("scormtype-value", resource, attribute=expected, found=kind)
        if (launched or (kind or "").lower() == "sco") and not (resource.get("href") or "").strip():
            m.add("launch-missing", resource, id=identifier)
        for dependency in children(resource, "dependency"):
            ref = collapsed(dependency, "identifierref")
            if ref not in m.by_id:
                m.add("dependency-dangling", dependency, id=identifier, ref=ref)


def _what_an_lms_opens(m: Manifest) -> None:
    """The habits of LMSs that open one SCO, or complete by themselves: spoken of under their profiles."""
    launched = [m.by_id[ref] for item in m.items if (ref := collapsed(item, "identifierref")) in m.by_id]
    scos = {
        collapsed(node, "identifier") for node in launched if (attribute(node, "scormtype") or "") == "sco"
    }
    if len(scos) > 1:
        m.add("sco-several", m.root, count=len(scos))
    with_href = [node for node in m.resources if node.get("href")]
    if launched and with_href and with_href[0] is not launched[0]:
        first, start = collapsed(with_href[0], "identifier"), collapsed(launched[0], "identifier")
        m.add("sco-not-first", with_href[0], first=first, launched=start)
    if m.old:
        return
    for item in m.items:
        if collapsed(item, "identifierref") not in scos:
            continue
        controls = child(child(item, "sequencing"), "deliverycontrols")
        said = (
            []
            if controls is None
            else [controls.get(name) for name in ("completionSetByContent", "objectiveSetByContent")]
        )
        if not said or any(value not in ("true", "1") for value in said):
            m.add("completion-by-lms", item, id=collapsed(item, "identifier"))
