"""Erasing a person wherever the service keeps something on them; only keyed hashes stay, which stop a re-import.

Slices below are called; those beside hear of it by `account_erased`. A test walks over every table for traces.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..accounts.service import erase_account
from ..errors import NotFound
from ..lrs import erasing as lrs
from ..lrs.identity import identity
from ..lti import scores
from ..publishing import delivery
from ..publishing.models import Learner
from . import imports
from .identities import ACTOR, NATIONAL, OWN
from .models import (
    Erased,
    Evidence,
    EvidenceDocument,
    Exemption,
    IdentityLink,
    Import,
    LmsRecord,
    Merge,
    Person,
    Position,
    Standing,
)
from .privacy import erased_hash, erased_hashes
from .signals import person_erased


@dataclass
class _Traces:
    """By what a person is known: names of the register, and identities of other systems."""

    person: Person
    numbers: Sequence[str]
    links: Sequence[IdentityLink]
    accounts: list[uuid.UUID] = field(default_factory=list)
    learners: list[Learner] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)


def erase_person(session: Session, person_id: uuid.UUID, key: bytes, own_address: str) -> None:
    """Removes a person and all that is kept on them. Raises NotFound.

    `key` is that of the hashes; `own_address` is the service's, by which statements name its accounts.
    """
    traces = _traces(session, person_id, own_address)
    _remember(session, traces, key)
    for learner in traces.learners:
        scores.erase_learner(session, learner.issuer, learner.subject)
        delivery.erase_learner(session, learner)
    for actor in traces.actors:
        lrs.erase_person(session, session.info["tenant_id"], actor)
    _forget_lists(session, traces)
    links = [link.id for link in traces.links]
    session.execute(delete(LmsRecord).where(LmsRecord.link_id.in_(links)))
    for table in (Standing, Evidence, EvidenceDocument, Exemption, Position):
        session.execute(delete(table).where(table.person_id == person_id))
    session.execute(delete(Evidence).where(Evidence.link_id.in_(links)))
    session.execute(delete(IdentityLink).where(IdentityLink.id.in_(links)))
    merged = session.scalars(select(Person.id).where(Person.merged_into == person_id)).all()
    session.execute(delete(Merge).where(or_(Merge.kept_id == person_id, Merge.merged_id == person_id)))
    for entry_id in merged:  # those that turned out to be the same person
        erase_person(session, entry_id, key, own_address)
    session.delete(traces.person)
    for account_id in traces.accounts:
        erase_account(session, account_id)
    person_erased.send(None, session=session, person_id=person_id)
    audit.record(session, "erase", "person")
    session.flush()


def _traces(session: Session, person_id: uuid.UUID, own_address: str) -> _Traces:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    numbers = select(Position.employment_id).where(Position.person_id == person_id).distinct()
    theirs = IdentityLink.person_id == person_id
    if (
        person.email
    ):  # a link that waits is somebody whom nobody has looked at: the e-mail is the person's own
        waiting = IdentityLink.person_id.is_(None) & (func.lower(IdentityLink.email) == person.email.lower())
        theirs = or_(theirs, waiting)
    links = session.scalars(select(IdentityLink).where(theirs)).all()
    found = _Traces(person, session.scalars(numbers).all(), links)
    for link in links:
        if link.kind == ACTOR and link.issuer == OWN:
            found.accounts.append(uuid.UUID(link.value))
            found.learners.append(Learner("", link.value))
        elif link.kind == ACTOR:
            found.learners.append(Learner(link.issuer, link.value))
    found.actors = [name for actor in _actors(found, own_address) if (name := identity(actor))]
    return found


def _actors(traces: _Traces, own_address: str) -> Iterator[dict[str, Any]]:
    """How statements name the person (1.0.3 Data 2.4.2.3)."""
    if traces.person.email:
        yield {"mbox": f"mailto:{traces.person.email}"}
    for link in traces.links:
        if link.issuer == "mbox":
            yield {"mbox": f"mailto:{link.value}"}
        elif link.issuer in ("mbox_sha1sum", "openid"):
            yield {link.issuer: link.value}
        elif link.kind == ACTOR:
            home = own_address if link.issuer == OWN else link.issuer
            yield {"account": {"homePage": home, "name": link.value}}


def _remember(session: Session, traces: _Traces, key: bytes) -> None:
    """Keyed hashes of the numbers and names that the person was known by."""
    hashes = {erased_hash(key, number) for number in traces.numbers}
    hashes |= {erased_hash(key, traces.person.email)} if traces.person.email else set()
    hashes |= {link.value if link.kind == NATIONAL else erased_hash(key, link.value) for link in traces.links}
    session.add_all(Erased(hash=one) for one in hashes - erased_hashes(session))


def _forget_lists(session: Session, traces: _Traces) -> None:
    """Gives up lists that wait to be written and tell of the person: they can be uploaded again."""
    names = {*traces.numbers, traces.person.name, traces.person.email} - {""}
    names |= {link.value for link in traces.links if link.kind != NATIONAL}
    for row in session.scalars(select(Import).where(Import.content.is_not(None))):
        if imports.mentions(row, names):
            row.state, row.content = "cancelled", None
