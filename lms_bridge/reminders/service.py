"""Who gets which mail, and what the administrator has chosen."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..accounts import Account, Tenant, audit
from ..config import MAILBOX
from ..errors import N_, Invalid
from ..jobs import Jobs
from ..register import figures
from ..register.account_links import accounts_of
from ..register.models import Person, Position, Standing
from ..register.people import current, tree
from ..register.service import today
from ..register.status import State
from ..web.app import Bridge
from ..web.i18n import _, in_language, speaking
from . import choices, due, outbox
from .models import EMPLOYEE, LEADER, TEST, Mail, ReminderPlan

AT_ONCE = 500
TOLD = (State.EXPIRED.value, State.EXPIRING.value, due.OVERDUE)


@dataclass(frozen=True)
class Receiver:
    """`signs_in`: whether they have an account, and so a page to choose on."""

    person_id: uuid.UUID
    name: str
    address: str
    language: str
    signs_in: bool = True


@dataclass
class Leader:
    receiver: Receiver
    units: set[uuid.UUID] = field(default_factory=set)


# --- what is chosen -------------------------------------------------------------------------------------------------


def plan_of(session: Session, tenant_id: uuid.UUID) -> ReminderPlan:
    """What the municipality has chosen; nothing yet: an unsaved row."""
    day = today(session)
    row = session.get(ReminderPlan, tenant_id)
    return row or ReminderPlan(
        tenant_id=tenant_id,
        to_employees=False,
        to_leaders=False,
        reply_to="",
        told_until=day,
        week_told=_monday(day),
    )


def choose(
    session: Session, tenant_id: uuid.UUID, *, to_employees: bool, to_leaders: bool, reply_to: str
) -> ReminderPlan:
    """Raises Invalid with `fields`. Who is reminded from now on is not told of what was before."""
    if reply_to and not MAILBOX.fullmatch(reply_to):
        raise Invalid(
            N_("Some of it needs another look."), {"reply_to": N_("This is not an e-mail address.")}
        )
    row, day = plan_of(session, tenant_id), today(session)
    if to_employees and not row.to_employees:
        row.told_until = day
    if to_leaders and not row.to_leaders:
        row.week_told = _monday(day)
    row.to_employees, row.to_leaders, row.reply_to = to_employees, to_leaders, reply_to
    session.add(row)
    session.flush()
    audit.record(session, "reminders", f"tenant:{tenant_id}", employees=to_employees, leaders=to_leaders)
    return row


def newest(session: Session, limit: int = 30) -> Sequence[tuple[Mail, str | None]]:
    """The mails written last, each with the name of its person."""
    query = select(Mail, Person.name).outerjoin(Person, Person.id == Mail.person_id)
    return session.execute(query.order_by(Mail.created.desc(), Mail.id).limit(limit)).tuples().all()


def send_test(session: Session, jobs: Jobs, account: Account) -> None:
    """A mail to who asks for it."""
    text = _("This is a test. Mail from lms-bridge arrives here.")
    subject = _("Test of reminders by e-mail")
    outbox.put(session, jobs, [Mail(kind=TEST, address=account.email, subject=subject, body=text)])


# --- the day's mails ------------------------------------------------------------------------------------------------


def write_the_day_s(session: Session, app: Bridge) -> None:
    """What employees are to be told of today, and on a week's first day what leaders are."""
    tenant_id: uuid.UUID = session.info["tenant_id"]
    plan = session.get_one(ReminderPlan, tenant_id, with_for_update=True)
    tenant, day = session.get_one(Tenant, tenant_id), today(session)
    if plan.to_employees and plan.told_until < day:
        since, plan.told_until = plan.told_until, day
        _write_to_employees(session, app, tenant, since, day)
    if plan.to_leaders and plan.week_told < _monday(day):
        plan.week_told = _monday(day)
        _write_to_leaders(session, app, tenant, day)


def _write_to_employees(session: Session, app: Bridge, tenant: Tenant, since: date, day: date) -> None:
    found = due.on(session, since, day)
    for person_id in choices.declined(session, EMPLOYEE):
        found.pop(person_id, None)
    write, mails = _Writer(session, app, tenant), []
    titles = due.titles(session, {one.competence_id for many in found.values() for one in many})
    for receiver in _receivers(session, tenant, list(found)):
        with speaking(receiver.language, tenant):
            groups = [
                (heading, [(in_language(titles[one.competence_id]), one.day) for one in chosen])
                for kind, heading in due.HEADINGS.items()
                if (chosen := [one for one in found[receiver.person_id] if one.kind == kind])
            ]
            subject = _("Your competence: what to do, and by when")
            mails.append(write(receiver, EMPLOYEE, subject, "register.own", groups=groups))
    outbox.put(session, app.jobs, mails)


def _write_to_leaders(session: Session, app: Bridge, tenant: Tenant, day: date) -> None:
    """Numbers only: names are read in the register, where it is noted who reads them."""
    by_unit, units = figures.count_by_unit(session, day), tree(session)
    for unit_id, count in _overdue_by_unit(session, day).items():
        by_unit[unit_id][due.OVERDUE] = count
    write, mails = _Writer(session, app, tenant), []
    for leader in _leaders(session, tenant):
        counts: Counter[str] = sum(
            (by_unit[unit] for unit in units.below(leader.units) if unit in by_unit), Counter()
        )
        told = {name: counts[name] for name in TOLD if counts[name]}
        if not told:
            continue
        receiver = leader.receiver
        with speaking(receiver.language, tenant):
            subject = _("How your units stand this week")
            mails.append(write(receiver, LEADER, subject, "register.units", told=told))
    outbox.put(session, app.jobs, mails)


def _overdue_by_unit(session: Session, day: date) -> dict[uuid.UUID, int]:
    query = select(Standing.unit_id, func.count()).where(
        figures.in_force(day),
        Standing.exempt.is_(False),
        Standing.attained_on.is_(None),
        Standing.due_on < day,
    )
    return dict(session.execute(query.group_by(Standing.unit_id)).tuples().all())


def _receivers(session: Session, tenant: Tenant, people: Sequence[uuid.UUID]) -> list[Receiver]:
    """Those of these people who can be reached: by their account's address, else by that of the register."""
    found = []
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        accounts = accounts_of(session, some)
        rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(some)))
        for person_id, name, email in rows:
            account = accounts.get(person_id)
            language = (account.language if account else "") or tenant.language
            address = account.email if account else email
            if MAILBOX.fullmatch(address):
                found.append(Receiver(person_id, name, address, language, signs_in=account is not None))
    return found


def _leaders(session: Session, tenant: Tenant) -> list[Leader]:
    """Who leads units today, signs in as a leader, and wants to know."""
    led: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rows = session.execute(select(Position.person_id, Position.leads).where(current(session)))
    for person_id, leads in rows:
        if leads:
            led[person_id] |= {uuid.UUID(unit) for unit in leads}
    people, found = list(led.keys() - choices.declined(session, LEADER)), []
    for start in range(0, len(people), AT_ONCE):
        for person_id, account in accounts_of(session, people[start : start + AT_ONCE]).items():
            if "leader" in account.roles:
                receiver = Receiver(
                    person_id, account.name, account.email, account.language or tenant.language
                )
                found.append(Leader(receiver, led[person_id]))
    return found


class _Writer:
    """Writes a mail of each kind; below it stands where its reader chooses whether there will be others."""

    def __init__(self, session: Session, app: Bridge, tenant: Tenant) -> None:
        self._app, self._tenant = app, tenant
        self._pages, self._links = app.url_map.bind(""), choices.Links.of(app, session)

    def __call__(self, receiver: Receiver, kind: str, subject: str, endpoint: str, **told: object) -> Mail:
        template = self._app.jinja_env.get_template(f"reminders/{kind}.txt")
        body = template.render(
            name=receiver.name,
            municipality=self._tenant.name,
            address=self._page(endpoint),
            choose_at=self._page("accounts.own_settings")
            if receiver.signs_in
            else self._links.to_decline(receiver.person_id, kind),
            **told,
        )
        return Mail(
            person_id=receiver.person_id, kind=kind, address=receiver.address, subject=subject, body=body
        )

    def _page(self, endpoint: str) -> str:
        return self._app.settings.base_url + self._pages.build(endpoint)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
