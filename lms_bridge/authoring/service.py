"""Keeping modules: making, copying, listing, deleting and taking them back, and their document as it is now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

import content
from content.errors import InvalidModule
from content.files import ModuleFiles

from ..accounts import Account
from ..db import new_id, utcnow
from ..errors import N_, Conflict, Invalid, NotFound
from ..storage import Storage
from .models import Draft, Module

Document = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """A line of the list of modules; `unpublished`: the draft is newer than the newest version."""

    module: Module
    changed_by: str
    unpublished: bool


def list_modules(session: Session, *, search: str = "", archived: bool = False) -> list[Listed]:
    """The municipality's modules, the one changed last first; `search` is looked for in the title."""
    author = aliased(Account)
    query = (
        select(Module, author.name, Draft.revision)
        .join(Draft, Draft.module_id == Module.id)
        .outerjoin(author, author.id == Module.changed_by)
        .where(Module.archived.is_not(None) if archived else Module.archived.is_(None))
        .order_by(Module.changed.desc(), Module.id)
    )
    words = search.casefold().split()
    return [
        Listed(module, name or "", module.published_revision != revision)
        for module, name, revision in session.execute(query).tuples()
        if all(word in module.title.casefold() for word in words)  # SQLite's LIKE knows no Å
    ]


def get(session: Session, module_id: uuid.UUID) -> Module:
    """One of the municipality's modules, a deleted one too. Raises NotFound."""
    module = session.scalar(select(Module).where(Module.id == module_id))
    if module is None:
        raise NotFound
    return module


def by_identity(session: Session, identity: uuid.UUID) -> Module:
    """The municipality's module with this document id. Raises NotFound."""
    module = session.scalar(select(Module).where(Module.identity == identity))
    if module is None:
        raise NotFound
    return module


def document(session: Session, module_id: uuid.UUID) -> Document:
    """The draft's document as it is now, with the assets that a block shows and no others. Raises NotFound."""
    found: Document = draft_of(session, module_id).document
    shown = content.Module.from_json(found).used_assets()
    return {**found, "assets": {digest: found["assets"][digest] for digest in shown}}


def is_newer(session: Session, module: Module) -> bool:
    """Whether the draft has something that the newest version lacks; so it is before there is any."""
    return draft_of(session, module.id).revision != module.published_revision


def draft_of(session: Session, module_id: uuid.UUID, *, lock: bool = False) -> Draft:
    """The draft of a module; with `lock`, nobody else changes it until the commit. Raises NotFound."""
    query = select(Draft).where(Draft.module_id == module_id)
    draft = session.scalar(query.with_for_update() if lock else query)
    if draft is None:
        raise NotFound
    return draft


def draft_to_change(session: Session, module_id: uuid.UUID) -> Draft:
    """The draft of a module, locked, for who writes in it. Raises NotFound, and Conflict where the module is another
    municipality's.
    """
    taken_from = get(session, module_id).taken_from
    if taken_from:
        raise Conflict(
            N_(
                "This module is %(municipality)s’s, and is used as it is. Make your own version to change it."
            ),
            municipality=taken_from,
        )
    return draft_of(session, module_id, lock=True)


def create(session: Session, source: Document, *, by: uuid.UUID | None = None) -> Module:
    """A new module from a document of content's schema; a missing `id` is made.

    Raises Invalid with the place, Conflict when the municipality has this module already.
    """
    source = {"schema": 1, "id": str(new_id()), **source}
    try:
        document = content.Module.from_json(source).to_json()
    except InvalidModule as error:
        raise Invalid(N_("This is not a module: %(problem)s"), problem=str(error)) from None
    identity = uuid.UUID(document["id"])
    there = session.scalar(select(Module.title).where(Module.identity == identity))
    if there is not None:
        raise Conflict(N_("You have this module already: %(name)s."), name=there)
    module = Module(id=new_id(), identity=identity, created_by=by, changed_by=by)
    describe(module, document)
    session.add(module)
    session.flush()  # the draft refers to it
    session.add(Draft(module_id=module.id, document=document, field_revisions={}))
    session.flush()
    return module


def take_in(session: Session, storage: Storage, files: ModuleFiles, *, by: uuid.UUID | None = None) -> Module:
    """A module from a folder or .lmsmodule file (content.files.opened), with its assets and its id."""
    for digest in files.module.assets:
        with files.open_asset(digest) as asset:
            storage.put(asset)  # also what is there, so that it counts as new: see stored_files.py
    return create(session, files.module.to_json(), by=by)


def take_over(session: Session, document: Document, *, taken_from: str, by: uuid.UUID | None) -> Module:
    """Another municipality's module, used here as it is; one that is here already is replaced by this one.

    Raises Conflict where the municipality wrote a module with this id itself.
    """
    identity = uuid.UUID(document["id"])
    module = session.scalar(select(Module).where(Module.identity == identity))
    if module is None:
        module = create(session, document, by=by)
        module.taken_from = taken_from
        return module
    if module.taken_from is None:
        raise Conflict(N_("You have this module already: %(name)s."), name=module.title)
    draft = draft_of(session, module.id)
    draft.document, draft.revision = document, draft.revision + 1
    module.taken_from, module.archived = taken_from, None
    module.changed, module.changed_by = utcnow(), by
    describe(module, document)
    return module


def copy(session: Session, module_id: uuid.UUID, *, title: str, by: uuid.UUID | None) -> Module:
    """A new module with the same content that remembers where it came from. Raises NotFound, and Conflict where the
    module is another municipality's.
    """
    draft_to_change(session, module_id)
    version = get(session, module_id).published_version
    return create(session, derived(document(session, module_id), version, title=title), by=by)


def derived(source: Document, version: int | None, **changes: Any) -> Document:
    """The document of a new module that remembers which one, in which version, it was made from; in another
    `language`, that it is a translation.
    """
    rights = source["rights"]
    origin = {
        "id": source["id"],
        "version": version,
        "title": source["title"],
        "holder": rights["holder"],
        "licence": rights["licence"],
        "translated": "language" in changes,
    }
    origins = [*source["derived_from"], origin]
    return {**source, "id": str(new_id()), "derived_from": origins, **changes}


def archive(session: Session, module_id: uuid.UUID, *, by: uuid.UUID | None) -> Module:
    """Deletes a module so that it can be taken back. Published versions stay. Raises NotFound."""
    module = get(session, module_id)
    module.archived, module.changed_by = utcnow(), by
    return module


def unarchive(session: Session, module_id: uuid.UUID, *, by: uuid.UUID | None) -> Module:
    """Takes a deleted module back. Raises NotFound."""
    module = get(session, module_id)
    module.archived, module.changed_by = None, by
    return module


def mark_published(session: Session, module_id: uuid.UUID, *, version: int) -> None:
    """For publishing, in the transaction that froze `document`: the draft as it is now is this version."""
    module = get(session, module_id)
    module.published_version = version
    module.published_revision = draft_of(session, module_id).revision


def describe(module: Module, document: Document) -> None:
    """Copies to the module's row what lists show of the document."""
    module.title, module.language = document["title"], document["language"]
    module.picture = _first_picture(document["pages"])


def _first_picture(pages: Sequence[Document]) -> str | None:
    images = (b["asset"] for page in pages for b in page["blocks"] if b["type"] == "image" and b["asset"])
    return next(images, None)
