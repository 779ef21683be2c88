"""The administrator connects, looks after, pauses and removes a source by pages; nobody else may."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.connectors import service
from lms_bridge.connectors.interface import Page
from lms_bridge.connectors.models import CUT_OFF, Connection, Run
from tests.people import CAMILLA, FRODE
from tests.support.far import Far, serving

from .conftest import Source, result
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


def test_what_has_come_is_shown_while_it_is_fetched_and_the_page_looks_again(
    frode: FlaskClient, source: Source
):
    page = f"/connections/{source.id}"
    first = {"page": 1}, False, [result(str(n)) for n in range(3)]
    last = {"page": 2}, True, [result(str(n)) for n in range(5)]
    source.script.pages = [Page(*first, calls=4, estimate={"rows": 2, "calls": 1}), Page(*last)]
    frode.post(page, data={"action": "run"})
    asked = fetched(frode, page)
    assert "Fetching begins in a moment." in asked
    assert "every 2s" in asked
    seen: list[str] = []

    def look(*_: object) -> None:
        source.script.pages.pop(0)
        seen.append(fetched(frode, page))

    source.sync(told=look)
    assert "3 results have come, 3 of them new, by 4 calls." in seen[0]
    assert "2 results, about 1 call." in seen[0]
    assert "8 results have come, 5 of them new, by 5 calls." in seen[1]
    assert all("every 2s" in text for text in seen)
    source.app.jobs.run_waiting()  # what was asked for finds nothing more
    assert "Last run" in fetched(frode, page)
    assert "every 2s" not in fetched(frode, page)


def fetched(frode: FlaskClient, page: str) -> str:
    found = re.search(r'<div id="fetched".*?</div>', frode.get(page).text, re.DOTALL)
    assert found
    return " ".join(found[0].split())


def test_before_the_first_answer_and_after_a_run_that_was_cut_off(frode: FlaskClient, source: Source):
    page = f"/connections/{source.id}"
    with source.unit_of_work() as session:
        session.add(Run(connection_id=source.id))
    assert "the first answer is awaited" in fetched(frode, page)
    with source.unit_of_work() as session:
        session.execute(update(Run).values(state=CUT_OFF, rows=12))
    assert "The 12 results that had come are kept" in fetched(frode, page)


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
