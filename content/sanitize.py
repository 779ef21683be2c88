"""HTML from people, editors and imports, cut down to a closed list by nh3 (ammonia).

No images (remote ones track the reader; ours are blocks), no styles, no classes, no scripts; links only to
the web, mail, telephone and places in the same module.
"""

import re

import nh3

HEADINGS = {"h3", "h4"}  # h1 is the module, h2 the page
TAGS = {"p", "br", "ul", "ol", "li", "a", "strong", "em"}
SCHEMES = {"http", "https", "mailto", "tel"}
_LINK = re.compile(r"(https?://|mailto:|tel:|#)\S+", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


def clean(html: str, *, headings: bool = True) -> str:
    """The same text with only the allowed tags. Cleaning twice changes nothing."""
    return nh3.clean(
        html,
        tags=TAGS | HEADINGS if headings else TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_only_known_links,
        url_schemes=SCHEMES,
        link_rel=None,
    )


def text(html: str) -> str:
    """The words without the tags, for titles, descriptions and checks."""
    import html as entities

    return " ".join(entities.unescape(_TAG.sub(" ", html)).split())


def _only_known_links(tag: str, attribute: str, value: str) -> str | None:
    return value if _LINK.fullmatch(value.strip()) else None
