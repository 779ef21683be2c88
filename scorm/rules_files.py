"""Addresses and files: what the manifest says against what is in the zip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scorm import ims
from scorm.findings import Findings
from scorm.ims import Address, Addresses, Node, attribute, collapsed, local
from scorm.package import Standard
from scorm.source import MANIFESTS, Source
from scorm.xsd import control_documents

_UNENCODED = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")
_SHOWN = 3


def check_zip(source: Source, findings: Findings) -> None:
    """Where the manifest lies, what it is called, what does not belong into the zip."""
    base = source.manifest[len(source.folder) :]
    usual = base.lower()
    if source.archive is None:
        return
    if source.folder:
        findings.add("manifest-nested", source.manifest, name=base, folder=source.folder.rstrip("/"))
    if usual in MANIFESTS and base != usual:
        findings.add("manifest-case", source.manifest, found=base, name=usual)
    if source.ignored:
        findings.add(
            "manifest-several",
            source.manifest,
            used=source.manifest,
            others=", ".join(source.ignored[:_SHOWN]),
        )
    if junk := source.junk:
        findings.add("junk-files", junk[0], count=len(junk), name=junk[0])


def check_files(root: Node, standard: Standard, source: Source, findings: Findings) -> None:
    """Every href of a SCORM manifest; then what is in the zip and not in the manifest."""
    names = source.names
    addresses = Addresses.of(names, source.archive is not None)
    used: set[str] = set()
    opened = {
        collapsed(item, "identifierref")
        for organization in ims.organizations(root)
        for item in ims.items(organization)
    }
    for resource, base in ims.resources(root):
        launched = collapsed(resource, "identifier") in opened or attribute(resource, "scormtype") == "sco"
        for node, href in _hrefs(resource):
            plain = base + href if base else href
            if plain in addresses.names and _UNENCODED.search(plain) is None and "?" not in plain:
                used.add(plain)
                continue
            address = addresses.resolve(href, base)
            if address.name:
                used.add(address.name)
            _check_address(source, findings, node, address, launched and node is resource)
    for holder in root.iter("{*}location"):
        _check_location(source, findings, addresses, holder, used)
    if source.archive is not None:
        _unlisted(standard, source, findings, names, used)


def _hrefs(resource: Node) -> Iterator[tuple[Node, str]]:
    if (href := resource.get("href")) and href.strip():
        yield resource, href
    for node in resource:
        if local(node).lower() == "file" and (href := node.get("href")) and href.strip():
            yield node, href


def _check_address(source: Source, findings: Findings, node: Node, address: Address, launch: bool) -> None:
    file, line, href = source.manifest, ims.line_of(node), address.href
    if address.external:
        findings.add("href-external", file, line, href=href)
        return
    if address.outside:
        findings.add("href-absolute", file, line, href=href)
        return
    path = re.split(r"[?#]", href, maxsplit=1)[0]
    if "\\" in href:
        findings.add("href-backslash", file, line, href=href)
    elif " " in href.strip():
        findings.add("href-space", file, line, href=href)
    elif _UNENCODED.search(path):
        findings.add("href-characters", file, line, href=href)
    if source.archive is None:
        return
    if address.other_case:
        findings.add("href-case", file, line, href=href, name=address.name)
    elif address.name is None:
        findings.add("launch-file-missing" if launch else "file-missing", file, line, href=href)


def _check_location(
    source: Source, findings: Findings, addresses: Addresses, node: Node, used: set[str]
) -> None:
    """adlcp:location: metadata in a file of its own."""
    href = ims.text(node)
    if not href or not ims.namespace(node).startswith("http://www.adlnet.org/"):
        return
    address = addresses.resolve(href)
    if address.name:
        used.add(address.name)
    elif source.archive is not None and not address.external:
        findings.add("location-missing", source.manifest, ims.line_of(node), href=href)


def _unlisted(
    standard: Standard, source: Source, findings: Findings, names: tuple[str, ...], used: set[str]
) -> None:
    present = set(names)
    needed = control_documents(standard).keys()
    missing = sorted(name for name in needed - present if name.endswith(".xsd"))
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        findings.add("control-documents", source.manifest, names=", ".join(missing[:_SHOWN]) + more)
    unlisted = unlisted_files(source, used)
    if unlisted:
        findings.add("file-unlisted", source.manifest, count=len(unlisted), name=unlisted[0])


def unlisted_files(source: Source, used: set[str]) -> list[str]:
    """Files that no resource lists: not the manifests, nor schema files at the root or in folders."""
    return [
        name
        for name in source.names
        if name not in used
        and not name.lower().endswith((".xsd", ".dtd"))
        and not ("/" not in name and name.lower() in MANIFESTS)
    ]
