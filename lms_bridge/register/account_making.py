"""Accounts for people of the register who cannot sign in here yet: made for many at once, each with a link by which its
person chooses a password (accounts/links.py).

An account that is there already is handed to nobody: whose e-mail has one is only told.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..accounts import Account, links
from ..accounts.service import create_accounts
from ..config import Settings
from ..web.i18n import N_
from .identities import ACTOR, OWN, Identity, link_many, resolve
from .models import IdentityLink, Person, Position
from .people import current

MOST = 200
_AT_ONCE = 500
NO_EMAIL = N_("The register has no e-mail.")
SHARED = N_("Somebody else in the register has the same e-mail.")
TAKEN = N_("An account has this e-mail already. It is among the accounts without a person, if it is theirs.")


@dataclass(frozen=True)
class Without:
    """Somebody who works here and has no account; `obstacle`: why none can be made, empty where one can."""

    person: Person
    obstacle: str


@dataclass(frozen=True)
class Made:
    """An account, and the address to give to its person."""

    name: str
    email: str
    link: str


def without_account(session: Session, unit_ids: Collection[uuid.UUID] | None = None) -> list[Without]:
    """Those who work today, in one of these units if any are named, by name; those who can have one first."""
    works = select(Position.person_id).where(current(session))
    if unit_ids is not None:
        works = works.where(Position.unit_id.in_(unit_ids))
    linked = select(IdentityLink.person_id).where(
        IdentityLink.issuer == OWN,
        IdentityLink.kind == ACTOR,
        IdentityLink.closed.is_(None),
        IdentityLink.person_id.is_not(None),
    )
    rows = select(Person).where(Person.id.in_(works), Person.id.not_in(linked), Person.merged_into.is_(None))
    people = session.scalars(rows.order_by(Person.name, Person.id)).all()
    emails = {person.email.lower() for person in people if person.email}
    shared = _among(session, func.lower(Person.email), emails, Person.merged_into.is_(None))
    taken = _among(session, Account.email, emails)
    found = [Without(person, _obstacle(person.email.lower(), shared, taken)) for person in people]
    return sorted(found, key=lambda one: bool(one.obstacle))


def make_accounts(
    session: Session, settings: Settings, person_ids: Collection[uuid.UUID], by: uuid.UUID
) -> list[Made]:
    """Accounts as employees for those of these people who can have one, `MOST` at a time, linked to them."""
    chosen = [
        one.person for one in without_account(session) if one.person.id in person_ids and not one.obstacle
    ]
    people = {person.email.strip().lower(): person for person in chosen[:MOST]}
    accounts = create_accounts(session, [(email, one.name) for email, one in people.items()], ["employee"])
    owners = {str(account.id): people[account.email].id for account in accounts}
    known = resolve(session, [Identity(OWN, ACTOR, value) for value in owners])
    link_many(session, {link.id: owners[link.value] for link in known.values()}, by)
    return [Made(one.name, one.email, links.link_for(settings, session, one)) for one in accounts]


def _obstacle(email: str, shared: dict[str, int], taken: dict[str, int]) -> str:
    if not email:
        return NO_EMAIL
    if email in taken:
        return TAKEN
    return SHARED if shared.get(email, 0) > 1 else ""


def _among(
    session: Session,
    column: ColumnElement[str] | InstrumentedAttribute[str],
    emails: Collection[str],
    *conditions: ColumnElement[bool],
) -> dict[str, int]:
    """How often each of these is there."""
    found: dict[str, int] = {}
    wanted = sorted(emails)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = select(column, func.count()).where(column.in_(wanted[start : start + _AT_ONCE]), *conditions)
        found |= dict(session.execute(rows.group_by(column)).tuples().all())
    return found
