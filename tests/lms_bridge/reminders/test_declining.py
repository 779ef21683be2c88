"""Whoever does not want reminders gets none: by their own settings, or by what their mail program offers."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.register import erasing, merges
from lms_bridge.reminders import choices, service
from lms_bridge.reminders.models import Declined
from lms_bridge.reminders.outbox import WAITS
from lms_bridge.vault import Vault
from tests.people import DAVID, EMMA, FRODE, GORAN, Person
from tests.support.mail_server import MailServer

from .office import MORNING, Office, days

SignedIn = Callable[[Person], FlaskClient]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BOTH = {"to_employees": True, "to_leaders": True}


def links(post: MailServer) -> list[str]:
    """The paths of what the messages name to decline by."""
    own = r"<http://bridge\.localhost(/reminders/decline/[\w-]+)>"
    return [re.fullmatch(own, message["List-Unsubscribe"])[1] for message in post.messages]


def something_is_due(office: Office) -> None:
    for person in (office.emma, office.david):
        office.stands(person, valid_until=days(60))


@pytest.fixture
def provider(office: Office) -> FlaskClient:
    """A mail program's server: it has no cookie, and says nothing of where it comes from."""
    client = office.app.test_client()
    client.environ_base.update(HTTP_HOST="bridge.localhost")
    return client


# --- on the page of one's own account ---------------------------------------------------------------------------------


def asked(client: FlaskClient) -> dict[str, bool]:
    """{kind: checked} of what the page asks."""
    page = client.get("/me/settings").text
    boxes = re.findall(r'<input class="ds-input" type="checkbox" id="want-(\w+)"([^>]*)>', page)
    return {kind: "checked" in rest for kind, rest in boxes}


def test_a_leader_chooses_of_two_an_employee_of_one(office: Office, signed_in: SignedIn):
    office.choose(**BOTH)
    assert asked(signed_in(EMMA)) == {"employee": True}
    assert asked(signed_in(DAVID)) == {"employee": True, "leader": True}


def test_only_what_is_sent_here_is_asked(office: Office, signed_in: SignedIn):
    david, settings = signed_in(DAVID), office.app.settings
    assert asked(david) == {}  # the municipality has chosen nothing yet
    for chosen, shown in (
        ({"to_employees": True, "to_leaders": False}, {"employee": True}),
        ({"to_employees": False, "to_leaders": True}, {"leader": True}),
        ({"to_employees": False, "to_leaders": False}, {}),
        (BOTH, {"employee": True, "leader": True}),
    ):
        office.choose(**chosen)
        assert asked(david) == shown
    office.app.settings = replace(settings, mail_url="")
    assert asked(david) == {}


def test_who_is_nobody_in_the_register_is_asked_nothing(office: Office, signed_in: SignedIn):
    office.choose(**BOTH)
    assert asked(signed_in(FRODE)) == {}
    assert signed_in(FRODE).post("/reminders/own", data={"asked": "employee"}).status_code == 404


def test_who_declines_gets_no_more_and_nobody_else_is_concerned(
    office: Office, post: MailServer, signed_in: SignedIn
):
    something_is_due(office)
    emma = signed_in(EMMA)
    answer = emma.post("/reminders/own", data={"asked": "employee"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/settings")
    office.remind()
    assert asked(emma) == {"employee": False}
    assert post.receivers == [DAVID.email]


def test_a_leader_may_want_the_one_and_not_the_other(office: Office, post: MailServer, signed_in: SignedIn):
    something_is_due(office)
    david = signed_in(DAVID)
    both = {"asked": ["employee", "leader"]}
    for wanted, subjects in (
        ({"employee": "1"}, ["Kompetansen din: hva du skal gjøre, og når"]),
        ({"leader": "1"}, ["Slik ligger enhetene dine an denne uka"]),
        ({}, []),
    ):
        david.post("/reminders/own", data=both | wanted)
        office.remind(since=days(-8), **BOTH)
        assert [m["Subject"] for m in post.messages if m["To"] == DAVID.email] == subjects
        post.forget()


def test_who_changes_their_mind_gets_them_again(office: Office, post: MailServer, signed_in: SignedIn):
    something_is_due(office)
    emma = signed_in(EMMA)
    emma.post("/reminders/own", data={"asked": "employee"})
    emma.post("/reminders/own", data={"asked": "employee", "employee": "1"})
    office.remind()
    assert EMMA.email in post.receivers


def test_what_was_not_asked_is_not_changed(office: Office, signed_in: SignedIn):
    emma = signed_in(EMMA)
    emma.post("/reminders/own", data={})
    emma.post("/reminders/own", data={"asked": ["nonsense", "test"]})
    assert office.choices(office.emma) == []


def test_what_waits_for_who_declines_leaves_no_more(office: Office, post: MailServer, signed_in: SignedIn):
    post.most = 0
    something_is_due(office)
    office.remind(**BOTH)
    assert len(office.mails()) == 3
    signed_in(DAVID).post("/reminders/own", data={"asked": ["employee", "leader"], "leader": "1"})
    post.most = 10
    office.at(MORNING + WAITS[0])
    office.work()
    assert sorted(m["To"] for m in post.messages) == [DAVID.email, EMMA.email]
    assert {m["Subject"] for m in post.messages if m["To"] == DAVID.email} == {
        "Slik ligger enhetene dine an denne uka"
    }


def test_what_is_being_written_at_that_moment_leaves_no_more(office: Office, post: MailServer):
    something_is_due(office)
    office.choose()

    def decline() -> None:
        with office.app.app_context(), office.session() as session:
            choices.choose(session, office.emma, "employee", wanted=False)

    declining = threading.Thread(target=decline)
    with office.app.app_context(), office.session() as session:
        service.write_the_day_s(session, office.app)
        declining.start()
        declining.join(0.5)
    declining.join()
    office.work()
    assert post.receivers == [DAVID.email]


def test_the_note_that_it_was_sent_stays(office: Office, post: MailServer, signed_in: SignedIn):
    something_is_due(office)
    office.remind()
    signed_in(EMMA).post("/reminders/own", data={"asked": "employee"})
    assert len(office.mails()) == 2


# --- by the address in a mail -----------------------------------------------------------------------------------------


def test_every_mail_says_how(office: Office, post: MailServer):
    something_is_due(office)
    office.stands(office.gro, valid_until=days(60))
    office.remind(**BOTH)
    assert len(links(post)) == len(set(links(post))) == 4
    for message, text in zip(post.messages, post.texts(), strict=True):
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        last = text.strip().splitlines()[-1]
        if message["To"] == "gro@fjordvik.example":  # who has no account has no settings
            assert last.startswith("http://bridge.localhost/reminders/decline/")
        else:
            assert last == "http://bridge.localhost/me/settings"


def test_the_address_is_whole_however_long_the_service_s_is(office: Office, post: MailServer):
    """Folded, or encoded as other long words of headers are, it would be none."""
    office.app.settings = replace(
        office.app.settings, base_url="https://kompetanse." + "x" * 100 + ".example"
    )
    something_is_due(office)
    office.remind()
    for message in post.messages:
        raw = dict(message.raw_items())["List-Unsubscribe"]
        assert re.fullmatch(
            r"<https://kompetanse\.x{100}\.example/reminders/decline/[\w-]+>", str(raw).strip()
        )


def test_a_test_cannot_be_declined(office: Office, post: MailServer, signed_in: SignedIn):
    signed_in(FRODE).post("/reminders/test")
    office.app.jobs.run_waiting()
    assert [m["List-Unsubscribe"] for m in post.messages] == [None]


def test_one_click_and_twice(office: Office, post: MailServer, provider: FlaskClient):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    for _ in range(2):
        answer = provider.post(link, data=ONE_CLICK)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
        assert office.choices(office.emma) == ["employee"]
    assert provider.post(link, data=ONE_CLICK, content_type="multipart/form-data").status_code == 200


def test_looking_at_it_changes_nothing(office: Office, post: MailServer, client: FlaskClient):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    page = client.get(link)
    assert client.head(link).status_code == page.status_code == 200
    assert office.choices(office.emma) == []
    assert page.text.count("<button") == page.text.split("<main")[0].count("<button") + 1
    assert "Stop these messages" in page.text
    client.post(link)
    assert office.choices(office.emma) == ["employee"]


def test_by_mistake(office: Office, post: MailServer, client: FlaskClient):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    assert "Send them after all" in client.post(link).text
    assert "You get these messages again." in client.post(link, data={"again": "1"}).text
    assert office.choices(office.emma) == []


def test_each_kind_has_its_address(office: Office, post: MailServer, provider: FlaskClient):
    office.stands(office.emma, valid_until=days(-1))
    office.remind(to_employees=False, to_leaders=True)
    (link,) = links(post)
    assert "on Mondays" in provider.get(link, headers={"Accept-Language": "en"}).text
    provider.post(link, data=ONE_CLICK)
    assert office.choices(office.david) == ["leader"]


def test_neither_the_address_nor_its_page_says_who_it_is(
    office: Office, post: MailServer, provider: FlaskClient
):
    something_is_due(office)
    office.remind()
    for link in links(post):
        answers = [provider.get(link).text, provider.post(link).text, provider.get(link).text]
        assert answers[0] == answers[2]  # nor what they chose
        for told in (link, *answers):
            for word in ("Emma", "Eide", "David", EMMA.email, office.emma.hex, str(office.emma), "Fjordvik"):
                assert word not in told


def test_an_address_that_is_not_ours_is_not_found(office: Office, post: MailServer, provider: FlaskClient):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    middle = len(link) - 40
    other = "A" if link[middle] != "A" else "B"
    for wrong in (
        link[:-3],
        f"{link[:middle]}{other}{link[middle + 1 :]}",
        "/reminders/decline/x",
        "/reminders/decline/æ",
    ):
        assert provider.get(wrong).status_code == provider.post(wrong).status_code == 404
    assert office.choices(office.emma) == []


def test_from_a_mail_program_in_a_browser_where_somebody_is_signed_in(
    office: Office, post: MailServer, signed_in: SignedIn
):
    """Even of another municipality: the address says who is meant, and nobody else is concerned."""
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    goran = signed_in(GORAN)
    strange = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://mail.example"}
    assert goran.post(link, data=ONE_CLICK, headers=strange).status_code == 200
    assert office.choices(office.emma) == ["employee"]
    with office.app.database.unit_of_work() as session:
        assert {row.tenant_id for row in session.scalars(select(Declined))} == {office.tenant}
    assert goran.post("/reminders/own", data={}, headers=strange).status_code == 403


def test_the_address_outlives_the_service_s_secret_key(
    office: Office, post: MailServer, provider: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    office.app.vault = Vault("another secret", [office.app.settings.secret()])
    assert provider.post(link).status_code == 200
    assert office.choices(office.emma) == ["employee"]


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_who_has_no_account_declines_by_the_mail(office: Office, post: MailServer, provider: FlaskClient):
    office.stands(office.gro, valid_until=days(60))
    office.remind()
    provider.post(post.texts()[0].strip().splitlines()[-1])
    office.stands(office.gro, office.fire, valid_until=days(61))
    office.at(MORNING + timedelta(days=1))
    office.work()
    assert len(post.messages) == 1


def test_what_an_entry_declined_holds_for_the_one_it_is_merged_into(
    office: Office, post: MailServer, provider: FlaskClient, signed_in: SignedIn
):
    office.stands(office.gro, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    provider.post(link)
    with office.app.app_context(), office.session() as session:
        merges.merge(session, office.emma, office.gro, by=None)
    office.stands(office.emma, office.fire, valid_until=days(60))
    office.remind()
    assert len(post.messages) == 1
    assert asked(signed_in(EMMA)) == {"employee": False}
    signed_in(EMMA).post("/reminders/own", data={"asked": "employee", "employee": "1"})
    assert asked(signed_in(EMMA)) == {"employee": True}
    provider.post(link)  # from now on Emma's
    assert asked(signed_in(EMMA)) == {"employee": False}
    signed_in(EMMA).post("/reminders/own", data={"asked": "employee"})
    provider.post(link, data={"again": "1"})
    assert asked(signed_in(EMMA)) == {"employee": True}


def test_it_is_in_the_export_of_what_is_kept(office: Office, post: MailServer, signed_in: SignedIn):
    something_is_due(office)
    post.refuses[EMMA.email] = "450 later"
    office.remind()
    david, emma = signed_in(DAVID), signed_in(EMMA)
    david.post("/reminders/own", data={"asked": ["employee", "leader"], "employee": "1"})
    kept = david.get("/register/me/export").json
    assert [row["kind"] for row in kept["reminders_declined"]] == ["leader"]
    assert [(row["kind"], row["state"], row["body"]) for row in kept["mails"]] == [("employee", "sent", "")]
    kept = emma.get("/register/me/export").json
    assert kept["reminders_declined"] == []
    assert [(row["state"], row["address"]) for row in kept["mails"]] == [("waiting", EMMA.email)]


def test_of_who_is_erased_the_address_says_nothing(office: Office, post: MailServer, provider: FlaskClient):
    office.stands(office.emma, valid_until=days(60))
    office.remind()
    (link,) = links(post)
    before = provider.post(link).text
    with office.app.app_context(), office.session() as session:
        erasing.erase_person(session, office.emma, b"key", office.app.settings.base_url)
    with office.session() as session:
        assert session.scalars(select(Declined)).all() == []
    assert provider.post(link).text == before
    with office.session() as session:
        assert session.scalars(select(Declined)).all() == []
