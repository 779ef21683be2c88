"""An administrator adds, changes and closes a sign-in; what is wrong is said before anybody meets it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.sso.models import Provider
from lms_bridge.web.app import Bridge
from tests.people import FRODE, Person
from tests.support.openid_provider import CLIENT, DISCOVERY, SECRET, OpenIdProvider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def frode(signed_in: Callable[[Person], FlaskClient]) -> FlaskClient:
    return signed_in(FRODE)


def form(provider: OpenIdProvider, **changed: str) -> dict[str, str]:
    usual = {
        "name": "Entra ID",
        "issuer": provider.url,
        "client_id": CLIENT,
        "secret": SECRET,
        "active": "on",
    }
    return usual | changed


def row(app: Bridge) -> Provider | None:
    with app.database.unit_of_work(write=False) as session:
        return session.scalars(select(Provider)).one_or_none()


def test_it_is_added_and_stands_on_the_sign_in_page(
    app: Bridge, frode: FlaskClient, client: FlaskClient, provider: OpenIdProvider
):
    assert "http://bridge.localhost/sso/callback" in frode.get("/sso/providers/new").text
    assert frode.post("/sso/providers/new", data=form(provider)).status_code == 303
    made = row(app)
    assert "Entra ID" in client.get("/sign-in").text
    assert (made.creates_accounts, app.vault.open(made.secret).decode()) == (False, SECRET)
    for page in ("/sso/providers", f"/sso/providers/{made.id}"):
        assert SECRET not in frode.get(page).text


def test_the_address_of_the_document_does_as_well(app: Bridge, frode: FlaskClient, provider: OpenIdProvider):
    frode.post("/sso/providers/new", data=form(provider, issuer=f"{provider.url}{DISCOVERY}"))
    assert row(app).issuer == provider.url


def test_what_is_left_empty_stays_and_what_is_unticked_goes(
    app: Bridge, frode: FlaskClient, client: FlaskClient, provider: OpenIdProvider
):
    frode.post("/sso/providers/new", data=form(provider, creates_accounts="on"))
    changed = form(provider, name="Fjordvik", secret="", acr=" loa-substantial  loa-high ")
    del changed["active"]
    assert frode.post(f"/sso/providers/{row(app).id}", data=changed).status_code == 303
    now = row(app)
    assert (now.name, now.active, now.creates_accounts) == ("Fjordvik", False, False)
    assert now.acr == "loa-substantial loa-high"
    assert app.vault.open(now.secret).decode() == SECRET
    assert "/sso/start/" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "Give it a name"),
        ({"client_id": ""}, "Write the client id."),
        ({"secret": ""}, "Write the client secret."),
        ({"issuer": ""}, "Write the provider’s address"),
        ({"acr": "a\x07b"}, "Write the levels as the provider calls them"),
        ({"issuer": "entra"}, "That did not work: the address must be one such as"),
        ({"issuer": "http://127.0.0.1:1"}, "That did not work: 127.0.0.1 does not answer"),
        ({"issuer": "/more"}, "there is no OpenID Connect document (404)"),
        ({"issuer": "/"}, "the provider there calls itself"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    app: Bridge, frode: FlaskClient, provider: OpenIdProvider, changed: dict[str, str], said: str
):
    if changed.get("issuer", "").startswith("/"):
        changed = {"issuer": provider.url + changed["issuer"]}
    answer = frode.post("/sso/providers/new", data=form(provider, **changed))
    assert (answer.status_code, said in answer.text) == (400, True)
    assert 'aria-invalid="true"' in answer.text
    assert SECRET not in answer.text
    assert row(app) is None
