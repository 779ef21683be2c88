"""XML built from typed elements with lxml; text that XML cannot carry never gets that far."""

import re
from collections.abc import Mapping
from typing import cast

from lxml import etree

from scorm.package import Element

Node = etree._Element

# Everything outside XML 1.0's Char production (section 2.2).
_NO_CHAR = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ADLCP12 = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
CP12 = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
MD12 = "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1"

CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
ADLCP = "http://www.adlnet.org/xsd/adlcp_v1p3"
ADLSEQ = "http://www.adlnet.org/xsd/adlseq_v1p3"
ADLNAV = "http://www.adlnet.org/xsd/adlnav_v1p3"
IMSSS = "http://www.imsglobal.org/xsd/imsss"
LOM = "http://ltsc.ieee.org/xsd/LOM"

CMI5 = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
TINCAN = "http://projecttincan.com/tincan.xsd"

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def clean(text: str) -> str:
    """Text without the characters that XML forbids (control characters, lone surrogates), trimmed."""
    return _NO_CHAR.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(text: str) -> str:
    """`clean`, and on one line: titles, names, attribute values."""
    return " ".join(clean(text).split())


def element(name: str, namespaces: Mapping[str | None, str]) -> Node:
    """A root element that declares its prefixes."""
    return etree.Element(name, nsmap=cast(dict[str, str], dict(namespaces)))


def add(parent: Node, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> Node:
    """A child of `parent`; `name` without a namespace takes the parent's."""
    if not name.startswith("{"):
        name = f"{{{etree.QName(parent).namespace}}}{name}"
    child = etree.SubElement(parent, name, dict(attributes or {}))
    if text:
        child.text = clean(text)
    return child


def place(parent: Node, element: Element) -> Node:
    """Kept XML, put back into a tree."""
    node = add(parent, element.name, element.text, dict(element.attributes))
    for child in element.children:
        place(node, child)
    return node


def keep(node: Node) -> Element:
    """XML from a tree, kept as data."""
    children = tuple(keep(child) for child in node if isinstance(child.tag, str))
    attributes = tuple(sorted((str(name), str(value)) for name, value in node.attrib.items()))
    return Element(str(node.tag), attributes, children, (node.text or "").strip())


def document(node: Node) -> bytes:
    etree.indent(node)
    body: bytes = etree.tostring(node, encoding="UTF-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def number(value: float) -> str:
    """A decimal as schemas want it: no exponent, no trailing zeros, four places."""
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
