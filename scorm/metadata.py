"""Learning object metadata, with rights: LOM 1.2 (SCORM 1.2), IEEE 1484.12.3 (SCORM 2004), schema.org.

LMSs ignore it; it is for the people and catalogues that reuse the package.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scorm.identifiers import url as path_url
from scorm.package import Contributor, Credit, Metadata, Package, Rights
from scorm.sequencing import iso_duration
from scorm.xml import LOM, MD12, XML_LANG, Node, add, clean, line

# fmt: off
ROLES = frozenset({  # LOM 2.3.1
    "author", "publisher", "unknown", "initiator", "terminator", "validator", "editor",
    "graphical designer", "technical implementer", "content provider", "technical validator",
    "educational validator", "script writer", "instructional designer", "subject matter expert",
})
KINDS = frozenset({  # LOM 7.1
    "ispartof", "haspart", "isversionof", "hasversion", "isformatof", "hasformat", "references",
    "isreferencedby", "isbasedon", "isbasisfor", "requires", "isrequiredby",
})
PURPOSES = frozenset({  # LOM 9.1
    "discipline", "idea", "prerequisite", "educational objective", "accessibility restrictions",
    "educational level", "skill level", "security level", "competency",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class _Binding:
    """What the two XML bindings of LOM call the same thing, and how they write text."""

    namespace: str
    string: str
    language: str
    source_value: bool  # vocabulary terms and sources are language strings themselves
    names: dict[str, str]

    def name(self, name: str) -> str:
        return f"{{{self.namespace}}}{self.names.get(name, name)}"

    def string_in(self, parent: Node, name: str, text: str, language: str) -> None:
        attributes = {self.language: language} if language else {}
        add(add(parent, self.name(name)), self.string, text, attributes)

    def term(self, parent: Node, name: str, value: str) -> None:
        """A term of LOM's own vocabulary."""
        node = add(parent, self.name(name))
        for part, text in (("source", "LOMv1.0"), ("value", value)):
            if self.source_value:
                self.string_in(node, part, text, "x-none")
            else:
                add(node, part, text)

    def identifier(self, parent: Node, catalog: str, entry: str) -> None:
        node = add(parent, self.name("identifier"))
        add(node, "catalog", line(catalog))
        if self.source_value:
            self.string_in(node, "entry", line(entry), "x-none")
        else:
            add(node, "entry", line(entry))

    def date(self, parent: Node, name: str, inner: str, value: str) -> None:
        add(add(parent, self.name(name)), self.name(inner), value)

    def entity(self, parent: Node, vcard: str) -> None:
        node = add(parent, self.name("entity"))
        if self.source_value:
            add(node, "vcard", vcard)
        else:
            node.text = vcard


_LOM12 = _Binding(
    MD12,
    "langstring",
    XML_LANG,
    True,
    {
        "lifeCycle": "lifecycle",
        "identifier": "catalogentry",
        "dateTime": "datetime",
        "duration": "datetime",
        "entity": "centity",
        "typicalLearningTime": "typicallearningtime",
        "copyrightAndOtherRestrictions": "copyrightandotherrestrictions",
        "taxonPath": "taxonpath",
    },
)
_IEEE = _Binding(LOM, "string", "language", False, {})


def write_lom12(parent: Node, metadata: Metadata, activity: str = "") -> None:
    """An imsmd:lom beneath `parent` (IMS Learning Resource Meta-data 1.2.1), if there is anything to say."""
    _write(_LOM12, parent, metadata, activity)


def write_ieee_lom(parent: Node, metadata: Metadata, activity: str = "") -> None:
    """A lom:lom beneath `parent` (IEEE 1484.12.3), if there is anything to say."""
    _write(_IEEE, parent, metadata, activity)


def _write(to: _Binding, parent: Node, metadata: Metadata, activity: str) -> None:
    """The order of the parts is LOM 1.2's, which IEEE LOM accepts: it accepts any."""
    lom = add(parent, to.name("lom"))
    _general(to, lom, metadata, activity)
    _life_cycle(to, lom, metadata)
    if metadata.duration is not None:
        educational = add(lom, "educational")
        to.date(educational, "typicalLearningTime", "duration", iso_duration(metadata.duration))
    _rights(to, lom, metadata)
    _relations(to, lom, metadata)
    _classifications(to, lom, metadata)
    if len(lom) == 0:
        parent.remove(lom)


def _general(to: _Binding, lom: Node, metadata: Metadata, activity: str) -> None:
    general = add(lom, "general")
    if to is _IEEE and activity:
        to.identifier(general, "URI", activity)
    if line(metadata.title):
        to.string_in(general, "title", line(metadata.title), metadata.language)
    if to is _LOM12 and activity:
        to.identifier(general, "URI", activity)
    if metadata.language:
        add(general, "language", metadata.language)
    if clean(metadata.description):
        to.string_in(general, "description", metadata.description, metadata.language)
    for keyword in filter(None, map(line, metadata.keywords)):
        to.string_in(general, "keyword", keyword, metadata.language)
    if len(general) == 0:
        lom.remove(general)


def _life_cycle(to: _Binding, lom: Node, metadata: Metadata) -> None:
    cycle = add(lom, to.name("lifeCycle"))
    if line(metadata.version):
        to.string_in(cycle, "version", line(metadata.version), metadata.language)
    for contributor in metadata.contributors:
        if not line(contributor.name + contributor.organization):
            continue
        contribute = add(cycle, "contribute")
        to.term(contribute, "role", contributor.role)
        to.entity(contribute, vcard(contributor))
        if contributor.date:
            to.date(contribute, "date", "dateTime", contributor.date)
    if len(cycle) == 0:
        lom.remove(cycle)


def _rights(to: _Binding, lom: Node, metadata: Metadata) -> None:
    rights = metadata.rights
    node = add(lom, "rights")
    if rights.cost is not None:
        to.term(node, "cost", "yes" if rights.cost else "no")
    if rights.copyright is not None:
        to.term(node, "copyrightAndOtherRestrictions", "yes" if rights.copyright else "no")
    statement = rights_statement(rights)
    if statement:
        to.string_in(node, "description", statement, metadata.language)
    if len(node) == 0:
        lom.remove(node)


def _relations(to: _Binding, lom: Node, metadata: Metadata) -> None:
    for relation in metadata.relations:
        node = add(lom, "relation")
        to.term(node, "kind", relation.kind)
        resource = add(node, "resource")
        if to is _IEEE:
            to.identifier(resource, relation.catalog, relation.identifier)
        if clean(relation.description):
            to.string_in(resource, "description", relation.description, metadata.language)
        if to is _LOM12:
            to.identifier(resource, relation.catalog, relation.identifier)


def _classifications(to: _Binding, lom: Node, metadata: Metadata) -> None:
    for concept in metadata.classifications:
        node = add(lom, "classification")
        to.term(node, "purpose", concept.purpose)
        path = add(node, to.name("taxonPath"))
        if line(concept.source):
            to.string_in(path, "source", line(concept.source), "x-none" if to is _LOM12 else "")
        taxon = add(path, "taxon")
        add(taxon, "id", line(concept.id))
        if line(concept.title):
            to.string_in(taxon, "entry", line(concept.title), metadata.language)


def vcard(contributor: Contributor) -> str:
    """RFC 2426, with what LOM's entity needs."""

    def value(text: str) -> str:
        return re.sub(r"([\\,;])", r"\\\1", line(text))

    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{value(contributor.name)};;;;",
        f"FN:{value(contributor.name)}",
    ]
    if line(contributor.organization):
        lines.append(f"ORG:{value(contributor.organization)}")
    return "\n".join([*lines, "END:VCARD"])


# LOM has one text for all rights. It is written so that a person reads it and `parse_rights` gets it back:
#   © Fjordvik kommune. CC BY-SA 4.0. <https://creativecommons.org/licenses/by-sa/4.0/>
#   - [assets/hands.webp] Hands under water. Photo: Kari Nordmann. <https://…>
_CREDIT = re.compile(r"- (?:\[(?P<path>[^\]\s]+)\] )?(?P<line>.*?)(?: <(?P<url>[^<>\s]+)>)?")
_STATED = re.compile(r"(?P<description>.*?)(?:\s?<(?P<url>[^<>\s]+)>)?", re.DOTALL)


def rights_statement(rights: Rights) -> str:
    """The whole of the rights as the text of LOM 6.3."""
    url = f"<{rights.licence_url}>" if rights.licence_url else ""
    lines = [" ".join(part for part in (clean(rights.description), url) if part)]
    for credit in rights.credits:
        if not line(credit.line):
            continue
        path = f"[{path_url(credit.path)}] " if credit.path else ""
        url = f" <{credit.licence_url}>" if credit.licence_url else ""
        lines.append(f"- {path}{line(credit.line)}{url}")
    return "\n".join(lines).strip()


def parse_rights(text: str) -> tuple[str, str, tuple[Credit, ...]]:
    """(description, licence_url, credits) of a LOM 6.3 text; others' texts become the description."""
    lines = text.strip().split("\n")
    credits: list[Credit] = []
    while lines and (found := _CREDIT.fullmatch(lines[-1])):
        credits.append(Credit(found["line"], found["url"] or "", unquote(found["path"] or "")))
        lines.pop()
    stated = _STATED.fullmatch("\n".join(lines).strip())
    assert stated is not None  # the pattern matches every text
    return stated["description"], stated["url"] or "", tuple(reversed(credits))


def json_ld(package: Package) -> dict[str, Any]:
    """The same once more as schema.org data, for a `<script type="application/ld+json">` of the launch page.

    Whoever embeds it escapes `<` (as `\\u003c`): a title may contain `</script>`.
    """
    metadata, rights = package.metadata, package.metadata.rights
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "@id": package.activity,
        "name": metadata.title,
        "description": metadata.description,
        "inLanguage": metadata.language,
        "version": metadata.version,
        "keywords": list(metadata.keywords),
        "timeRequired": iso_duration(metadata.duration) if metadata.duration is not None else "",
        "isAccessibleForFree": None if rights.cost is None else not rights.cost,
        "license": rights.licence_url,
        "creditText": rights.description,
        "author": [_agent(c) for c in metadata.contributors if c.role == "author"],
        "publisher": [_agent(c) for c in metadata.contributors if c.role == "publisher"],
        "isBasedOn": [r.identifier for r in metadata.relations if r.kind == "isbasedon"],
        "teaches": [
            {"@type": "DefinedTerm", "@id": c.id, "name": c.title}
            | ({"inDefinedTermSet": c.source} if c.source else {})
            for c in metadata.classifications
            if c.purpose == "competency"
        ],
        "hasPart": [
            {"@type": "CreativeWork", "url": c.path, "license": c.licence_url, "creditText": c.line}
            for c in rights.credits
        ],
    }
    return {key: value for key, value in data.items() if value not in ("", [], None)}


def _agent(contributor: Contributor) -> dict[str, Any]:
    agent: dict[str, Any] = {"@type": "Person", "name": contributor.name}
    if contributor.organization:
        agent["affiliation"] = {"@type": "Organization", "name": contributor.organization}
    return agent
