"""Nobody types a password for somebody else: an administrator hands on a link, and its person chooses."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from lms_bridge.accounts import Account, service
from lms_bridge.accounts.links import DAYS
from lms_bridge.web.app import Bridge
from tests.people import CAMILLA, EMMA, FRODE, JOHAN, PASSWORD, Person
from tests.support.app import new_client

SignedIn = Callable[[Person], FlaskClient]
AccountOf = Callable[[Person], Account]
NEW = "et helt nytt passord"


def link_on(page: str) -> str:
    """The path of the link that an administrator is shown."""
    found = re.search(r'value="http://bridge\.localhost(/choose-password/[^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def link(signed_in: SignedIn, account_of: AccountOf) -> str:
    """One for Emma, from Frode."""
    frode = signed_in(FRODE)
    answer = frode.post(f"/accounts/{account_of(EMMA).id}/link")
    return link_on(frode.get(answer.headers["Location"]).text)


def choose(client: FlaskClient, link: str, password: str = NEW):
    return client.post(link, data={"password": password})


def test_who_has_the_link_chooses_and_is_signed_in(client: FlaskClient, link: str, account_of: AccountOf):
    assert account_of(EMMA).last_sign_in is None
    page = client.get(link).text
    assert "Hello, Emma" in page
    assert EMMA.email in page
    assert choose(client, link).headers["Location"] == "/"
    assert "Emma" in client.get("/").text
    assert account_of(EMMA).last_sign_in is not None


def test_the_old_password_and_every_open_session_end(client: FlaskClient, signed_in: SignedIn, link: str):
    phone = signed_in(EMMA)
    choose(client, link)
    assert phone.get("/").status_code == 302
    client.post("/sign-out")
    assert client.post("/sign-in", data={"email": EMMA.email, "password": PASSWORD}).status_code == 400
    assert client.post("/sign-in", data={"email": EMMA.email, "password": NEW}).status_code == 302


def test_it_works_once(client: FlaskClient, link: str):
    choose(client, link)
    client.post("/sign-out")
    for answer in (client.get(link), choose(client, link, "noe helt annet igjen")):
        assert answer.status_code == 401
        assert "has been used already" in answer.text
    assert client.post("/sign-in", data={"email": EMMA.email, "password": NEW}).status_code == 302


def test_a_short_password_leaves_it_open(client: FlaskClient, link: str):
    answer = choose(client, link, "kort")
    assert answer.status_code == 400
    assert "at least 10 characters" in answer.text
    assert choose(client, link).status_code == 303


def test_it_ends_after_days(client: FlaskClient, link: str, monkeypatch: pytest.MonkeyPatch):
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) + DAYS * 86_400 - 60)
    assert client.get(link).status_code == 200
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) + DAYS * 86_400 + 60)
    assert client.get(link).status_code == 401


@pytest.mark.parametrize("token", ["x", "x.y.z", "W10.aQ.eA", "%00", "a" * 3000])
def test_what_is_no_link_opens_nothing(client: FlaskClient, token: str):
    assert client.get(f"/choose-password/{token}").status_code == 401


def test_a_link_that_was_changed_opens_nothing(client: FlaskClient, link: str):
    token = link.rpartition("/")[2]
    assert client.get(f"/choose-password/{token[1:]}").status_code == 401
    assert client.get(f"/choose-password/{token[:-5]}").status_code == 401


def test_a_closed_account_s_link_is_void(
    client: FlaskClient, signed_in: SignedIn, account_of: AccountOf, link: str
):
    signed_in(FRODE).post(f"/accounts/{account_of(EMMA).id}", data={"name": EMMA.name, "roles": ["employee"]})
    assert client.get(link).status_code == 401


def test_who_is_signed_in_as_somebody_else_becomes_the_person_of_the_link(signed_in: SignedIn, link: str):
    johan = signed_in(JOHAN)  # of another municipality
    assert choose(johan, link).status_code == 303
    assert "Emma" in johan.get("/").text


def test_an_administrator_sees_it_once(signed_in: SignedIn, account_of: AccountOf):
    frode, address = signed_in(FRODE), f"/accounts/{account_of(EMMA).id}"
    frode.post(f"{address}/link")
    assert "/choose-password/" in frode.get(address).text
    assert "/choose-password/" not in frode.get(address).text


def test_it_is_never_shown_on_another_s_page(signed_in: SignedIn, account_of: AccountOf):
    """An administrator with two windows: whoever got Emma's link as Camilla's would have Emma's account."""
    frode = signed_in(FRODE)
    frode.post(f"/accounts/{account_of(EMMA).id}/link")
    assert "/choose-password/" not in frode.get(f"/accounts/{account_of(CAMILLA).id}").text


def test_of_two_who_come_with_it_at_once_one_is_let_in(
    app: Bridge, link: str, monkeypatch: pytest.MonkeyPatch
):
    set_password = service.set_password

    def slowly(*arguments: object) -> None:
        time.sleep(0.2)  # both have looked at the link by then, if they may
        set_password(*arguments)

    monkeypatch.setattr(service, "set_password", slowly)
    with ThreadPoolExecutor(2) as pool:
        came = pool.map(
            lambda password: choose(new_client(app), link, password), [NEW, "et helt annet passord"]
        )
        assert sorted(answer.status_code for answer in came) == [303, 401]


def test_nobody_else_makes_one(signed_in: SignedIn, account_of: AccountOf):
    assert signed_in(CAMILLA).post(f"/accounts/{account_of(EMMA).id}/link").status_code == 403
    assert signed_in(FRODE).post(f"/accounts/{account_of(JOHAN).id}/link").status_code == 404
