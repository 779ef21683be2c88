"""Learning object metadata, LOM 1.2 (imsmd) and IEEE 1484.12.3, into Metadata. Tolerates both in either.

Only what has a field in Metadata is taken; it is the answer to “what is this, and may we use it?”.
"""

from __future__ import annotations

import re

from scorm.ims import Node, child, children, local, text
from scorm.metadata import parse_rights
from scorm.package import Classification, Contributor, Metadata, Relation, Rights
from scorm.values import duration

_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_CREATIVE_COMMONS = re.compile(
    r"https?://(?:creativecommons\.org|data\.norge\.no|www\.gnu\.org)/[^\s<>\"')\]]+"
)


def read_lom(lom: Node) -> Metadata:
    """Metadata of a `lom` element."""
    general = child(lom, "general")
    lifecycle = child(lom, "lifecycle")
    educational = child(lom, "educational")
    time = child(educational, "typicallearningtime")
    spoken = child(time, "datetime")
    return Metadata(
        title=string(child(general, "title")),
        language=text(child(general, "language")),
        description=string(child(general, "description")),
        keywords=tuple(filter(None, (string(k) for k in children(general, "keyword")))),
        duration=duration(text(spoken) or text(child(time, "duration"))),
        version=string(child(lifecycle, "version")),
        contributors=_contributors(lifecycle),
        rights=_rights(child(lom, "rights")),
        classifications=_classifications(lom),
        relations=_relations(lom),
    )


def identifier_of(lom: Node) -> str:
    """The resource's own IRI, where it states one (LOM 1.1; a catalogentry in LOM 1.2)."""
    general = child(lom, "general")
    for node in children(general, "identifier") + children(general, "catalogentry"):
        if text(child(node, "catalog")) == "URI":
            return string(child(node, "entry"))
    return ""


def string(node: Node | None) -> str:
    """The first text of a LangString; LOM 1.2 has langstring, IEEE has string, some write plain text."""
    if node is None:
        return ""
    for inner in node.iter():
        if local(inner).lower() in ("langstring", "string") and (inner.text or "").strip():
            return (inner.text or "").strip()
    return (node.text or "").strip()


def _value(node: Node | None) -> str:
    """The word of a vocabulary."""
    return string(child(node, "value")).lower()


def _contributors(lifecycle: Node | None) -> tuple[Contributor, ...]:
    found = []
    for node in children(lifecycle, "contribute"):
        role = _value(child(node, "role")) or "author"
        date = child(node, "date")
        when = text(child(date, "datetime"))
        entities = children(node, "entity") + children(node, "centity")
        for entity in entities:
            card = child(entity, "vcard")
            name, organization = _vcard((card if card is not None else entity).text or "")
            if name or organization:
                found.append(Contributor(name, role, organization, when))
    return tuple(found)


def _vcard(card: str) -> tuple[str, str]:
    """Name and organization of a vCard 3.0 (RFC 2426), or of plain text in its place."""
    if "BEGIN:VCARD" not in card.upper():
        return " ".join(card.split()), ""
    unfolded = re.sub(r"\r?\n[ \t]", "", card)
    fields: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", unfolded):
        key, colon, value = line.strip().partition(":")
        if colon:
            value = re.sub(r"(?<!\\);+$", "", value.strip())  # components that are left empty
            fields.setdefault(key.split(";")[0].upper(), _unescaped(value).strip())
    name = fields.get("FN") or " ".join(reversed(fields.get("N", "").split(";")[:2])).strip()
    return name, fields.get("ORG", "")


def _unescaped(value: str) -> str:
    return re.sub(r"\\([\\,;nN])", lambda m: "\n" if m[1] in "nN" else m[1], value)


def _rights(node: Node | None) -> Rights:
    if node is None:
        return Rights()
    stated = string(child(node, "description"))
    description, licence, credits = parse_rights(stated)  # our own form; others' texts stay whole
    url = _CREATIVE_COMMONS.search(stated) or _URL.search(stated)
    return Rights(
        cost=_yes(_value(child(node, "cost"))),
        copyright=_yes(_value(child(node, "copyrightandotherrestrictions"))),
        description=description,
        licence_url=licence or (url[0].rstrip(".,;") if url and not credits else ""),
        credits=credits,
    )


def _yes(word: str) -> bool | None:
    return {"yes": True, "no": False}.get(word)


def _classifications(lom: Node) -> tuple[Classification, ...]:
    found = []
    for node in children(lom, "classification"):
        purpose = _value(child(node, "purpose")) or "competency"
        for path in children(node, "taxonpath"):
            source = string(child(path, "source"))
            for taxon in path.iter():
                if local(taxon).lower() == "taxon":
                    identifier, title = text(child(taxon, "id")), string(child(taxon, "entry"))
                    if identifier or title:
                        found.append(Classification(identifier, title, source, purpose))
    return tuple(found)


def _relations(lom: Node) -> tuple[Relation, ...]:
    found = []
    for node in children(lom, "relation"):
        resource = child(node, "resource")
        identifier = child(resource, "identifier")
        entry = child(identifier, "entry")
        catalogued = child(resource, "catalogentry")  # LOM 1.2
        if entry is None and catalogued is not None:
            identifier, entry = catalogued, child(catalogued, "entry")
        where = string(entry) if entry is not None else text(identifier)
        description = string(child(resource, "description"))
        if where or description:
            kind = _value(child(node, "kind")) or "isbasedon"
            found.append(Relation(where, description, kind, text(child(identifier, "catalog")) or "URI"))
    return tuple(found)
