"""The standards' own schemas, compiled once by libxml2 from the control documents that the build lays here.

Two defects of the SCORM 1.2 set stop every validator; they are corrected in memory, packages carry the
originals. IMS CP 1.1.4 imports none of the other namespaces, so a driver schema imports them all.
Nothing outside these folders is ever opened: a package's own xsi:schemaLocation is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from lxml import etree

from scorm.errors import PackageError
from scorm.findings import Findings
from scorm.ims import CP, CP12, Node
from scorm.package import Standard
from scorm.xml import ADLCP, ADLCP12, ADLNAV, ADLSEQ, CMI5, IMSSS, LOM, MD12, TINCAN

FOLDERS = {
    Standard.SCORM12: "scorm12edition",
    Standard.SCORM2004_3: "scorm20043rdedition",
    Standard.SCORM2004: "scorm20044thedition",
}
_IMPORTS_2004 = {
    CP: "imscp_v1p1.xsd",
    ADLCP: "adlcp_v1p3.xsd",
    ADLSEQ: "adlseq_v1p3.xsd",
    ADLNAV: "adlnav_v1p3.xsd",
    IMSSS: "imsss_v1p0.xsd",
    LOM: "lom.xsd",  # our own: the sets have none
}
_IMPORTS = {
    Standard.SCORM12: {
        CP12: "imscp_rootv1p1p2.xsd",
        ADLCP12: "adlcp_rootv1p2.xsd",
        MD12: "imsmd_rootv1p2p1.xsd",
    },
    Standard.SCORM2004_3: _IMPORTS_2004,
    Standard.SCORM2004: _IMPORTS_2004,
}
_OWN = {Standard.CMI5: "cmi5.xsd", Standard.XAPI: "tincan.xsd"}
_CORRECTIONS = {
    # binds the XML namespace as its default, which libxml2 and expat refuse
    "ims_xml.xsd": (b'xmlns="http://www.w3.org/XML/1998/namespace"', b""),
    # a wildcard for any namespace beside its own elements: which of the two is meant? (unique particle)
    "imsmd_rootv1p2p1.xsd": (b'namespace="##any"', b'namespace="##other"'),
}
_METADATA = {MD12, LOM, "http://www.imsglobal.org/xsd/imsmd_v1p2"}
_STANDARD = {CP, CP12, ADLCP, ADLCP12, ADLSEQ, ADLNAV, IMSSS, CMI5, TINCAN}


def schemas() -> Traversable:
    return files("scorm") / "schemas"


@cache
def control_documents(standard: Standard) -> Mapping[str, bytes]:
    """The files that travel at the root of a package, unmodified, by name. Empty for standards without any."""
    if standard not in FOLDERS:
        return {}
    folder = schemas() / "control" / FOLDERS[standard]
    if not folder.is_dir():
        raise PackageError(
            "control-documents-missing",
            f"The control documents of {standard.value} are not installed.",
            'They are laid by the build: run "pip install -e ." in the project.',
        )
    return MappingProxyType({item.name: item.read_bytes() for item in sorted(folder.iterdir(), key=str)})


class _InMemory(etree.Resolver):
    """Answers every import from a fixed set; any other address gets nothing."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        super().__init__()
        self._documents = documents

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]
        document = self._documents.get(system_url.rpartition("/")[2], b"<none/>")
        return self.resolve_string(document, context, base_url=system_url)


@cache
def schema(standard: Standard) -> etree.XMLSchema:
    """The compiled schema: about a millisecond, once."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    if standard in _OWN:
        return etree.XMLSchema(etree.fromstring((schemas() / _OWN[standard]).read_bytes(), parser))
    documents = {**control_documents(standard), "lom.xsd": (schemas() / "lom.xsd").read_bytes()}
    for name, (defect, correction) in _CORRECTIONS.items():
        if name in documents:
            documents[name] = documents[name].replace(defect, correction)
    parser.resolvers.add(_InMemory(documents))
    imports = "".join(
        f'<xs:import namespace="{uri}" schemaLocation="memory:/{name}"/>'
        for uri, name in _IMPORTS[standard].items()
    )
    driver = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(driver.encode(), parser, base_url="memory:/driver.xsd"))


_SUBJECT = re.compile(r"^Element '\{([^}]*)\}")
_LARGE = 10_000  # elements
_URI = re.compile(r"\{([^}]*)\}")
# What a rule of its own says better.
_SAID_BY_RULES = re.compile(r"type 'xs:(ID|IDREF|NCName)'|attribute '\{[^}]*\}scorm[Tt]ype'")


def check_schema(root: Node, standard: Standard, file: str, findings: Findings) -> None:
    """Adds schema, schema-metadata or schema-extension for what the standard's schema says."""
    seen: set[tuple[int, str]] = set()
    for line, message in _objections(root, schema(standard)):
        if _SAID_BY_RULES.search(message) or (line, message) in seen:
            continue
        seen.add((line, message))
        findings.add(_code(message), file, line, message=_kinder(message))


def _objections(root: Node, compiled: etree.XMLSchema) -> list[tuple[int, str]]:
    """Lines and sentences. libxml2 works out a path for each error, which takes time squared where siblings are
    many: a very large manifest is validated as a stream instead, which knows no lines."""
    log: Any = ()
    if sum(1 for _ in root.iter()) < _LARGE:
        if not compiled.validate(root):
            log = compiled.error_log
    else:
        parser = etree.XMLParser(schema=compiled, resolve_entities=False, no_network=True)
        try:
            etree.fromstring(etree.tostring(root), parser)
        except etree.XMLSyntaxError:
            log = parser.error_log
    return [(int(error.line), str(error.message)) for error in log]


def _code(message: str) -> str:
    subject = _SUBJECT.match(message)
    foreign = set(_URI.findall(message.partition("Expected is")[0])) - _STANDARD
    if foreign & _METADATA or (subject and subject[1] in _METADATA):
        return "schema-metadata"
    if foreign and ("strict wildcard" in message or "not expected" in message):
        return "schema-extension"
    return "schema"


_KINDER = (
    (r"\{[^}]*\}", ""),
    (
        r"No matching global (element|attribute) declaration available, but .* strict wildcard",
        "it is unknown",
    ),
    (
        r"This element is not expected\. Expected is (?:one of )?\( (.*) \)",
        r"it is out of place; here belongs \1",
    ),
    (r"This element is not expected", "it is out of place"),
    (r"Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)", r"it lacks \1"),
    (r"^Element '([^']*)', attribute '([^']*)': ", r"<\1>, \2: "),
    (r"^Element '([^']*)': ", r"<\1>: "),
)


def _kinder(message: str) -> str:
    """libxml2's sentence without namespaces and with less of a validator's dialect."""
    for dialect, plain in _KINDER:
        message = re.sub(dialect, plain, message)
    return message.rstrip(".") + "."
