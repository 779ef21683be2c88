"""`validate --fix`: a mended copy of a package, changing only what can be changed without guessing.

The manifest is written anew as UTF-8 at the top of the zip; names, versions and addresses in it are put
right; what the zip has and the manifest lacks is listed; control documents are added. The course's own
files are copied as they are, and what was given is never touched.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lxml import etree

from scorm import ims
from scorm.archive import Archive
from scorm.findings import Findings, Report
from scorm.identifiers import is_ncname, ncname
from scorm.ims import Addresses, Node, child, children, collapsed, local, namespace, text
from scorm.package import File, Standard
from scorm.reader import kind_of
from scorm.rules_files import unlisted_files
from scorm.source import Given, Source, locate
from scorm.validate import check, validate
from scorm.xsd import FOLDERS, control_documents

_FILES_ID = "lms-bridge-files"


@dataclass(frozen=True, slots=True)
class Mended:
    """The report before, and the report on what was written."""

    before: Report
    after: Report

    @property
    def codes(self) -> tuple[str, ...]:
        """What is no longer found."""
        left = {finding.code for finding in self.after.findings}
        return tuple(sorted({finding.code for finding in self.before.findings} - left))


def mend(given: Given, out: str | os.PathLike[str], profile: str | None = None) -> Mended:
    """Writes a mended copy to `out`, whole or not at all: a zip of a zip, a manifest of a manifest.

    Raises `UnreadableError` for what cannot be read and OSError where `out` cannot be written.
    """
    source = locate(given)
    try:
        standard = kind_of(source)
        if source.archive is not None:
            source.archive.verify()
        findings = Findings(profile)
        check(source, standard, findings)
        if source.root is not None:
            _mend_manifest(source.root, standard, source)
        _write(source, standard, Path(out))
    finally:
        if source.archive is not None:
            source.archive.close()
    return Mended(Report(str(standard), findings.sorted()), validate(out, profile))


def _write(source: Source, standard: Standard, out: Path) -> None:
    unfinished = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with unfinished.open("xb") as stream:
            if source.archive is None:
                stream.write(_document(source))
            else:
                Archive(_files(source, standard)).write_to(stream)
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _files(source: Source, standard: Standard) -> Iterable[File]:
    """The manifest first, then what the package had (without junk), then control documents it lacked."""
    archive = source.archive
    assert archive is not None
    names = dict.fromkeys(n for n in archive.entries if n not in source.junk)
    folder = source.folder if all(name.startswith(source.folder) for name in names) else ""
    manifest = source.manifest[len(folder) :]
    if "/" not in manifest and source.root is not None:
        manifest = manifest.lower()
    if source.root is not None:
        yield File.of(manifest, _document(source))
    present = {manifest}
    for name in names:
        short = name[len(folder) :]
        if name != source.manifest or source.root is None:
            present.add(short)
            entry = archive.entries[name]
            yield File(short, lambda n=name: archive.open(n), entry.size, crc32=entry.crc32)  # type: ignore[misc]
    if "/" not in manifest:
        for name, content in control_documents(standard).items():
            if name not in present:
                yield File.of(name, content)


def _document(source: Source) -> bytes:
    assert source.root is not None
    return etree.tostring(source.root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _mend_manifest(root: Node, standard: Standard, source: Source) -> None:
    if standard not in FOLDERS:
        return
    _metadata(root, standard)
    _identifiers(root)
    _default(root)
    _scorm_types(root, standard)
    used = _addresses(root, source)
    if source.archive is not None:
        _list(root, unlisted_files(source, used), standard)


def _add(parent: Node, name: str, position: int) -> Node:
    """A new child in the parent's own namespace; the schemas of IMS CP mind the order."""
    uri = namespace(parent)
    node = etree.Element(f"{{{uri}}}{name}" if uri else name)
    parent.insert(position, node)
    return node


def _metadata(root: Node, standard: Standard) -> None:
    metadata = child(root, "metadata")
    if metadata is None:
        metadata = _add(root, "metadata", 0)
    version, schema = child(metadata, "schemaversion"), child(metadata, "schema")
    for node in (version, schema):
        if node is not None:
            metadata.remove(node)
    said = text(version)
    expected = said if said in ims.SCHEMA_VERSIONS else ims.USUAL_VERSION[standard]
    _add(metadata, "schema", 0).text = "ADL SCORM"
    _add(metadata, "schemaversion", 1).text = expected


def _identifiers(root: Node) -> None:
    """Gives a proper name to what has none, and to all that refers to it; nothing where two share a name."""
    nodes = [n for n in root.iter() if isinstance(n.tag, str) and local(n) in _NAMED and n.get("identifier")]
    taken = [collapsed(node, "identifier") for node in nodes]
    renamed: dict[str, str] = {}
    for old in taken:
        if not is_ncname(old) and not re.fullmatch(r"[^\W\d][\w.\-\u00b7]*", old) and taken.count(old) == 1:
            new = ncname("i", old)
            if new not in taken and new not in renamed.values():
                renamed[old] = new
    if not renamed:
        return
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        for name in ("identifier", "identifierref", "default"):
            value = node.get(name)
            if value is not None and value.strip() in renamed:
                node.set(name, renamed[value.strip()])
        if local(node) == "prerequisites" and node.text and node.text.strip() in renamed:
            node.text = renamed[node.text.strip()]


_NAMED = frozenset({"manifest", "organization", "item", "resource"})


def _default(root: Node) -> None:
    for group in children(root, "organizations"):
        names = [collapsed(o, "identifier") for o in children(group, "organization")]
        default = collapsed(group, "default")
        if default and default not in names and any(names):
            group.set("default", next(filter(None, names)))


def _scorm_types(root: Node, standard: Standard) -> None:
    expected = "scormtype" if standard is Standard.SCORM12 else "scormType"
    for resource, _ in ims.resources(root):
        for name, value in list(resource.attrib.items()):
            if str(name).lower().endswith("}scormtype") and not str(name).endswith(expected):
                del resource.attrib[name]
                resource.set(str(name)[: -len(expected)] + expected, value)


def _addresses(root: Node, source: Source) -> set[str]:
    """Writes each href as the file is named; removes a listed file that is not there. Returns what is used."""
    addresses = Addresses.of(source.names, source.archive is not None)
    used: set[str] = set()
    for resource, base in list(ims.resources(root)):
        launched = None
        for node in [resource, *children(resource, "file")]:
            href = (node.get("href") or "").strip()
            if not href:
                continue
            address = addresses.resolve(href, base)
            if address.external or address.outside:
                continue
            if address.name:
                used.add(address.name)
                launched = address.name if node is resource else launched
            elif source.archive is not None and node is not resource and launched != address.path:
                resource.remove(node)
                continue
            target = address.name or address.path
            if target.startswith(base):
                rest = re.search(r"[?#].*$", href, re.DOTALL)
                node.set("href", quote(target[len(base) :], safe=_SAFE) + _encoded(rest[0] if rest else ""))
    return used


_SAFE = "/~!$&'()*+,;=@"


def _encoded(query: str) -> str:
    return re.sub(r"[^A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]", lambda m: quote(m[0], safe=""), query)


def _list(root: Node, unlisted: list[str], standard: Standard) -> None:
    """With the resource that is launched, or, where there are several, in one that they depend on."""
    group = child(root, "resources")
    if not unlisted or group is None:
        return
    opened = {collapsed(i, "identifierref") for o in ims.organizations(root) for i in ims.items(o)}
    launched = [r for r in children(group, "resource") if collapsed(r, "identifier") in opened]
    if (
        len(launched) == 1
        and not ims.base_of(root)
        and not ims.base_of(group)
        and not ims.base_of(launched[0])
    ):
        _list_in(launched[0], unlisted)
        return
    shared = _add(group, "resource", len(children(group, "resource")))
    names = {collapsed(node, "identifier") for node, _ in ims.resources(root)}
    identifier = _FILES_ID if _FILES_ID not in names else f"{_FILES_ID}-{uuid.uuid4().hex[:8]}"
    shared.set("identifier", identifier)
    shared.set("type", "webcontent")
    attribute = "{http://www.adlnet.org/xsd/adlcp_v1p3}scormType"
    if standard is Standard.SCORM12:
        attribute = "{http://www.adlnet.org/xsd/adlcp_rootv1p2}scormtype"
    shared.set(attribute, "asset")
    _list_in(shared, unlisted)
    for resource in launched:
        last = max(
            (i for i, n in enumerate(resource) if local(n) in ("metadata", "file", "dependency")), default=-1
        )
        _add(resource, "dependency", last + 1).set("identifierref", identifier)


def _list_in(resource: Node, names: list[str]) -> None:
    last = max((i for i, n in enumerate(resource) if local(n) in ("metadata", "file")), default=-1)
    for offset, name in enumerate(names):
        _add(resource, "file", last + 1 + offset).set("href", quote(name, safe=_SAFE))
