"""Finding what others share, using it as it is, and making a version of one's own."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, undefer

import content
from content.adapting import Obstacle, adapted, may_adapt, may_translate, most_learners, obstacles
from content.licences import Answer
from content.rights import Verdict

from ..accounts import Tenant, audit
from ..authoring import service as authoring
from ..authoring.models import Module
from ..db import Database
from ..errors import N_, Conflict, Invalid, NotFound
from ..jobs import Jobs
from ..publishing import limits
from ..publishing import service as publishing
from ..publishing.models import ModuleVersion
from .models import SharedModule, Taking

PAGE = 30


@dataclass(frozen=True)
class Offer:
    """A shared module as one municipality sees it; `taken`: the version that it uses as it is."""

    shared: SharedModule
    owner: str
    own: bool
    taken: Taking | None

    @property
    def newer(self) -> bool:
        """Whether the owner has shared a newer version than the one that is used here."""
        return self.taken is not None and self.taken.number < self.shared.number


@dataclass(frozen=True)
class Shown:
    """A shared module with its document, and what this municipality may do with it."""

    offer: Offer
    module: content.Module
    obstacles: Sequence[Obstacle]
    adapt: Verdict


def offers(session: Session, tenant: Tenant, *, search: str = "", language: str = "") -> list[Offer]:
    """What is shared with the municipality, its own too: first what it uses in an older version, then the newest; all
    words are in the title, the summary, a competence or the owner's name.
    """
    query = _query(tenant).where(SharedModule.withdrawn.is_(None)).order_by(SharedModule.shared.desc())
    if language:
        query = query.where(SharedModule.language == language)
    words = search.casefold().split()
    found = [_offer(tenant, *row) for row in session.execute(query).tuples()]
    fitting = [one for one in found if _is_for(tenant, one) and all(word in _words(one) for word in words)]
    return sorted(fitting, key=lambda offer: not offer.newer)


def get(session: Session, tenant: Tenant, shared_id: uuid.UUID) -> Offer:
    """One of them; what was withdrawn, only if the municipality has it. Raises NotFound."""
    row = session.execute(_query(tenant).where(SharedModule.id == shared_id)).tuples().first()
    offer = _offer(tenant, *row) if row else None
    if offer is None or not _is_for(tenant, offer):
        raise NotFound
    if offer.shared.withdrawn and not offer.own and offer.taken is None:
        raise NotFound(N_("This module is not shared any more."))
    return offer


def shown(session: Session, database: Database, tenant: Tenant, shared_id: uuid.UUID) -> Shown:
    """One of them with its document. Raises NotFound."""
    offer = get(session, tenant, shared_id)
    module = content.Module.from_json(_document(database, offer.shared))
    names = tenant.names
    return Shown(offer, module, obstacles(module, names), may_adapt(module, names))


def limit(session: Session, tenant: Tenant, found: Shown) -> limits.Limit | None:
    """How many of this municipality's learners may begin the module and have: by the newest version that it has, else
    by the one that it may take. None where any number may.
    """
    offer = found.offer
    here = offer.shared.module_id if offer.own else offer.taken.module_id if offer.taken else None
    if here is not None:
        return limits.of(session, publishing.get_version(session, here))
    most = most_learners(found.module, tenant.names)
    return None if most is None else limits.counted(session, offer.shared.identity, most)


def taken(session: Session, tenant: Tenant, module_id: uuid.UUID) -> Taking:
    """Where one of the municipality's modules was taken from. Raises NotFound."""
    mine = Taking.module_id == module_id, Taking.taker_id == tenant.id
    taking = session.scalar(select(Taking).where(*mine))
    if taking is None:
        raise NotFound
    return taking


def takers(session: Session, shared: SharedModule) -> list[tuple[str, Taking]]:
    """Who has it, by name."""
    query = select(Tenant.name, Taking).join(Tenant, Tenant.id == Taking.taker_id)
    rows = session.execute(query.where(Taking.shared_id == shared.id).order_by(Tenant.name, Taking.taken))
    return [(name, taking) for name, taking in rows.tuples()]


def take(
    session: Session,
    database: Database,
    jobs: Jobs,
    tenant: Tenant,
    shared_id: uuid.UUID,
    *,
    gives: Mapping[str, str],
    by: uuid.UUID | None,
) -> Module:
    """Uses the version that is shared as it is, also instead of an older one. `gives`: {URI of a competence that it
    gives elsewhere: the one that it gives here, "" for none}; what is not named stays as it is.

    Raises NotFound, Invalid where its rights do not let this municipality have it, Conflict for one's own.
    """
    found = shown(session, database, tenant, shared_id)
    offer, shared = found.offer, found.offer.shared
    if offer.own:
        raise Conflict(N_("This module is your own."))
    if offer.taken and not offer.newer:
        raise Conflict(N_("You use this version already."))
    if found.obstacles:
        raise Invalid(N_("The rights do not let your municipality use all of this."))
    module = authoring.take_over(session, found.module.to_json(), taken_from=offer.owner, by=by)
    competences = [
        {**one, "uri": uri}
        for one in shared.competences
        if (uri := gives.get(str(one["uri"]), str(one["uri"])))
    ]
    publishing.freeze(
        session, jobs, module.id, found.module.to_json(), number=shared.number, competences=competences, by=by
    )
    taking = offer.taken or Taking(
        shared_id=shared.id, taker_id=tenant.id, module_id=module.id, adapted=False
    )
    taking.number = shared.number
    session.add(taking)
    audit.record(
        session,
        "module.taken",
        f"module:{module.id}",
        account_id=by,
        version=shared.number,
        owner=offer.owner,
    )
    return module


def adapt(
    session: Session,
    database: Database,
    tenant: Tenant,
    shared_id: uuid.UUID,
    *,
    language: str = "",
    by: uuid.UUID | None,
) -> Module:
    """A draft of one's own that remembers what it was made from; with a `language`, to be translated into it.

    Raises NotFound; Invalid where rights forbid it.
    """
    found = shown(session, database, tenant, shared_id)
    shared = found.offer.shared
    name, number = tenant.names
    verdict = may_translate(found.module, (name, number)) if language else found.adapt
    if verdict.answer is not Answer.YES:
        raise Invalid(
            N_("The licence does not let you share a version of your own. You can use it as it is.")
        )
    own = adapted(found.module, version=shared.number, holder=name, number=number, language=language)
    module = authoring.create(session, own.to_json(), by=by)
    session.add(
        Taking(
            shared_id=shared.id, taker_id=tenant.id, module_id=module.id, number=shared.number, adapted=True
        )
    )
    audit.record(
        session,
        "module.adapted",
        f"module:{module.id}",
        account_id=by,
        version=shared.number,
        owner=found.offer.owner,
        **({"language": language} if language else {}),
    )
    return module


def _query(tenant: Tenant) -> Select[tuple[SharedModule, str, Taking]]:
    mine = and_(Taking.shared_id == SharedModule.id, Taking.taker_id == tenant.id, Taking.adapted.is_(False))
    return (
        select(SharedModule, Tenant.name, Taking)
        .join(Tenant, Tenant.id == SharedModule.owner_id)
        .outerjoin(Taking, mine)
    )


def _offer(tenant: Tenant, shared: SharedModule, owner: str, taken: Taking | None) -> Offer:
    return Offer(shared, owner, shared.owner_id == tenant.id, taken)


def _is_for(tenant: Tenant, offer: Offer) -> bool:
    members = offer.shared.members
    return offer.own or members is None or not set(members).isdisjoint(tenant.names)


def _words(offer: Offer) -> str:
    shared = offer.shared
    titles = (str(one.get("title", "")) for one in shared.competences)
    return " ".join((shared.title, shared.summary, offer.owner, *titles)).casefold()


def _document(database: Database, shared: SharedModule) -> authoring.Document:
    """As its owner published it, read as the owner."""
    with database.unit_of_work(shared.owner_id, write=False) as session:
        version = session.get(ModuleVersion, shared.version_id, options=[undefer(ModuleVersion.document)])
        if version is None:
            raise NotFound
        return version.document
