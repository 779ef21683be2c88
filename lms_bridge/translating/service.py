"""Modules in other languages: begun from an original, translated text by text, and following what it becomes."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

import content
from content.module import LANGUAGE
from content.translation import MODULE, Passage, State, earlier_texts, followed, passages, state, texts

from ..accounts import Tenant, audit
from ..authoring import drafts
from ..authoring import service as authoring
from ..authoring.drafts import Author
from ..authoring.languages import language_name
from ..authoring.models import Draft, Module
from ..db import Database, new_id
from ..errors import N_, Conflict, Invalid, NotFound
from ..library import service as library
from ..publishing.models import ModuleVersion
from .models import Translation


@dataclass(frozen=True)
class Line:
    """One text of the original, and what it is in the translation; `earlier`: what was translated, where it changed."""

    passage: Passage
    translation: str
    state: State
    earlier: str = ""


@dataclass(frozen=True)
class Original:
    """A module as it is now: its newest version, or its draft before there is any."""

    document: authoring.Document
    number: int | None


@dataclass(frozen=True)
class Progress:
    """How many texts are translated, and how many of the others were, before the original changed."""

    translated: int
    changed: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.translated == self.total


def get(session: Session, module_id: uuid.UUID) -> Translation:
    """Raises NotFound, also for a module that is no translation."""
    found = session.scalar(select(Translation).where(Translation.module_id == module_id))
    if found is None:
        raise NotFound(N_("This module is not a translation."))
    return found


def is_translation(session: Session, module_id: uuid.UUID) -> bool:
    return session.get(Translation, module_id) is not None


def of_module(session: Session, module_id: uuid.UUID) -> Sequence[tuple[Module, Progress]]:
    """The translations of one of the municipality's modules, by language, without deleted ones."""
    rows = session.execute(
        select(Module, Translation, Draft)
        .join(Translation, Translation.module_id == Module.id)
        .join(Draft, Draft.module_id == Module.id)
        .where(Translation.original_id == module_id, Module.archived.is_(None))
        .order_by(Module.language)
    ).tuples()
    return [(module, progress(_lines(translation, draft.document))) for module, translation, draft in rows]


def begin(session: Session, module_id: uuid.UUID, language: str, *, by: uuid.UUID | None) -> Module:
    """A draft with the module's content, to be translated. It keeps its competences, so that whoever completes it meets
    the same requirements.

    Raises NotFound; Invalid for no language, or the module's own; Conflict where there is such a translation, or the
    module is another municipality's.
    """
    authoring.draft_to_change(session, module_id)
    original = _own(session, module_id)
    _refuse_language(original.document, language)
    mine = Translation.original_id == module_id, Module.language == language, Module.archived.is_(None)
    there = session.scalar(
        select(Module.title).join(Translation, Translation.module_id == Module.id).where(*mine)
    )
    if there is not None:
        raise Conflict(N_("There is a translation into this language already: %(name)s."), name=there)
    document = authoring.derived(original.document, original.number, language=language)
    module = authoring.create(session, document, by=by)
    _remember(session, module, original, original_id=module_id)
    audit.record(
        session, "module.translated", f"module:{module.id}", account_id=by, language=language_name(language)
    )
    return module


def begin_shared(
    session: Session,
    database: Database,
    tenant: Tenant,
    shared_id: uuid.UUID,
    language: str,
    *,
    by: uuid.UUID | None,
) -> Module:
    """The same from a module that is shared with the municipality. Raises as `begin`, and Invalid where rights forbid
    it.
    """
    shown = library.shown(session, database, tenant, shared_id)
    document = shown.module.to_json()
    _refuse_language(document, language)
    module = library.adapt(session, database, tenant, shared_id, language=language, by=by)
    _remember(session, module, Original(document, shown.offer.shared.number), shared_id=shared_id)
    return module


def newest(session: Session, database: Database, tenant: Tenant, translation: Translation) -> Original | None:
    """The original as it is now, where it is not as the translation follows it; None: nothing is new, or it is gone."""
    try:
        if translation.original_id:
            found = _own(session, translation.original_id)
        else:
            assert translation.shared_id is not None
            shown = library.shown(session, database, tenant, translation.shared_id)
            found = Original(shown.module.to_json(), shown.offer.shared.number)
    except NotFound:
        return None
    return None if found.document == translation.base else found


def lines(session: Session, translation: Translation) -> list[Line]:
    """Every text of the original in its order, but for what was deleted from the translation."""
    return _lines(translation, authoring.draft_of(session, translation.module_id).document)


def progress(found: Iterable[Line]) -> Progress:
    count = Counter(line.state for line in found)
    return Progress(count[State.TRANSLATED], count[State.CHANGED], count.total())


def settle(session: Session, module_id: uuid.UUID, keys: Iterable[str]) -> list[Line]:
    """These texts are right as they are now; those of the lines that there are."""
    translation = get(session, module_id)
    wanted = set(keys)
    right = [line for line in lines(session, translation) if line.passage.key in wanted]
    made_from = dict(translation.made_from)
    for line in right:
        if line.translation == line.passage.text:
            made_from[line.passage.key] = line.passage.text
        else:
            made_from.pop(line.passage.key, None)
    translation.made_from = made_from
    session.flush()
    return [line for line in lines(session, translation) if line.passage.key in wanted]


def write(session: Session, module_id: uuid.UUID, new: Mapping[str, str], author: Author) -> list[Line]:
    """Puts texts into the translation, all or none; what is under no key of its is passed over. The lines written.

    Raises as drafts.edit.
    """
    translation = get(session, module_id)
    draft = authoring.draft_to_change(session, module_id)
    known = {line.passage.key: line for line in _lines(translation, draft.document)}
    wanted: dict[str, dict[str, object]] = {}
    for key in known.keys() & new.keys():
        passage = known[key].passage
        name, _, number = passage.field.partition(".")
        fields = wanted.setdefault(passage.target, {})
        if passage.target == MODULE and number:
            goals = fields.setdefault(name, list(draft.document[name]))
            assert isinstance(goals, list)
            goals[int(number)] = new[key]
        else:
            fields[passage.field] = new[key]
    edits = [
        {"op": "set", "target": target, "fields": fields, "base": draft.revision}
        for target, fields in wanted.items()
    ]
    drafts.edit_all(session, module_id, edits, author)
    return settle(session, module_id, new)


def follow(
    session: Session, database: Database, tenant: Tenant, module_id: uuid.UUID, author: Author
) -> Progress:
    """Brings in what the original has become (content.translation.followed). Raises NotFound, and as drafts.edit."""
    translation = get(session, module_id)
    original = newest(session, database, tenant, translation)
    if original is None:
        return progress(lines(session, translation))
    draft = authoring.draft_to_change(session, module_id)
    base, now, here = (
        content.Module.from_json(document)
        for document in (translation.base, original.document, draft.document)
    )
    earlier = earlier_texts(base, now, here)
    drafts.rewrite(session, module_id, followed(base, now, here).to_json(), author)
    there = texts(now).keys()
    kept = {key: text for key, text in translation.made_from.items() if key in there}
    translation.made_from = {**earlier, **kept}
    translation.base, translation.number = original.document, original.number
    session.flush()
    return progress(lines(session, translation))


def _lines(translation: Translation, document: authoring.Document) -> list[Line]:
    there, found = texts(content.Module.from_json(document)), []
    for passage in passages(content.Module.from_json(translation.base)):
        now = there.get(passage.key)
        if now is None:
            continue
        made_from = translation.made_from.get(passage.key)
        how = state(passage.text, now, made_from)
        found.append(Line(passage, now, how, made_from or "" if how is State.CHANGED else ""))
    return found


def _own(session: Session, module_id: uuid.UUID) -> Original:
    """Raises NotFound, also for a deleted one."""
    module = authoring.get(session, module_id)
    if module.archived:
        raise NotFound
    query = select(ModuleVersion).where(
        ModuleVersion.module_id == module_id, ModuleVersion.number == module.published_version
    )
    version = session.scalar(query.options(undefer(ModuleVersion.document)))
    if version is None:
        return Original(authoring.document(session, module_id), None)
    return Original(version.document, version.number)


def _remember(
    session: Session,
    module: Module,
    original: Original,
    *,
    original_id: uuid.UUID | None = None,
    shared_id: uuid.UUID | None = None,
) -> None:
    session.add(
        Translation(
            module_id=module.id,
            original_id=original_id,
            shared_id=shared_id,
            number=original.number,
            base=original.document,
            made_from={},
        )
    )
    session.flush()


def _refuse_language(document: authoring.Document, language: str) -> None:
    if not LANGUAGE.fullmatch(language) or len(language) > 35:
        raise Invalid(N_("Choose a language."))
    if language == document["language"]:
        raise Invalid(N_("The module is in this language already."))


def new_author(account_id: uuid.UUID) -> Author:
    """For what the service writes at once, so that it shows in every open editor, the person's own too."""
    return Author(account_id, new_id().hex)
