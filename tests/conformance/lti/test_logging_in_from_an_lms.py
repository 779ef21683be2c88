"""The login before a launch: by GET and POST, for registered LMSs only, and bound to one browser, once."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.db import utcnow
from lms_bridge.lti.models import Login, Platform
from lms_bridge.lti.registration import decide_platform
from lms_bridge.web.app import Bridge
from tests.people import FJORDVIK, FRODE, STORSJO, Municipality, Person
from tests.support.app import new_client
from tests.support.lti_launches import LAUNCH, Lms, connect, course_of
from tests.support.lti_platform import CLIENT

TenantId = Callable[[Municipality], uuid.UUID]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_browser_is_sent_to_the_lms_with_what_it_asked_to_have_back(lms: Lms, method: str):
    values = lms.initiation(login_hint="hint of Moodle", lti_message_hint='{"cmid":5}')
    begun = (
        lms.browser.get(f"/lti/login?{urlencode(values)}")
        if method == "GET"
        else lms.browser.post("/lti/login", data=values)
    )
    address = lms.browser.get(begun.headers["Location"]).headers["Location"]
    assert address.startswith(f"{lms.platform.site}/auth?")
    sent = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert len(sent.pop("state")) >= 43
    assert len(sent.pop("nonce")) >= 43
    assert sent == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": LAUNCH,
        "login_hint": "hint of Moodle",
        "lti_message_hint": '{"cmid":5}',
    }


@pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
def test_what_every_login_has_must_be_there(lms: Lms, missing: str):
    answer = lms.browser.post("/lti/login", data=lms.initiation(**{missing: None}))
    assert answer.status_code == 400
    assert missing in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/lti/launch",
        f"{LAUNCH}/more",
        "http://bridge.localhost/",
        "javascript:alert(1)",
        "//x",
    ],
)
def test_a_target_that_is_not_ours_is_refused(lms: Lms, target: str):
    assert lms.browser.post("/lti/login", data=lms.initiation(target_link_uri=target)).status_code == 400


def test_an_unknown_issuer_is_refused(lms: Lms):
    assert lms.browser.post("/lti/login", data=lms.initiation(iss="https://x.example")).status_code == 401


def test_an_lms_that_was_shut_out_is_refused_also_in_the_middle_of_a_login(lms: Lms, tenant_id: TenantId):
    state, nonce = lms.login()
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        decide_platform(session, session.scalars(select(Platform.id)).one(), approve=False)
    assert lms.post(state, lms.platform.sign(lms.claims(nonce))).status_code == 401
    assert lms.browser.post("/lti/login", data=lms.initiation()).status_code == 401


def test_of_two_municipalities_in_one_lms_the_client_id_says_which(lms: Lms, tenant_id: TenantId):
    connect(lms.app, tenant_id(STORSJO), lms.platform, client_id="client-of-storsjo", deployment_id="8")
    state, nonce = lms.login()
    assert course_of(lms.post(state, lms.platform.sign(lms.claims(nonce))))
    answer = lms.browser.post("/lti/login", data=lms.initiation(client_id=None))
    assert (answer.status_code, "client_id" in answer.text) == (400, True)
    begun = lms.browser.post("/lti/login", data=lms.initiation(client_id=None, lti_deployment_id="8"))
    assert "client_id=client-of-storsjo" in lms.browser.get(begun.headers["Location"]).headers["Location"]


def test_the_secret_is_in_a_plain_and_a_partitioned_cookie_of_two_names(lms: Lms):
    cookies = lms.browser.post("/lti/login", data=lms.initiation()).headers.getlist("Set-Cookie")
    names = {cookie.partition("=")[0]: cookie for cookie in cookies if cookie.startswith("lti-")}
    assert len(names) == 2
    for cookie in names.values():
        assert {"Secure", "HttpOnly", "SameSite=None", "Path=/lti", "Max-Age=600"} <= set(cookie.split("; "))
    assert sorted("Partitioned" in cookie.split("; ") for cookie in names.values()) == [False, True]


@pytest.mark.parametrize("kept", [0, 1])
def test_either_cookie_is_enough(lms: Lms, kept: int):
    state, nonce = lms.login()
    jar = [cookie for cookie in lms.browser._cookies.values() if cookie.key.startswith("lti-")]
    lms.browser.delete_cookie(jar[kept].key, path="/lti")
    assert course_of(lms.post(state, lms.platform.sign(lms.claims(nonce))))


def test_another_browser_cannot_finish_the_login(lms: Lms):
    """Login CSRF: an attacker's own launch, posted by the victim's browser."""
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce))
    assert lms.post(state, token, new_client(lms.app)).status_code == 401
    other = new_client(lms.app)
    lms.login(other)
    assert lms.post(state, token, other).status_code == 401
    assert course_of(lms.post(state, token))


def test_a_login_is_good_for_ten_minutes(lms: Lms):
    state, nonce = lms.login()
    with lms.app.database.unit_of_work() as session:
        login = session.scalars(select(Login)).one()
        assert timedelta(minutes=9) < login.expires - utcnow() <= timedelta(minutes=10)
        login.expires = utcnow() - timedelta(seconds=1)
    assert lms.post(state, lms.platform.sign(lms.claims(nonce))).status_code == 401


@pytest.mark.parametrize(
    "data", [{}, {"state": "x"}, {"id_token": "x"}, {"state": "never begun", "id_token": "a.b.c"}]
)
def test_a_launch_without_a_login_is_refused(lms: Lms, data: dict[str, str]):
    assert lms.browser.post("/lti/launch", data=data).status_code in (400, 401)


def test_an_error_of_the_lms_is_said_without_repeating_its_words(lms: Lms):
    answer = lms.browser.post("/lti/launch", data={"error": "<b>login_required</b>", "state": "x"})
    assert answer.status_code == 400
    assert "login_required" not in answer.text


def test_a_browser_without_cookies_is_offered_a_window_of_its_own(lms: Lms):
    lms.browser = new_client(lms.app)
    begun = lms.browser.post("/lti/login", data=lms.initiation())
    page = new_client(lms.app).get(begun.headers["Location"])
    assert page.status_code == 200
    assert 'target="_blank"' in page.text
    assert 'name="lti_message_hint" value="{}"' in page.text
    assert f"form-action 'self' {lms.platform.site};" in page.headers["Content-Security-Policy"]


def by_storage(lms: Lms, frame: FlaskClient) -> tuple[dict[str, str], str]:
    """A login in a frame without cookies: its launch, and the secret that went into the LMS's platform storage."""
    begun = lms.browser.post("/lti/login", data=lms.initiation(lti_storage_target="_parent"))
    page = frame.get(begun.headers["Location"]).text
    attributes = dict(
        part.split('="', 1) for part in page.split("data-lti")[1].split(">")[0].split('" ') if '="' in part
    )
    assert attributes["data-target"] == "_parent"
    assert attributes["data-origin"] == lms.platform.site
    query = parse_qs(urlsplit(attributes["data-next"].rstrip('"').replace("&amp;", "&")).query)
    token = lms.platform.sign(lms.claims(query["nonce"][0]))
    return {"state": query["state"][0], "id_token": token}, attributes["data-value"]


def test_where_the_lms_offers_its_storage_the_secret_goes_there(lms: Lms):
    frame = new_client(lms.app)
    launch, secret = by_storage(lms, frame)
    asked = lms.post(launch["state"], launch["id_token"], frame)
    assert (asked.status_code, 'data-lti="get"' in asked.text) == (200, True)
    for binding, status in (("wrong", 401), ("", 401), (secret, 303)):  # "": the storage has lost it
        assert frame.post("/lti/launch", data=launch | {"binding": binding}).status_code == status


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_a_secret_of_the_storage_is_believed_from_our_own_page_only(lms: Lms, site: str | None):
    """Login CSRF again: an attacker begins a login, and has the victim's browser post it with its secret."""
    launch, secret = by_storage(lms, new_client(lms.app))
    victim = new_client(lms.app)
    victim.environ_base |= {"HTTP_SEC_FETCH_SITE": site} if site else {"HTTP_ORIGIN": "https://evil.example"}
    if site is None:  # an older browser, that says the origin only
        del victim.environ_base["HTTP_SEC_FETCH_SITE"]
    assert victim.post("/lti/launch", data=launch | {"binding": secret}).status_code == 401
    victim.environ_base |= {"HTTP_ORIGIN": "http://bridge.localhost"}
    answer = victim.post("/lti/launch", data=launch | {"binding": secret})
    assert answer.status_code == (401 if site else 303)


def test_a_person_who_is_signed_in_here_can_be_launched_from_a_neighbour_site(
    lms: Lms, signed_in: Callable[[Person], FlaskClient]
):
    """lms.kommune.no and bridge.kommune.no are one site: there our own cookie comes along."""
    lms.browser = signed_in(FRODE)
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce))
    answer = lms.browser.post(
        "/lti/launch", data={"state": state, "id_token": token}, headers={"Sec-Fetch-Site": "same-site"}
    )
    assert course_of(answer)


def test_pages_may_be_framed_by_any_lms_and_lead_nowhere_else(client: FlaskClient, app: Bridge):
    answer = client.post("/lti/launch", data={})
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "form-action 'self';" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
