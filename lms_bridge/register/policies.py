"""Competences and what is required: edited by signed versions that work forward."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from urllib.parse import quote, urlsplit

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import new_id
from ..errors import N_, Conflict, Invalid, NotFound
from . import derivation
from .dates import Renewal
from .models import Competence, Exemption, JobRole, ModuleCompetence, Person, Policy, Requirement, Unit
from .service import today
from .status import SATISFYING, Method

KINDS = {
    "knowledge": N_("Knowledge"),
    "skill": N_("Skill"),
    "attitude": N_("Attitude"),
    "ability": N_("Ability"),
}


@dataclass(frozen=True)
class Demand:
    """What a requirement says, apart from its versions."""

    title: str
    competence_id: uuid.UUID
    roles: list[str] = field(default_factory=list)
    unit_id: uuid.UUID | None = None
    level: int | None = None
    due_days: int | None = 30
    validity_months: int | None = None
    renewal: str = Renewal.COMPLETION
    window_days: int = 90
    calendar_month: int = 12
    admissible: list[str] | None = None
    alternatives: list[str] = field(default_factory=list)


def save_competence(
    session: Session,
    competence_id: uuid.UUID | None,
    *,
    titles: dict[str, str],
    uri: str = "",
    kind: str = "knowledge",
    validity_months: int | None = None,
) -> Competence:
    """Makes or changes a competence. A new title or kind is a new version of its meaning.

    Without an address, a new one gets that which the editor gives to a competence of this title.
    """
    row = get_competence(session, competence_id) if competence_id else None
    uri = uri or (row.uri if row else _address_of(next(iter(titles.values()), "")))
    problems = {}
    if not urlsplit(uri).scheme or any(c.isspace() for c in uri) or len(uri) > 500:
        problems["uri"] = N_("Write an address that names it, such as https://… or urn:….")
    if not any(titles.values()):
        problems["titles"] = N_("Give it a title in at least one language.")
    if validity_months is not None and not 1 <= validity_months <= 600:
        problems["validity_months"] = N_("Between 1 and 600 months, or empty for no expiry.")
    if problems:
        raise Invalid(N_("Some fields need another look."), problems)
    other = session.scalar(select(Competence).where(Competence.uri == uri))
    if other is not None and other.id != competence_id:
        raise Conflict(
            N_("There is a competence with this address already: %(title)s."), title=title_of(other)
        )
    row = row or Competence(uri=uri, titles={})
    if row.titles and (row.titles != titles or row.kind != kind):
        row.version += 1
    changed = row.validity_months != validity_months
    row.uri, row.titles, row.kind, row.validity_months = uri, titles, kind, validity_months
    session.add(row)
    session.flush()
    if competence_id and changed:
        derivation.rebuild(session, competence_id)
    return row


def save_requirement(
    session: Session,
    key: uuid.UUID | None,
    demand: Demand,
    *,
    effective_from: date,
    retroactive: bool = False,
    signed_by: uuid.UUID | None = None,
) -> Requirement:
    """Signs a new version of a requirement (a new requirement, without `key`), and derives who is concerned.

    The version before it ends the day before; evidence from before keeps its validity
    unless this one is `retroactive`.
    """
    _check(session, demand, effective_from)
    before = get_requirement(session, key) if key else None
    if before is not None and effective_from < before.effective_from:
        raise Invalid(
            N_("Choose a day that is not before the version it replaces (%(day)s)."),
            {"effective_from": N_("Choose a later day.")},
            day=before.effective_from.isoformat(),
        )
    version = _next_policy(session, effective_from, retroactive, signed_by)
    if before is not None:
        before.effective_to = effective_from - timedelta(days=1)
    row = Requirement(
        key=key or new_id(),
        policy_version=version,
        introduced=before.introduced if before else effective_from,
        effective_from=effective_from,
        retroactive=retroactive,
        **asdict(demand),
    )
    session.add(row)
    session.flush()
    audit.record(session, "requirement", f"requirement:{row.key}", version=version, title=row.title)
    for competence_id in {row.competence_id, before.competence_id if before else row.competence_id}:
        derivation.rebuild(session, competence_id)
    return row


def end_requirement(session: Session, key: uuid.UUID, last_day: date, signed_by: uuid.UUID | None) -> None:
    """The requirement holds through `last_day` and not after it."""
    row = get_requirement(session, key)
    version = _next_policy(session, last_day + timedelta(days=1), False, signed_by)
    row.effective_to = last_day
    audit.record(session, "requirement ended", f"requirement:{key}", version=version, title=row.title)
    derivation.rebuild(session, row.competence_id)


def effect_of(
    session: Session, key: uuid.UUID | None, demand: Demand, effective_from: date, retroactive: bool
) -> tuple[Counter[str], Counter[str]]:
    """How many positions are in each state for the competence, before and after a change. Nothing is kept."""
    from .figures import count_states

    day = max(today(session), effective_from)
    before = count_states(session, day, competence_id=demand.competence_id)
    with session.begin_nested() as trial:
        save_requirement(session, key, demand, effective_from=effective_from, retroactive=retroactive)
        after = count_states(session, day, competence_id=demand.competence_id)
        trial.rollback()
    session.expire_all()
    return before, after


def exempt(
    session: Session,
    *,
    person_id: uuid.UUID,
    competence_id: uuid.UUID,
    reason: str,
    starts_on: date,
    until: date | None,
    account_id: uuid.UUID,
    decider: uuid.UUID | None,
) -> Exemption:
    """Lets somebody off for a while, with a reason; nobody decides about themselves."""
    problems = {}
    if decider is not None and decider == person_id:
        raise Conflict(N_("You cannot exempt yourself. Ask your leader or a colleague."))
    if len(reason.strip()) < 3:
        problems["reason"] = N_("Say why, in a few words.")
    if until is not None and until < starts_on:
        problems["until"] = N_("The last day is before the first.")
    if problems:
        raise Invalid(N_("Some fields need another look."), problems)
    if session.get(Person, person_id) is None:
        raise NotFound()
    row = Exemption(
        person_id=person_id,
        competence_id=get_competence(session, competence_id).id,
        reason=reason.strip(),
        starts_on=starts_on,
        until=until,
        decided_by=account_id,
    )
    session.add(row)
    audit.record(session, "exempt", f"person:{person_id}", competence=str(competence_id))
    derivation.refresh(session, {person_id})
    return row


def end_exemption(session: Session, exemption_id: uuid.UUID) -> Exemption:
    """Ends an exemption with yesterday."""
    row = session.get(Exemption, exemption_id)
    if row is None:
        raise NotFound()
    row.until = today(session) - timedelta(days=1)
    if row.until < row.starts_on:
        session.delete(row)
    audit.record(session, "exemption ended", f"person:{row.person_id}", competence=str(row.competence_id))
    derivation.refresh(session, {row.person_id})
    return row


def exemptions_of(session: Session, person_id: uuid.UUID) -> list[Exemption]:
    """A person's exemptions, the latest first."""
    rows = select(Exemption).where(Exemption.person_id == person_id).order_by(Exemption.starts_on.desc())
    return list(session.scalars(rows))


def get_competence(session: Session, competence_id: uuid.UUID) -> Competence:
    row = session.get(Competence, competence_id)
    if row is None:
        raise NotFound()
    return row


def get_requirement(session: Session, key: uuid.UUID) -> Requirement:
    """The newest version of a requirement."""
    row = session.scalars(
        select(Requirement).where(Requirement.key == key).order_by(Requirement.policy_version.desc()).limit(1)
    ).first()
    if row is None:
        raise NotFound()
    return row


def list_competences(session: Session) -> list[Competence]:
    rows = session.scalars(select(Competence)).all()
    return sorted(rows, key=lambda c: title_of(c).casefold())


def list_requirements(session: Session) -> list[Requirement]:
    """The newest version of each requirement that has not ended."""
    newest: dict[uuid.UUID, Requirement] = {}
    for row in session.scalars(select(Requirement).order_by(Requirement.policy_version)):
        newest[row.key] = row
    day = today(session)
    alive = [r for r in newest.values() if r.effective_to is None or r.effective_to >= day]
    return sorted(alive, key=lambda r: r.title.casefold())


def list_modules(session: Session) -> list[ModuleCompetence]:
    """Published modules that give a competence: one row of the newest version of each, by title."""
    newest = {
        m.module_id: m for m in session.scalars(select(ModuleCompetence).order_by(ModuleCompetence.version))
    }
    return sorted(newest.values(), key=lambda m: m.title.casefold())


def modules_by_competence(session: Session) -> dict[uuid.UUID, list[str]]:
    """competence → titles of the published modules that give it."""
    found: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    for row in session.scalars(select(ModuleCompetence).order_by(ModuleCompetence.version)):
        found.setdefault(row.competence_id, {})[row.module_id] = row.title
    return {competence: sorted(titles.values()) for competence, titles in found.items()}


def begun(session: Session) -> dict[str, bool]:
    """Which of what a register stands on is there yet, in the order in which it is taken in or made."""
    row = session.execute(
        select(
            exists(select(Unit.id)).label("units"),
            exists(select(Person.id)).label("people"),
            exists(select(Competence.id)).label("competences"),
            exists(select(Requirement.id)).label("requirements"),
        )
    ).one()
    return {name: bool(there) for name, there in row._mapping.items()}


def title_of(competence: Competence) -> str:
    """A title in any language, for lists without a reader."""
    return next((title for title in competence.titles.values() if title), competence.uri)


def _address_of(title: str) -> str:
    """As the editor makes it (`freeUri`): whoever comes second finds the first one's competence."""
    return "urn:lms-bridge:competence:" + quote("-".join(title.lower().split()), safe="!'()*")


def competence_by_uri(session: Session, uri: str, titles: dict[str, str], months: int | None) -> Competence:
    """The competence with this URI; made if nobody has heard of it."""
    row = session.scalar(select(Competence).where(Competence.uri == uri))
    if row is None:
        row = Competence(uri=uri, titles=titles, validity_months=months)
        session.add(row)
        session.flush()
    return row


def map_module(
    session: Session,
    *,
    module_id: uuid.UUID,
    version: int,
    title: str,
    language: str,
    pass_mark: int | None,
    competences: Sequence[dict[str, object]],
) -> None:
    """Remembers what a published version gives: `competences` as in the module document. Once a version."""
    known = set(
        session.scalars(
            select(ModuleCompetence.competence_id).where(
                ModuleCompetence.module_id == module_id, ModuleCompetence.version == version
            )
        )
    )
    for one in competences:
        months = one.get("validity_months")
        months = int(str(months)) if months else None
        uri, name = str(one["uri"]), str(one.get("title") or one["uri"])
        row = competence_by_uri(session, uri, {language: name}, months)
        if row.id in known:
            continue
        known.add(row.id)
        level = one.get("level")
        session.add(
            ModuleCompetence(
                module_id=module_id,
                version=version,
                title=title,
                pass_mark=pass_mark,
                competence_id=row.id,
                level=int(str(level)) if level is not None else None,
                validity_months=months,
            )
        )
    session.flush()


def _next_policy(session: Session, day: date, retroactive: bool, signed_by: uuid.UUID | None) -> int:
    version = (session.scalar(select(func.max(Policy.version))) or 0) + 1
    session.add(Policy(version=version, effective_from=day, retroactive=retroactive, signed_by=signed_by))
    return version


def _check(session: Session, demand: Demand, effective_from: date) -> None:
    """Raises Invalid with a sentence for each field that cannot be as it is."""
    problems = {}
    if not demand.title.strip():
        problems["title"] = N_("Give the requirement a name.")
    if demand.due_days is not None and not 0 <= demand.due_days <= 3650:
        problems["due_days"] = N_("Between 0 and 3650 days, or empty for no deadline.")
    if demand.validity_months is not None and not 1 <= demand.validity_months <= 600:
        problems["validity_months"] = N_("Between 1 and 600 months, or empty to follow the competence.")
    if not 0 <= demand.window_days <= 730:
        problems["window_days"] = N_("Between 0 and 730 days.")
    if demand.renewal not in set(Renewal):
        problems["renewal"] = N_("Choose what a renewal counts from.")
    months = demand.validity_months
    if demand.renewal == Renewal.CALENDAR and months is not None and months % 12 and 12 % months:
        problems["validity_months"] = N_("By the calendar it must be whole years, or 1, 2, 3, 4 or 6 months.")
    if not 1 <= demand.calendar_month <= 12:
        problems["calendar_month"] = N_("Choose a month.")
    if demand.admissible is not None and not set(demand.admissible) & {m.value for m in SATISFYING}:
        problems["admissible"] = N_("Choose at least one kind of evidence.")
    if not date(1990, 1, 1) <= effective_from <= date(2100, 1, 1):
        problems["effective_from"] = N_("Choose a day between 1990 and 2100.")
    known = set(session.scalars(select(JobRole.code)))
    if not set(demand.roles) <= known:
        problems["roles"] = N_("Choose among the roles that there are.")
    if demand.unit_id is not None and session.get(Unit, demand.unit_id) is None:
        problems["unit_id"] = N_("Choose one of your units.")
    if problems:
        raise Invalid(N_("Some fields need another look."), problems)
    get_competence(session, demand.competence_id)


ADMISSIBLE = [method for method in Method if method in SATISFYING]
