"""Mails leave once each, many on a connection; what the server does not take now waits, and holds no other up."""

import threading
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update

from lms_bridge import mail
from lms_bridge.jobs import Job
from lms_bridge.register import erasing
from lms_bridge.register.models import Competence
from lms_bridge.reminders import outbox
from lms_bridge.reminders.models import FAILED, SENT, WAITING, Mail
from tests.people import EMMA, FRODE
from tests.support.mail_server import MailServer

from .office import MORNING, Office, days

FIVE = [f"p{n}@fjordvik.example" for n in range(5)]


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
    moment = MORNING
    for wait in outbox.WAITS[:2]:
        (row,) = office.mails()
        assert (row.state, row.due, bool(row.body)) == (WAITING, moment + wait, True)
        office.at(moment + wait - timedelta(seconds=1))
        office.work()
        assert post.messages == []
        moment += wait
        office.at(moment)
        office.work()
    assert len(post.messages) == 1
    assert office.mails()[0].state == SENT


def test_after_days_it_is_given_up(office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "WAITS", [])
    post.answers.append("451 later")
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    assert office.mails()[0].state == FAILED


def test_what_is_due_leaves_on_one_connection(office: Office, post: MailServer):
    office.due(*FIVE)
    office.work()
    assert sorted(post.receivers) == FIVE
    assert post.connections == 1
    assert [(row.state, row.address, row.due) for row in office.mails()] == [(SENT, "", None)] * 5


def test_after_so_many_other_work_has_its_turn(
    office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    office.due(*FIVE)
    office.app.jobs.run_waiting()
    assert len(post.messages) == 2
    for _ in range(3):
        office.app.jobs.run_waiting()
    assert sorted(post.receivers) == FIVE
    assert post.connections == 3


def test_what_one_receiver_does_not_get_holds_no_other(office: Office, post: MailServer):
    post.refuses |= {FIVE[0]: "450 busy", FIVE[2]: "550 unknown"}
    office.due(*FIVE)
    office.work()
    assert sorted(post.receivers) == [FIVE[1], FIVE[3], FIVE[4]]
    assert post.connections == 1
    left = {row.address: (row.state, row.due) for row in office.mails() if row.state != SENT}
    assert left == {FIVE[0]: (WAITING, MORNING + outbox.WAITS[0]), "": (FAILED, None)}


def test_a_server_that_is_away_is_not_asked_for_each(office: Office, post: MailServer):
    post.most = 0
    office.due(*FIVE)
    office.work()
    assert post.connections == 2
    assert {(row.state, row.attempts) for row in office.mails()} == {(WAITING, 1)}
    assert {row.due for row in office.mails()} == {MORNING + outbox.WAITS[0]}
    post.most = 10
    office.at(MORNING + outbox.WAITS[0])
    office.work()
    assert sorted(post.receivers) == FIVE


def test_all_are_given_up_after_days_without_a_server(
    office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "WAITS", [])
    post.most = 0
    office.due(*FIVE)
    office.work()
    assert [(row.state, row.address, row.body, row.due) for row in office.mails()] == [
        (FAILED, "", "", None)
    ] * 5
    assert all(row.problem for row in office.mails())


class Killed(BaseException):
    pass


def test_who_is_killed_loses_nothing_and_doubles_one_at_the_most(
    office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch
):
    send = mail.Sender.send

    def and_die(sender: mail.Sender, message: EmailMessage) -> None:
        send(sender, message)
        if len(post.messages) == 3:
            raise Killed

    monkeypatch.setattr(mail.Sender, "send", and_die)
    office.due(*FIVE)
    with office.app.app_context(), pytest.raises(Killed):
        outbox.send(office.app, office.tenant)
    assert sum(row.state == SENT for row in office.mails()) == 2
    monkeypatch.undo()
    office.at(MORNING)
    with office.app.app_context():
        outbox.send(office.app, office.tenant)
    assert sorted(post.receivers) == FIVE
    office.at(MORNING + outbox.TAKEN)
    office.work()
    assert {row.state for row in office.mails()} == {SENT}
    assert len(post.messages) == 6
    twice = [post.messages[n]["Message-ID"] for n in (2, 5)]
    assert twice[0] == twice[1]  # one message to whoever gets it


def test_what_was_in_the_hands_of_a_process_that_comes_back_late_is_not_noted_twice(
    office: Office, post: MailServer, monkeypatch: pytest.MonkeyPatch
):
    """Paused for long, while another sent its mail: what it comes to then changes nothing."""
    send = mail.Sender.send

    def paused(sender: mail.Sender, message: EmailMessage) -> None:
        monkeypatch.setattr(mail.Sender, "send", send)
        office.at(MORNING + outbox.TAKEN)
        outbox.send(office.app, office.tenant)
        raise mail.Refused("too late")

    monkeypatch.setattr(mail.Sender, "send", paused)
    office.due(EMMA.email)
    with office.app.app_context():
        outbox.send(office.app, office.tenant)
    assert [(row.state, row.problem) for row in office.mails()] == [(SENT, None)]


def test_what_is_left_behind_is_taken_up_by_one(office: Office, post: MailServer):
    office.due(*FIVE)
    with office.session() as session:
        session.execute(delete(Job))  # lost, as with a queue that was emptied
    for _ in range(3):
        office.app.jobs.do_minutely()
    with office.session() as session:
        (job,) = session.scalars(select(Job)).all()
    office.app.jobs.run(str(job.id))
    assert sorted(post.receivers) == FIVE


def test_two_who_send_at_once_send_each_mail_once(office: Office, post: MailServer):
    receivers = [f"p{n}@fjordvik.example" for n in range(40)]
    office.due(*receivers)

    def work() -> None:
        with office.app.app_context():
            outbox.send(office.app, office.tenant)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(post.receivers) == sorted(receivers)


def test_many_are_written_in_a_few_statements(office: Office, post: MailServer):
    def written(most: int) -> int:
        for number in range(most):
            person = office.employ(f"P {most} {number}", email=f"p{most}.{number}@fjordvik.example")
            office.stands(person, valid_until=days(60))
        office.choose()
        statements = []

        def counted(*_: Any) -> None:
            statements.append(1)

        event.listen(office.app.database.engine, "before_cursor_execute", counted)
        office.app.jobs.do_minutely()
        event.remove(office.app.database.engine, "before_cursor_execute", counted)
        return len(statements)

    written(1)  # the first makes the key of the addresses in them
    assert written(3) == written(30)
    assert len(office.mails()) == 1 + 4 + 34


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
