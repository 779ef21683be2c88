"""Writing in a draft: each edit in one transaction with the draft's row locked, kept in a log that can undo it."""

import copy
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..accounts import Account
from ..db import utcnow
from ..errors import N_, Conflict, NotFound
from .edits import MODULE, SETTINGS, Applied, Clash, Document, Manuscript, files_named
from .models import Draft, DraftChange, EditorPresence
from .service import describe, draft_of, draft_to_change, get

ONE_CHANGE = timedelta(minutes=5)
"""Typing in the same part within this time is one change in the log."""
HEARD_OF = timedelta(seconds=45)


@dataclass(frozen=True)
class Author:
    """Who edits: the account, and which open editor of theirs (a second tab is another one)."""

    account_id: uuid.UUID
    client: str


@dataclass(frozen=True)
class Edited:
    """The draft after an edit; `change` undoes it (None when nothing was to do)."""

    draft: Draft
    target: str
    change: int | None
    renumbers: bool = False
    """Questions may have other numbers now."""


def edit(session: Session, module_id: uuid.UUID, wanted: dict[str, Any], author: Author) -> Edited:
    """Makes one edit (see edits.py). Raises NotFound, Invalid, and Conflict when somebody else wrote there:
    with `reason` "changed" or "deleted", `target`, `by` (a name), and `revision`."""
    draft = draft_to_change(session, module_id)
    (applied,) = _apply(session, draft, [wanted], author)
    if applied.edit is None:
        return Edited(draft, applied.target, None)
    renumbers = applied.edit["op"] != "set" or "scored" in applied.edit["fields"]
    return Edited(draft, applied.target, draft.revision, renumbers)


def edit_all(
    session: Session, module_id: uuid.UUID, wanted: Sequence[dict[str, Any]], author: Author
) -> Draft:
    """Makes several edits, all or none, of which each can be undone. Raises as `edit`."""
    draft = draft_to_change(session, module_id)
    _apply(session, draft, wanted, author)
    return draft


def rewrite(session: Session, module_id: uuid.UUID, document: Document, author: Author) -> Draft:
    """Gives the draft another document, which open editors show at once. What is gone from it can be taken back.

    Raises as `edit`.
    """
    draft = draft_to_change(session, module_id)
    kept = {part["id"] for part in _parts(document)}
    gone = [
        part["id"]
        for part in _parts(draft.document)
        if kept.isdisjoint({part["id"], *(block["id"] for block in part.get("blocks", ()))})
    ]
    _apply(
        session, draft, [{"op": "delete", "target": name, "base": draft.revision} for name in gone], author
    )
    draft.revision += 1
    stamp = [draft.revision, author.client]
    revisions = copy.deepcopy(draft.field_revisions)
    before = _targets(draft.document)
    for target, values in _targets(document).items():
        known = before.get(target)
        changed = [name for name in values if known and known.get(name) != values[name]] if known else [""]
        if changed:
            revisions.setdefault(target, {}).update(dict.fromkeys(changed, stamp))
    draft.document, draft.field_revisions = document, revisions
    _note_change(session, draft, author)
    return draft


def undo(session: Session, module_id: uuid.UUID, change: int, author: Author) -> Edited:
    """Undoes one change of the log: what was deleted is back, also after the page was loaded anew.

    Raises NotFound, and Conflict when somebody else has written there since.
    """
    row = session.scalar(
        select(DraftChange).where(DraftChange.module_id == module_id, DraftChange.revision == change)
    )
    if row is None:
        raise NotFound
    return edit(session, module_id, {**row.inverse, "base": change}, author)


def add_asset(session: Session, module_id: uuid.UUID, digest: str, asset: dict[str, Any]) -> dict[str, Any]:
    """Lets the draft's blocks show a stored file; returns its record as the draft has it. Raises NotFound."""
    draft = draft_to_change(session, module_id)
    document = copy.deepcopy(draft.document)
    known: dict[str, Any] = document["assets"].setdefault(digest, asset)
    draft.document = document
    session.flush()
    return known


@dataclass(frozen=True)
class Deleted:
    """Something that was deleted and can be taken back: what it was, who deleted it, and its change."""

    change: DraftChange
    by: str

    @property
    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = self.change.inverse["value"]
        return value


def deleted(session: Session, module_id: uuid.UUID, *, most: int = 20) -> list[Deleted]:
    """The pages and blocks that were deleted last, are still gone and can be taken back, newest first."""
    draft = draft_of(session, module_id)
    files = set(draft.document["assets"])
    there = {page["id"] for page in draft.document["pages"]}
    there |= {block["id"] for page in draft.document["pages"] for block in page["blocks"]}
    rows = session.execute(
        select(DraftChange, Account.name)
        .outerjoin(Account, Account.id == DraftChange.account_id)
        .where(DraftChange.module_id == module_id, DraftChange.edit["op"].as_string() == "delete")
        .order_by(DraftChange.revision.desc())
        .limit(10 * most)
    )
    found: dict[str, Deleted] = {}
    for change, name in rows.tuples():
        target, whole = change.edit["target"], files_named(change.inverse) <= files
        if target not in there and "." not in target and whole:
            found.setdefault(target, Deleted(change, name or ""))
    return list(found.values())[:most]


def changed_since(draft: Draft, revision: int, client: str) -> set[str]:
    """Blocks, pages, assets and MODULE that others have written in since a revision."""
    return {
        target
        for target, fields in draft.field_revisions.items()
        if any(at > revision and by != client for at, by in fields.values())
    }


def arrive(session: Session, module_id: uuid.UUID, author: Author) -> None:
    """Notes that an editor is open; called again every so often while it is. Raises NotFound."""
    get(session, module_id)
    here = session.get(EditorPresence, (module_id, author.client))
    if here is None:
        here = EditorPresence(module_id=module_id, client=author.client, account_id=author.account_id)
        session.add(here)
    here.seen = utcnow()
    session.execute(delete(EditorPresence).where(EditorPresence.seen < utcnow() - 4 * HEARD_OF))


def leave(session: Session, module_id: uuid.UUID, author: Author) -> None:
    """Notes that an editor was closed."""
    session.execute(
        delete(EditorPresence).where(
            EditorPresence.module_id == module_id,
            EditorPresence.client == author.client,
            EditorPresence.account_id == author.account_id,
        )
    )


def others_here(session: Session, module_id: uuid.UUID, client: str) -> list[str]:
    """Names of those who have the module open in another editor."""
    rows = session.scalars(
        select(Account.name)
        .join(EditorPresence, EditorPresence.account_id == Account.id)
        .where(
            EditorPresence.module_id == module_id,
            EditorPresence.client != client,
            EditorPresence.seen > utcnow() - HEARD_OF,
        )
        .order_by(Account.name)
    )
    return list(dict.fromkeys(rows))


def _apply(session: Session, draft: Draft, wanted: Sequence[dict[str, Any]], author: Author) -> list[Applied]:
    """Each edit is a revision of its own; the document is copied once."""
    manuscript, done = _manuscript(draft, author), []
    for one in wanted:
        manuscript.stamp = [draft.revision + 1, author.client]
        try:
            applied = manuscript.apply(one)
        except Clash as clash:
            raise _conflict(session, draft, clash) from None
        done.append(applied)
        if applied.edit is not None:
            draft.revision += 1
            _log(session, draft, applied, applied.edit, author)
    if any(applied.edit for applied in done):
        draft.document, draft.field_revisions = manuscript.document, manuscript.revisions
        _note_change(session, draft, author)
    return done


def _note_change(session: Session, draft: Draft, author: Author) -> None:
    module = get(session, draft.module_id)
    module.changed, module.changed_by = utcnow(), author.account_id
    describe(module, draft.document)
    session.flush()


def _parts(document: Document) -> list[Document]:
    """The blocks, then the pages."""
    pages = document["pages"]
    return [*(block for page in pages for block in page["blocks"]), *pages]


def _targets(document: Document) -> dict[str, Document]:
    """{what an edit may name: its fields}."""
    parts = {part["id"]: {**part, "blocks": None} for part in _parts(document)}
    return {MODULE: {name: document[name] for name in SETTINGS}, **parts, **document["assets"]}


def _manuscript(draft: Draft, author: Author) -> Manuscript:
    return Manuscript(
        copy.deepcopy(draft.document),
        copy.deepcopy(draft.field_revisions),
        revision=draft.revision + 1,
        client=author.client,
    )


def _log(session: Session, draft: Draft, applied: Applied, done: dict[str, Any], author: Author) -> None:
    last = session.scalar(
        select(DraftChange).where(
            DraftChange.module_id == draft.module_id, DraftChange.revision == draft.revision - 1
        )
    )
    if last is not None and _goes_on(last, applied, done, author):
        last.revision = draft.revision
        last.edit = {**done, "fields": {**last.edit["fields"], **done["fields"]}}
        last.inverse = {**last.inverse, "fields": {**applied.inverse["fields"], **last.inverse["fields"]}}
        return
    session.add(
        DraftChange(
            module_id=draft.module_id,
            revision=draft.revision,
            account_id=author.account_id,
            client=author.client,
            target=applied.target,
            edit=done,
            inverse=applied.inverse,
        )
    )


def _goes_on(last: DraftChange, applied: Applied, done: dict[str, Any], author: Author) -> bool:
    return (
        done["op"] == last.edit["op"] == "set"
        and (last.target, last.client, last.account_id) == (applied.target, author.client, author.account_id)
        and utcnow() - last.at < ONE_CHANGE
    )


def _conflict(session: Session, draft: Draft, clash: Clash) -> Conflict:
    """Who was there first, for the person to decide with both texts in view."""
    rows = session.execute(
        select(DraftChange, Account.name)
        .outerjoin(Account, Account.id == DraftChange.account_id)
        .where(DraftChange.module_id == draft.module_id)
        .order_by(DraftChange.revision.desc())
        .limit(200)
    ).tuples()
    found = next(((row, name) for row, name in rows if _concerns(row, clash)), None)
    name = (found[1] if found else None) or ""
    return Conflict(
        N_("%(by)s deleted this at the same time.")
        if clash.deleted
        else N_("%(by)s changed this at the same time."),
        reason="deleted" if clash.deleted else "changed",
        target=clash.target,
        by=name,
        change=found[0].revision if found and clash.deleted else None,
        revision=draft.revision,
    )


def _concerns(row: DraftChange, clash: Clash) -> bool:
    if not clash.deleted:
        return row.target == clash.target
    if row.edit["op"] != "delete":
        return False
    gone = row.inverse["value"]
    inside = {gone["id"], *(block["id"] for block in gone.get("blocks", ()))}
    return row.target == clash.target or clash.target in inside
