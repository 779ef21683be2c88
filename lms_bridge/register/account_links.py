"""Whose an account of this service is in the register; of those that are nobody's yet, whose they may be.

An equal e-mail only suggests (an address may have been somebody else's before): a coordinator says so.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ..accounts import Account
from .identities import ACTOR, OWN, Identity, link_many, resolve
from .models import IdentityLink, Person

_AT_ONCE = 500


@dataclass(frozen=True)
class Unlinked:
    """An account, and the one person with its e-mail, who has no account yet."""

    account: Account
    suggestion: Person | None


def unlinked(session: Session) -> list[Unlinked]:
    """The open accounts that are nobody's, those first of which it is known whose they may be, by name."""
    linked = dict(session.execute(_links()).tuples().all())
    rows = session.scalars(select(Account).where(Account.active).order_by(Account.name, Account.id))
    accounts = [account for account in rows if str(account.id) not in linked]
    people = _people_by_email(session, {account.email for account in accounts})
    taken = set(linked.values())
    found = []
    for account in accounts:
        same = people[account.email]
        sure = len(same) == 1 and same[0].id not in taken
        found.append(Unlinked(account, same[0] if sure else None))
    return sorted(found, key=lambda one: one.suggestion is None)


def accounts_of(session: Session, people: Collection[uuid.UUID]) -> dict[uuid.UUID, Account]:
    """{person: their open account}, of a few hundred people at the most."""
    links = session.execute(_links().where(IdentityLink.person_id.in_(people)))
    owners = {uuid.UUID(value): person_id for value, person_id in links.tuples() if person_id}
    rows = session.scalars(select(Account).where(Account.id.in_(owners), Account.active))
    return {owners[row.id]: row for row in rows}


def _links() -> Select[tuple[str, uuid.UUID | None]]:
    """(account's id, person) of every account that is somebody's in the register."""
    return select(IdentityLink.value, IdentityLink.person_id).where(
        IdentityLink.issuer == OWN,
        IdentityLink.kind == ACTOR,
        IdentityLink.closed.is_(None),
        IdentityLink.person_id.is_not(None),
    )


def link_suggested(session: Session, account_ids: Collection[uuid.UUID], by: uuid.UUID) -> int:
    """Links those of these accounts of which it is still known whose they may be; returns how many."""
    chosen = {
        str(one.account.id): one.suggestion.id
        for one in unlinked(session)
        if one.suggestion is not None and one.account.id in account_ids
    }
    links = resolve(session, [Identity(OWN, ACTOR, value) for value in chosen])
    link_many(session, {link.id: chosen[link.value] for link in links.values()}, by)
    return len(chosen)


def _people_by_email(session: Session, emails: Collection[str]) -> defaultdict[str, list[Person]]:
    found: defaultdict[str, list[Person]] = defaultdict(list)
    wanted = sorted(emails)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = select(Person).where(
            func.lower(Person.email).in_(wanted[start : start + _AT_ONCE]), Person.merged_into.is_(None)
        )
        for person in session.scalars(rows):
            found[person.email.lower()].append(person)
    return found
