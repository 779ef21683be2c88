"""IMS Content Packaging, as reader and rules look at it: by local name, whatever the prefix or case.

Exporters write the right words in wrong namespaces and capitals; here they are found, and the rules tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lxml import etree

from scorm.package import Standard

Node = etree._Element

CP12 = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

SCHEMA_VERSIONS = {  # what LMSs compare with, letter by letter
    "1.2": Standard.SCORM12,
    "CAM 1.3": Standard.SCORM2004_3,
    "2004 3rd Edition": Standard.SCORM2004_3,
    "2004 4th Edition": Standard.SCORM2004,
}
USUAL_VERSION = {
    Standard.SCORM12: "1.2",
    Standard.SCORM2004_3: "2004 3rd Edition",
    Standard.SCORM2004: "2004 4th Edition",
}

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_PLAIN = re.compile(r"[A-Za-z0-9._~/!$&'()*+,;=@-]+")


def local(node: Node) -> str:
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line_of(node: Node) -> int:
    line: Any = node.sourceline
    return int(line or 0)


def namespace(node: Node) -> str:
    tag = node.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag[:1] == "{" else ""


def children(node: Node | None, name: str) -> list[Node]:
    """Children with a local name, in any namespace and case."""
    return [] if node is None else [child for child in node if local(child).lower() == name]


def child(node: Node | None, name: str) -> Node | None:
    return next(iter(children(node, name)), None)


def text(node: Node | None) -> str:
    return "" if node is None else " ".join((node.text or "").split())


def attribute(node: Node, name: str) -> str | None:
    """An attribute by its local name, lower case, in any namespace: adlcp:scormtype, adlcp:scormType."""
    for key, value in node.attrib.items():
        if str(key).rpartition("}")[2].lower() == name:
            return str(value)
    return None


def collapsed(node: Node, name: str) -> str:
    """An identifier or reference; white space around it does not count (XML Schema, xs:ID)."""
    return (node.get(name) or "").strip()


def standard_of(root: Node) -> Standard:
    """The edition, by schemaversion where it is a known one, else by the namespaces."""
    version = schema_version(root)
    if version in SCHEMA_VERSIONS:
        return SCHEMA_VERSIONS[version]
    used = " ".join(uri for uri in root.nsmap.values())
    if namespace(root) == CP12 or "adlcp_rootv1p2" in used:
        return Standard.SCORM12
    lowered = version.lower()
    if "4th" in lowered:
        return Standard.SCORM2004
    if namespace(root) == CP or "2004" in lowered or "cam" in lowered or "1.3" in lowered:
        return Standard.SCORM2004_3
    return Standard.SCORM12


def schema_version(root: Node) -> str:
    return text(child(child(root, "metadata"), "schemaversion"))


@dataclass(slots=True)
class Address:
    """Where an href points: `name` is the file of the package, None when it is not there or outside."""

    href: str  # as written, with the bases before it
    path: str  # plain, relative to the root, no query; "" when it is outside the package
    name: str | None = None
    external: bool = False
    outside: bool = False
    other_case: bool = False


@dataclass(slots=True)
class Addresses:
    """Resolves hrefs against the files of a package (RFC 3986 5.2, and what exporters do instead)."""

    names: Mapping[str, None]
    known: bool  # whether there are files at all
    _by_case: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, names: tuple[str, ...], known: bool) -> Addresses:
        return cls(dict.fromkeys(names), known)

    def resolve(self, href: str, base: str = "") -> Address:
        href = href.strip()
        whole = href if not base or _ABSOLUTE.match(href) or href.startswith("/") else base + href
        if whole in self.names and _PLAIN.fullmatch(whole):
            return Address(whole, whole, whole)
        if match := _ABSOLUTE.match(whole):
            external = match[0].lower() in ("http:", "https:", "//")
            return Address(whole, "", external=external, outside=not external)
        bare = re.split(r"[?#]", whole, maxsplit=1)[0]
        path = _normal(unquote(bare.replace("\\", "/")))
        if path is None:
            return Address(whole, "", outside=True)
        address = Address(whole, path)
        if not self.known:
            return address
        for name in (path, bare, whole):  # decoded, then literally as written
            if name in self.names:
                address.name = name
                return address
        address.name = self._case_folded().get(path.casefold())
        address.other_case = address.name is not None
        return address

    def _case_folded(self) -> dict[str, str]:
        if not self._by_case:
            self._by_case.update((name.casefold(), name) for name in self.names)
        return self._by_case


def _normal(path: str) -> str | None:
    """A path without `.` and `..`; None when it leads out of the package."""
    if path.startswith("/"):
        return None
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts) + ("/" if path.endswith("/") and parts else "")


def base_of(node: Node) -> str:
    return (node.get(XML_BASE) or "").strip()


def resources(root: Node) -> Iterator[tuple[Node, str]]:
    """Every resource of the manifest and its sub-manifests, with the bases that stand before its hrefs."""
    yield from _resources(root, "")


def _resources(manifest: Node, outer: str) -> Iterator[tuple[Node, str]]:
    base = outer + base_of(manifest)
    for group in children(manifest, "resources"):
        for resource in children(group, "resource"):
            yield resource, base + base_of(group) + base_of(resource)
    for inner in children(manifest, "manifest"):
        yield from _resources(inner, base)


def organizations(root: Node) -> Iterator[Node]:
    for group in children(root, "organizations"):
        yield from children(group, "organization")
    for inner in children(root, "manifest"):
        yield from organizations(inner)


def items(node: Node) -> Iterator[Node]:
    """Every item beneath an organization, in the order of the table of contents."""
    for item in children(node, "item"):
        yield item
        yield from items(item)
