"""Modules for other programs: a catalogue for the intranet, packages for an LMS that fetches them itself."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from flask import Response
from msgspec import Meta
from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from ..authoring.models import Draft, Module
from ..errors import NotFound
from ..publishing import packages, service
from ..publishing.models import ModuleVersion
from ..publishing.package import activity_id
from ..publishing.sending import send_package
from . import paging
from .paging import Next, Paging
from .protocol import Nothing, endpoint

SCOPE = "modules/read"


class Given(msgspec.Struct):
    """A competence that the module gives."""

    uri: str
    title: str
    level: int | None = None
    validity_months: int | None = None


class ModuleSummary(msgspec.Struct, kw_only=True):
    """A published module, as its newest version has it."""

    id: UUID
    activity: Annotated[
        str, Meta(description="The IRI that statements and LMSs know it by, in all versions.")
    ]
    title: str
    summary: str
    language: str
    duration_minutes: int | None
    pass_mark: Annotated[int | None, Meta(description="Per cent; null where completing it is enough.")]
    competences: list[Given]
    version: int
    published: datetime
    changed_since: Annotated[bool, Meta(description="Its draft has changes that are not published yet.")]


class ModulePage(msgspec.Struct, kw_only=True):
    items: list[ModuleSummary]
    next: Next


class VersionSummary(msgspec.Struct, kw_only=True):
    """A version, which never changes."""

    number: int
    title: str
    published: datetime
    packages: Annotated[dict[str, str], Meta(description="Standard → address of the package below /api/v1.")]


class OneModule(ModuleSummary, kw_only=True):
    """A published module with all its versions, the newest first."""

    versions: list[VersionSummary]


@endpoint("GET", "/modules", scope=SCOPE, query=Paging, answer=ModulePage)
def list_modules(session: Session, query: Paging) -> ModulePage:
    """The published modules, each as its newest version has it."""
    wanted = _modules().order_by(Module.id).limit(query.limit + 1)
    if after := paging.read(query.cursor, UUID):
        wanted = wanted.where(Module.id > after[0])
    rows = session.execute(wanted).all()
    more = len(rows) > query.limit
    items = [ModuleSummary(**_summary(row)) for row in rows[: query.limit]]
    return ModulePage(items=items, next=paging.write(items[-1].id) if more else None)


@endpoint("GET", "/modules/<uuid:module_id>", scope=SCOPE, answer=OneModule)
def get_module(session: Session, _query: Nothing, module_id: UUID) -> OneModule:
    """One published module, and where the packages of its versions are."""
    row = session.execute(_modules().where(Module.id == module_id)).first()
    if row is None:
        raise NotFound
    return OneModule(
        **_summary(row), versions=[_version(one) for one in service.versions(session, module_id)]
    )


@endpoint(
    "GET",
    "/modules/<uuid:module_id>/versions/<int:number>/packages/<any({}):standard>".format(
        ", ".join(packages.FORMATS)
    ),
    scope=SCOPE,
    answer="application/zip",
)
def get_package(session: Session, _query: Nothing, module_id: UUID, number: int, standard: str) -> Response:
    """The package of a version for a standard: the same bytes every time, made while it is sent."""
    return send_package(session, service.get_version(session, module_id, number), standard)


def _modules() -> Select[Any]:
    newest = and_(ModuleVersion.module_id == Module.id, ModuleVersion.number == Module.published_version)
    return (
        select(Module, ModuleVersion, Draft.revision)
        .join(ModuleVersion, newest)
        .join(Draft, Draft.module_id == Module.id)
        .where(Module.archived.is_(None))
    )


def _summary(row: Row[Any]) -> dict[str, Any]:
    module, version, revision = row
    return {
        "id": module.id,
        "activity": activity_id(version.identity),
        "title": version.title,
        "summary": version.summary,
        "language": version.language,
        "duration_minutes": version.duration_minutes,
        "pass_mark": version.pass_mark,
        "competences": msgspec.convert(version.competences, list[Given]),
        "version": version.number,
        "published": version.published,
        "changed_since": revision > (module.published_revision or 0),
    }


def _version(version: ModuleVersion) -> VersionSummary:
    below = f"/modules/{version.module_id}/versions/{version.number}/packages"
    return VersionSummary(
        number=version.number,
        title=version.title,
        published=version.published,
        packages={standard: f"{below}/{standard}" for standard in packages.FORMATS},
    )
