"""From the button on the sign-in page to the page that was asked for (OpenID Connect Core 1.0, section 3.1)."""

import json
import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.rotation import rotate
from lms_bridge.sso import discovery
from lms_bridge.sso.models import Provider
from lms_bridge.vault import Vault
from lms_bridge.web.logs import configure
from tests.people import EMMA
from tests.support.app import SECRET as KEY
from tests.support.app import new_client
from tests.support.openid_provider import DISCOVERY, elliptic, rsa

from .conftest import Directory, who

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: now)


def test_the_button_leads_to_the_provider_and_back_to_the_page_that_was_asked_for(
    directory: Directory, client: FlaskClient
):
    asked = client.get("/me/settings?tab=2")
    page = client.get(asked.headers["Location"]).text
    assert f'href="/sso/start/{directory.id}?next=/me/settings?tab%3D2"' in page.replace("%2F", "/").replace(
        "%3F", "?"
    )
    assert "Fjordvik kommune" in page
    answer = directory.sign_in(next="/me/settings?tab=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/settings?tab=2")
    assert who(client) == EMMA.name


def test_what_the_provider_is_asked_for(directory: Directory):
    """Section 3.1.2.1, and RFC 7636: a challenge by S256; state, nonce and challenge are new each time."""
    first, second = directory.begin(), directory.begin()
    assert first["scope"] == "openid email profile"
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert all(
        first[name] != second[name] and len(first[name]) == 43
        for name in ("state", "nonce", "code_challenge")
    )


def test_a_level_of_assurance_is_asked_for_and_must_be_confirmed(directory: Directory):
    """Sections 3.1.2.1 (acr_values) and 3.1.3.7, point 12: who asks for a level looks whether it is there."""
    assert "acr_values" not in directory.begin()
    directory.change(acr="loa-substantial loa-high")
    assert directory.begin()["acr_values"] == "loa-substantial loa-high"
    for told in (None, "loa-low", "loa", "loa-substantial loa-high", ["loa-high"]):
        directory.provider.claims = {"acr": told}
        answer = directory.sign_in()
        assert answer.status_code == 401
        assert "did not confirm the sign-in at the level" in answer.text
    directory.provider.claims = {"acr": "loa-high"}
    assert directory.sign_in().status_code == 303


def test_two_windows_may_sign_in_at_the_same_time(directory: Directory):
    first, second = directory.begin(next="/me/settings"), directory.begin(next="/courses")
    assert directory.back(directory.provider.consent(first)).headers["Location"] == "/me/settings"
    directory.browser.post("/sign-out")
    first, second = directory.begin(next="/me/settings"), directory.begin(next="/courses")
    assert directory.back(directory.provider.consent(second)).headers["Location"] == "/courses"


@pytest.mark.parametrize(
    "methods",
    [
        ["client_secret_basic"],
        ["client_secret_post"],
        ["private_key_jwt", "client_secret_post", "client_secret_basic"],
    ],
)
def test_the_secret_is_sent_as_the_document_says(directory: Directory, methods: list[str]):
    directory.provider.document = {"token_endpoint_auth_methods_supported": methods}
    assert directory.sign_in().status_code == 303


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_signatures_of_each_kind(directory: Directory, alg: str):
    directory.provider.alg = alg
    if alg == "ES256":
        directory.provider.signing = elliptic("key-2")
        directory.provider.published = [directory.provider.key, directory.provider.signing]
    assert directory.sign_in().status_code == 303


def test_a_new_key_is_fetched_when_it_is_first_met(directory: Directory, monkeypatch: pytest.MonkeyPatch):
    directory.sign_in()
    directory.provider.signing = rsa("key-2")
    directory.provider.published = [directory.provider.signing]
    later(monkeypatch, 60)
    assert directory.sign_in(new_client(directory.app)).status_code == 303


def test_the_document_is_fetched_once_an_hour(directory: Directory, monkeypatch: pytest.MonkeyPatch):
    for seconds, fetched in ((0, 1), (3599, 1), (3601, 2)):
        later(monkeypatch, seconds)
        directory.sign_in(new_client(directory.app))
        assert directory.provider.requests.count(DISCOVERY) == fetched
    directory.provider.instead = {DISCOVERY: (503, b"")}
    later(monkeypatch, discovery.KEEP_SECONDS * 3)
    assert directory.sign_in(new_client(directory.app)).status_code == 303, "the one from before serves on"


def test_what_only_userinfo_tells_is_fetched_there(directory: Directory):
    """Section 5.4: with the code flow, claims of a scope need not stand in the id_token."""
    directory.provider.in_userinfo = ("email", "name")
    assert directory.sign_in().status_code == 303
    assert "/userinfo" in directory.provider.requests


def test_a_provider_is_asked_for_no_scope_that_it_does_not_know(directory: Directory):
    """ID-porten refuses one."""
    directory.provider.document = {"scopes_supported": ["openid", "profile"]}
    assert directory.begin()["scope"] == "openid profile"


@pytest.mark.parametrize(
    ("language", "said"),
    [("nb", "avbrutt"), ("nn", "broten av"), ("sv", "avbröts"), ("en", "was broken off")],
)
def test_who_breaks_off_is_told_so_in_their_language(directory: Directory, language: str, said: str):
    directory.provider.error = "access_denied"
    directory.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = directory.sign_in()
    assert (answer.status_code, said in answer.text) == (403, True)


def test_another_error_of_the_provider_is_named_and_its_description_is_not_repeated(directory: Directory):
    directory.provider.error = "interaction_required"
    answer = directory.sign_in()
    assert (answer.status_code, "(interaction_required)" in answer.text) == (401, True)
    assert "error_description" not in answer.text
    directory.provider.error = "<b>x"
    assert "(?)" in directory.sign_in().text


def test_a_wrong_secret_is_told(directory: Directory):
    directory.change(secret="another")
    answer = directory.sign_in()
    assert (answer.status_code, "(invalid_client)" in answer.text) == (401, True)


def test_what_is_logged_names_nobody_and_no_token(directory: Directory, capfd: pytest.CaptureFixture[str]):
    configure("info")
    directory.provider.person = {"sub": "x-77", "email": "stranger@fjordvik.example", "name": "Una Ukjent"}
    asked = directory.begin()
    back = directory.provider.consent(asked)
    assert directory.back(back).status_code == 403
    configure("error")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert [line["why"] for line in lines if line["event"] == "sso_refused"]
    written = json.dumps(lines)
    code = back.partition("code=")[2].partition("&")[0]
    for secret in (asked["state"], asked["nonce"], code, "x-77", "stranger@", "Una"):
        assert secret not in written


def test_a_closed_provider_has_no_button_and_lets_nobody_in(directory: Directory):
    asked = directory.begin()
    directory.change(active=False)
    assert "/sso/start/" not in directory.browser.get("/sign-in").text
    assert directory.browser.get(f"/sso/start/{directory.id}").status_code == 404
    assert directory.back(directory.provider.consent(asked)).status_code == 404


def test_with_more_than_six_there_is_a_drop_down(directory: Directory):
    assert "<details" not in directory.browser.get("/sign-in").text
    with directory.app.database.unit_of_work(directory.tenant_id) as session:
        for number in range(6):
            session.add(Provider(name=f"P{number}", issuer="https://x.example", client_id="x", secret=b"x"))
    page = directory.browser.get("/sign-in").text
    assert page.count("/sso/start/") == 7
    assert page.index("<details") < page.index("/sso/start/")


def test_who_is_signed_in_already_goes_where_they_were_going(directory: Directory):
    directory.sign_in()
    answer = directory.browser.get(f"/sso/start/{directory.id}?next=/me/settings")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/settings")


def test_the_client_secret_is_taken_along_to_a_new_secret_key(directory: Directory):
    app = directory.app
    vault = Vault("another secret of the tests, of nobody else", [KEY])
    rotate(app.database, vault)
    with app.database.unit_of_work() as session:
        assert vault.is_current(session.scalars(select(Provider.secret)).one())
