"""An account is nobody's in the register until a coordinator says whose it is; an equal e-mail suggests it, for many at
once.
"""

import uuid

import pytest
from sqlalchemy import func, select

from lms_bridge.accounts import Account
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.accounts.service import create_account
from lms_bridge.register import account_links, people
from lms_bridge.register.identities import connect_account, person_of_account
from lms_bridge.register.models import Person, Position
from tests.people import CAMILLA, DAVID


def account(session, name: str, email: str, *, active: bool = True) -> Account:
    row = create_account(
        session, tenant_id=session.info["tenant_id"], email=email, name=name, roles=["employee", "leader"]
    )
    row.active = active
    session.flush()
    return row


def person(session, name: str, email: str) -> Person:
    row = Person(name=name, email=email)
    session.add(row)
    session.flush()
    return row


def suggested(session) -> dict[str, str | None]:
    """{account's e-mail: the name that is suggested} of the accounts of these tests."""
    return {
        one.account.email: one.suggestion.name if one.suggestion else None
        for one in account_links.unlinked(session)
        if one.account.email.endswith("@odal.example")
    }


@pytest.fixture
def by(session) -> uuid.UUID:
    return session.scalars(select(Account.id).where(Account.email == CAMILLA.email)).one()


def test_the_one_person_with_the_e_mail_is_suggested(session):
    account(session, "Kari N.", "kari@odal.example")
    person(session, "Kari Nordmann", "Kari@Odal.example")
    assert suggested(session) == {"kari@odal.example": "Kari Nordmann"}


def test_an_equal_name_suggests_nothing_here(session):
    account(session, "Kari Nordmann", "kari@odal.example")
    person(session, "Kari Nordmann", "")
    assert suggested(session) == {"kari@odal.example": None}


def test_two_people_with_one_e_mail_are_left_to_a_look(session):
    account(session, "Post", "post@odal.example")
    person(session, "Kari", "post@odal.example")
    person(session, "Ola", "post@odal.example")
    assert suggested(session) == {"post@odal.example": None}


def test_a_person_who_has_an_account_is_not_suggested_for_another(session, by):
    kari = person(session, "Kari", "kari@odal.example")
    connect_account(session, account(session, "Kari", "k@odal.example").id, kari.id, by)
    account(session, "Kari again", "kari@odal.example")
    assert suggested(session) == {"kari@odal.example": None}


def test_a_closed_account_waits_for_nobody(session):
    account(session, "Gone", "gone@odal.example", active=False)
    assert suggested(session) == {}


def test_an_entry_that_was_merged_into_another_is_not_suggested(session):
    account(session, "Kari", "kari@odal.example")
    kept = person(session, "Kari", "")
    person(session, "Kari too", "kari@odal.example").merged_into = kept.id
    session.flush()
    assert suggested(session) == {"kari@odal.example": None}


def test_the_chosen_ones_are_linked_and_no_others(session, by):
    kari, ola = (account(session, name, f"{name}@odal.example") for name in ("kari", "ola"))
    person(session, "Kari", kari.email)
    persons = {row.email: row.id for row in (person(session, "Ola", ola.email),)}
    assert account_links.link_suggested(session, {ola.id, uuid.uuid4()}, by) == 1
    assert person_of_account(session, ola.id) == persons[ola.email]
    assert person_of_account(session, kari.id) is None
    assert suggested(session) == {kari.email: "Kari"}
    told = select(func.count()).where(
        AuditEntry.action == "link", AuditEntry.subject == f"person:{persons[ola.email]}"
    )
    assert session.scalar(told) == 1


def test_what_is_not_suggested_any_more_is_not_linked(session, by):
    """Two coordinators at once, or a page of an hour ago."""
    kari = account(session, "Kari", "kari@odal.example")
    first = person(session, "Kari", kari.email)
    person(session, "Another", kari.email)
    assert account_links.link_suggested(session, {kari.id}, by) == 0
    assert person_of_account(session, kari.id) is None
    connect_account(session, kari.id, first.id, by)
    assert account_links.link_suggested(session, {kari.id}, by) == 0


def test_a_leader_who_is_linked_sees_the_unit(session, fjordvik, by):
    kari, row = account(session, "Kari", "kari@odal.example"), person(session, "Kari", "kari@odal.example")
    unit = str(fjordvik.units["210"])
    position = session.scalars(select(Position).where(Position.ends_on.is_(None))).first()
    session.add(
        Position(
            person_id=row.id,
            source="hr",
            employment_id="odal-1",
            unit_id=fjordvik.units["210"],
            roles=position.roles,
            leads=[unit],
            starts_on=position.starts_on,
            due_from=position.starts_on,
        )
    )
    session.flush()
    assert not people.reach_of(session, kari).leads
    account_links.link_suggested(session, {kari.id}, by)
    assert people.reach_of(session, kari).sees_unit(fjordvik.units["211"])


def test_a_coordinator_links_them_on_a_page(pages, unit_of_work):
    with unit_of_work() as session:
        kari = account(session, "Kari Nordmann", "kari@odal.example")
        whose = person(session, "Kari Nordmann-Lie", "kari@odal.example").id
    camilla = pages.signed_in(CAMILLA)
    assert "nobody's yet" in camilla.get("/register/desk").text
    page = camilla.get("/register/accounts").text
    assert "It is Kari Nordmann-Lie" in page
    answer = camilla.post("/register/accounts", data={"account": str(kari.id)}, follow_redirects=True)
    assert "One account is linked." in answer.text
    assert "Kari Nordmann-Lie" not in answer.text
    with unit_of_work() as session:
        assert person_of_account(session, kari.id) == whose


def test_nobody_else_may(pages):
    assert pages.signed_in(DAVID).get("/register/accounts").status_code == 403
    assert pages.signed_in(DAVID).post("/register/accounts").status_code == 403
    assert pages.signed_in(CAMILLA).post("/register/accounts", data={"account": "x"}).status_code == 404
