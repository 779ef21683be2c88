"""IMS Content Packaging, which SCORM 1.2 and 2004 share: manifest, organizations, resources.

What tells the editions apart is a `Dialect`; each has its own file. Moodle matches prefixes as text and takes
an SCO under another prefix for an asset, so IMS CP has no prefix and the others have their literal ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from scorm.identifiers import path_of, url
from scorm.package import Item, Metadata, Organization, Package, Resource
from scorm.xml import XSI, Node, add, document, element, line


@dataclass(frozen=True, slots=True)
class Dialect:
    """One edition: its names, and how it writes what IMS CP leaves open."""

    schema_version: str
    namespaces: dict[str | None, str]  # None: IMS CP itself
    schema_files: dict[str, str]  # namespace → control document in the package
    scorm_type: str  # the attribute's full name
    title: Callable[[str], str]
    lom: Callable[[Node, Metadata, str], None]
    organization: Callable[[Node, Organization], None]
    item: Callable[[Node, Item], None]


def write_manifest(package: Package, dialect: Dialect) -> bytes:
    """The bytes of imsmanifest.xml. The package has passed `checks.check` and lists its files."""
    cp = dialect.namespaces[None]
    root = element(f"{{{cp}}}manifest", {**dialect.namespaces, "xsi": XSI})
    root.set("identifier", package.identifier)
    if line(package.metadata.version):
        root.set("version", line(package.metadata.version))
    pairs = (part for pair in dialect.schema_files.items() for part in pair)
    root.set(f"{{{XSI}}}schemaLocation", " ".join(pairs))

    metadata = add(root, "metadata")
    add(metadata, "schema", "ADL SCORM")
    add(metadata, "schemaversion", dialect.schema_version)
    dialect.lom(metadata, package.metadata, package.activity)

    shown = package.organization
    organizations = add(root, "organizations", "", {"default": shown.identifier if shown else ""})
    for organization in package.organizations:
        _organization(organizations, organization, dialect)
    resources = add(root, "resources")
    for resource in _launched_first(package):
        _resource(resources, resource, dialect)
    return document(root)


def _organization(parent: Node, organization: Organization, dialect: Dialect) -> None:
    node = add(parent, "organization", "", {"identifier": organization.identifier})
    add(node, "title", dialect.title(line(organization.title)))
    for item in organization.items:
        _item(node, item, dialect)
    _metadata(node, organization.metadata, dialect)
    dialect.organization(node, organization)


def _item(parent: Node, item: Item, dialect: Dialect) -> None:
    attributes = {"identifier": item.identifier}
    if item.resource:
        attributes["identifierref"] = item.resource
    if not item.visible:
        attributes["isvisible"] = "false"
    if item.parameters:
        attributes["parameters"] = item.parameters
    node = add(parent, "item", "", attributes)
    add(node, "title", dialect.title(line(item.title)))
    for child in item.items:
        _item(node, child, dialect)
    _metadata(node, item.metadata, dialect)
    dialect.item(node, item)


def _resource(parent: Node, resource: Resource, dialect: Dialect) -> None:
    attributes = {"identifier": resource.identifier, "type": resource.type}
    attributes[dialect.scorm_type] = resource.scorm_type
    if resource.href:
        attributes["href"] = resource.href
    node = add(parent, "resource", "", attributes)
    _metadata(node, resource.metadata, dialect)
    for path in resource.files:
        add(node, "file", "", {"href": url(path)})
    for dependency in resource.dependencies:
        add(node, "dependency", "", {"identifierref": dependency})


def _metadata(parent: Node, metadata: Metadata | None, dialect: Dialect) -> None:
    if metadata is not None:
        node = add(parent, "metadata")
        dialect.lom(node, metadata, "")
        if len(node) == 0:
            parent.remove(node)


def _launched_first(package: Package) -> list[Resource]:
    """Open edX launches the first resource that has an href: it must be what the learner opens first."""
    launchable = package.launchable()
    first = launchable[0].resource if launchable else ""
    return sorted(package.resources, key=lambda resource: resource.identifier != first)


def list_every_file(package: Package) -> Package:
    """The package with every file in a resource: LMSs unpack, serve or check only what is listed.

    What no resource lists goes to the resource that is launched, or, where several are, to a resource of its
    own that they depend on.
    """
    resources = [_with_launch_file(resource) for resource in package.resources]
    listed = {path for resource in resources for path in resource.files}
    left = tuple(sorted(file.path for file in package.files if file.path not in listed))
    launched = {item.resource for o in package.organizations for item in o.walk() if item.resource}
    if left and len(launched) == 1:
        resources = [replace(r, files=r.files + left) if r.identifier in launched else r for r in resources]
    elif left:
        shared = Resource(f"{package.identifier}-files", scorm_type="asset", files=left)
        resources = [
            replace(r, dependencies=(*r.dependencies, shared.identifier)) if r.identifier in launched else r
            for r in resources
        ]
        resources.append(shared)
    return replace(package, resources=tuple(resources))


def _with_launch_file(resource: Resource) -> Resource:
    path = path_of(resource.href) if resource.href else None
    if path is None or path in resource.files:
        return resource
    return replace(resource, files=(path, *resource.files))
