"""Rights as rules: may this be shared, changed, combined? The table they rest on is content.licences.

An adaptation must be allowed by every work in it, and its licences are the intersection of what they allow. A
collection keeps its parts unchanged, each under its own licence, and is as open as its narrowest part. What a
holder does with her own work is up to her. ND stops sharing a changed work, never private drafting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import combinations

from content.findings import ERROR, WARNING, Finding, Params
from content.licences import ANY, LICENCES, Answer
from content.module import Module, Rights


class Use(Enum):
    """What to do with a work. Cropping for meaning, translating and syncing to film are adaptations."""

    SHARE = "share"
    ADAPT = "adapt"
    TRANSLATE = "translate"
    CROP = "crop"
    SYNC = "sync"
    COMMERCIAL = "commercial"


@dataclass(frozen=True)
class Verdict:
    """An answer, and the code of the sentence that gives its reason."""

    answer: Answer
    code: str


@dataclass(frozen=True)
class Part:
    """A work that a module uses, with the place where it is used; `origin`: the module was made from it, and
    `translated` is all that was done to it.
    """

    name: str
    rights: Rights
    page_id: str = ""
    block_id: str = ""
    origin: bool = False
    translated: bool = False

    @property
    def use(self) -> Use:
        return Use.TRANSLATE if self.translated else Use.ADAPT

    @property
    def place(self) -> tuple[str, str]:
        return self.page_id, self.block_id


def may(use: Use, rights: Rights, *, organisation: str = "", on: date | None = None) -> Verdict:
    """May `organisation` do this with the work on that day (today)? Its holder always may."""
    if organisation and organisation == rights.holder:
        return Verdict(Answer.YES, "verdict.own")
    if rights.licence == "GROUP":
        return _may_by_grant(use, rights, organisation, on or date.today())  # noqa: DTZ011 (grants know days only)
    licence = LICENCES[rights.licence]
    answer = {Use.SHARE: licence.share, Use.COMMERCIAL: licence.commercial}.get(use, licence.adapt)
    if answer is Answer.NO:
        return Verdict(answer, "verdict.noncommercial" if use is Use.COMMERCIAL else "verdict.no_derivatives")
    return Verdict(answer, "verdict.licence" if answer is Answer.YES else f"verdict.{rights.licence}")


def _may_by_grant(use: Use, rights: Rights, organisation: str, on: date) -> Verdict:
    grant = rights.grant
    if grant is None:
        return Verdict(Answer.ASK, "verdict.no_grant")
    if organisation not in grant.members:
        allowed = use is Use.SHARE and grant.may_redistribute
        return Verdict(Answer.YES, "verdict.grant") if allowed else Verdict(Answer.NO, "verdict.not_a_member")
    if not (grant.valid_from or "0") <= on.isoformat() <= (grant.valid_to or "9"):
        return Verdict(Answer.NO, "verdict.outside_period")
    allowed = {
        Use.SHARE: True,
        Use.TRANSLATE: grant.may_translate,
        Use.COMMERCIAL: grant.commercial,
    }.get(use, grant.may_adapt)
    return Verdict(Answer.YES, "verdict.grant") if allowed else Verdict(Answer.NO, "verdict.grant_says_no")


def adapters(
    rights: Rights, *, organisation: str = "", on: date | None = None, use: Use = Use.ADAPT
) -> frozenset[str]:
    """The licences that `organisation` may give an adaptation of the work, which a translation is, too; empty: it may
    not share one.
    """
    if organisation and organisation == rights.holder:
        return ANY
    if rights.licence != "GROUP":
        return LICENCES[rights.licence].adapters
    if rights.grant is None or may(use, rights, organisation=organisation, on=on).answer is not Answer.YES:
        return frozenset()
    return frozenset({rights.grant.derivative_licence or "GROUP"})  # GROUP: to the same members


@dataclass(frozen=True)
class Adaptation:
    """The licences an adaptation may have; if none, which parts clash and what could replace them."""

    licences: frozenset[str]
    clashes: tuple[tuple[Part, ...], ...] = ()
    replacements: frozenset[str] = frozenset()


def adaptation(parts: Sequence[Part], *, organisation: str = "", on: date | None = None) -> Adaptation:
    """What works may become when they are changed or merged into one."""
    allowed = [
        (part, adapters(part.rights, organisation=organisation, on=on, use=part.use)) for part in parts
    ]
    licences = ANY.intersection(*(licences for _, licences in allowed))
    if licences:
        return Adaptation(licences)
    alone = tuple((part,) for part, licences in allowed if not licences)
    pairs = tuple(
        (a, b) for (a, mine), (b, theirs) in combinations(allowed, 2) if mine and theirs and not mine & theirs
    )
    clashes = alone + pairs or (tuple(parts),)
    clashing = {id(part) for clash in clashes for part in clash[-1:]}
    rest = ANY.intersection(*(licences for part, licences in allowed if id(part) not in clashing))
    replacements = frozenset(name for name, licence in LICENCES.items() if licence.adapters & rest)
    return Adaptation(licences, clashes, replacements)


@dataclass(frozen=True)
class Collection:
    """A whole of unchanged parts: may it be passed on, be sold, and which parts decide that."""

    share: Answer
    commercial: Answer
    share_because: tuple[Part, ...] = ()
    commercial_because: tuple[Part, ...] = ()


def collection(parts: Iterable[Part], *, organisation: str = "", on: date | None = None) -> Collection:
    """Parts side by side under their own licences: ND is welcome, one NC makes the whole non-commercial."""
    share, share_parts = _narrowest(Use.SHARE, parts := tuple(parts), organisation, on)
    commercial, commercial_parts = _narrowest(Use.COMMERCIAL, parts, organisation, on)
    return Collection(share, commercial, share_parts, commercial_parts)


def _narrowest(
    use: Use, parts: tuple[Part, ...], organisation: str, on: date | None
) -> tuple[Answer, tuple[Part, ...]]:
    answers = [(may(use, part.rights, organisation=organisation, on=on).answer, part) for part in parts]
    for answer in (Answer.NO, Answer.ASK):
        if deciding := tuple(part for given, part in answers if given is answer):
            return answer, deciding
    return Answer.YES, ()


def parts_of(module: Module) -> list[Part]:
    """Every work that the module shows, once each, and the modules that it was made from."""
    parts: dict[str, Part] = {}
    for page, block in module.blocks():
        for digest in block.assets():
            asset = module.assets[digest]
            if asset.media_type == "text/vtt":
                continue  # captions go with their film
            parts.setdefault(digest, Part(asset.rights.title or asset.name, asset.rights, page.id, block.id))
    origins = [
        Part(
            origin.title or origin.id,
            Rights(licence=origin.licence, holder=origin.holder, grant=origin.grant),
            origin=True,
            translated=origin.translated,
        )
        for origin in module.derived_from
    ]
    return [*parts.values(), *origins]


def findings(module: Module, *, on: date | None = None) -> list[Finding]:
    """What the rights of the module and of its parts demand before it is published by its holder."""
    found = [*_findings_of_whole(module)]
    for part in (parts := parts_of(module)):
        found += _findings_of_part(part, module.rights.holder, on)
    found += _findings_of_adaptation(module, [part for part in parts if part.origin], on)
    return found


def _findings_of_whole(module: Module) -> Iterable[Finding]:
    if module.rights.licence == "unknown":
        yield Finding("rights.module_no_licence", ERROR, field="rights.licence")
    if not module.rights.holder.strip():
        yield Finding("rights.module_no_holder", ERROR, field="rights.holder")


def _findings_of_part(part: Part, organisation: str, on: date | None) -> Iterable[Finding]:
    rights, licence = part.rights, LICENCES[part.rights.licence]
    named: Params = {"part": part.name, "holder": rights.holder or "?", "licence": licence.name}

    def finding(code: str, severity: str) -> Finding:
        return Finding(code, severity, part.page_id, part.block_id, "rights", named)

    if rights.licence == "unknown":
        yield finding("rights.unknown", ERROR)
        return
    if licence.attribution and not (rights.holder.strip() or any(rights.creators)):
        yield finding("rights.no_holder", ERROR)
    if licence.creative_commons and rights.grant and (rights.grant.valid_to or rights.grant.max_learners):
        yield finding("rights.cc_narrowed", ERROR)
    if organisation and organisation == rights.holder:
        return
    if (
        licence.attribution
        and rights.licence != "all-rights-reserved"
        and not rights.source.strip()
        and not part.origin
    ):
        yield finding("rights.no_source", WARNING)
    shared = may(Use.SHARE, rights, organisation=organisation, on=on)
    if shared.answer is not Answer.YES and not part.origin:
        yield finding(
            "rights.ask" if shared.answer is Answer.ASK else f"rights.{shared.code[8:]}", _weight(shared)
        )
    elif rights.changes.strip():
        changed = may(Use.ADAPT, rights, organisation=organisation, on=on)
        if changed.answer is not Answer.YES:
            yield finding(f"rights.{changed.code[8:]}", _weight(changed))


def _weight(verdict: Verdict) -> str:
    """No is no; a permission that must be asked for may have been given."""
    return ERROR if verdict.answer is Answer.NO else WARNING


def _findings_of_adaptation(module: Module, origins: list[Part], on: date | None) -> Iterable[Finding]:
    result = adaptation(origins, organisation=module.rights.holder, on=on)
    instead = ", ".join(
        LICENCES[name].name for name in LICENCES if name in result.replacements and LICENCES[name].name
    )
    for clash in result.clashes:
        names = " + ".join(
            f"{part.name} ({LICENCES[part.rights.licence].name or part.rights.licence})" for part in clash
        )
        code = "rights.may_not_adapt" if len(clash) == 1 else "rights.clash"
        yield Finding(code, ERROR, field="rights.licence", params={"parts": names, "instead": instead})
    if result.licences and module.rights.licence not in result.licences | {"unknown"}:
        allowed = ", ".join(
            LICENCES[name].name for name in LICENCES if name in result.licences and LICENCES[name].name
        )
        params: Params = {
            "licence": LICENCES[module.rights.licence].name or module.rights.licence,
            "allowed": allowed,
        }
        yield Finding("rights.licence_not_allowed", ERROR, field="rights.licence", params=params)
    whole = LICENCES[module.rights.licence]
    narrow = collection(parts_of(module), organisation=module.rights.holder, on=on).commercial_because
    if whole.commercial is Answer.YES and narrow:
        names = ", ".join(part.name for part in narrow)
        yield Finding("rights.part_noncommercial", WARNING, field="rights.licence", params={"parts": names})
