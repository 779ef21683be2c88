"""People are told in time what they must renew or take, each thing once; leaders are told numbers on Mondays."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, update

from lms_bridge.accounts import Account
from lms_bridge.jobs import Job
from lms_bridge.register import erasing, identities
from lms_bridge.register.models import Competence, Person, Position, Standing, Unit
from lms_bridge.reminders import due, outbox, service
from lms_bridge.reminders.models import FAILED, SENT, WAITING, Mail, ReminderPlan
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, DAVID, EMMA, FJORDVIK, FRODE, STORSJO, Municipality
from tests.people import Person as Cast
from tests.support.mail_server import MailServer, mail_server

MONDAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # 7:30 in Oslo
EMMAS = """\
Hei, Emma Eide!

Skulle ha vært gjort nå:
  – Brannvern (1. mars 2026)

Går snart ut:
  – Håndhygiene (1. mai 2026)

Ta kurset, eller legg inn et bevis som du har:
{page}

Denne meldingen er skrevet automatisk for Fjordvik kommune, fordi arbeidet ditt krever det. Når det er gjort, kommer \
den ikke igjen.
"""
TenantId = Callable[[Municipality], uuid.UUID]


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


class Office:
    """Fjordvik, whose register has Gro without an account, Emma and her leader David with theirs."""

    def __init__(self, app: Bridge, tenant_id: TenantId, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.tenant, self._monkeypatch = app, tenant_id(FJORDVIK), monkeypatch
        self.at(MORNING)
        with self.session() as session:
            home = Unit(source="hr", code="1", name="Sykehjemmet", starts_on=date(2020, 1, 1))
            school = Unit(source="hr", code="2", name="Skolen", starts_on=date(2020, 1, 1))
            hands = Competence(uri="urn:hands", titles={"nb": "Håndhygiene", "en": "Hand hygiene"})
            fire = Competence(uri="urn:fire", titles={"nb": "Brannvern"})
            session.add_all([home, school, hands, fire])
            session.execute(
                update(Account).where(Account.email.in_((EMMA.email, DAVID.email))).values(language="nb")
            )
            session.flush()
            self.units, self.hands, self.fire = {"home": home.id, "school": school.id}, hands.id, fire.id
        self.gro = self.employ("Gro Gran", email="gro@fjordvik.example")
        self.emma = self.employ("Emma Eide", account=EMMA)
        self.david = self.employ("David Dahl", account=DAVID, leads=("home",))

    def session(self) -> Any:
        return self.app.database.unit_of_work(self.tenant)

    def at(self, moment: datetime) -> None:
        for module in ("reminders", "reminders.outbox", "register.service"):
            self._monkeypatch.setattr(f"lms_bridge.{module}.utcnow", lambda: moment)

    def employ(
        self,
        name: str,
        *,
        email: str = "",
        account: Cast | None = None,
        leads: tuple[str, ...] = (),
        unit: str = "home",
    ) -> uuid.UUID:
        with self.session() as session:
            person = Person(name=name, email=email)
            session.add(person)
            session.flush()
            position = Position(
                person_id=person.id,
                unit_id=self.units[unit],
                source="hr",
                employment_id=name,
                roles=[],
                leads=[str(self.units[one]) for one in leads],
                starts_on=date(2020, 1, 1),
                due_from=date(2020, 1, 1),
            )
            session.add(position)
            if account:
                account_id = session.scalars(select(Account.id).where(Account.email == account.email)).one()
                identities.connect_account(session, account_id, person.id, None)
            return person.id

    def stands(self, person_id: uuid.UUID, competence: uuid.UUID | None = None, **columns: Any) -> None:
        """A standing of this person's position, met where it has a last day."""
        with self.session() as session:
            position = session.scalars(select(Position).where(Position.person_id == person_id)).one()
            until = columns.get("valid_until")
            values = {
                "required_from": date(2020, 1, 1),
                "attained_on": date(2024, 1, 1) if until else None,
                "expiring_from": until - timedelta(days=60) if until else None,
                "policy_version": 1,
                "window_days": 60,
                "exempt": False,
                "started": False,
                "awaiting_approval": False,
                **columns,
            }
            ids = {"position_id": position.id, "person_id": person_id, "unit_id": position.unit_id}
            session.add(Standing(competence_id=competence or self.hands, **ids, **values))

    def remind(self, since: date = MONDAY - timedelta(days=1), **chosen: Any) -> None:
        """Chooses, and lets the worker do what is due; told until `since`."""
        with self.app.app_context(), self.session() as session:
            wanted = {"to_employees": True, "to_leaders": False, "reply_to": "", **chosen}
            plan = service.choose(session, self.tenant, **wanted)
            plan.told_until, plan.week_told = since, since - timedelta(days=since.weekday())
        self.work()

    def work(self) -> None:
        self.app.jobs.do_minutely()
        self.app.jobs.run_waiting()

    def mails(self) -> list[Mail]:
        with self.session() as session:
            return list(session.scalars(select(Mail).order_by(Mail.created)))


@pytest.fixture
def office(app: Bridge, tenant_id: TenantId, monkeypatch: pytest.MonkeyPatch, post: MailServer) -> Office:
    post.messages.clear()
    post.receivers.clear()
    post.answers.clear()
    url = f"smtp+plain://127.0.0.1:{post.port}"
    app.settings = replace(app.settings, mail_url=url, mail_from="no-reply@bridge.example")
    return Office(app, tenant_id, monkeypatch)


def days(number: int) -> date:
    return MONDAY + timedelta(days=number)


# --- what is told, and when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"valid_until": days(60)}, due.EXPIRING),
        ({"valid_until": days(59)}, None),
        ({"valid_until": days(61)}, None),
        ({"valid_until": days(7)}, due.EXPIRING),
        ({"valid_until": days(8)}, None),
        ({"valid_until": days(0)}, None),
        ({"valid_until": days(-1)}, due.EXPIRED),
        ({"valid_until": days(-2)}, None),
        ({"valid_until": days(60), "exempt": True}, None),
        ({"valid_until": days(60), "awaiting_approval": True}, None),
        ({"valid_until": days(60), "required_to": days(-1)}, None),
        ({"due_on": days(14)}, due.TO_DO),
        ({"due_on": days(15)}, None),
        ({"due_on": days(7)}, due.TO_DO),
        ({"due_on": days(3)}, None),
        ({"due_on": days(3), "required_from": days(0)}, due.TO_DO),
        ({"due_on": days(30), "required_from": days(0)}, None),
        ({"due_on": days(-1)}, due.OVERDUE),
        ({"due_on": days(-2)}, None),
        ({"due_on": days(14), "attained_on": days(-5)}, None),
        ({}, None),
    ],
)
def test_each_thing_on_its_day(office: Office, columns: dict[str, Any], kind: str | None):
    office.stands(office.emma, **columns)
    office.stands(office.gro, valid_until=days(300))
    with office.session() as session:
        found = due.on(session, days(-1), MONDAY)
    last = columns.get("valid_until") or columns.get("due_on")
    assert found == ({office.emma: [due.Due(last, kind, office.hands)]} if kind else {})


def test_what_came_due_while_the_service_stood_still_is_told_afterwards(office: Office):
    for number, competence in ((-3, office.hands), (55, office.fire)):
        office.stands(office.emma, competence, valid_until=days(number))
    with office.session() as session:
        (found,) = due.on(session, days(-10), MONDAY).values()
    assert [(one.kind, one.day) for one in found] == [(due.EXPIRED, days(-3)), (due.EXPIRING, days(55))]


def test_two_positions_that_ask_for_the_same_are_told_of_once(office: Office):
    office.stands(office.emma, valid_until=days(60))
    office.stands(office.emma, valid_until=days(-1))
    with office.session() as session:
        (found,) = due.on(session, days(-1), MONDAY).values()
    assert [one.kind for one in found] == [due.EXPIRED]


# --- the mails -------------------------------------------------------------------------------------------------------


def test_one_mail_tells_all_of_it(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(60))
    office.stands(office.emma, office.fire, due_on=days(-1))
    office.stands(office.gro, valid_until=days(300))
    office.remind(reply_to="kurs@fjordvik.example")
    (message,) = post.messages
    assert post.receivers == [EMMA.email]
    assert message["From"] == "Fjordvik kommune <no-reply@bridge.example>"
    assert (message["Reply-To"], message["Auto-Submitted"]) == ("kurs@fjordvik.example", "auto-generated")
    assert message["Subject"] == "Kompetansen din: hva du skal gjøre, og når"
    page = f"{office.app.settings.base_url}/register/me"
    assert post.texts() == [EMMAS.format(page=page)]


def test_each_day_is_told_of_once(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    office.work()
    office.at(MORNING + timedelta(days=1))
    office.work()
    assert len(post.messages) == 1


def test_nobody_is_written_to_in_the_night(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(60))
    office.at(MORNING.replace(hour=5, minute=59))  # 6:59 in Oslo
    office.remind()
    assert post.messages == []
    office.at(MORNING.replace(hour=6, minute=0))
    office.work()
    assert len(post.messages) == 1


def test_in_their_own_language(office: Office, post: MailServer):
    with office.session() as session:
        session.execute(update(Account).where(Account.email == EMMA.email).values(language="en"))
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert "Hello Emma Eide," in post.texts()[0]
    assert "Hand hygiene (1 May 2026)" in post.texts()[0]


def test_who_has_no_account_is_reached_by_the_registers_address(office: Office, post: MailServer):
    office.employ("Una Uten")
    for person in (office.gro, office.employ("Odd Ord", email="ingen\x01@fjordvik.example")):
        office.stands(person, valid_until=days(60))
    office.remind()
    assert post.receivers == ["gro@fjordvik.example"]


def test_a_closed_account_is_written_to_no_more(office: Office, post: MailServer):
    with office.session() as session:
        session.execute(update(Account).where(Account.email == EMMA.email).values(active=False))
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert post.messages == []


def test_another_municipality_and_those_who_did_not_choose_it_hear_nothing(
    office: Office, post: MailServer, tenant_id: TenantId
):
    office.stands(office.emma, valid_until=days(60))
    office.remind(to_employees=False)
    with office.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        assert session.scalars(select(ReminderPlan)).all() == []
    assert post.messages == []


def test_without_a_mail_server_the_day_waits(office: Office, post: MailServer):
    settings = office.app.settings
    office.app.settings = replace(settings, mail_url="")
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert office.mails() == []
    office.app.settings = settings
    office.work()
    assert len(post.messages) == 1


# --- leaders ----------------------------------------------------------------------------------------------------------


def test_leaders_get_the_numbers_of_their_units_on_mondays(office: Office, post: MailServer):
    for number in (60, 30, -1, -400):
        office.stands(office.emma, valid_until=days(number))
    office.stands(office.gro, office.fire, due_on=days(-30))
    elsewhere = office.employ("Siv Skole", unit="school")
    office.stands(elsewhere, valid_until=days(-1))
    office.remind(to_employees=False, to_leaders=True)
    assert post.receivers == [DAVID.email]
    text = post.texts()[0]
    assert re.findall(r"– (\d+) (.*)", text) == [
        ("2", "har gått ut"),
        ("2", "går snart ut"),
        ("1", "er forsinket"),
    ]
    assert "Emma" not in text
    assert "Håndhygiene" not in text
    office.at(MORNING + timedelta(days=3))
    office.work()
    assert len(post.messages) == 1
    office.at(MORNING + timedelta(days=7))
    office.work()
    assert len(post.messages) == 2


def test_where_nothing_is_to_do_leaders_hear_nothing(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(300))
    office.remind(to_employees=False, to_leaders=True)
    assert post.messages == []


def test_who_leads_in_the_register_and_is_no_leader_here_hears_nothing(office: Office, post: MailServer):
    office.employ("Astrid Aune", account=ASTRID, leads=("home",))
    office.stands(office.emma, valid_until=days(-1))
    office.remind(to_employees=False, to_leaders=True)
    assert post.receivers == [DAVID.email]


# --- the outbox -------------------------------------------------------------------------------------------------------


def test_nothing_of_a_mail_is_kept_when_it_has_left(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (mail,) = office.mails()
    assert (mail.state, mail.person_id) == (SENT, office.emma)
    assert (mail.address, mail.subject, mail.body) == ("", "", "")


def test_what_is_refused_is_given_up_and_the_page_says_why(office: Office, post: MailServer, signed_in: Any):
    post.answers.append("550 no such mailbox")
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (mail,) = office.mails()
    assert (mail.state, mail.address, mail.body) == (FAILED, "", "")
    page = signed_in(FRODE).get("/reminders").text
    assert "The mail server refuses it: 550" in page
    assert "Emma Eide" in page
    assert EMMA.email not in page


def test_a_server_that_is_away_gets_it_later(office: Office, post: MailServer):
    post.answers += ["451 later", "451 later"]
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    for _ in range(2):
        (mail,) = office.mails()
        assert (mail.state, bool(mail.body)) == (WAITING, True)
        with office.session() as session:
            waiting = session.scalars(
                select(Job).where(Job.name == outbox.SEND, Job.state == "waiting")
            ).one()
            assert waiting.due > waiting.created
            waiting.due = waiting.created
        office.app.jobs.run(str(waiting.id))
    assert len(post.messages) == 1
    assert office.mails()[0].state == SENT


def test_after_days_it_is_given_up(office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "WAITS", [])
    post.answers.append("451 later")
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert office.mails()[0].state == FAILED


def test_sent_twice_it_is_one_message_to_whoever_gets_it(office: Office, post: MailServer):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (mail,) = office.mails()
    with office.session() as session:  # as after a kill between sending and noting it
        values = {"state": WAITING, "address": EMMA.email, "subject": "x", "body": "x"}
        session.execute(update(Mail).values(**values))
    with office.app.app_context():
        outbox.send(office.app, office.tenant, mail.id)
        outbox.send(office.app, office.tenant, mail.id)
    first, second = (message["Message-ID"] for message in post.messages)
    assert first == second


def test_an_erased_person_is_written_to_no_more(office: Office, post: MailServer):
    post.answers.append("451 later")
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    with office.app.app_context(), office.session() as session:
        erasing.erase_person(session, office.emma, b"key", office.app.settings.base_url)
    assert office.mails() == []


def test_names_and_titles_cannot_add_headers(office: Office, post: MailServer):
    with office.session() as session:
        titles = {"nb": "Hygiene\r\nBcc: alle@fjordvik.example"}
        session.execute(update(Competence).where(Competence.id == office.hands).values(titles=titles))
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert post.receivers == [EMMA.email]
    message: EmailMessage = post.messages[0]
    assert message["Bcc"] is None


def test_after_thirty_days_nothing_shows_that_it_was_sent(office: Office):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    with office.session() as session:
        session.execute(update(Mail).values(created=MORNING - timedelta(days=31)))
    office.work()
    assert office.mails() == []


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_administrator_chooses(office: Office, post: MailServer, signed_in: Any):
    frode = signed_in(FRODE)
    assert "no-reply@bridge.example" in frode.get("/reminders").text
    given = {"to_employees": "1", "reply_to": "kurs@fjordvik.example"}
    assert frode.post("/reminders", data=given).status_code == 302
    with office.session() as session:
        plan = session.scalars(select(ReminderPlan)).one()
        assert (plan.to_employees, plan.to_leaders, plan.reply_to) == (True, False, "kurs@fjordvik.example")
        assert plan.told_until == MONDAY  # from now on; not of what was before
    wrong = frode.post("/reminders", data={"to_leaders": "1", "reply_to": "kurs\r\nBcc: x@y.example"})
    assert wrong.status_code == 400
    assert "This is not an e-mail address." in wrong.text


def test_the_administrator_gets_a_test(office: Office, post: MailServer, signed_in: Any):
    frode = signed_in(FRODE)
    assert frode.post("/reminders/test").status_code == 302
    office.app.jobs.run_waiting()
    assert post.receivers == [FRODE.email]
    office.app.settings = replace(office.app.settings, mail_url="")
    assert frode.post("/reminders/test").status_code == 409
    assert "No mail server is set up" in frode.get("/reminders").text


def test_others_do_not_open_it(office: Office, signed_in: Any):
    for person in (ASTRID, EMMA, DAVID):
        assert signed_in(person).get("/reminders").status_code == 403
        assert signed_in(person).post("/reminders").status_code == 403
        assert signed_in(person).post("/reminders/test").status_code == 403
