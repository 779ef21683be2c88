from collections.abc import Callable

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from flask.testing import FlaskClient

from lms_bridge.accounts import service
from lms_bridge.accounts.service import PER_ACCOUNT
from tests.people import ASTRID, CAMILLA, EMMA, FRODE, PASSWORD, Person

SignedIn = Callable[[Person], FlaskClient]


def sign_in(client: FlaskClient, person: Person, password: str = PASSWORD, **query: str):
    return client.post("/sign-in", data={"email": person.email, "password": password}, query_string=query)


def test_the_right_password_opens_the_first_page(client: FlaskClient):
    assert sign_in(client, ASTRID).headers["Location"] == "/"
    assert "Hello, Astrid" in client.get("/").text


def test_the_email_may_be_written_in_capitals(client: FlaskClient):
    answer = client.post("/sign-in", data={"email": " ASTRID@Fjordvik.example ", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize("email", [ASTRID.email, "nobody@fjordvik.example", "", "x" * 5000])
def test_a_wrong_password_and_an_unknown_email_answer_alike(client: FlaskClient, email: str):
    answer = client.post("/sign-in", data={"email": email, "password": "wrong"})
    assert answer.status_code == 400
    assert "The e-mail or the password is not right." in answer.text


def test_an_unknown_email_costs_what_a_wrong_password_costs():
    """Each is one verification with the same parameters: the time that an answer takes tells nothing."""
    anybody, nobody = service._hasher.hash(PASSWORD), service._nobody()
    assert extract_parameters(nobody) == extract_parameters(anybody)
    with pytest.raises(
        VerifyMismatchError
    ):  # it was worked out, and is no malformed hash, which costs nothing
        service._hasher.verify(nobody, PASSWORD)


def test_too_many_failures_close_the_account_for_a_while_and_no_other(client: FlaskClient):
    for _ in range(PER_ACCOUNT.most):
        assert sign_in(client, ASTRID, "wrong").status_code == 400
    answer = sign_in(client, ASTRID)
    assert answer.status_code == 429
    assert 890 <= int(answer.headers["Retry-After"]) <= 900
    assert sign_in(client, EMMA).status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "/%2Fevil\\x", "javascript:alert(1)", "https://evil.example", "/\\evil"]
)
def test_one_is_not_sent_to_another_site_after_signing_in(client: FlaskClient, target: str):
    location = sign_in(client, ASTRID, next=target).headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_one_comes_back_to_the_page_that_asked_for_a_sign_in(client: FlaskClient):
    asked = client.get("/accounts?x=1")
    assert asked.status_code == 302
    assert sign_in(client, FRODE, next="/accounts?x=1").headers["Location"] == "/accounts?x=1"


def test_signing_out_ends_it(signed_in: SignedIn):
    emma = signed_in(EMMA)
    emma.post("/sign-out")
    assert emma.get("/").status_code == 302


def test_a_changed_password_ends_every_session(signed_in: SignedIn, client: FlaskClient):
    phone, desk = signed_in(EMMA), signed_in(EMMA)
    answer = desk.post("/me/settings", data={"old": PASSWORD, "new": "et helt nytt passord"})
    assert answer.status_code == 302
    assert phone.get("/").status_code == 302
    assert sign_in(client, EMMA).status_code == 400
    assert sign_in(client, EMMA, "et helt nytt passord").status_code == 302


def test_a_short_password_is_refused_with_what_to_do(signed_in: SignedIn):
    answer = signed_in(EMMA).post("/me/settings", data={"old": PASSWORD, "new": "kort"})
    assert answer.status_code == 400
    assert "at least 10 characters" in answer.text


def test_cookies_are_kept_from_scripts_and_other_sites(client: FlaskClient):
    cookie = sign_in(client, ASTRID).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_signs_nobody_in_as_somebody_else(client: FlaskClient, site: str):
    """By a form with an e-mail and password of its own, so that what the person does next would be that account's."""
    form = {"email": ASTRID.email, "password": PASSWORD}
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert client.post("/sign-in", data=form, headers=headers).status_code == 403
    assert client.get("/").status_code == 302
    headers["Sec-Fetch-Site"] = "same-origin"
    assert client.post("/sign-in", data=form, headers=headers).status_code == 302
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_a_post_from_another_site_is_refused(signed_in: SignedIn, headers: dict[str, str]):
    camilla = signed_in(CAMILLA)
    assert camilla.post("/language", data={"language": "sv"}, headers=headers).status_code == 403
    assert "Hello" in camilla.get("/").text
