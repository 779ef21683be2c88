"""Mails wait in the outbox and leave after the commit that wrote them; what the server cannot take now waits longer."""

import uuid
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy.orm import Session

from .. import mail
from ..accounts import Tenant
from ..config import MAILBOX
from ..db import utcnow
from ..errors import Told
from ..jobs import Jobs
from ..web.app import Bridge
from .models import FAILED, SENT, WAITING, Mail, ReminderPlan

SEND = "reminders.send"
WAITS = [timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720, 1440, 1440)]
"""How long a mail waits after each attempt: some three days in all."""


def put(
    session: Session,
    jobs: Jobs,
    kind: str,
    address: str,
    subject: str,
    body: str,
    person_id: uuid.UUID | None = None,
) -> None:
    """Writes a mail into the outbox; what is no address gets none."""
    if not MAILBOX.fullmatch(address):
        return
    row = Mail(kind=kind, address=address, subject=subject, body=body, person_id=person_id)
    session.add(row)
    session.flush()
    jobs.enqueue(session, SEND, mail_id=str(row.id))


def send(app: Bridge, tenant_id: uuid.UUID, mail_id: uuid.UUID) -> None:
    """Sends a mail that waits, and notes how it went. Nothing is open in the database meanwhile; who is killed between
    the two sends it again, under the same Message-ID.
    """
    with app.database.unit_of_work(tenant_id, write=False) as session:
        row = session.get(Mail, mail_id)
        if row is None or row.state != WAITING:
            return
        plan, tenant = session.get(ReminderPlan, tenant_id), session.get_one(Tenant, tenant_id)
        message = _message(app, tenant, row, plan.reply_to if plan else "")
    problem: Told | None = None
    try:
        mail.send(app.settings, message)
    except (mail.Refused, mail.Delayed) as error:
        problem = error
    with app.database.unit_of_work(tenant_id) as session:
        row = session.get(Mail, mail_id)
        if row is not None and row.state == WAITING:
            _settle(session, app.jobs, row, problem)


def _settle(session: Session, jobs: Jobs, row: Mail, problem: Told | None) -> None:
    row.attempts += 1
    row.problem = problem.plain() if problem else None
    if isinstance(problem, mail.Delayed) and row.attempts <= len(WAITS):
        jobs.enqueue(session, SEND, delay=WAITS[row.attempts - 1], mail_id=str(row.id))
        return
    row.state, row.finished = FAILED if problem else SENT, utcnow()
    row.address = row.subject = row.body = ""


def _message(app: Bridge, tenant: Tenant, row: Mail, reply_to: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    sender = app.settings.mail_from
    user, _at, domain = sender.rpartition("@")
    message["From"] = Address(" ".join(tenant.name.split()), user, domain)
    message["To"] = row.address
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = " ".join(row.subject.split())
    message["Date"] = format_datetime(row.created)
    message["Message-ID"] = f"<{row.id.hex}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message.set_content(row.body)
    return message
