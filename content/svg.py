"""Drawings from anybody: an SVG is taken in if it is plain, and refused with the reason if it could act or fetch.

The standard library's expat reads it. A DOCTYPE that declares anything is refused where it begins, so no entity
expands and nothing outside is read; the plain one of drawing programs is not written again.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

from content.errors import RejectedMedia

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
LARGEST_TREE = 50_000
DEEPEST = 200
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath
        linearGradient radialGradient stop clipPath mask pattern marker style switch image view
        filter feGaussianBlur feOffset feBlend feColorMatrix feComponentTransfer feFuncA feFuncR feFuncG feFuncB
        feComposite feFlood feMerge feMergeNode feMorphology feTile feTurbulence feDropShadow""",
    )
)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*")
_CSS_FETCHES = re.compile(r"@import|image-set|url\(\s*['\"]?(?!#)|expression\(|javascript:|\\", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]+")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def clean_svg(body: bytes, name: str) -> tuple[bytes, int | None, int | None]:
    """The drawing written anew without foreign elements, and its size in pixels. Raises RejectedMedia."""
    root = _parsed(body, name)
    if root.tag != f"{{{SVG}}}svg":
        raise RejectedMedia("media.damaged", name=name)
    _drop_foreign(root)
    for what in _dangers(root):
        raise RejectedMedia("media.svg_script", name=name, what=what)
    width, height = _size(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), width, height


def _parsed(body: bytes, name: str) -> ElementTree.Element:
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > DEEPEST or count > LARGEST_TREE:
            raise RejectedMedia("media.damaged", name=name)
        builder.start(_qualified(tag), {_qualified(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(tag))

    def doctype(_name: str, _system: str | None, _public: str | None, declares: bool) -> None:
        if declares:
            raise RejectedMedia("media.svg_script", name=name, what="<!ENTITY>")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
        root = builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError):
        raise RejectedMedia("media.damaged", name=name) from None
    assert isinstance(root, ElementTree.Element)
    return root


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _drop_foreign(element: ElementTree.Element) -> None:
    """What drawing programs leave for themselves (sodipodi, inkscape, RDF) goes; it draws nothing."""
    for child in list(element):
        if not child.tag.startswith(f"{{{SVG}}}") or child.tag == f"{{{SVG}}}metadata":
            _keep_tail(element, child)
            element.remove(child)
        else:
            _drop_foreign(child)
    for key in [key for key in element.attrib if key.startswith("{") and not key.startswith(f"{{{XLINK}}}")]:
        if key != "{http://www.w3.org/XML/1998/namespace}space":
            del element.attrib[key]


def _keep_tail(parent: ElementTree.Element, child: ElementTree.Element) -> None:
    if child.tail and child.tail.strip():
        before = list(parent).index(child)
        if before:
            previous = parent[before - 1]
            previous.tail = (previous.tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail


def _dangers(root: ElementTree.Element) -> Iterator[str]:
    """What could run, fetch or frame something: named as the person finds it in the file."""
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag not in ELEMENTS:
            yield f"<{tag}>"
        if tag == "style" and _CSS_FETCHES.search(element.text or ""):
            yield "url(…)"
        for key, value in element.attrib.items():
            attribute = key.rsplit("}", 1)[-1]
            if attribute.lower().startswith("on"):
                yield attribute
            elif attribute in ("href", "src"):
                if not _harmless_reference(tag, value):
                    yield f"{attribute}=“{value[:60]}”"
            elif ("url(" in value.lower() or attribute == "style") and _CSS_FETCHES.search(value):
                yield f"{attribute}=“{value[:60]}”"


def _harmless_reference(tag: str, value: str) -> bool:
    return value.startswith("#") or (tag == "image" and _EMBEDDED.fullmatch(value) is not None)


def _size(root: ElementTree.Element) -> tuple[int | None, int | None]:
    """Width and height, else those of the view box; a drawing without either has no size of its own."""
    given = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    if all(given):
        sizes = [float(match[1]) for match in given if match]
    else:
        box = (root.get("viewBox") or "").replace(",", " ").split()
        try:
            sizes = [float(number) for number in box[2:4]]
        except ValueError:
            sizes = []
    if len(sizes) != 2 or not all(1 <= size <= 100_000 for size in sizes):
        return None, None
    return round(sizes[0]), round(sizes[1])
