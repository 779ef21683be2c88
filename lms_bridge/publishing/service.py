"""Publishing a draft, and finding what was published."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import content
from content import checks
from content.adapting import last_day, most_learners
from content.findings import ERROR, Finding

from ..accounts import Tenant, audit
from ..authoring import service as authoring
from ..authoring import starters
from ..errors import Invalid, NotFound
from ..jobs import Jobs
from ..web.i18n import N_
from .models import ModuleVersion
from .signals import version_published


def findings(session: Session, module_id: uuid.UUID) -> list[Finding]:
    """What is missing in the draft before it can be published, errors first. Raises NotFound."""
    module = content.Module.from_json(authoring.document(session, module_id))
    found = checks.check(module) + starters.untouched(module)
    return sorted(found, key=lambda finding: finding.severity != ERROR)


def publish(
    session: Session, jobs: Jobs, module_id: uuid.UUID, *, by: uuid.UUID | None = None
) -> ModuleVersion:
    """Freezes the draft as the next version; the draft goes on as the one after it.

    Raises Invalid while something that must be there is missing, NotFound for another municipality's module.
    """
    authoring.draft_to_change(session, module_id)
    document = authoring.document(session, module_id)
    missing = [one for one in checks.check(content.Module.from_json(document)) if one.severity == ERROR]
    if missing:
        raise Invalid(N_("Something is missing before this can be published. Look at the list."))
    number = 1 + (latest_number(session, module_id) or 0)
    version = freeze(
        session, jobs, module_id, document, number=number, competences=document["competences"], by=by
    )
    audit.record(session, "module.published", f"module:{module_id}", account_id=by, version=number)
    return version


def freeze(
    session: Session,
    jobs: Jobs,
    module_id: uuid.UUID,
    document: authoring.Document,
    *,
    number: int,
    competences: list[dict[str, Any]],
    by: uuid.UUID | None,
) -> ModuleVersion:
    """A version from a document that has been looked through; it gives these `competences`, as in a document."""
    module = content.Module.from_json(document)
    names = session.get_one(Tenant, session.info["tenant_id"]).names
    version = ModuleVersion(
        module_id=module_id,
        identity=uuid.UUID(module.id),
        number=number,
        title=module.title,
        summary=module.summary,
        language=module.language,
        duration_minutes=module.duration_minutes,
        pass_mark=module.pass_mark,
        competences=competences,
        picture=authoring.get(session, module_id).picture,
        ends=date.fromisoformat(day) if (day := last_day(module, names)) else None,
        most_learners=most_learners(module, names),
        document=document,
        published_by=by,
    )
    session.add(version)
    session.flush()
    authoring.mark_published(session, module_id, version=number)
    version_published.send(session=session, version=version)
    jobs.enqueue(session, "publishing.remember_build", version_id=str(version.id))
    return version


def latest_number(session: Session, module_id: uuid.UUID) -> int | None:
    """The number of the newest version, None for a module that was never published."""
    return session.scalar(select(func.max(ModuleVersion.number)).where(ModuleVersion.module_id == module_id))


def versions(session: Session, module_id: uuid.UUID) -> list[ModuleVersion]:
    """The module's versions, newest first."""
    newest_first = ModuleVersion.number.desc()
    return list(
        session.scalars(
            select(ModuleVersion).where(ModuleVersion.module_id == module_id).order_by(newest_first)
        )
    )


def get_version(session: Session, module_id: uuid.UUID, number: int | None = None) -> ModuleVersion:
    """That version, or the newest. Raises NotFound."""
    query = select(ModuleVersion).where(ModuleVersion.module_id == module_id)
    if number is not None:
        query = query.where(ModuleVersion.number == number)
    version = session.scalar(query.order_by(ModuleVersion.number.desc()).limit(1))
    if version is None:
        raise NotFound(N_("There is no such published version."))
    return version


def picture(session: Session, module_id: uuid.UUID) -> tuple[str, str]:
    """SHA-256 and media type of the newest version's first image, without the document. Raises NotFound."""
    version = get_version(session, module_id)
    path = ("assets", version.picture or "", "media_type")
    media_type = session.scalar(
        select(ModuleVersion.document[path].as_string()).where(ModuleVersion.id == version.id)
    )
    if version.picture is None or media_type is None:
        raise NotFound
    return version.picture, media_type


def newest_versions(session: Session) -> Sequence[ModuleVersion]:
    """The newest version of every module of the municipality, by title."""
    newest = (
        select(ModuleVersion.module_id, func.max(ModuleVersion.number).label("number"))
        .group_by(ModuleVersion.module_id)
        .subquery()
    )
    return session.scalars(
        select(ModuleVersion)
        .join(
            newest,
            (newest.c.module_id == ModuleVersion.module_id) & (newest.c.number == ModuleVersion.number),
        )
        .order_by(ModuleVersion.title, ModuleVersion.id)
    ).all()


@dataclass(frozen=True)
class Outcome:
    """What a version gives to whoever completes it, or passes it where it has a pass mark (per cent)."""

    module_id: uuid.UUID
    number: int
    title: str
    pass_mark: int | None
    competences: list[dict[str, Any]]


def published_competences(
    session: Session, identity: uuid.UUID, revision: str | None = None
) -> Outcome | None:
    """What the module with this document id gives, by the version taken (xAPI `context.revision`) or the newest.

    None for a module that the municipality has not published.
    """
    newest_first = ModuleVersion.number.desc()
    rows = session.scalars(
        select(ModuleVersion).where(ModuleVersion.identity == identity).order_by(newest_first)
    ).all()
    if not rows:
        return None
    taken = next((row for row in rows if str(row.number) == revision), rows[0])
    return Outcome(taken.module_id, taken.number, taken.title, taken.pass_mark, taken.competences)
