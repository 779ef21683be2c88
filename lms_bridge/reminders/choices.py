"""What people choose for themselves: which mails they want. What is to be done is shown to them here in any case."""

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..accounts import Account
from ..config import Settings
from ..db import utcnow
from ..errors import NotFound
from ..register.identities import person_of_account
from ..register.models import Person
from ..web.app import Bridge
from .models import EMPLOYEE, LEADER, Declined, Mail, ReminderPlan

KINDS = (EMPLOYEE, LEADER)


def offered(session: Session, settings: Settings, account: Account) -> dict[str, bool]:
    """{kind: whether they want it} of the mails that somebody may get here."""
    plan = session.get(ReminderPlan, account.tenant_id) if settings.mail_url else None
    if plan is None or not (plan.to_employees or plan.to_leaders):
        return {}
    person_id = person_of_account(session, account.id)
    if person_id is None:
        return {}
    sent = {EMPLOYEE: plan.to_employees, LEADER: plan.to_leaders and "leader" in account.roles}
    declined = {row.kind for row in of_person(session, person_id)}
    return {kind: kind not in declined for kind in KINDS if sent[kind]}


def choose(session: Session, person_id: uuid.UUID, kind: str, *, wanted: bool) -> None:
    """Notes whether somebody wants a kind of mail; what waits of one that they do not want is sent no more."""
    # The day's mails are written with the plan locked: those that are being written now are waited for, and go too.
    session.scalar(select(ReminderPlan).with_for_update())
    entries = _entries(session, person_id)
    if wanted:
        session.execute(delete(Declined).where(Declined.person_id.in_(entries), Declined.kind == kind))
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"tenant_id": session.info["tenant_id"], "person_id": person_id, "kind": kind, "since": utcnow()}
    session.execute(dialect.insert(Declined).values(row).on_conflict_do_nothing())
    waiting = (Mail.person_id.in_(entries), Mail.kind == kind, Mail.due.is_not(None))
    session.execute(delete(Mail).where(*waiting))


def of_person(session: Session, person_id: uuid.UUID) -> list[Declined]:
    """What somebody does not want, also as an entry of theirs that was merged into this one."""
    rows = select(Declined).where(Declined.person_id.in_(_entries(session, person_id)))
    return list(session.scalars(rows.order_by(Declined.since)))


def kept_on(session: Session, person_id: uuid.UUID) -> dict[str, Any]:
    """All that is kept here on somebody, as plain data."""
    mails = select(Mail).where(Mail.person_id.in_(_entries(session, person_id))).order_by(Mail.created)
    return {
        "reminders_declined": [
            {"kind": row.kind, "since": str(row.since)} for row in of_person(session, person_id)
        ],
        "mails": [
            {"kind": row.kind, "created": str(row.created), "state": row.state}
            | {"address": row.address, "subject": row.subject, "body": row.body}
            for row in session.scalars(mails)
        ],
    }


def declined(session: Session, kind: str) -> set[uuid.UUID]:
    """Those who do not want a kind of mail."""
    found = select(Declined.person_id).where(Declined.kind == kind).cte("declined", recursive=True)
    merged = select(Person.merged_into).join(found, Person.id == found.c.person_id)
    found = found.union(merged.where(Person.merged_into.is_not(None)))
    return set(session.scalars(select(found.c.person_id)))


def _entries(session: Session, person_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """A person's entries: this one, and what was merged into it."""
    found = select(Person.id).where(Person.id == person_id).cte("entries", recursive=True)
    found = found.union(select(Person.id).join(found, Person.merged_into == found.c.id))
    return session.scalars(select(found.c.id)).all()


# --- the address in a mail by which it is declined --------------------------------------------------------------------


@dataclass(frozen=True)
class Links:
    """Addresses that decline a kind of mail for one person, without a sign-in. Only we can read what they say, or make
    one; they never expire, for their key is not the service's, which may be replaced.
    """

    page: str
    key: Fernet

    @classmethod
    def of(cls, app: Bridge, session: Session) -> "Links":
        page = app.settings.base_url + app.url_map.bind("").build("reminders.declining", {"token": ""})
        return cls(page, Fernet(urlsafe_b64encode(app.vault.kept_key(session, "reminders"))))

    def to_decline(self, person_id: uuid.UUID, kind: str) -> str:
        token = self.key.encrypt(bytes([KINDS.index(kind)]) + person_id.bytes)
        return self.page + token.decode().rstrip("=")  # mail programs take a last "=" for the text's

    def read(self, token: str) -> tuple[uuid.UUID, str]:
        """The person and the kind. Raises NotFound for an address that is none of ours."""
        try:
            said = self.key.decrypt((token + "=" * (-len(token) % 4)).encode())
        except InvalidToken:
            raise NotFound from None
        return uuid.UUID(bytes=said[1:]), KINDS[said[0]]


def person_meant(session: Session, person_id: uuid.UUID) -> Person | None:
    """Whom an address means today, in whichever municipality; None for who was erased."""
    person = session.get(Person, person_id)
    while person is not None and person.merged_into is not None:
        person = session.get(Person, person.merged_into)
    return person
