import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from lms_bridge.accounts import ROLES, Account, routes
from tests.lms_bridge.accounts.test_choosing_a_password import link_on
from tests.people import ASTRID, CAMILLA, EMMA, EVERYBODY, FJORDVIK, FRODE, JOHAN, Person

SignedIn = Callable[[Person], FlaskClient]
AccountOf = Callable[[Person], Account]
NEW = {
    "email": "nina@fjordvik.example",
    "name": "Nina Ny",
    "roles": ["author", "leader"],
}


def test_an_administrator_sees_the_municipality_s_accounts_and_no_others(signed_in: SignedIn):
    page = signed_in(FRODE).get("/accounts").text
    assert {p.name for p in EVERYBODY if p.name in page} == {
        p.name for p in EVERYBODY if p.municipality is FJORDVIK
    }


def test_of_many_accounts_the_first_are_shown_and_the_others_found(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routes, "MOST_SHOWN", 2)
    frode = signed_in(FRODE)
    page = frode.get("/accounts").text
    assert "Astrid Aune" in page
    assert "Emma Eide" not in page
    assert "There are more" in page
    found = frode.get("/accounts?text=EMMA@").text
    assert "Emma Eide" in found
    assert "Astrid Aune" not in found
    assert "There are more" not in found
    assert "Nobody of that name." in frode.get("/accounts?text=%25").text


def test_a_closed_account_is_found_too(signed_in: SignedIn, account_of: AccountOf):
    frode = signed_in(FRODE)
    frode.post(f"/accounts/{account_of(EMMA).id}", data={"name": EMMA.name, "roles": ["employee"]})
    assert "Closed" in frode.get("/accounts?text=emma").text


@pytest.mark.parametrize("person", [ASTRID, CAMILLA, EMMA])
def test_nobody_else_may(signed_in: SignedIn, person: Person):
    assert signed_in(person).get("/accounts").status_code == 403


def test_a_new_account_is_let_in_by_its_link_and_by_nothing_else(signed_in: SignedIn, client: FlaskClient):
    frode = signed_in(FRODE)
    made = frode.post("/accounts/new", data=NEW)
    link = link_on(frode.get(made.headers["Location"]).text)
    assert "No password yet" in frode.get("/accounts").text
    for password in ("", " ", NEW["email"]):
        answer = client.post("/sign-in", data={"email": NEW["email"], "password": password})
        assert answer.status_code == 400
    assert client.post(link, data={"password": "lange ord i rad"}).status_code == 303
    assert "Nina" in client.get("/").text
    assert "No password yet" not in frode.get("/accounts").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "nina"}, "Write an e-mail address"),
        ({"name": " "}, "Write a name"),
        ({"roles": []}, "Choose at least one role"),
        ({"roles": ["emperor"]}, "Choose at least one role"),
        ({"email": EMMA.email}, "already has an account"),
        ({"email": JOHAN.email}, "already has an account"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(
    signed_in: SignedIn, wrong: dict, sentence: str
):
    answer = signed_in(FRODE).post("/accounts/new", data=NEW | wrong)
    assert answer.status_code == 400
    assert sentence in answer.text
    if "name" not in wrong:
        assert "Nina Ny" in answer.text


def test_a_closed_account_is_out_at_once(signed_in: SignedIn, account_of: AccountOf):
    emma = signed_in(EMMA)
    signed_in(FRODE).post(f"/accounts/{account_of(EMMA).id}", data={"name": EMMA.name, "roles": ["employee"]})
    assert emma.get("/").status_code == 302


def test_another_municipality_s_account_is_not_there(signed_in: SignedIn, account_of: AccountOf):
    frode, address = signed_in(FRODE), f"/accounts/{account_of(JOHAN).id}"
    assert frode.get(address).status_code == 404
    assert frode.post(address, data={"name": "x", "roles": ["employee"]}).status_code == 404
    assert account_of(JOHAN).name == JOHAN.name


def test_each_role_says_what_it_is_for(signed_in: SignedIn):
    page = signed_in(FRODE).get("/accounts/new").text
    said = dict(re.findall(r'id="hint-(\w+)"[^>]*>([A-Z][^<]+\.)</p>', page))
    assert set(said) == set(ROLES)
    assert len(set(said.values())) == len(ROLES)
