"""tincan.xml, by which LMSs launch xAPI packages."""

from scorm.identifiers import with_parameters
from scorm.package import Item, Package
from scorm.xml import TINCAN, Node, add, document, element, line

COURSE = "http://adlnet.gov/expapi/activities/course"
LESSON = "http://adlnet.gov/expapi/activities/lesson"


def manifest(package: Package) -> bytes:
    """One activity for what is launched; where several are, one for the course before them."""
    root = element(f"{{{TINCAN}}}tincan", {None: TINCAN})
    activities = add(root, "activities")
    launchable = package.launchable()
    alone = len(launchable) == 1
    if not alone:
        course = add(activities, "activity", "", {"id": package.course_activity, "type": COURSE})
        _texts(course, package, package.metadata.title, package.metadata.description)
    for item in launchable:
        kind = item.activity_type or (COURSE if alone else LESSON)
        node = add(activities, "activity", "", {"id": package.activity_of(item), "type": kind})
        if alone:
            _texts(node, package, package.metadata.title, package.metadata.description)
        else:
            _texts(node, package, item.title, item.description)
        add(node, "launch", _launch(package, item), {"lang": _language(package)})
    return document(root)


def _launch(package: Package, item: Item) -> str:
    resource = package.resource(item.resource)
    return with_parameters(resource.href, item.parameters) if resource else ""


def _texts(node: Node, package: Package, title: str, description: str) -> None:
    language = {"lang": _language(package)}
    add(node, "name", line(title), language)
    add(node, "description", line(description) or line(title), language)


def _language(package: Package) -> str:
    return package.metadata.language or "und"
