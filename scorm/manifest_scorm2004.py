"""imsmanifest.xml of SCORM 2004, 3rd and 4th edition (CAM, SN; IMS CP 1.1.4, IMS SS 1.0, IEEE LOM)."""

from dataclasses import replace

from scorm.content_packaging import Dialect, write_manifest
from scorm.metadata import write_ieee_lom
from scorm.package import Item, Organization, Package
from scorm.sequencing import GLOBAL_OBJECTIVES, simple_sequencing
from scorm.xml import ADLCP, ADLNAV, ADLSEQ, CP, IMSSS, LOM, Node, add, clean, number, place

_NAMESPACES: dict[str | None, str] = {
    None: CP,
    "adlcp": ADLCP,
    "adlseq": ADLSEQ,
    "adlnav": ADLNAV,
    "imsss": IMSSS,
    "lom": LOM,
}
_SCHEMA_FILES = {
    CP: "imscp_v1p1.xsd",
    ADLCP: "adlcp_v1p3.xsd",
    ADLSEQ: "adlseq_v1p3.xsd",
    ADLNAV: "adlnav_v1p3.xsd",
    IMSSS: "imsss_v1p0.xsd",
    LOM: "lom.xsd",
}


def manifest(package: Package) -> bytes:
    """The manifest of the 4th edition; forced order, post-test and pass marks become sequencing."""
    return write_manifest(_sequenced(package), _FOURTH)


def manifest_3rd_edition(package: Package) -> bytes:
    return write_manifest(_sequenced(package), _THIRD)


def _sequenced(package: Package) -> Package:
    return replace(package, organizations=tuple(simple_sequencing(o) for o in package.organizations))


def _organization(node: Node, organization: Organization) -> None:
    if not organization.global_objectives:
        node.set(GLOBAL_OBJECTIVES, "false")
    if organization.sequencing:
        place(node, organization.sequencing)


def _item_3rd(node: Node, item: Item) -> None:
    _item(node, item)
    if item.completion_threshold is not None:
        add(node, f"{{{ADLCP}}}completionThreshold", number(item.completion_threshold))


def _item_4th(node: Node, item: Item) -> None:
    _item(node, item)
    if item.completion_threshold is not None:
        measured = {"completedByMeasure": "true", "minProgressMeasure": number(item.completion_threshold)}
        add(node, f"{{{ADLCP}}}completionThreshold", "", measured)


def _item(node: Node, item: Item) -> None:
    """CAM 3.4.1.13 ff."""
    if item.time_limit_action:
        add(node, f"{{{ADLCP}}}timeLimitAction", item.time_limit_action)
    if clean(item.launch_data):
        add(node, f"{{{ADLCP}}}dataFromLMS", item.launch_data)
    if item.sequencing:
        place(node, item.sequencing)
    if item.hide_lms_ui:
        interface = add(add(node, f"{{{ADLNAV}}}presentation"), "navigationInterface")
        for control in item.hide_lms_ui:
            add(interface, "hideLMSUI", control)


def _as_it_is(title: str) -> str:
    return title


_FOURTH = Dialect(
    schema_version="2004 4th Edition",
    namespaces=_NAMESPACES,
    schema_files=_SCHEMA_FILES,
    scorm_type=f"{{{ADLCP}}}scormType",
    title=_as_it_is,
    lom=write_ieee_lom,
    organization=_organization,
    item=_item_4th,
)
_THIRD = replace(_FOURTH, schema_version="2004 3rd Edition", item=_item_3rd)
