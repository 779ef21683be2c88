"""The administrator connects, looks after, pauses and removes a source by pages; nobody else may."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.connectors import service
from lms_bridge.connectors.models import Connection
from tests.people import CAMILLA, FRODE
from tests.support.far import Far, serving

from .conftest import Source
from .test_lists_put_down import PASSWORD, Shelf, database_url

__all__ = ["database_url"]


@pytest.fixture
def frode(source: Source, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    source.app.outgoing.allow_private = True
    return signed_in(FRODE)


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    with serving(Shelf()) as far:
        yield far


def connect(frode: FlaskClient, **more: str) -> str:
    given = {
        "name": "HR",
        "address": "https://hr.example/a.csv",
        "user": "hr",
        "password": PASSWORD,
        "minutes": "60",
    }
    answer = frode.post("/connections/new/web-list", data=given | more)
    assert answer.status_code == 303, answer.text
    return answer.location


def row_at(source: Source, address: str) -> Connection:
    with source.unit_of_work(write=False) as session:
        return next(row for row in service.every(session) if str(row.id) in address)


def test_a_source_is_connected_and_its_secret_is_never_shown_again(frode: FlaskClient, source: Source):
    page = connect(frode)
    row = row_at(source, page)
    assert (row.name, row.minutes, row.settings["user"]) == ("HR", 60, "hr")
    assert service.secrets_of(source.app.vault, row) == {"password": PASSWORD}
    for path in (page, f"{page}/edit", "/connections"):
        answer = frode.get(path)
        assert "HR" in answer.text
        assert PASSWORD not in answer.text


def test_what_is_missing_is_said_at_its_field_and_what_was_written_stays(frode: FlaskClient, source: Source):
    answer = frode.post("/connections/new/web-list", data={"name": "", "address": "ftp://hr", "user": "hr"})
    assert answer.status_code == 400
    assert "Give it a name." in answer.text
    assert 'value="ftp://hr"' in answer.text
    answer = frode.post("/connections/new/web-list", data={"name": "HR", "address": "ftp://hr"})
    assert "begins with https" in answer.text
    with source.unit_of_work(write=False) as session:
        assert [row.kind for row in service.every(session)] == ["script"]


def test_changed_with_the_secret_left_empty_it_keeps_it(frode: FlaskClient, source: Source):
    page = connect(frode)
    given = {
        "name": "Lønn",
        "address": "https://hr.example/b.csv",
        "user": "hr",
        "password": "",
        "minutes": "5",
    }
    assert frode.post(f"{page}/edit", data=given).status_code == 303
    row = row_at(source, page)
    assert (row.name, row.minutes) == ("Lønn", 5)
    assert service.secrets_of(source.app.vault, row) == {"password": PASSWORD}


def test_its_health_is_checked_at_a_press(frode: FlaskClient, far: Far):
    page = connect(frode, address=f"{far.url}/a.csv")
    assert "All is well" in frode.post(f"{page}/check").text
    far.faults = [500]
    text = frode.post(f"{page}/check").text
    assert "Something is not in order" in text
    assert "The source answered 500." in text


def test_a_source_that_is_down_is_told_of_and_fetched_again_at_a_press(
    frode: FlaskClient, source: Source, far: Far
):
    page = connect(frode, address=f"{far.url}/a.csv")
    far.faults = [500]
    frode.post(page, data={"action": "run"})
    source.app.jobs.run_waiting()
    text = frode.get("/connections").text
    assert "The source answered 500." in text
    assert re.search(r"It is tried again \d", text)
    frode.post(page, data={"action": "run"})
    source.app.jobs.run_waiting()
    text = frode.get(page).text
    assert "Works" in text
    assert "The list a.csv waits" in text


def test_paused_taken_up_and_removed(frode: FlaskClient, source: Source):
    page = connect(frode)
    for action, state in (("pause", "paused"), ("resume", "active")):
        assert frode.post(page, data={"action": action}).status_code == 303
        assert row_at(source, page).state == state
    assert frode.post(page, data={"action": "remove"}).status_code == 303
    assert frode.get(page).status_code == 404
    with source.unit_of_work(write=False) as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.account_id.is_not(None)).order_by(AuditEntry.id)
        ).all()
    assert actions == ["connect", "pause", "resume", "remove"]


def test_only_an_administrator_may(source: Source, signed_in: Callable[..., FlaskClient]):
    camilla = signed_in(CAMILLA)
    for path in ("/connections", "/connections/new", f"/connections/{source.id}"):
        assert camilla.get(path).status_code == 403
    assert camilla.post(f"/connections/{source.id}", data={"action": "remove"}).status_code == 403


def test_every_kind_that_makes_itself_known_is_offered(frode: FlaskClient):
    text = frode.get("/connections/new").text
    for kind in ("script", "folder", "sftp", "web-list", "xapi"):
        assert f"/connections/new/{kind}" in text
    assert frode.get("/connections/new/unknown").status_code == 404
