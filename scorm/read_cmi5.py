"""cmi5 course structures and tincan.xml into a Package.

A course is an organization, a block an item with items, an assignable unit an item with a resource
(cmi5 13.1; https://github.com/RusticiSoftware/TinCanSchema).
"""

from __future__ import annotations

from scorm import ims
from scorm.identifiers import ncname
from scorm.package import (
    Element,
    File,
    Item,
    Metadata,
    MoveOn,
    Objective,
    Organization,
    Package,
    Resource,
    Standard,
)
from scorm.source import Source
from scorm.values import number
from scorm.xml import keep

_MOVE_ON = {str(move): move for move in MoveOn}


def read_cmi5(source: Source, files: tuple[File, ...]) -> Package:
    root = source.root
    assert root is not None
    course = ims.child(root, "course")
    activity = _id(course)
    resources: dict[str, Resource] = {}
    items = _children(root, resources)
    title, description = langstring(course, "title"), langstring(course, "description")
    return Package(
        identifier=ncname("course", activity) if activity else "",
        metadata=Metadata(title=title, description=description, language=_language(course)),
        organizations=(Organization(ncname("org", activity), title, items),),
        resources=tuple(resources.values()),
        files=files,
        activity=activity,
        objectives=tuple(
            Objective(_id(node), langstring(node, "title"), langstring(node, "description"))
            for node in ims.children(ims.child(root, "objectives"), "objective")
        ),
        standard=Standard.CMI5,
        unknown=_foreign(root),
    )


def _children(node: ims.Node, resources: dict[str, Resource]) -> tuple[Item, ...]:
    found = []
    for child in node:
        name = ims.local(child)
        if name == "au":
            found.append(_unit(child, resources))
        elif name == "block":
            found.append(_block(child, resources))
    return tuple(found)


def _block(node: ims.Node, resources: dict[str, Resource]) -> Item:
    activity = _id(node)
    return Item(
        identifier=ncname("block", activity),
        title=langstring(node, "title"),
        description=langstring(node, "description"),
        items=_children(node, resources),
        activity=activity,
        objectives=_references(node),
        unknown=_foreign(node),
    )


def _unit(node: ims.Node, resources: dict[str, Resource]) -> Item:
    activity, href = _id(node), ims.text(ims.child(node, "url"))
    resource = Resource(ncname("res", activity or href), href, unknown=())
    resources.setdefault(resource.identifier, resource)
    parameters = ims.child(node, "launchparameters")
    return Item(
        identifier=ncname("au", activity),
        title=langstring(node, "title"),
        description=langstring(node, "description"),
        resource=resource.identifier,
        mastery_score=number(node.get("masteryScore") or ""),
        launch_data=(parameters.text or "").strip() if parameters is not None else "",
        activity=activity,
        move_on=_MOVE_ON.get(node.get("moveOn") or "", MoveOn.NOT_APPLICABLE),
        launch_method=node.get("launchMethod") or "",
        activity_type=node.get("activityType") or "",
        entitlement_key=ims.text(ims.child(node, "entitlementkey")),
        objectives=_references(node),
        unknown=_foreign(node),
    )


def _references(node: ims.Node) -> tuple[str, ...]:
    held = ims.children(ims.child(node, "objectives"), "objective")
    return tuple(ims.collapsed(reference, "idref") for reference in held)


def _foreign(node: ims.Node) -> tuple[Element, ...]:
    here = ims.namespace(node)
    return tuple(keep(c) for c in node if isinstance(c.tag, str) and ims.namespace(c) != here)


def _id(node: ims.Node | None) -> str:
    return "" if node is None else ims.collapsed(node, "id")


def langstring(node: ims.Node | None, name: str) -> str:
    """The first text of a title or description."""
    held = ims.children(ims.child(node, name), "langstring")
    return (held[0].text or "").strip() if held else ims.text(ims.child(node, name))


def _language(node: ims.Node | None) -> str:
    held = ims.children(ims.child(node, "title"), "langstring")
    return (held[0].get("lang") or "").strip() if held else ""


def read_tincan(source: Source, files: tuple[File, ...]) -> Package:
    """The activities with a launch become items; the first activity is the course."""
    root = source.root
    assert root is not None
    activities = [a for group in ims.children(root, "activities") for a in ims.children(group, "activity")]
    resources, items = [], []
    for node in activities:
        launch = ims.text(ims.child(node, "launch"))
        if not launch:
            continue
        resource = Resource(ncname("res", _id(node) or launch), launch)
        resources.append(resource)
        items.append(
            Item(
                identifier=ncname("activity", _id(node)),
                title=ims.text(ims.child(node, "name")),
                description=ims.text(ims.child(node, "description")),
                resource=resource.identifier,
                activity=_id(node),
                activity_type=(node.get("type") or "").strip(),
            )
        )
    first = activities[0] if activities else None
    activity, name = _id(first), ims.child(first, "name")
    title = ims.text(name)
    language = "" if name is None else (name.get("lang") or "").strip()
    return Package(
        identifier=ncname("course", activity) if activity else "",
        metadata=Metadata(
            title=title, language=language, description=ims.text(ims.child(first, "description"))
        ),
        organizations=(Organization(ncname("org", activity), title, tuple(items)),),
        resources=tuple(resources),
        files=files,
        activity=activity,
        standard=Standard.XAPI,
    )
