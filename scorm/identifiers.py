"""Identifiers and URLs as manifests want them."""

import hashlib
import re
from urllib.parse import quote, unquote, urlsplit

# XML's NCName, narrowed to the letters on which every parser in use agrees.
_NCNAME = re.compile(r"[A-Za-z_À-ÖØ-öø-ÿ][A-Za-z0-9._\-À-ÖØ-öø-ÿ]*")
_LONGEST = 80


def is_ncname(text: str) -> bool:
    return _NCNAME.fullmatch(text) is not None


def ncname(prefix: str, key: str) -> str:
    """A stable ASCII NCName for `key`: the same key always gives the same name, other keys other names.

    `prefix` begins with a letter, so that a key that begins with a digit (a UUID) is no trouble.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", key)
    name = f"{prefix}-{plain}"
    if plain == key and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[:_LONGEST]}-{digest}"


def url(path: str) -> str:
    """The URL of a file of the package, relative to the root."""
    return quote(path, safe="/~!$&'()*+,;=@")


def path_of(href: str) -> str | None:
    """The file that a relative URL of a manifest means; None when it leads out of the package."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return None
    return unquote(parts.path)


def with_parameters(href: str, parameters: str) -> str:
    """`href` with an item's parameters, joined as SCORM CAM 3.4.1.13 says: one `?`, then `&`."""
    if not parameters:
        return href
    if parameters.startswith("#"):
        return href if "#" in href else href + parameters
    bare = parameters.lstrip("?&")
    fragment = ""
    if "#" in href:
        href, _, fragment = href.partition("#")
        fragment = f"#{fragment}"
    return f"{href}{'&' if '?' in href else '?'}{bare}{fragment}"
