"""Mails wait in the outbox and leave after the commit that wrote them; what the server cannot take now waits longer.

Who sends takes one mail at a time, by making it due again later: nobody else takes it meanwhile, and what a process
that ended had in its hands comes back by itself.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import mail
from ..accounts import Tenant
from ..config import MAILBOX
from ..db import bind_tenant, utcnow
from ..errors import Told
from ..jobs import Job, Jobs
from ..web.app import Bridge
from .choices import Links
from .models import FAILED, SENT, Mail, ReminderPlan

SEND = "reminders.send"
AT_ONCE = 100
"""So many leave on one connection; then other work has its turn."""
TAKEN = timedelta(minutes=10)
"""How long it may take to send one, with all of the server's pauses."""
WAITS = [timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720, 1440, 1440)]
"""How long a mail waits after each attempt: some three days in all."""


def put(session: Session, jobs: Jobs, mails: Iterable[Mail]) -> None:
    """Writes mails into the outbox, at once; what is no address gets none."""
    rows, now = [row for row in mails if MAILBOX.fullmatch(row.address)], utcnow()
    for row in rows:
        row.due = now
    session.add_all(rows)
    if rows:
        jobs.enqueue(session, SEND)


def wake(session: Session, jobs: Jobs) -> None:
    """Has sent, in every municipality, what was put off until now or left behind."""
    due = select(Mail.id).where(Mail.tenant_id == Tenant.id, Mail.due <= utcnow())
    open_ = ("waiting", "running")
    cared_for = select(Job.id).where(Job.tenant_id == Tenant.id, Job.name == SEND, Job.state.in_(open_))
    for tenant_id in session.scalars(select(Tenant.id).where(due.exists(), ~cared_for.exists())).all():
        bind_tenant(session, tenant_id)
        jobs.enqueue(session, SEND)
    bind_tenant(session, None)


def send(app: Bridge, tenant_id: uuid.UUID) -> bool:
    """Sends what is due on one connection; returns whether there may be more. Nothing is open in the database while
    the server is spoken to. Who is killed between sending and noting it has one mail sent twice, under one Message-ID.
    """
    if not app.settings.mail_url:
        return False
    with app.database.unit_of_work(tenant_id) as session:
        paper = _paper(app, session, tenant_id)
    with mail.Sender(app.settings) as sender:
        for _ in range(AT_ONCE):
            with app.database.unit_of_work(tenant_id) as session:
                taken = _take(session)
            if taken is None:
                return False
            problem: Told | None = None
            try:
                sender.send(_message(paper, taken))
            except (mail.Refused, mail.Delayed) as error:
                problem = error
            with app.database.unit_of_work(tenant_id) as session:
                _settle(session, taken, problem)
                if isinstance(problem, mail.Away):
                    _put_off_all(session, problem)
                    return False
    return True


def _take(session: Session) -> Mail | None:
    """The mail that has been due for longest, if any is."""
    now = utcnow()
    longest = select(Mail).where(Mail.due <= now).order_by(Mail.due, Mail.id).limit(1)
    row = session.scalar(longest.with_for_update(skip_locked=True))
    if row is not None:
        row.due, row.attempts = now + TAKEN, row.attempts + 1
    return row


def _settle(session: Session, taken: Mail, problem: Told | None) -> None:
    """Notes how it went, unless the mail is gone or somebody else has taken it since."""
    values: dict[str, Any] = {"problem": problem.plain() if problem else None}
    if isinstance(problem, mail.Delayed) and taken.attempts <= len(WAITS):
        values["due"] = utcnow() + WAITS[taken.attempts - 1]
    else:
        values |= _over(FAILED if problem else SENT)
    as_taken = (Mail.id == taken.id, Mail.attempts == taken.attempts)
    session.execute(update(Mail).where(*as_taken).values(values))


def _put_off_all(session: Session, problem: Told) -> None:
    """What else is due would fare no better: for each it is an attempt."""
    now, words = utcnow(), problem.plain()
    for before, wait in enumerate(WAITS):
        due = (Mail.due <= now, Mail.attempts == before)
        values = {"due": now + wait, "attempts": before + 1, "problem": words}
        session.execute(update(Mail).where(*due).values(values))
    session.execute(update(Mail).where(Mail.due <= now).values(_over(FAILED) | {"problem": words}))


def _over(state: str) -> dict[str, Any]:
    """What is left of a mail that waits no more."""
    emptied = dict.fromkeys(("address", "subject", "body"), "")
    return {"state": state, "finished": utcnow(), "due": None, **emptied}


# --- the message ----------------------------------------------------------------------------------------------------


class _WholeAddress(UnstructuredHeader, BaseHeader):
    """A header that is an address of the web: folded, or encoded for its length, it would be none."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _WholeAddress)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class _Paper:
    """What all mails of a municipality have in common."""

    sender: Address
    reply_to: str
    links: Links


def _paper(app: Bridge, session: Session, tenant_id: uuid.UUID) -> _Paper:
    plan, tenant = session.get(ReminderPlan, tenant_id), session.get_one(Tenant, tenant_id)
    user, _at, domain = app.settings.mail_from.rpartition("@")
    sender = Address(" ".join(tenant.name.split()), user, domain)
    return _Paper(sender, plan.reply_to if plan else "", Links.of(app, session))


def _message(paper: _Paper, row: Mail) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = paper.sender
    message["To"] = row.address
    if paper.reply_to:
        message["Reply-To"] = paper.reply_to
    message["Subject"] = " ".join(row.subject.split())
    message["Date"] = format_datetime(row.created)
    message["Message-ID"] = f"<{row.id.hex}@{paper.sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    if row.person_id is not None:
        message["List-Unsubscribe"] = f"<{paper.links.to_decline(row.person_id, row.kind)}>"  # RFC 2369
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content(row.body)
    return message
