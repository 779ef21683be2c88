"""The page leads an administrator step by step, tests each step, and says what is missing and where to click."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.connectors.models import Connection
from lms_bridge.moodle import connecting
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, FRODE, Person
from tests.support.moodle import BROKEN, HTML, TOKEN, Fault, Moodle

from .conftest import Lms

SignedIn = Callable[[Person], FlaskClient]


@pytest.fixture
def frode(signed_in: SignedIn) -> FlaskClient:
    return signed_in(FRODE)


@pytest.fixture
def page(frode: FlaskClient, moodle: Moodle) -> str:
    """The page of a Moodle of which the address is known, and no more."""
    answer = frode.post("/moodle/new", data={"address": moodle.url + "/login/index.php", "name": "KS Læring"})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def steps(frode: FlaskClient, page: str) -> dict[str, bool]:
    """What the page says of each step that was tested."""
    html = frode.get(page).text
    parts = re.split(r'<li class="panel" id="(\w+)">', html)
    told = zip(parts[1::2], parts[2::2], strict=True)
    return {
        name: "Tested, works" in part for name, part in told if "Tested, works" in part or "Not yet" in part
    }


def row_of(app: Bridge) -> Connection:
    with app.database.unit_of_work(write=False) as session:
        return session.scalars(select(Connection)).one()


def test_first_the_address_is_tried(frode: FlaskClient, page: str, app: Bridge, moodle: Moodle):
    assert row_of(app).address == moodle.url
    assert steps(frode, page) == {"address": True}
    assert moodle.called() == ["core_webservice_get_site_info"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (HTML, "A web page came"),
        (BROKEN, "Moodle answered 500"),
        (Fault(status=403), "switched off"),
        (Fault(status=302, headers={"Location": "https://ny.kommune.no/"}), "https://ny.kommune.no/"),
        (Fault(body=b'{"hello": "there"}'), "no Moodle at that address"),
    ],
)
def test_an_address_where_no_moodle_answers_is_not_kept(
    frode: FlaskClient, moodle: Moodle, app: Bridge, fault: Fault, said: str
):
    moodle.fails("core_webservice_get_site_info", fault)
    answer = frode.post("/moodle/new", data={"address": moodle.url})
    assert answer.status_code == 400
    assert said in answer.text
    assert frode.post("/moodle/new", data={"address": "not an address"}).status_code == 400
    with app.database.unit_of_work(write=False) as session:
        assert session.scalars(select(Connection)).all() == []


def test_the_same_moodle_is_connected_once(frode: FlaskClient, page: str, moodle: Moodle):
    answer = frode.post("/moodle/new", data={"address": moodle.url})
    assert "connected already" in answer.text


def test_with_a_token_everything_is_tested(frode: FlaskClient, page: str, app: Bridge):
    assert frode.post(f"{page}/token", data={"token": TOKEN}).status_code == 303
    assert steps(frode, page) == dict.fromkeys(
        ("address", "plugin", "token", "functions", "capabilities"), True
    )
    row = row_of(app)
    assert TOKEN.encode() not in row.secret
    assert TOKEN not in frode.get(page).text
    assert (row.state, row.settings["plugin"]) == ("paused", 2026112200)


@pytest.mark.parametrize("token", ["", "too short", "é" * 32, TOKEN + "0"])
def test_what_is_no_token_is_said_so(frode: FlaskClient, page: str, token: str):
    answer = frode.post(f"{page}/token", data={"token": token})
    assert answer.status_code == 400
    assert "32 letters and digits" in answer.text


def test_a_token_that_moodle_does_not_know(frode: FlaskClient, page: str):
    frode.post(f"{page}/token", data={"token": "f" * 32})
    assert steps(frode, page)["token"] is False
    assert "Moodle does not know this token" in frode.get(page).text


def test_each_missing_capability_is_named_with_where_to_click(frode: FlaskClient, page: str, moodle: Moodle):
    moodle.held -= {"mod/scorm:viewreport", "moodle/site:viewuseridentity"}
    frode.post(f"{page}/token", data={"token": TOKEN})
    html = frode.get(page).text
    assert steps(frode, page)["capabilities"] is False
    assert "<code>mod/scorm:viewreport</code>" in html
    assert "See full user identity in lists" in html
    assert f"{moodle.url}/admin/roles/manage.php" in html
    moodle.held |= {"mod/scorm:viewreport", "moodle/site:viewuseridentity"}
    frode.post(f"{page}/check")
    assert steps(frode, page)["capabilities"] is True


def test_each_missing_function_is_named(frode: FlaskClient, page: str, moodle: Moodle):
    moodle.missing = {"local_lmsbridge_publish"}
    frode.post(f"{page}/token", data={"token": TOKEN})
    assert steps(frode, page)["functions"] is False
    assert "<code>local_lmsbridge_publish</code>" in frode.get(page).text


def test_it_works_without_the_plugin_and_says_what_that_costs(
    frode: FlaskClient, page: str, moodle: Moodle, app: Bridge
):
    moodle.plugin = False
    frode.post(f"{page}/token", data={"token": TOKEN})
    assert steps(frode, page) == {"address": True, "plugin": False, "token": True, "functions": True}
    html = frode.get(page).text
    assert "learner by learner" in html
    for capability in (
        *("webservice/rest:use", "moodle/course:view", "moodle/course:viewparticipants"),
        *("moodle/user:viewdetails", "moodle/site:accessallgroups"),
        *("moodle/site:viewuseridentity", "moodle/grade:viewall", "mod/scorm:viewreport", "mod/lti:view"),
    ):
        assert f"<code>{capability}</code>" in html, "Moodle tells nobody which of them a token has"
    assert "plugin.zip" in html
    moodle.enrol(7, "emma", "Emma")
    frode.post(f"{page}/results", data={"action": "start"})
    app.jobs.run_waiting()
    html = frode.get(page).text
    assert "Begin reading" in html
    assert "Reading everything without the plugin takes about" in html
    frode.post(f"{page}/results", data={"action": "begin"})
    app.jobs.run_waiting()
    assert "Begin reading" not in frode.get(page).text


def test_push_is_switched_on_with_a_fresh_secret_and_pinged(lms: Lms, frode: FlaskClient):
    heard: list[Any] = []
    lms.moodle.post = lambda rows: heard.append(lms.moodle.push.copy()) or (200, b"{}")  # type: ignore[method-assign]
    page = f"/moodle/{lms.id}"
    for _ in range(2):
        assert frode.post(f"{page}/push").status_code == 303
    del lms.moodle.post
    assert heard[0]["url"] == f"http://bridge.localhost/api/v1/sources/{lms.id}/push"
    assert heard[0]["secret"] != heard[1]["secret"]
    assert heard[1]["secret"].encode() not in lms.row.secret
    assert steps(frode, page)["push"] is True
    assert "12 ms" in frode.get(page).text


def test_a_push_that_does_not_arrive_is_said_so(lms: Lms, frode: FlaskClient):
    frode.post(f"/moodle/{lms.id}/push")  # bridge.localhost answers nobody here
    assert steps(frode, f"/moodle/{lms.id}")["push"] is False
    assert "could not reach this service" in frode.get(f"/moodle/{lms.id}").text


def test_a_secret_that_moodle_did_not_get_is_not_kept(lms: Lms, frode: FlaskClient):
    frode.post(f"/moodle/{lms.id}/push")
    before = lms.row.secret
    lms.moodle.fails("local_lmsbridge_set_push", BROKEN)
    frode.post(f"/moodle/{lms.id}/push")
    assert lms.row.secret == before
    assert "Moodle answered 500" in frode.get(f"/moodle/{lms.id}").text


def test_the_idnumber_is_the_employment_number_where_the_administrator_says_so(lms: Lms, frode: FlaskClient):
    frode.post(f"/moodle/{lms.id}/settings", data={"idnumber": "on"})
    assert lms.row.settings["idnumber"] is True
    frode.post(f"/moodle/{lms.id}/settings")
    assert lms.row.settings["idnumber"] is False


def test_disconnected_moodle_is_told_to_push_no_more(lms: Lms, frode: FlaskClient):
    frode.post(f"/moodle/{lms.id}/push")
    assert lms.moodle.push["enabled"]
    assert frode.post(f"/moodle/{lms.id}/disconnect").status_code == 303
    assert lms.moodle.push == {"url": "", "secret": "", "enabled": False, "error": "", "success": 0}
    assert frode.get(f"/moodle/{lms.id}").status_code == 404


def test_a_moodle_that_is_down_is_disconnected_all_the_same(lms: Lms, frode: FlaskClient):
    frode.post(f"/moodle/{lms.id}/push")
    lms.moodle.fails("*", BROKEN)
    answer = frode.post(f"/moodle/{lms.id}/disconnect", follow_redirects=True)
    assert "could not be told so" in answer.text


def test_results_are_fetched_started_and_paused(lms: Lms, frode: FlaskClient):
    page = f"/moodle/{lms.id}"
    frode.post(f"{page}/results", data={"action": "pause"})
    assert lms.row.state == "paused"
    frode.post(f"{page}/results", data={"action": "start"})
    lms.run_jobs()
    assert lms.row.last_success
    assert "0 results" in frode.get(page).text
    assert frode.post(f"{page}/results", data={"action": "fly"}).status_code == 404


def test_only_administrators_connect(signed_in: SignedIn, lms: Lms):
    astrid = signed_in(ASTRID)
    assert astrid.get(f"/moodle/{lms.id}").status_code == 403
    assert astrid.post("/moodle/new", data={"address": lms.moodle.url}).status_code == 403


def test_another_kind_of_connection_has_no_such_page(lms: Lms, frode: FlaskClient):
    with lms.work() as session:
        session.get(Connection, lms.id).kind = "another"
    assert frode.get(f"/moodle/{lms.id}").status_code == 404
    assert connecting.KIND == "moodle"
