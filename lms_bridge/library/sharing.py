"""What a municipality shows to the others, and no longer."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

import content
from content.adapting import Obstacle, obstacles

from ..accounts import Tenant, audit
from ..authoring import service as authoring
from ..db import utcnow
from ..errors import N_, Conflict, Invalid, NotFound
from ..publishing.models import ModuleVersion
from .models import SharedModule

DESCRIBED = (
    "module_id",
    "number",
    "title",
    "summary",
    "language",
    "duration_minutes",
    "competences",
    "picture",
)


def of_module(session: Session, module_id: uuid.UUID) -> SharedModule | None:
    """What is shared of one of the municipality's modules, also when it was withdrawn. Raises NotFound."""
    identity = authoring.get(session, module_id).identity
    shared = session.scalar(select(SharedModule).where(SharedModule.identity == identity))
    return shared if shared and shared.module_id == module_id else None


def newest(session: Session, module_id: uuid.UUID) -> ModuleVersion | None:
    """The newest version with its document, None before there is any."""
    newest_first = ModuleVersion.number.desc()
    query = select(ModuleVersion).where(ModuleVersion.module_id == module_id).order_by(newest_first).limit(1)
    return session.scalar(query.options(undefer(ModuleVersion.document)))


def in_the_way(module: content.Module) -> list[Obstacle]:
    """The works whose rights do not let others have them: anybody, or each of those whom the module's grant names."""
    grant = module.rights.grant if module.rights.licence == "GROUP" else None
    found = {
        (*work.place, work.name): (work, verdict)
        for member in (grant.members if grant else ("",))
        for work, verdict in obstacles(module, (member,))
    }
    return list(found.values())


def share(session: Session, tenant: Tenant, module_id: uuid.UUID, *, by: uuid.UUID | None) -> SharedModule:
    """Shows the newest version to others, instead of an older one.

    Raises NotFound where nothing is published, Conflict for another municipality's module, Invalid for rights.
    """
    authoring.draft_to_change(session, module_id)
    version = newest(session, module_id)
    if version is None:
        raise NotFound(N_("There is no such published version."))
    module = content.Module.from_json(version.document)
    grant = module.rights.grant if module.rights.licence == "GROUP" else None
    if in_the_way(module) or (grant and not grant.members):
        raise Invalid(N_("The rights do not let others have all of this. Look at the list."))
    shared = session.scalar(select(SharedModule).where(SharedModule.identity == version.identity))
    if shared is None:
        shared = SharedModule(identity=version.identity, owner_id=tenant.id)
        session.add(shared)
    elif shared.owner_id != tenant.id:
        raise Conflict(N_("Another municipality shares this module."))
    _describe(shared, version, module)
    shared.members = list(grant.members) if grant else None
    shared.shared, shared.withdrawn = utcnow(), None
    session.flush()
    audit.record(session, "module.shared", f"module:{module_id}", account_id=by, version=version.number)
    return shared


def _describe(shared: SharedModule, version: ModuleVersion, module: content.Module) -> None:
    for name in DESCRIBED:
        setattr(shared, name, getattr(version, name))
    shared.version_id, shared.licence = version.id, module.rights.licence
    shared.picture_type = module.assets[version.picture].media_type if version.picture else ""


def withdraw(session: Session, module_id: uuid.UUID, *, by: uuid.UUID | None) -> None:
    """Nobody finds it any more; whoever took it keeps it. Raises NotFound."""
    shared = of_module(session, module_id)
    if shared is None:
        raise NotFound
    shared.withdrawn = utcnow()
    audit.record(session, "module.unshared", f"module:{module_id}", account_id=by)
