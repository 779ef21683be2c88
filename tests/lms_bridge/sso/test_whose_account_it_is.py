"""Whom the provider names gets the account that is theirs in its municipality, or a sentence that says whom to ask."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from lms_bridge.accounts import Account, links
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.accounts.service import erase_account
from lms_bridge.sso import identities
from lms_bridge.sso.models import Identity
from tests.people import EMMA, FRODE, JOHAN, PASSWORD, Person
from tests.support.app import new_client

from .conftest import Directory, who

AccountOf = Callable[[Person], Account]
NEW = {"sub": "unni-at-work", "name": "Unni Uniksen", "email": "Unni.Uniksen@fjordvik.example"}


def bound(directory: Directory) -> dict[str, uuid.UUID]:
    with directory.app.database.unit_of_work(write=False) as session:
        return dict(session.execute(select(Identity.subject, Identity.account_id)).tuples().all())


def link_for(directory: Directory, account: Account) -> str:
    with directory.app.app_context(), directory.app.database.unit_of_work(account.tenant_id) as session:
        return links.link_for(
            directory.app.settings, session, session.get_one(Account, account.id)
        ).rpartition("/")[2]


def test_the_first_time_it_is_the_one_with_the_e_mail_and_the_trail_says_so(
    directory: Directory, account_of: AccountOf
):
    directory.provider.person["email"] = "EMMA@Fjordvik.example"
    assert directory.sign_in().status_code == 303
    emma = account_of(EMMA)
    assert (bound(directory), emma.last_sign_in is not None) == ({"emma-at-work": emma.id}, True)
    with directory.app.database.unit_of_work(emma.tenant_id) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"account:{emma.id}")).all()
        entry = next(e for e in entries if e.action == "account.connected")
    assert (entry.account_id, entry.detail) == (emma.id, {"provider": "Entra ID"})


def test_from_then_on_it_is_the_one_that_is_bound_whatever_the_e_mail(
    directory: Directory, account_of: AccountOf
):
    directory.sign_in()
    directory.provider.person |= {"email": FRODE.email, "email_verified": False}
    assert directory.sign_in(new_client(directory.app)).status_code == 303
    assert bound(directory) == {"emma-at-work": account_of(EMMA).id}


@pytest.mark.parametrize("verified", [False, "false", None, 0, "yes"])
def test_an_e_mail_that_is_not_verified_is_nobody_s(directory: Directory, verified: object):
    directory.provider.person["email_verified"] = verified
    answer = directory.sign_in()
    if verified is None:  # the claim is absent: the directory is the municipality's own
        assert answer.status_code == 303
    else:
        assert (answer.status_code, "not verified" in answer.text, bound(directory)) == (403, True, {})


def test_an_e_mail_that_was_given_to_somebody_new_does_not_open_the_account_of_the_one_before(
    directory: Directory, account_of: AccountOf
):
    """Core 1.0, section 5.7: an e-mail may be reassigned, a sub never."""
    directory.sign_in()
    directory.provider.person = {"sub": "another Emma", "name": "Emma Enge", "email": EMMA.email}
    answer = directory.sign_in(new_client(directory.app))
    assert (answer.status_code, "connected to somebody else" in answer.text) == (403, True)
    assert bound(directory) == {"emma-at-work": account_of(EMMA).id}


def test_who_has_no_account_is_told_who_makes_one(directory: Directory):
    directory.provider.person = NEW
    answer = directory.sign_in()
    assert (answer.status_code, who(directory.browser)) == (403, "")
    assert (
        "An administrator of Fjordvik kommune makes one, with the e-mail address unni.uniksen@" in answer.text
    )


def test_where_the_provider_makes_accounts_it_is_an_employee_s_without_a_password(directory: Directory):
    directory.change(creates_accounts=True)
    directory.provider.person = NEW
    assert directory.sign_in().status_code == 303
    assert who(directory.browser) == "Unni Uniksen"
    with directory.app.database.unit_of_work(directory.tenant_id, write=False) as session:
        made = session.scalars(select(Account).where(Account.email == NEW["email"].lower())).one()
    assert (made.roles, made.password_hash, made.active) == (["employee"], "", True)
    by_password = {"email": made.email, "password": ""}
    assert new_client(directory.app).post("/sign-in", data=by_password).status_code == 400
    directory.provider.person = NEW | {"email": "married@fjordvik.example"}
    assert directory.sign_in(new_client(directory.app)).status_code == 303
    assert bound(directory) == {NEW["sub"]: made.id}


@pytest.mark.parametrize(
    "email", ["", "no address", "unni@nowhere", "\u212aari@fjordvik.example", "x" * 250 + "@a.example"]
)
def test_without_a_sound_e_mail_no_account_is_made(directory: Directory, email: str):
    directory.change(creates_accounts=True)
    directory.provider.person = NEW | {"email": email}
    assert directory.sign_in().status_code == 403
    assert bound(directory) == {}


@pytest.mark.parametrize("creates_accounts", [True, False])
def test_an_account_of_another_municipality_is_never_opened(
    directory: Directory, account_of: AccountOf, creates_accounts: bool
):
    directory.change(creates_accounts=creates_accounts)
    directory.provider.person = {"sub": "x", "name": JOHAN.name, "email": JOHAN.email}
    answer = directory.sign_in()
    assert (answer.status_code, "another municipality" in answer.text) == (403, True)
    assert (who(directory.browser), bound(directory), account_of(JOHAN).last_sign_in) == ("", {}, None)


@pytest.mark.parametrize("was_bound", [True, False])
def test_a_closed_account_stays_closed(directory: Directory, account_of: AccountOf, was_bound: bool):
    if was_bound:
        directory.sign_in()
    with directory.app.database.unit_of_work(directory.tenant_id) as session:
        session.execute(update(Account).where(Account.email == EMMA.email).values(active=False))
    directory.change(creates_accounts=True)
    answer = directory.sign_in(browser := new_client(directory.app))
    assert (answer.status_code, "is closed" in answer.text, who(browser)) == (403, True, "")
    assert len(bound(directory)) == was_bound


def test_a_person_without_an_e_mail_connects_the_account_by_an_administrator_s_link(
    directory: Directory, account_of: AccountOf
):
    """ID-porten tells no e-mail."""
    directory.provider.person = {"sub": "pairwise", "name": "Emma"}
    assert "gives you a link" in directory.sign_in().text
    link = link_for(directory, account_of(EMMA))
    page = directory.browser.get(f"/choose-password/{link}").text
    assert f"/sso/start/{directory.id}?link={link}" in page
    assert directory.sign_in(link=link).status_code == 303
    assert who(directory.browser) == EMMA.name
    assert bound(directory) == {"pairwise": account_of(EMMA).id}
    assert directory.sign_in(again := new_client(directory.app)).status_code == 303
    assert who(again) == EMMA.name
    used = new_client(directory.app).get(f"/sso/start/{directory.id}", query_string={"link": link})
    assert (used.status_code, "has been used" in used.text) == (401, True)


def test_a_link_connects_anew_and_signs_out_whoever_was_there(directory: Directory, account_of: AccountOf):
    directory.sign_in()
    link = link_for(directory, account_of(EMMA))
    directory.provider.person = {"sub": "another Emma", "name": "Emma Enge", "email": EMMA.email}
    directory.sign_in(browser := new_client(directory.app), link=link)
    assert bound(directory) == {"another Emma": account_of(EMMA).id}
    assert (who(directory.browser), who(browser)) == ("", EMMA.name)


def test_a_link_of_another_municipality_leads_to_no_provider_of_this_one(
    directory: Directory, account_of: AccountOf
):
    link = link_for(directory, account_of(JOHAN))
    assert "/sso/start/" not in directory.browser.get(f"/choose-password/{link}").text
    answer = directory.browser.get(f"/sso/start/{directory.id}", query_string={"link": link})
    assert answer.status_code == 404


def test_a_link_that_was_used_meanwhile_connects_nothing(directory: Directory, account_of: AccountOf):
    link = link_for(directory, account_of(FRODE))
    back = directory.provider.consent(directory.begin(link=link))
    new_client(directory.app).post(f"/choose-password/{link}", data={"password": PASSWORD})
    assert directory.back(back).status_code == 401
    assert bound(directory) == {}


def test_a_button_that_was_pressed_twice_connects_once(
    directory: Directory, account_of: AccountOf, monkeypatch: pytest.MonkeyPatch
):
    """The other window's answer is written between our looking and our writing."""
    if directory.app.database.engine.dialect.name == "sqlite":
        pytest.skip("one writes at a time")
    found = identities._by_email

    def meanwhile(*given: Any) -> Account:
        account = found(*given)
        with directory.app.database.unit_of_work(directory.tenant_id) as other:
            other.add(Identity(provider_id=directory.id, subject="emma-at-work", account_id=account.id))
        return account

    monkeypatch.setattr(identities, "_by_email", meanwhile)
    answer = directory.sign_in()
    assert (answer.status_code, "Begin again" in answer.text) == (409, True)
    assert bound(directory) == {"emma-at-work": account_of(EMMA).id}
    assert directory.sign_in().status_code == 303


def test_with_another_client_everybody_is_recognised_anew(directory: Directory):
    directory.sign_in()
    directory.change(secret="")
    assert len(bound(directory)) == 1
    directory.change(client_id="another")
    assert bound(directory) == {}


def test_who_is_erased_leaves_nothing_here_and_does_not_come_back_by_it(
    directory: Directory, account_of: AccountOf
):
    directory.sign_in()
    with directory.app.app_context(), directory.app.database.unit_of_work(directory.tenant_id) as session:
        erase_account(session, account_of(EMMA).id)
    assert bound(directory) == {}
    assert directory.sign_in(new_client(directory.app)).status_code == 403
