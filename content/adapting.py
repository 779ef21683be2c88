"""Passing a module on: what stands against using it, and the version that somebody else may make of it."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from content.licences import IDS, Answer
from content.module import Asset, Grant, Module, Origin
from content.rights import Part, Use, Verdict, adapters, may, parts_of

Obstacle = tuple[Part, Verdict]


def whole_of(module: Module) -> Part:
    """The module itself as a work beside its parts."""
    return Part(module.title, replace(module.rights, title=module.title))


def obstacles(module: Module, names: Sequence[str] = (), *, on: date | None = None) -> list[Obstacle]:
    """What keeps an organisation, known by these `names`, from using the module as it is: the works, itself the first,
    that their rights do not let it have. Without a name: anybody.
    """
    works = [whole_of(module), *(part for part in parts_of(module) if not part.origin)]
    judged = [(work, _best(Use.SHARE, work, names, on)) for work in works]
    return [(work, verdict) for work, verdict in judged if verdict.answer is not Answer.YES]


def may_adapt(module: Module, names: Sequence[str], *, on: date | None = None) -> Verdict:
    """Whether an organisation, known by these `names`, may share a version of its own."""
    return _best(Use.ADAPT, whole_of(module), names, on)


def may_translate(module: Module, names: Sequence[str], *, on: date | None = None) -> Verdict:
    """Whether it may share a translation. A grant may allow that and no other change, and the other way round."""
    return _best(Use.TRANSLATE, whole_of(module), names, on)


def adapted(
    module: Module, *, version: int | None, holder: str, number: str = "", language: str = ""
) -> Module:
    """A new module of `holder`'s, by name and organisation number, that remembers which one it was made from; with a
    `language`, one to be translated into it.

    It has the same licence where that is allowed. Ask `may_adapt` or `may_translate` first.
    """
    rights = module.rights
    grant = _with_name(rights.grant, holder, number)
    allowed = adapters(
        replace(rights, grant=grant), organisation=holder, use=Use.TRANSLATE if language else Use.ADAPT
    )
    licence = rights.licence if rights.licence in allowed else next(one for one in IDS if one in allowed)
    origin = Origin(
        id=module.id,
        version=version,
        title=module.title,
        holder=rights.holder,
        licence=rights.licence,
        grant=grant,
        translated=bool(language),
    )
    return replace(
        module,
        id=str(uuid.uuid4()),
        language=language or module.language,
        rights=replace(rights, holder=holder, licence=licence, grant=grant if licence == "GROUP" else None),
        assets={digest: _kept(asset, module, holder, number) for digest, asset in module.assets.items()},
        derived_from=(*module.derived_from, origin),
    )


def last_day(module: Module, names: Sequence[str] = ()) -> str:
    """The last day, as 2026-12-31, on which the grants that the module rests on let an organisation, known by these
    `names`, begin it; "" for ever.
    """
    ends = [
        grant.valid_to
        for grant in _grants(module, names)
        if grant.valid_to and grant.after_expiry == "stop_launches"
    ]
    return min(ends, default="")


def most_learners(module: Module, names: Sequence[str] = ()) -> int | None:
    """How many of its learners the grants that the module rests on let begin it, by the narrowest; None: any number."""
    numbers = (grant.max_learners for grant in _grants(module, names) if grant.max_learners)
    return min(numbers, default=None)


def _grants(module: Module, names: Sequence[str]) -> list[Grant]:
    """Those of the whole and of its parts, but for what is the organisation's own: what it allows others does not bind
    itself. Other licences know no last day and no number of learners.
    """
    rights = [work.rights for work in (whole_of(module), *parts_of(module))]
    return [one.grant for one in rights if one.licence == "GROUP" and one.grant and one.holder not in names]


def _best(use: Use, work: Part, names: Sequence[str], on: date | None) -> Verdict:
    """A grant may call its members by name or by number."""
    verdicts = [may(use, work.rights, organisation=name, on=on) for name in names or ("",)]
    return next((one for one in verdicts if one.answer is Answer.YES), verdicts[-1])


def _kept(asset: Asset, module: Module, holder: str, number: str) -> Asset:
    """A work of the module, which is its own source where none is told."""
    source = asset.rights.source or f"{module.title}, {module.rights.holder}"
    grant = _with_name(asset.rights.grant, holder, number)
    return replace(asset, rights=replace(asset.rights, source=source, grant=grant))


def _with_name(grant: Grant | None, holder: str, number: str) -> Grant | None:
    """A member who is called by number in the grant is called by name, too, as rights are judged by the holder's."""
    if grant is None or number not in grant.members or holder in grant.members:
        return grant
    return replace(grant, members=(*grant.members, holder))
