"""People are told in time what they must renew or take, each thing once; leaders are told numbers on Mondays."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lms_bridge.accounts import Account
from lms_bridge.reminders import due
from lms_bridge.reminders.models import ReminderPlan
from tests.people import ASTRID, DAVID, EMMA, FRODE, STORSJO, Municipality
from tests.support.mail_server import MailServer

from .office import MONDAY, MORNING, Office, days

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

Velg her om du vil ha slike meldinger:
{settings}
"""
TenantId = Callable[[Municipality], uuid.UUID]


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
    own = office.app.settings.base_url
    assert post.texts() == [EMMAS.format(page=f"{own}/register/me", settings=f"{own}/me/settings")]


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
