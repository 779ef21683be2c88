"""cmi5.xml, the course structure of cmi5 (section 13)."""

from scorm.identifiers import with_parameters
from scorm.package import Item, MoveOn, Package
from scorm.xml import CMI5, Node, add, clean, document, element, line, number


def manifest(package: Package) -> bytes:
    """The course of the organization that is shown. An item with items is a block, one with a resource an AU.

    A unit that is all of its course bears the package's own activity as its id, so that statements about it
    mean the same in every format; the course is then that id with `#course`.
    """
    root = element(f"{{{CMI5}}}courseStructure", {None: CMI5})
    course = add(root, "course", "", {"id": package.course_activity})
    _texts(course, package, package.metadata.title, package.metadata.description)
    if package.objectives:
        objectives = add(root, "objectives")
        for objective in package.objectives:
            node = add(objectives, "objective", "", {"id": objective.id})
            _texts(node, package, objective.title, objective.description)
    if package.organization:
        for item in package.organization.items:
            _item(root, item, package)
    return document(root)


def _item(parent: Node, item: Item, package: Package) -> None:
    resource = package.resource(item.resource)
    node = add(parent, "au" if resource else "block", "", {"id": package.activity_of(item)})
    _texts(node, package, item.title, item.description)
    if item.objectives:
        references = add(node, "objectives")
        for objective in item.objectives:
            add(references, "objective", "", {"idref": objective})
    if resource is None:
        for child in item.items:
            _item(node, child, package)
        return
    if item.move_on is not MoveOn.NOT_APPLICABLE:
        node.set("moveOn", item.move_on.value)
    if item.mastery_score is not None:
        node.set("masteryScore", number(item.mastery_score))
    if item.launch_method:
        node.set("launchMethod", item.launch_method)
    if item.activity_type:
        node.set("activityType", item.activity_type)
    add(node, "url", with_parameters(resource.href, item.parameters))
    if clean(item.launch_data):
        add(node, "launchParameters", item.launch_data)
    if line(item.entitlement_key):
        add(node, "entitlementKey", line(item.entitlement_key))


def _texts(node: Node, package: Package, title: str, description: str) -> None:
    """Both are required (13.1.1 ff.): what has no description is described by its title."""
    language = {"lang": package.metadata.language or "und"}
    add(add(node, "title"), "langstring", line(title), language)
    add(add(node, "description"), "langstring", clean(description) or line(title), language)
