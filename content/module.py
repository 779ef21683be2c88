"""A module: its pages, blocks, assets and rights, as one JSON document with a schema version.

Everything here is frozen; a change makes a new object (`dataclasses.replace`). Reading tells structure from
substance: an unfinished draft (an empty title, a question without options) reads, and `content.checks` tells
what is missing before it is published; what is no module at all raises InvalidModule with the place.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from content import fields, licences
from content.blocks import Block, Question, read_block
from content.errors import InvalidModule

SCHEMA = 1
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a schema version to the next: `UPGRADES[1]` takes a document of schema 1 and gives one of schema 2."""

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, without the rare forms
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])|")


EXTENSIONS = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "text/vtt": "vtt",
}
"""The media types that a module may hold, and how their files are named."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a holder allows named organisations (licence GROUP)."""

    members: tuple[str, ...] = fields.texts()  # organisation numbers or names
    valid_from: str = fields.string(pattern=DATE, form="a date such as 2026-11-22, or empty")
    valid_to: str = fields.string(pattern=DATE, form="a date such as 2026-11-22, or empty")
    max_learners: int | None = fields.number(least=1)
    purposes: tuple[str, ...] = fields.texts()
    commercial: bool = fields.flag(default=False)
    may_adapt: bool = fields.flag(default=False)
    may_translate: bool = fields.flag(default=False)
    may_redistribute: bool = fields.flag(default=False)
    derivative_licence: str = fields.string(among=("", *licences.IDS))
    after_expiry: str = fields.string(among=("stop_launches", "keep"), default="stop_launches")
    reference: str = fields.string()  # the contract
    clause: str = fields.string()


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Who owns a work, who made it, and what others may do with it (content.rights)."""

    licence: str = fields.string(among=licences.IDS, default="unknown")
    holder: str = fields.string()
    creators: tuple[str, ...] = fields.texts()
    source: str = fields.string()  # an address, or words
    title: str = fields.string()
    changes: str = fields.string()  # what was changed; "" means used as it was
    grant: Grant | None = fields.nested(Grant, optional=True)


@dataclass(frozen=True, kw_only=True)
class Competence:
    """What the learner can document afterwards, and for how long."""

    uri: str = fields.string()
    title: str = fields.string()
    level: int | None = fields.number(most=100)
    validity_months: int | None = fields.number(least=1, most=1200)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A module that this one was made from."""

    id: str = fields.string(pattern=UUID, form="a UUID", required=True)
    version: int | None = fields.number(least=1)
    title: str = fields.string()
    holder: str = fields.string()
    licence: str = fields.string(among=licences.IDS, default="unknown")
    grant: Grant | None = fields.nested(Grant, optional=True)  # licence GROUP
    translated: bool = fields.flag(default=False)  # this one says the same in another language


@dataclass(frozen=True, kw_only=True)
class Page:
    id: str = fields.identifier()
    title: str = fields.string()
    blocks: tuple[Block, ...] = fields.several(read_block)


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A picture, film, sound or caption file, kept beside the document under its SHA-256."""

    name: str = fields.string(required=True)  # as the person named it; never used as a path
    media_type: str = fields.string(among=tuple(EXTENSIONS), required=True)
    size: int = fields.number()
    width: int | None = fields.number(least=1)
    height: int | None = fields.number(least=1)
    duration: float | None = fields.number(kind=float)  # seconds
    rights: Rights = fields.nested(Rights)

    def path(self, digest: str) -> str:
        """Where the asset lies in a module folder and in a package: `assets/<sha256>.<extension>`."""
        return f"assets/{digest}.{EXTENSIONS[self.media_type]}"


@dataclass(frozen=True, kw_only=True)
class Module:
    id: str = fields.string(pattern=UUID, form="a UUID", required=True)
    title: str = fields.string()
    summary: str = fields.string()
    language: str = fields.string(
        pattern=LANGUAGE, form="a BCP 47 code such as nb, nn, sv or en", default="nb"
    )
    duration_minutes: int | None = fields.number(least=1, most=10_000)
    goals: tuple[str, ...] = fields.texts()
    pass_mark: int | None = fields.number(least=1, most=100)  # per cent; None: completion decides
    competences: tuple[Competence, ...] = fields.several(Competence)
    rights: Rights = fields.nested(Rights)
    derived_from: tuple[Origin, ...] = fields.several(Origin)
    pages: tuple[Page, ...] = fields.several(Page)
    assets: Mapping[str, Asset] = fields.by_key(fields.SHA256, Asset)

    @classmethod
    def from_json(cls, data: Any) -> "Module":
        """A module from its JSON document, of this schema or an older one. Raises InvalidModule."""
        if not isinstance(data, dict):
            raise InvalidModule("", "must be an object")
        document = _upgraded(data)
        document.pop("schema")
        module = fields.read(cls, document, "")
        _refuse_repeated_ids(module)
        _refuse_dangling_assets(module)
        return module

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"schema": SCHEMA, **fields.write(self)}
        for page, written in zip(self.pages, document["pages"], strict=True):
            written["blocks"] = [block.to_json() for block in page.blocks]
        return document

    def blocks(self) -> Iterator[tuple[Page, Block]]:
        return ((page, block) for page in self.pages for block in page.blocks)

    def questions(self, *, scored: bool | None = None) -> list[Question]:
        """The questions in order; with `scored`, only those of the test (true) or for practice (false)."""
        asked = (block for _, block in self.blocks() if isinstance(block, Question))
        return [question for question in asked if scored is None or question.scored == scored]

    def used_assets(self) -> dict[str, Asset]:
        """The assets that a block shows, by hash, in the order of the pages."""
        used = (digest for _, block in self.blocks() for digest in block.assets())
        return {digest: self.assets[digest] for digest in used if digest in self.assets}


def new_id(prefix: str) -> str:
    """An id for a page ("p") or a block ("b")."""
    return f"{prefix}{uuid.uuid4().hex[:8]}"


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    document = dict(data)
    schema = document.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise InvalidModule("schema", f"must be the schema's version, {SCHEMA}")
    if schema > SCHEMA:
        raise InvalidModule(
            "schema", f"is {schema}; this program reads up to {SCHEMA}. Use a newer lms-bridge"
        )
    for version in range(schema, SCHEMA):
        document = UPGRADES[version](document)
    return document


def _refuse_repeated_ids(module: Module) -> None:
    """Ids are unique in the whole module: answers, statements and addresses in the page are kept by them."""
    pages = [(page.id, f"pages[{number}].id") for number, page in enumerate(module.pages)]
    blocks = [
        (block.id, f"pages[{number}].blocks[{index}].id")
        for number, page in enumerate(module.pages)
        for index, block in enumerate(page.blocks)
    ]
    fields.refuse_repeats(pages + blocks)


def _refuse_dangling_assets(module: Module) -> None:
    for number, page in enumerate(module.pages):
        for index, block in enumerate(page.blocks):
            for digest in block.assets():
                if digest not in module.assets:
                    raise InvalidModule(
                        f"pages[{number}].blocks[{index}]", f"names an asset not in assets: {digest}"
                    )
