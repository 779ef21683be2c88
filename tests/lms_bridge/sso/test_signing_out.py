"""Who signs out here is signed out at the directory as well (OpenID Connect RP-Initiated Logout 1.0)."""

import html
import re
import urllib.request
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import EMMA, FRODE, Person
from tests.support.app import new_client
from tests.support.openid_provider import CLIENT

from .conftest import Directory, who

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def signed_in_there(directory: Directory) -> Directory:
    directory.change(signs_out=True)
    assert directory.sign_in().status_code == 303
    return directory


def onwards(answer: TestResponse) -> dict[str, str]:
    """What the provider is asked for by the page; it says the same in its link."""
    refresh = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert refresh, answer.text
    assert f'href="{refresh[1]}"' in answer.text
    address = html.unescape(refresh[1])
    assert answer.headers["Cache-Control"] == "no-store"
    assert EMMA.name not in answer.text
    return {"to": address} | {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}


def test_the_browser_goes_on_to_the_provider_and_back(signed_in_there: Directory):
    """Section 2: id_token_hint, client_id, post_logout_redirect_uri; in the query that the endpoint has already."""
    directory = signed_in_there
    asked = onwards(directory.browser.post("/sign-out"))
    assert asked["to"].startswith(f"{directory.provider.url}/logout?tenant=fjordvik&")
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == (
        CLIENT,
        "http://bridge.localhost/sign-in",
    )
    assert asked["id_token_hint"].count(".") == 2
    opener = urllib.request.build_opener(Stays)
    assert opener.open(asked["to"]).headers["Location"] == "http://bridge.localhost/sign-in"
    assert directory.provider.signed_out == [directory.provider.person["sub"]]
    assert who(directory.browser) == ""


class Stays(urllib.request.HTTPRedirectHandler):
    """Does not follow."""

    def http_error_302(self, request, answer, *_):
        return answer


def test_it_is_asked_once(signed_in_there: Directory):
    browser = signed_in_there.browser
    onwards(browser.post("/sign-out"))
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"


def test_the_token_goes_along_sealed_and_with_nothing_but_the_sign_out(directory: Directory):
    directory.provider.person |= {"pid": "01017012345"}
    directory.change(signs_out=True)
    answer = directory.sign_in()
    (kept,) = [one for one in answer.headers.getlist("Set-Cookie") if "lms_bridge_directory" in one]
    assert {"Path=/sign-out", "HttpOnly", "SameSite=Lax"} <= set(kept.split("; "))
    assert "eyJ" not in kept
    assert "01017012345" not in kept


def test_a_token_too_long_for_a_cookie_is_left_out(directory: Directory):
    directory.provider.claims = {"groups": ["a" * 36] * 200}
    directory.change(signs_out=True)
    directory.sign_in()
    asked = onwards(directory.browser.post("/sign-out"))
    assert "id_token_hint" not in asked
    assert asked["client_id"] == CLIENT


@pytest.mark.parametrize("changed", [{"signs_out": False}, {"signs_out": True, "active": False}], ids=str)
def test_it_ends_here_where_it_was_switched_off_meanwhile(
    signed_in_there: Directory, changed: dict[str, bool]
):
    signed_in_there.change(**changed)
    assert signed_in_there.browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert who(signed_in_there.browser) == ""


def test_it_ends_here_where_the_provider_does_not_answer(signed_in_there: Directory):
    directory = signed_in_there
    directory.app.extensions["sso"].forget(directory.provider.url)
    directory.provider.instead["/.well-known/openid-configuration"] = (503, b"")
    assert directory.browser.post("/sign-out").headers["Location"] == "/sign-in"


def test_a_cookie_that_somebody_made_leads_nowhere(signed_in_there: Directory):
    for forged in ("gAAAAAB-forged", "", "æ"):
        browser = new_client(signed_in_there.app)
        answer = browser.post("/sign-out", headers={"Cookie": f"lms_bridge_directory={forged}"})
        assert answer.headers["Location"] == "/sign-in"


def test_who_signed_in_by_a_password_is_signed_out_here(
    directory: Directory, signed_in: Callable[[Person], FlaskClient]
):
    directory.change(signs_out=True)
    assert signed_in(FRODE).post("/sign-out").headers["Location"] == "/sign-in"


def test_a_provider_without_it_is_told_at_its_field(
    directory: Directory, signed_in: Callable[..., FlaskClient]
):
    directory.provider.document = {"end_session_endpoint": None}
    sent = {"name": "Entra ID", "issuer": directory.provider.url, "client_id": CLIENT, "signs_out": "on"}
    answer = signed_in(FRODE).post(f"/sso/providers/{directory.id}", data=sent)
    assert answer.status_code == 400
    assert "This provider has no such sign-out" in answer.text
    assert "http://bridge.localhost/sign-in" in answer.text
