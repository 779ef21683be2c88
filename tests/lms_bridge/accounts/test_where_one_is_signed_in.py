"""People see where they are signed in, and sign out there; what is signed out of is signed out of for every copy."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lms_bridge.accounts import Account, sign_ins
from lms_bridge.accounts.models import SignIn
from lms_bridge.db import Database, utcnow
from lms_bridge.web.app import Bridge
from tests.people import EMMA, FRODE, INGRID, PASSWORD, Person
from tests.support.app import new_client

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
SignedIn = Callable[[Person], FlaskClient]


def sign_in(app: Bridge, person: Person, user_agent: str) -> FlaskClient:
    client = new_client(app)
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    return client


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me/settings").status_code == 200


def rows_of(database: Database, person: Person) -> list[SignIn]:
    with database.unit_of_work(write=False) as session:
        rows = select(SignIn).join(Account, Account.id == SignIn.account_id)
        return list(session.scalars(rows.where(Account.email == person.email).order_by(SignIn.id)))


def last_used(database: Database, person: Person, at: datetime) -> None:
    ids = [row.id for row in rows_of(database, person)]
    with database.unit_of_work() as session:
        session.execute(update(SignIn).where(SignIn.id.in_(ids)).values(seen=at))


def test_a_copy_of_the_cookie_is_useless_once_its_browser_has_signed_out(client: FlaskClient, app: Bridge):
    answer = client.post("/sign-in", data={"email": EMMA.email, "password": PASSWORD})
    copy = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0], "Host": "bridge.localhost"}
    thief = app.test_client(use_cookies=False)
    assert thief.get("/me/settings", headers=copy).status_code == 200
    client.post("/sign-out")
    assert thief.get("/me/settings", headers=copy).status_code == 302


def test_everybody_sees_where_they_are_signed_in_and_nobody_else_does(app: Bridge):
    desk = sign_in(app, EMMA, EDGE)
    sign_in(app, EMMA, PHONE)
    sign_in(app, FRODE, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
    page = desk.get("/me/settings").text
    assert "Edge, Windows" in page
    assert "Safari, iPhone" in page
    assert "Firefox" not in page
    assert page.count("Sign out there") == 1  # this one has the menu


def test_one_of_them_is_signed_out_from_another(app: Bridge, database: Database):
    desk, phone = sign_in(app, EMMA, EDGE), sign_in(app, EMMA, PHONE)
    second = next(row for row in rows_of(database, EMMA) if row.browser == "Safari, iPhone")
    answer = desk.post(f"/me/sign-ins/{second.id}/end", follow_redirects=True)
    assert "Signed out there." in answer.text
    assert not is_signed_in(phone)
    assert is_signed_in(desk)


def test_all_others_are_signed_out_at_once(signed_in: SignedIn):
    desk, phone, tablet, frode = signed_in(EMMA), signed_in(EMMA), signed_in(EMMA), signed_in(FRODE)
    assert "Sign out everywhere else" in desk.get("/me/settings").text
    assert "Sign out everywhere else" not in frode.get("/me/settings").text
    desk.post("/me/sign-ins/end-others")
    assert [is_signed_in(one) for one in (desk, phone, tablet, frode)] == [True, False, False, True]


@pytest.mark.parametrize("whose", [FRODE, INGRID], ids=["a colleague", "another municipality"])
def test_nobody_ends_somebody_else_s(signed_in: SignedIn, database: Database, whose: Person):
    emma, other = signed_in(EMMA), signed_in(whose)
    (theirs,) = rows_of(database, whose)
    assert emma.post(f"/me/sign-ins/{theirs.id}/end").status_code == 404
    assert emma.post(f"/me/sign-ins/{uuid.uuid4()}/end").status_code == 404
    assert is_signed_in(other)


def test_who_signs_in_again_in_the_same_browser_is_there_once(client: FlaskClient, database: Database):
    for _ in range(2):
        client.post("/sign-in", data={"email": EMMA.email, "password": PASSWORD})
    assert len(rows_of(database, EMMA)) == 1


def test_one_that_is_not_used_for_twelve_hours_has_ended(signed_in: SignedIn, database: Database):
    emma, frode = signed_in(EMMA), signed_in(FRODE)
    last_used(database, EMMA, utcnow() - timedelta(hours=12, minutes=31))
    last_used(database, FRODE, utcnow() - timedelta(hours=12, minutes=29))  # noted late, perhaps
    assert sign_ins.forget(database, utcnow()) == 1
    assert rows_of(database, EMMA) == []
    assert not is_signed_in(emma)
    assert is_signed_in(frode)


def test_one_that_has_ended_opens_nothing_before_the_night_either(signed_in: SignedIn, database: Database):
    emma = signed_in(EMMA)
    last_used(database, EMMA, utcnow() - timedelta(hours=13))
    assert not is_signed_in(emma)


@pytest.mark.parametrize("writes", [False, True])
def test_its_use_is_noted_every_half_hour(signed_in: SignedIn, database: Database, writes: bool):
    emma = signed_in(EMMA)

    def use() -> timedelta:
        emma.post("/language", data={"language": "nn"}) if writes else emma.get("/")
        (row,) = rows_of(database, EMMA)
        return utcnow() - row.seen

    last_used(database, EMMA, utcnow() - timedelta(minutes=29))
    assert use() > timedelta(minutes=28)
    last_used(database, EMMA, utcnow() - timedelta(minutes=31))
    assert use() < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (EDGE, "Edge, Windows"),
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
         "Samsung Internet, Android"),
        ("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 CriOS/142.0 Mobile/15E148 Safari/604.1",
         "Chrome, iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
         "Safari, Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64 16093.0.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36", "Chrome, ChromeOS"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("\u202eEdg" * 5000, "Edge"),
    ],
)  # fmt: skip
def test_a_browser_has_the_name_that_people_know_it_by(user_agent: str, name: str):
    assert sign_ins.browser_of(user_agent) == name


def test_one_that_says_nothing_of_itself_is_listed_all_the_same(app: Bridge):
    assert "An unknown browser" in sign_in(app, EMMA, "").get("/me/settings").text
