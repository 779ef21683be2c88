"""SCORM 1.2 and 2004 manifests into a Package (SCORM CAM 1.2 section 2.3, CAM 2004 section 3.4).

Nothing here refuses: what is missing is empty, what is unknown is kept, and the rules of `rules_ims.py`
tell what is wrong with it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from scorm import ims
from scorm.errors import UnreadableError
from scorm.package import Element, File, Item, Metadata, Organization, Package, Resource, Standard
from scorm.read_lom import identifier_of, read_lom
from scorm.safexml import parse
from scorm.sequencing import GLOBAL_OBJECTIVES, mastery_of
from scorm.source import Source
from scorm.values import duration, number
from scorm.xml import IMSSS, keep

_KNOWN = {
    "manifest": {"metadata", "organizations", "resources", "manifest", "sequencingcollection"},
    "organization": {"title", "item", "metadata", "sequencing"},
    "item": {
        "title",
        "item",
        "metadata",
        "sequencing",
        "presentation",
        "datafromlms",
        "prerequisites",
        "maxtimeallowed",
        "timelimitaction",
        "masteryscore",
        "completionthreshold",
    },
    "resource": {"metadata", "file", "dependency"},
}


def read_ims(source: Source, files: tuple[File, ...]) -> Package:
    root = source.root
    assert root is not None
    addresses = ims.Addresses.of(tuple(file.path for file in files), source.archive is not None)
    groups = ims.children(root, "organizations")
    default = ims.collapsed(groups[0], "default") if groups else ""
    collection = _sequencing_collection(root)
    standard = ims.standard_of(root)
    organizations = tuple(
        _organization(node, standard, source, collection) for node in ims.organizations(root)
    )
    metadata = _metadata(root, source) or Metadata()
    named = next((o for o in organizations if o.identifier == default), None) or next(
        iter(organizations), None
    )
    if not metadata.title and named:
        metadata = replace(metadata, title=named.title)
    return Package(
        identifier=ims.collapsed(root, "identifier"),
        metadata=metadata,
        organizations=organizations,
        resources=tuple(_resource(node, base, addresses, source) for node, base in ims.resources(root)),
        files=files,
        default_organization=default,
        activity=_activity(root),
        standard=standard,
        schema_version=ims.schema_version(root),
        unknown=_unknown(root),
    )


def _organization(
    node: ims.Node, standard: Standard, source: Source, collection: dict[str, Element]
) -> Organization:
    return Organization(
        identifier=ims.collapsed(node, "identifier"),
        title=ims.text(ims.child(node, "title")),
        items=_items(node, standard, source, collection),
        sequencing=_sequencing(node, collection),
        global_objectives=(node.get(GLOBAL_OBJECTIVES) or "true").strip() not in ("false", "0"),
        metadata=_metadata(node, source),
        unknown=_unknown(node),
    )


def _items(
    node: ims.Node, standard: Standard, source: Source, collection: dict[str, Element]
) -> tuple[Item, ...]:
    return tuple(_item(child, standard, source, collection) for child in ims.children(node, "item"))


def _item(node: ims.Node, standard: Standard, source: Source, collection: dict[str, Element]) -> Item:
    parts = {ims.local(child).lower(): child for child in reversed(node) if isinstance(child.tag, str)}
    sequencing = _sequencing(node, collection)

    def text(name: str) -> str:
        return ims.text(parts.get(name))

    mastery: float | None
    if standard is Standard.SCORM12:
        raw = number(text("masteryscore"))
        mastery = round(raw / 100, 6) if raw is not None else None
        max_time = duration(text("maxtimeallowed"))
    else:
        mastery = mastery_of(sequencing)
        limits = sequencing.find(f"{{{IMSSS}}}limitConditions") if sequencing else None
        max_time = duration(limits.get("attemptAbsoluteDurationLimit")) if limits else None
    data = parts.get("datafromlms")
    return Item(
        identifier=ims.collapsed(node, "identifier"),
        title=text("title"),
        resource=ims.collapsed(node, "identifierref"),
        items=_items(node, standard, source, collection),
        parameters=(node.get("parameters") or "").strip(),
        visible=(node.get("isvisible") or "true").strip() not in ("false", "0"),
        mastery_score=mastery,
        launch_data=(data.text or "").strip() if data is not None else "",
        max_time=max_time,
        time_limit_action=text("timelimitaction"),
        metadata=_metadata(node, source),
        prerequisites=text("prerequisites"),
        sequencing=sequencing,
        completion_threshold=_threshold(parts.get("completionthreshold")),
        hide_lms_ui=_hidden(parts.get("presentation")),
        unknown=_unknown(node),
    )


def _resource(node: ims.Node, base: str, addresses: ims.Addresses, source: Source) -> Resource:
    href = (node.get("href") or "").strip()
    listed = (addresses.resolve(file.get("href") or "", base) for file in ims.children(node, "file"))
    return Resource(
        identifier=ims.collapsed(node, "identifier"),
        href=addresses.resolve(href, base).href.replace("\\", "/") if href else "",
        scorm_type=(ims.attribute(node, "scormtype") or "").strip().lower() or "asset",
        files=tuple(dict.fromkeys(found.name or found.path for found in listed if found.path)),
        dependencies=tuple(ims.collapsed(d, "identifierref") for d in ims.children(node, "dependency")),
        type=node.get("type") or "",
        metadata=_metadata(node, source),
        unknown=_unknown(node),
    )


def _metadata(node: ims.Node, source: Source) -> Metadata | None:
    """LOM in place, or in a file that adlcp:location names; several are taken together, the first wins."""
    for holder in ims.children(node, "metadata"):
        for inner in holder:
            name = ims.local(inner).lower()
            if name in ("lom", "record"):
                return read_lom(inner)
            if name == "location":
                lom = _lom_file((inner.text or "").strip(), source)
                if lom is not None:
                    return read_lom(lom)
    return None


def _activity(root: ims.Node) -> str:
    lom = ims.child(ims.child(root, "metadata"), "lom")
    return identifier_of(lom) if lom is not None else ""


def _lom_file(href: str, source: Source) -> ims.Node | None:
    name = source.folder + href
    if source.archive is None or name not in source.archive:
        return None
    with suppress(UnreadableError):
        root = parse(source.archive.read(name, 4 * 1024**2), name).root
        if ims.local(root).lower() in ("lom", "record"):
            return root
    return None


def _sequencing_collection(root: ims.Node) -> dict[str, Element]:
    """imsss:sequencing that items share by IDRef (SN book 3.2)."""
    collection = ims.child(root, "sequencingcollection")
    shared = (keep(node) for node in ims.children(collection, "sequencing"))
    return {element.get("ID"): element for element in shared}


def _sequencing(node: ims.Node, collection: dict[str, Element]) -> Element | None:
    """An item's own sequencing; what it does not say itself is taken from the one it refers to."""
    found = ims.child(node, "sequencing")
    if found is None:
        return None
    own = keep(found)
    shared = collection.get(own.get("IDRef"))
    if shared is None:
        return own
    names = {child.name for child in own.children}
    inherited = tuple(child for child in shared.children if child.name not in names)
    attributes = tuple(pair for pair in own.attributes if pair[0] != "IDRef")
    return Element(own.name, attributes, (*own.children, *inherited), own.text)


def _threshold(node: ims.Node | None) -> float | None:
    """3rd edition: the text; 4th: minProgressMeasure, where completedByMeasure is true."""
    if node is None:
        return None
    measured = node.get("completedByMeasure")
    if measured is not None:
        return number(node.get("minProgressMeasure") or "1") if measured.strip() in ("true", "1") else None
    return number(ims.text(node))


def _hidden(presentation: ims.Node | None) -> tuple[str, ...]:
    interface = ims.child(presentation, "navigationinterface")
    return tuple(ims.text(node) for node in ims.children(interface, "hidelmsui"))


def _unknown(node: ims.Node) -> tuple[Element, ...]:
    known = _KNOWN[ims.local(node).lower()]
    return tuple(keep(c) for c in node if isinstance(c.tag, str) and ims.local(c).lower() not in known)
