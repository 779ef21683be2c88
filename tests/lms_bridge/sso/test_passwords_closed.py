"""Where a municipality signs in by its directory alone, passwords are closed, but for administrators."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.accounts import links
from lms_bridge.accounts.models import Account
from tests.people import EMMA, FRODE, GORAN, PASSWORD, Person
from tests.support.app import new_client

from .conftest import Directory, who

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CLOSED = "passwords are closed"


@pytest.fixture
def closed(directory: Directory) -> Directory:
    directory.change(only=True)
    return directory


def sign_in(directory: Directory, person: Person, password: str = PASSWORD) -> tuple[int, str]:
    browser = new_client(directory.app)
    answer = browser.post("/sign-in", data={"email": person.email, "password": password})
    return answer.status_code, answer.text


def test_an_employee_is_told_what_to_sign_in_by(closed: Directory):
    status, text = sign_in(closed, EMMA)
    assert status == 400
    assert "You sign in by “Entra ID”" in text
    assert f"/sso/start/{closed.id}" in text
    assert closed.sign_in().status_code == 303
    assert who(closed.browser) == EMMA.name


def test_a_wrong_password_tells_nothing_of_it(closed: Directory):
    status, text = sign_in(closed, EMMA, "not the one")
    assert (status, CLOSED in text) == (400, False)


def test_an_administrator_comes_in_on_the_day_when_it_does_not_answer(closed: Directory):
    assert sign_in(closed, FRODE)[0] == 302


def test_another_municipality_is_not_asked(closed: Directory):
    assert sign_in(closed, GORAN)[0] == 302


@pytest.mark.parametrize("changed", [{"only": False}, {"only": True, "active": False}], ids=str)
def test_passwords_open_again_with_it(closed: Directory, changed: dict[str, bool]):
    closed.change(**changed)
    assert sign_in(closed, EMMA)[0] == 302


def test_a_link_leads_to_the_directory_and_chooses_no_password(closed: Directory):
    with closed.app.database.unit_of_work(closed.tenant_id) as session:
        account = session.scalars(select(Account).where(Account.email == EMMA.email)).one()
        with closed.app.app_context():
            token = links.link_for(closed.app.settings, session, account).rpartition("/")[2]
    path = f"/choose-password/{token}"
    page = closed.browser.get(path)
    assert 'name="password"' not in page.text
    assert f"/sso/start/{closed.id}?link=" in page.text
    refused = closed.browser.post(path, data={"password": "a few words that only I know"})
    assert (refused.status_code, CLOSED in refused.text) == (403, True)
    assert closed.sign_in(link=token).status_code == 303


def test_who_came_in_before_cannot_change_a_password(
    directory: Directory, signed_in: Callable[[Person], FlaskClient]
):
    emma, frode = signed_in(EMMA), signed_in(FRODE)
    assert 'name="old"' in emma.get("/me/settings").text
    directory.change(only=True)
    assert CLOSED in emma.get("/me/settings").text
    assert 'name="old"' not in emma.get("/me/settings").text
    sent = {"old": PASSWORD, "new": "a few words that only I know"}
    assert emma.post("/me/settings", data=sent).status_code == 403
    assert 'name="old"' in frode.get("/me/settings").text
