"""What no schema knows about cmi5 course structures (cmi5 section 13) and tincan.xml."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scorm import ims
from scorm.findings import Findings
from scorm.ims import Addresses, Node, children, collapsed, local, text
from scorm.package import Standard
from scorm.source import Source

RESERVED = ("endpoint", "fetch", "actor", "registration", "activityId")  # cmi5 8.1
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_URL = re.compile(r"[^\s<>\"{}|\\^`]+")


def is_iri(identifier: str) -> bool:
    """An absolute IRI (RFC 3987): a scheme and something behind it, without forbidden characters."""
    if not _IRI.fullmatch(identifier):
        return False
    try:
        parts = urlsplit(identifier)
    except ValueError:
        return False
    return parts.scheme.lower() not in ("http", "https") or bool(parts.netloc)


def check_course(root: Node, standard: Standard, source: Source, findings: Findings) -> None:
    if standard is Standard.XAPI:
        _check_tincan(root, source, findings)
        return
    addresses = Addresses.of(source.names, source.archive is not None)
    seen: set[tuple[str, str]] = set()
    defined: set[str] = set()
    for node in root.iter("{*}course", "{*}objective", "{*}block", "{*}au"):
        name = local(node)
        if name == "objective" and node.get("idref") is not None:
            continue
        _check_id(node, name, source, findings, seen)
        if name == "objective":
            defined.add(collapsed(node, "id"))
        elif name == "au":
            for url in children(node, "url"):
                _check_url(url, source, addresses, findings)
        _check_languages(node, name, source, findings)
    for node in root.iter("{*}objective"):
        ref = node.get("idref")
        if ref is not None and ref.strip() not in defined:
            findings.add("objective-dangling", source.manifest, ims.line_of(node), id=ref)


def _check_id(node: Node, name: str, source: Source, findings: Findings, seen: set[tuple[str, str]]) -> None:
    """13.1.1–13.1.4: an IRI, unique among its kind in the course."""
    identifier = collapsed(node, "id")
    if not identifier:
        return  # the schema says so
    if not is_iri(identifier):
        findings.add("iri", source.manifest, ims.line_of(node), element=name, id=identifier)
    if (name, identifier) in seen:
        findings.add("iri-duplicate", source.manifest, ims.line_of(node), element=name, id=identifier)
    seen.add((name, identifier))


def _check_url(node: Node, source: Source, addresses: Addresses, findings: Findings) -> None:
    """13.1.4 url, 8.1 launch parameters, 14 packages: what an AU's URL may be."""
    href = (node.text or "").strip()
    if not href:
        return
    if not _is_url(href):
        findings.add("url-invalid", source.manifest, ims.line_of(node), href=href)
        return
    query = urlsplit(href).query
    for name in RESERVED:
        if re.search(rf"(^|[&;]){name}(=|&|;|$)", query, re.IGNORECASE):
            findings.add("url-query-reserved", source.manifest, ims.line_of(node), href=href, name=name)
    _check_place(node, href, source, addresses, findings)


def _check_place(node: Node, href: str, source: Source, addresses: Addresses, findings: Findings) -> None:
    address = addresses.resolve(href)
    file, line = source.manifest, ims.line_of(node)
    if href.startswith("//"):  # 14: fully qualified, or a file of the zip
        findings.add("url-invalid", file, line, href=href)
    elif address.external:
        if source.archive is not None:
            findings.add("href-external", file, line, href=href)
    elif address.outside:
        findings.add("href-absolute", file, line, href=href)
    elif source.archive is None:
        findings.add("url-relative", file, line, href=href)
    elif address.other_case:
        findings.add("href-case", file, line, href=href, name=address.name)
    elif address.name is None:
        findings.add("launch-file-missing", file, line, href=href)


def _is_url(href: str) -> bool:
    if not _URL.fullmatch(href) or re.search(r"%(?![0-9A-Fa-f]{2})", href):
        return False
    try:
        parts = urlsplit(href)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() not in ("http", "https") or bool(parts.hostname)


def _check_languages(node: Node, name: str, source: Source, findings: Findings) -> None:
    for held in ("title", "description"):
        for string in children(ims.child(node, held), "langstring"):
            if not (string.get("lang") or "").strip():
                findings.add("language-missing", source.manifest, ims.line_of(string), element=name)
                return


def _check_tincan(root: Node, source: Source, findings: Findings) -> None:
    addresses = Addresses.of(source.names, source.archive is not None)
    launches = 0
    seen: set[tuple[str, str]] = set()
    for node in root.iter("{*}activity"):
        _check_id(node, "activity", source, findings, seen)
        for launch in children(node, "launch"):
            href = text(launch)
            launches += bool(href)
            if not _is_url(href):
                findings.add("url-invalid", source.manifest, ims.line_of(launch), href=href)
            elif source.archive is not None:
                _check_place(launch, href, source, addresses, findings)
    if not launches:
        findings.add("launch-none", source.manifest, ims.line_of(root))
