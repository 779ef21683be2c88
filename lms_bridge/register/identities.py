"""Who another system means: identity links, and the queue of those whom nobody knows yet.

A match is made on an employment id, a keyed hash of the national number, or (issuer,
subject) of a link that a person made; never on an e-mail or a name, which only suggest.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..accounts import Account, audit
from ..db import insert_many, new_id, utcnow
from ..errors import N_, Conflict, NotFound
from . import derivation
from .models import Evidence, IdentityLink, LmsRecord, Person
from .signals import LANDED, Landed, tell_landed

OWN = "lms-bridge"
"""Issuer of the accounts of this service itself."""

HR = "hr"
ACTOR = "actor"
EMPLOYMENT = "employment"
EMAIL = "email"
USERNAME = "username"
NATIONAL = "national"


@dataclass(frozen=True)
class Identity:
    """(issuer, kind, value), with what else the other system says of the person."""

    issuer: str
    kind: str
    value: str
    name: str = ""
    email: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.issuer, self.kind, self.value


class Link(NamedTuple):
    """An open identity link as it is read; many are, and only to be looked at."""

    id: uuid.UUID
    issuer: str
    kind: str
    value: str
    person_id: uuid.UUID | None
    rejected: bool
    decided_by: uuid.UUID | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.issuer, self.kind, self.value


_LINK = [getattr(IdentityLink, name) for name in Link._fields]


def of_actor(actor: Mapping[str, Any], own_address: str) -> Identity | None:
    """The identity of an xAPI Agent (xAPI 1.0.3, Data 2.4.2.1); None for groups and the anonymous."""
    if actor.get("objectType", "Agent") != "Agent":
        return None
    name = str(actor.get("name", ""))[:200]
    if account := actor.get("account"):
        home = str(account["homePage"])
        own = home.rstrip("/") == own_address.rstrip("/")
        return Identity(OWN if own else home[:500], ACTOR, str(account["name"])[:500], name)
    if mbox := str(actor.get("mbox", "")):
        email = mbox.removeprefix("mailto:").lower()[:254]
        return Identity("mbox", EMAIL, email, name, email)
    for kind in ("mbox_sha1sum", "openid"):
        if value := actor.get(kind):
            return Identity(kind, EMAIL if kind == "mbox_sha1sum" else ACTOR, str(value)[:500], name)
    return None


def national_hash(number: str, key: bytes) -> str:
    """What is kept of a national identity number: a keyed hash of its digits."""
    digits = "".join(c for c in number if c.isdigit())
    return hmac.new(key, b"national:" + digits.encode(), hashlib.sha256).hexdigest()


def resolve(session: Session, identities: Iterable[Identity]) -> dict[tuple[str, str, str], Link]:
    """The open link of each identity; one that nobody knows gets a link that waits in the queue."""
    wanted = {identity.key: identity for identity in identities}
    links = find(session, wanted)
    missing = [identity for key, identity in wanted.items() if key not in links]
    if missing:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        rows = [_new_link(session, identity) for identity in missing]
        insert_many(session, dialect.insert(IdentityLink.__table__).on_conflict_do_nothing(), rows)
        links |= find(session, [identity.key for identity in missing])
    return links


def find(session: Session, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Link]:
    """The open links among these (issuer, kind, value)."""
    if not keys:
        return {}
    of_whom: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for issuer, kind, value in keys:
        of_whom[issuer, kind].append(value)
    found: dict[tuple[str, str, str], Link] = {}
    for (issuer, kind), values in of_whom.items():
        of_them = select(*_LINK).where(
            IdentityLink.issuer == issuer, IdentityLink.kind == kind, IdentityLink.closed.is_(None)
        )
        for start in range(0, len(values), 500):
            rows = session.execute(of_them.where(IdentityLink.value.in_(values[start : start + 500])))
            found |= {link.key: link for link in map(Link._make, rows)}
    return found


def person_of_account(session: Session, account_id: uuid.UUID) -> uuid.UUID | None:
    """The person that an account of this service belongs to."""
    link = find(session, [(OWN, ACTOR, str(account_id))]).get((OWN, ACTOR, str(account_id)))
    return link.person_id if link else None


def connect_account(
    session: Session, account_id: uuid.UUID, person_id: uuid.UUID, by: uuid.UUID | None
) -> None:
    """Says whose account this is; what the account did before lands on the person."""
    link = resolve(session, [Identity(OWN, ACTOR, str(account_id))])[OWN, ACTOR, str(account_id)]
    link_to_person(session, link.id, person_id, by)


_LANDED = [getattr(Evidence, name) for name in LANDED]


def link_to_person(session: Session, link_id: uuid.UUID, person_id: uuid.UUID, by: uuid.UUID | None) -> int:
    """Links a waiting identity; returns how much waiting evidence landed on the person."""
    link = _open_link(session, link_id)
    if link.person_id == person_id:
        return 0
    if link.person_id is not None:
        raise Conflict(N_("Somebody has linked this user already. Undo that link first."))
    if session.get(Person, person_id) is None:
        raise NotFound()
    link.person_id, link.rejected, link.decided_by = person_id, False, by
    session.flush()
    rows = session.execute(
        update(Evidence)
        .where(Evidence.link_id == link.id)
        .values(person_id=person_id, changed=utcnow())
        .returning(*_LANDED)
    )
    landed = [Landed(*row) for row in rows]
    audit.record(session, "link", f"person:{person_id}", issuer=link.issuer, kind=link.kind)
    derivation.refresh(session, {person_id})
    tell_landed(session, landed)
    return len(landed)


def link_many(session: Session, people: Mapping[uuid.UUID, uuid.UUID], by: uuid.UUID | None = None) -> None:
    """Links many waiting identities (link id → person id) in a few queries, as `link_to_person` does with one."""
    if not people:
        return
    now = [{"id": link_id, "person_id": person_id, "decided_by": by} for link_id, person_id in people.items()]
    session.execute(update(IdentityLink), now)
    landed: list[Landed] = []
    links = list(people)
    for start in range(0, len(links), 500):
        theirs = select(IdentityLink.person_id).where(IdentityLink.id == Evidence.link_id).scalar_subquery()
        rows = session.execute(
            update(Evidence)
            .where(Evidence.link_id.in_(links[start : start + 500]))
            .values(person_id=theirs, changed=utcnow())
            .returning(*_LANDED),
            execution_options={"synchronize_session": False},
        )
        landed += [Landed(*row) for row in rows]
    audit.record_all(session, "link", [f"person:{person_id}" for person_id in people.values()], kind=ACTOR)
    derivation.refresh(session, {row.person_id for row in landed if row.person_id})
    tell_landed(session, landed)


def unlink(session: Session, link_id: uuid.UUID, by: uuid.UUID | None) -> uuid.UUID:
    """Undoes a link: it is closed, its evidence waits again under a new one. Returns whose link it was."""
    link = _open_link(session, link_id)
    if link.person_id is None:
        raise Conflict(N_("This user is not linked to anybody."))
    person_id, link.closed = link.person_id, utcnow()
    session.flush()
    fresh = IdentityLink(
        issuer=link.issuer, kind=link.kind, value=link.value, name=link.name, email=link.email, decided_by=by
    )
    session.add(fresh)
    session.flush()
    session.execute(
        update(Evidence)
        .where(Evidence.link_id == link.id)
        .values(person_id=None, link_id=fresh.id, changed=utcnow())
    )
    session.execute(update(LmsRecord).where(LmsRecord.link_id == link.id).values(link_id=fresh.id))
    audit.record(session, "unlink", f"person:{person_id}", issuer=link.issuer, kind=link.kind)
    derivation.refresh(session, {person_id})
    return person_id


def end_link(session: Session, link_id: uuid.UUID, by: uuid.UUID | None) -> uuid.UUID:
    """From now on the user is somebody else; what came before stays with the person, who is returned."""
    link = _open_link(session, link_id)
    if link.person_id is None:
        raise Conflict(N_("This user is not linked to anybody."))
    link.closed, link.decided_by = utcnow(), by
    audit.record(session, "unlink", f"person:{link.person_id}", issuer=link.issuer, kind=link.kind)
    session.flush()
    return link.person_id


def set_rejected(session: Session, link_id: uuid.UUID, rejected: bool, by: uuid.UUID | None) -> None:
    """Takes an unknown user out of the queue, or back into it; the evidence is kept either way."""
    link = _open_link(session, link_id)
    if link.person_id is not None:
        raise Conflict(N_("Somebody has linked this user already. Undo that link first."))
    link.rejected, link.decided_by = rejected, by
    audit.record(session, "reject" if rejected else "reopen", f"link:{link.id}", issuer=link.issuer)


@dataclass(frozen=True)
class Waiting:
    """An unknown user, what is known of them, how much waits with them, and who it may be."""

    link: IdentityLink
    name: str
    email: str
    count: int
    suggestions: list[Person]


def queue(session: Session, *, rejected: bool = False, limit: int = 100) -> list[Waiting]:
    """Those who wait for a coordinator, the ones with the newest evidence first."""
    rows = session.execute(
        select(IdentityLink, func.count(Evidence.id), func.max(Evidence.received))
        .outerjoin(Evidence, Evidence.link_id == IdentityLink.id)
        .where(
            IdentityLink.person_id.is_(None),
            IdentityLink.closed.is_(None),
            IdentityLink.rejected.is_(rejected),
        )
        .group_by(IdentityLink.id)
        .having(func.count(Evidence.id) > 0)
        .order_by(func.max(Evidence.received).desc())
        .limit(limit)
    ).all()
    links = [row[0] for row in rows]
    accounts = accounts_behind(session, links)
    known = [accounts.get(link.id) or link for link in links]
    emails = {one.email.lower() for one in known if one.email}
    names = {one.name for one in known if one.name}
    people = session.scalars(
        select(Person)
        .where(
            or_(func.lower(Person.email).in_(emails), Person.name.in_(names)), Person.merged_into.is_(None)
        )
        .limit(500)
    ).all()
    return [
        Waiting(link, one.name, one.email, count, _suggestions(one, people))
        for one, (link, count, _) in zip(known, rows, strict=True)
    ]


def accounts_behind(session: Session, links: Iterable[IdentityLink]) -> dict[uuid.UUID, Account]:
    """The account of this service that a link means, for those that mean one; by the id of the link."""
    own = {link.value: link.id for link in links if link.issuer == OWN and _is_uuid(link.value)}
    if not own:
        return {}
    accounts = session.scalars(select(Account).where(Account.id.in_([uuid.UUID(value) for value in own])))
    return {own[str(account.id)]: account for account in accounts}


def _is_uuid(value: str) -> bool:
    """Whether it is one as this service writes them; another system may call its users as it likes."""
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


def get_waiting(session: Session, link_id: uuid.UUID) -> IdentityLink:
    """An unknown user; NotFound for one whom somebody has linked."""
    link = _open_link(session, link_id)
    if link.person_id is not None:
        raise NotFound()
    return link


def links_of(session: Session, person_id: uuid.UUID) -> list[tuple[IdentityLink, Account | None]]:
    """The open links of a person, each with the account of this service that it means, if it means one; without the
    hash of a national number."""
    account_id = func.replace(cast(Account.id, String), "-", "")  # SQLite keeps it without them
    is_account = (IdentityLink.issuer == OWN) & (func.replace(IdentityLink.value, "-", "") == account_id)
    rows = session.execute(
        select(IdentityLink, Account)
        .outerjoin(Account, is_account)
        .where(
            IdentityLink.person_id == person_id, IdentityLink.closed.is_(None), IdentityLink.kind != NATIONAL
        )
        .order_by(IdentityLink.opened)
    )
    return [(link, account) for link, account in rows]


def count_waiting(session: Session) -> int:
    """How many unknown users wait."""
    return (
        session.scalar(
            select(func.count(func.distinct(IdentityLink.id)))
            .join(Evidence, Evidence.link_id == IdentityLink.id)
            .where(
                IdentityLink.person_id.is_(None),
                IdentityLink.closed.is_(None),
                IdentityLink.rejected.is_(False),
            )
        )
        or 0
    )


def _suggestions(known: IdentityLink | Account, people: Iterable[Person]) -> list[Person]:
    by_email = [p for p in people if known.email and p.email.lower() == known.email.lower()]
    return by_email or [p for p in people if known.name and p.name == known.name]


def _new_link(session: Session, identity: Identity) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": session.info["tenant_id"],
        "issuer": identity.issuer,
        "kind": identity.kind,
        "value": identity.value,
        "name": identity.name,
        "email": identity.email,
        "rejected": False,
        "opened": utcnow(),
    }


def _open_link(session: Session, link_id: uuid.UUID) -> IdentityLink:
    link = session.get(IdentityLink, link_id)
    if link is None or link.closed is not None:
        raise NotFound()
    return link
