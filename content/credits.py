"""Credit lines in the reader's language, and the same rights as schema.org JSON-LD for the next tool."""

from typing import Any

from content.licences import LICENCES
from content.module import Asset, Module, Origin, Rights
from content.rights import Part
from content.texts import sentence

Piece = tuple[str, str]  # words, and the address they link to or ""

_KINDS = {"image": "ImageObject", "video": "VideoObject", "audio": "AudioObject"}


def licence_name(rights: Rights, language: str) -> str:
    return LICENCES[rights.licence].name or sentence(f"licence.{rights.licence}", language)


def credit(rights: Rights, language: str, *, name: str = "") -> list[Piece]:
    """Title, author, licence and source, as Creative Commons asks for, and the change made."""
    title, people = rights.title or name, ", ".join(filter(None, rights.creators))
    work = [
        sentence("credit.title", language, title=title) if title else "",
        sentence("credit.by", language, creators=people) if people else "",
    ]
    pieces: list[Piece] = [(" ".join(filter(None, work)), "")] if title or people else []
    if rights.holder and rights.holder != people:
        pieces.append((f"© {rights.holder}", ""))
    pieces.append((licence_name(rights, language), LICENCES[rights.licence].url))
    if rights.source:
        linked = rights.source.startswith(("https://", "http://"))
        words = rights.source.split("://")[1].split("/")[0] if linked else rights.source
        pieces.append((sentence("credit.source", language, source=words), rights.source if linked else ""))
    if rights.changes:
        pieces.append((sentence("credit.changes", language, changes=rights.changes), ""))
    return pieces


def credit_line(rights: Rights, language: str, *, name: str = "") -> str:
    """The credit as one plain line, for metadata and for who copies it."""
    return (
        ". ".join(f"{words} <{url}>" if url else words for words, url in credit(rights, language, name=name))
        + "."
    )


def part_line(part: Part, language: str) -> str:
    return credit_line(part.rights, language, name=part.name)


def json_ld(module: Module, *, revision: str = "") -> dict[str, Any]:
    """The module as a schema.org LearningResource with the rights of each part (`license`, `creditText`)."""
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "@id": f"urn:uuid:{module.id}",
        "name": module.title,
        "description": module.summary,
        "inLanguage": module.language,
        "version": revision,
        "timeRequired": f"PT{module.duration_minutes}M" if module.duration_minutes else "",
        "teaches": [
            {"@type": "DefinedTerm", "@id": competence.uri, "name": competence.title}
            for competence in module.competences
        ],
        **_rights(module.rights, module.language, module.title),
        "isBasedOn": [_origin(origin) for origin in module.derived_from],
        "translationOfWork": [_origin(origin) for origin in module.derived_from if origin.translated],
        "hasPart": [_part(digest, asset, module) for digest, asset in module.used_assets().items()],
    }
    return {key: value for key, value in described.items() if value}


def _rights(rights: Rights, language: str, name: str) -> dict[str, Any]:
    described = {
        "license": LICENCES[rights.licence].url or licence_name(rights, language),
        "creditText": credit_line(rights, language, name=name),
        "copyrightHolder": rights.holder and {"@type": "Organization", "name": rights.holder},
        "creator": [{"@type": "Person", "name": creator} for creator in rights.creators if creator],
        "isBasedOn": rights.source,
    }
    return {key: value for key, value in described.items() if value}


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "@type": "LearningResource",
        "@id": f"urn:uuid:{origin.id}",
        "name": origin.title,
        "version": str(origin.version or ""),
        "license": LICENCES[origin.licence].url or origin.licence,
        "copyrightHolder": {"@type": "Organization", "name": origin.holder},
    }


def _part(digest: str, asset: Asset, module: Module) -> dict[str, Any]:
    kind = _KINDS.get(asset.media_type.split("/")[0], "MediaObject")
    described = {"@type": kind, "contentUrl": asset.path(digest), "encodingFormat": asset.media_type}
    return {
        **described,
        "name": asset.rights.title or asset.name,
        **_rights(asset.rights, module.language, asset.name),
    }
