"""Who signs out at the directory is signed out here (OpenID Connect Back-Channel and Front-Channel Logout 1.0)."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms_bridge.accounts.access import SIGN_IN
from lms_bridge.accounts.models import SignIn
from lms_bridge.sso import service
from tests.people import EMMA, FRODE, Person
from tests.support.app import new_client

from .conftest import Directory, given, who


@pytest.fixture
def browsers(directory: Directory) -> dict[str, FlaskClient]:
    """Emma's desk and phone, by two sessions of the directory's, and Frode's by a third."""
    found = {}
    for name, sub, person in (
        ("desk", "emma-at-work", EMMA),
        ("phone", "emma-at-work", EMMA),
        ("frode", "frode-at-work", FRODE),
    ):
        directory.provider.person = {
            "sub": sub,
            "name": person.name,
            "email": person.email,
            "sid": f"of {name}",
        }
        found[name] = new_client(directory.app)
        assert directory.sign_in(found[name]).status_code == 303
    return found


def signed_in(browsers: dict[str, FlaskClient]) -> list[str]:
    return [name for name, browser in browsers.items() if who(browser)]


def told(directory: Directory, token: str) -> TestResponse:
    """By the provider's server, which has no cookie."""
    server = directory.app.test_client()
    form = {"logout_token": token}
    host = {"Host": "bridge.localhost"}
    return server.post(f"/sso/backchannel-logout/{directory.id}", data=form, headers=host)


def framed(directory: Directory, **query: str) -> TestResponse:
    """In a frame of the provider's page: a browser sends no cookie there."""
    browser = directory.app.test_client()
    headers = {"Host": "bridge.localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
    return browser.get(f"/sso/frontchannel-logout/{directory.id}", query_string=query, headers=headers)


@pytest.mark.parametrize(
    ("claims", "left"),
    [
        ({"sub": "emma-at-work", "sid": "of desk"}, ["phone", "frode"]),
        ({"sub": None, "sid": "of desk"}, ["phone", "frode"]),
        ({"sub": "emma-at-work", "sid": None}, ["frode"]),
        ({"sub": "emma-at-work", "sid": "of frode"}, ["desk", "phone", "frode"]),
        ({"sub": "nobody", "sid": None}, ["desk", "phone", "frode"]),
        ({"sub": None, "sid": "of nobody"}, ["desk", "phone", "frode"]),
    ],
    ids=str,
)
def test_a_logout_token_ends_what_it_names(
    directory: Directory, browsers: dict[str, FlaskClient], claims: dict[str, Any], left: list[str]
):
    """Section 2.7: the session; or where none is named, all that the person has by this provider."""
    answer = told(directory, directory.provider.logout_token(**claims))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert signed_in(browsers) == left


def test_it_may_say_no_end_for_its_time(directory: Directory, browsers: dict[str, FlaskClient]):
    told(directory, directory.provider.logout_token(exp=None, sid="of desk", sub=None))
    assert signed_in(browsers) == ["phone", "frode"]


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": time.time() + 3600},
        {"iat": time.time() - 3600, "exp": None},
        {"exp": time.time() - 60},
        {"exp": "later"},
        {"events": None},
        {"events": {}},
        {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": None}},
        {"nonce": "of an id_token"},
        {"sub": None, "sid": None},
        {"sub": 7, "sid": ["of desk"]},
    ],
    ids=lambda changed: " ".join(changed),
)
def test_what_is_no_logout_token_ends_nothing(
    directory: Directory, browsers: dict[str, FlaskClient], changed: dict[str, Any]
):
    """Section 2.6."""
    answer = told(directory, directory.provider.logout_token(**{"sid": "of desk", **changed}))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert signed_in(browsers) == ["desk", "phone", "frode"]


@pytest.mark.parametrize("forge", ["unsigned", "signed_with_public_key", "garbled", "nothing", "id_token"])
def test_what_the_provider_did_not_sign_as_one_ends_nothing(
    directory: Directory, browsers: dict[str, FlaskClient], forge: str
):
    provider = directory.provider
    token = provider.logout_token(sid="of desk")
    forged = {
        "unsigned": provider.unsigned(token),
        "signed_with_public_key": provider.signed_with_public_key(token),
        "garbled": token[:-8] + "AAAAAAAA",
        "nothing": "",
        "id_token": provider.id_token("a nonce"),
    }
    assert told(directory, forged[forge]).status_code == 400
    assert signed_in(browsers) == ["desk", "phone", "frode"]


def test_the_provider_hears_that_it_was_in_vain_where_its_keys_cannot_be_fetched(
    directory: Directory, browsers: dict[str, FlaskClient]
):
    directory.app.key_sets._sets.clear()
    directory.provider.instead["/jwks"] = (503, b"")
    assert told(directory, directory.provider.logout_token(sid="of desk")).status_code == 503
    assert signed_in(browsers) == ["desk", "phone", "frode"]


@pytest.mark.parametrize("says_iss", [True, False], ids=["as the standard says", "as Entra ID does"])
def test_a_frame_in_the_provider_s_page_ends_the_session_that_it_names(
    directory: Directory, browsers: dict[str, FlaskClient], says_iss: bool
):
    """Front-Channel Logout 1.0, section 3."""
    answer = framed(directory, sid="of desk", **({"iss": directory.provider.url} if says_iss else {}))
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert signed_in(browsers) == ["phone", "frode"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"sid": ""},
        {"sid": "of nobody"},
        {"sid": "of desk", "iss": "https://elsewhere.example"},
        {"sid": "x" * 9999},
    ],
    ids=["nothing", "empty", "unknown", "of another provider", "too long"],
)
def test_a_frame_that_names_none_of_the_provider_s_sessions_ends_nothing(
    directory: Directory, browsers: dict[str, FlaskClient], query: dict[str, str]
):
    assert framed(directory, **query).status_code == 200
    assert signed_in(browsers) == ["desk", "phone", "frode"]


def test_what_is_told_at_another_provider_s_address_ends_nothing(
    directory: Directory, browsers: dict[str, FlaskClient]
):
    app, url = directory.app, directory.provider.url
    with app.app_context(), app.database.unit_of_work(directory.tenant_id) as session:
        other = dataclasses.replace(directory, id=service.save(session, app.vault, None, given(url)).id)
    assert told(other, other.provider.logout_token(sid="of desk", sub=None)).status_code == 200
    assert framed(other, sid="of desk").status_code == 200
    assert signed_in(browsers) == ["desk", "phone", "frode"]


def test_who_came_by_a_password_stays(directory: Directory, signed_in: Callable[[Person], FlaskClient]):
    directory.sign_in()
    by_password = signed_in(EMMA)
    told(directory, directory.provider.logout_token())
    assert who(directory.browser) == ""
    assert who(by_password) == EMMA.name


def test_a_session_s_name_is_not_kept_where_it_is_no_sound_one(directory: Directory):
    directory.provider.person |= {"sid": "x" * 300}
    assert directory.sign_in().status_code == 303
    assert framed(directory, sid="").status_code == 200
    assert who(directory.browser) == EMMA.name


def test_of_a_provider_that_is_closed_nobody_hears(directory: Directory, browsers: dict[str, FlaskClient]):
    directory.change(active=False)
    assert told(directory, directory.provider.logout_token()).status_code == 404
    assert framed(directory, sid="of desk").status_code == 404
    assert signed_in(browsers) == ["desk", "phone", "frode"]


def test_its_page_says_both_addresses(directory: Directory, signed_in: Callable[[Person], FlaskClient]):
    page = signed_in(FRODE).get(f"/sso/providers/{directory.id}").text
    for way in ("back", "front"):
        assert f"http://bridge.localhost/sso/{way}channel-logout/{directory.id}" in page


def test_the_cookie_holds_no_more_than_the_sign_in(directory: Directory):
    directory.sign_in()
    with directory.browser.session_transaction() as kept:
        assert set(kept) - {"_permanent", "sso", "_flashes"} == {SIGN_IN}


def test_nothing_is_left_of_it_where_the_browser_goes_on_to_the_provider(directory: Directory):
    directory.change(signs_out=True)
    directory.sign_in()
    with directory.app.database.unit_of_work(write=False) as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 1
    assert directory.browser.post("/sign-out").status_code == 200
    with directory.app.database.unit_of_work(write=False) as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0
