"""imsmanifest.xml of SCORM 1.2 (Content Aggregation Model 1.2, IMS CP 1.1.2, IMS MD 1.2.1)."""

from dataclasses import replace
from datetime import timedelta

from scorm.content_packaging import Dialect, write_manifest
from scorm.metadata import write_lom12
from scorm.package import Item, Organization, Package
from scorm.sequencing import prerequisites
from scorm.xml import ADLCP12, CP12, MD12, Node, add, clean, number

TITLE_LIMIT = 200  # CAM 2.3.2.5.1


def manifest(package: Package) -> bytes:
    """The manifest; a forced order becomes prerequisites."""
    organizations = tuple(prerequisites(organization) for organization in package.organizations)
    return write_manifest(replace(package, organizations=organizations), _DIALECT)


def shortened(title: str) -> str:
    """A title that SCORM 1.2 takes, cut between words with an ellipsis; the LOM keeps the whole of it."""
    if len(title) <= TITLE_LIMIT:
        return title
    cut = title[: TITLE_LIMIT - 1]
    words = cut.rsplit(" ", 1)[0]
    return (words if len(words) > TITLE_LIMIT // 2 else cut).rstrip() + "…"


def _organization(node: Node, organization: Organization) -> None:
    """SCORM 1.2 adds nothing to an organization."""


def _item(node: Node, item: Item) -> None:
    """CAM 2.3.2.5.2–6; without prefixes of their own, Moodle would not find them."""

    def extra(name: str, text: str, **attributes: str) -> None:
        if text:
            add(node, f"{{{ADLCP12}}}{name}", text, attributes)

    extra("prerequisites", item.prerequisites, type="aicc_script")
    extra("maxtimeallowed", _timespan(item.max_time) if item.max_time is not None else "")
    extra("timelimitaction", item.time_limit_action)
    extra("datafromlms", clean(item.launch_data))
    extra("masteryscore", number(item.mastery_score * 100) if item.mastery_score is not None else "")


def _timespan(time: timedelta) -> str:
    """CMITimespan, HHHH:MM:SS.SS, at most 13 characters."""
    hundredths = min(round(time.total_seconds() * 100), 10_000 * 3600 * 100 - 1)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    seconds, fraction = divmod(rest, 100)
    return f"{hours:04d}:{minutes:02d}:{seconds:02d}.{fraction:02d}"


_DIALECT = Dialect(
    schema_version="1.2",
    namespaces={None: CP12, "adlcp": ADLCP12, "imsmd": MD12},
    schema_files={
        CP12: "imscp_rootv1p1p2.xsd",
        MD12: "imsmd_rootv1p2p1.xsd",
        ADLCP12: "adlcp_rootv1p2.xsd",
    },
    scorm_type=f"{{{ADLCP12}}}scormtype",
    title=shortened,
    lom=write_lom12,
    organization=_organization,
    item=_item,
)
