"""Down, slow, moody or wrong: nothing is lost, one bad statement holds up no other, and the administrator sees why."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from lms_bridge.db import utcnow
from lms_bridge.forwarding import delivery
from lms_bridge.outgoing import Outgoing
from lms_bridge.web.i18n import told
from tests.lms_bridge.lrs.conftest import PASSED, Sender, statement
from tests.people import ASTRID, CAMILLA, FRODE, Person
from tests.support.other_lrs import OtherLrs

from .conftest import Forwarding

SignIn = Callable[[Person], FlaskClient]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("answer", "seconds", "words"),
    [
        ((503, {"Retry-After": "77"}), 77, "503"),
        ((429, {"Retry-After": "1200"}), 1200, "it is being asked too often (429)"),
        (500, 10, "500"),
        (401, 10, "it does not accept the key and secret (401)"),
        (403, 10, "403"),
        (404, 10, "there is no LRS at the address (404)"),
        ((200, {}, b"<html>Please sign in</html>"), 10, "something that is not an LRS answered (200)"),
        ((200, {}, {"status": "ok"}), 10, "something that is not an LRS answered (200)"),
        ((302, {"Location": "https://elsewhere.example"}), 10, "302"),
    ],
)
def test_what_could_not_go_waits_as_long_as_asked_and_goes_then(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender, answer, seconds: int, words: str
):
    sent = [statement() for _ in range(3)]
    lrs.post(*sent)
    county.mood = lambda _: answer
    forwarding.work()
    target = forwarding.standing.target
    assert words in told(target.problem)
    assert abs((target.due - utcnow()).total_seconds() - seconds) < 5
    county.mood = lambda _: None
    forwarding.work()
    assert county.order == [], "it is not asked before the time"
    forwarding.change(due=utcnow() - timedelta(seconds=1))
    forwarding.work()
    assert county.order == [one["id"] for one in sent]
    assert forwarding.standing.target.problem is None
    assert forwarding.standing.target.attempts == 0


def test_each_time_in_vain_the_next_attempt_is_later(forwarding: Forwarding, county: OtherLrs, lrs: Sender):
    lrs.post(statement())
    county.mood = lambda _: 500
    waits = []
    for _ in range(8):
        forwarding.change(due=None)
        forwarding.work()
        waits.append(round((forwarding.standing.target.due - utcnow()).total_seconds()))
    assert waits == [10, 30, 120, 300, 900, 3600, 3600, 3600]


def test_an_lrs_that_is_down_is_told_later(forwarding: Forwarding, other_lrs: OtherLrs, lrs: Sender):
    other_lrs.close()
    forwarding.connect(other_lrs.url)
    lrs.post(statement())
    forwarding.work()
    assert "does not answer" in told(forwarding.standing.target.problem)
    assert forwarding.standing.waiting == 1


def test_an_address_inside_our_own_network_is_not_spoken_to(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender
):
    forwarding.app.outgoing = Outgoing()
    lrs.post(statement())
    forwarding.work()
    assert county.requests == []
    assert "https" in told(forwarding.standing.target.problem)


def test_one_bad_statement_holds_up_no_other_and_is_shown(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender, signed_in: SignIn
):
    sent = [statement() for _ in range(40)]
    bad = {sent[17]["id"], sent[18]["id"]}
    county.mood = lambda statements: 400 if bad & {one["id"] for one in statements} else None
    lrs.post(*sent)
    forwarding.work()
    assert county.order == [one["id"] for one in sent if one["id"] not in bad]
    assert {str(row.statement_id) for row in forwarding.standing.refusals} == bad
    frode = signed_in(FRODE)
    page = frode.get("/forwarding").text
    assert "2 statements are not taken there" in page
    assert "it finds the statement wrong (400)" in page
    county.mood = lambda _: None
    frode.post(f"/forwarding/{forwarding.target_id}/act", data={"action": "again"})
    forwarding.work()
    assert set(county.order[-2:]) == bad
    assert forwarding.standing.refused == 0


def test_what_the_other_lrs_has_already_is_done_and_what_differs_there_is_shown(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender
):
    same, other, new = statement(), statement(), statement()
    county.kept = {same["id"]: {**same, "stored": "2026-01-01T00:00:00Z"}, other["id"]: {**other}}
    county.kept[other["id"]]["verb"] = {"id": PASSED}
    there = set(county.kept)
    county.mood = lambda statements: 409 if there & {one["id"] for one in statements} else None
    given = [{**one, "timestamp": "2026-03-01T10:00:00Z"} for one in (same, other, new)]
    county.kept[same["id"]]["timestamp"] = county.kept[other["id"]]["timestamp"] = "2026-03-01T10:00:00Z"
    lrs.post(*given)
    forwarding.work()
    assert county.order == [new["id"]]
    assert [(str(row.statement_id), told(row.problem)) for row in forwarding.standing.refusals] == [
        (other["id"], "it has another statement under the same id (409)")
    ]


def test_where_we_may_not_read_409_means_that_it_is_there(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender
):
    county.readable, county.mood = False, lambda _: 409
    lrs.post(statement())
    forwarding.work()
    assert forwarding.standing.refused == forwarding.standing.waiting == 0


def test_an_lrs_that_refuses_everything_is_in_trouble_and_nothing_is_given_up(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender
):
    lrs.post(*[statement() for _ in range(20)])
    county.mood = lambda _: 400
    forwarding.work()
    assert "it refuses every statement" in told(forwarding.standing.target.problem)
    assert (forwarding.standing.waiting, forwarding.standing.refused) == (20, 0)


@pytest.mark.parametrize("same_job", [True, False], ids=["by the same job at once", "by another in a while"])
def test_killed_between_sending_and_crossing_off_it_is_sent_again(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender, monkeypatch: pytest.MonkeyPatch, same_job: bool
):
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> bool:
        raise Killed

    one, job_id = statement(), uuid.uuid4()
    lrs.post(one)
    monkeypatch.setattr(delivery, "_settle", killed)
    with pytest.raises(Killed):
        delivery.deliver(forwarding.app, forwarding.tenant_id, forwarding.target_id, job_id)
    monkeypatch.undo()
    forwarding.work()
    assert county.order == [one["id"]], "another may be at it still"
    if same_job:
        delivery.deliver(forwarding.app, forwarding.tenant_id, forwarding.target_id, job_id)
    else:
        forwarding.change(claimed_until=utcnow() - timedelta(seconds=1))
        with forwarding.app.app_context(), forwarding.app.database.unit_of_work() as session:
            delivery.sweep(session, forwarding.app.jobs)
        forwarding.app.jobs.run_waiting()
    assert county.order == [one["id"]] * 2
    assert forwarding.standing.waiting == 0


def test_paused_it_collects_and_removed_it_forgets(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender, signed_in: SignIn
):
    frode = signed_in(FRODE)
    act = f"/forwarding/{forwarding.target_id}/act"
    frode.post(act, data={"action": "pause"})
    lrs.post(statement())
    forwarding.work()
    assert county.order == []
    assert forwarding.standing.waiting == 1
    frode.post(act, data={"action": "resume"})
    forwarding.work()
    assert len(county.order) == 1
    frode.post(act, data={"action": "remove"})
    lrs.post(statement())
    assert frode.get(f"/forwarding/{forwarding.target_id}").status_code == 404
    assert "No other LRS is told yet" in frode.get("/forwarding").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "Write what the other LRS is called."),
        ({"url": "lrs.example"}, "Write the address of the LRS"),
        ({"url": "ftp://lrs.example/"}, "Write the address of the LRS"),
        ({"url": "http://lrs.example/xapi/"}, "Write the address of the LRS"),
        ({"url": "https://[bad"}, "Write the address of the LRS"),
        ({"username": "a:b"}, "Write the key"),
        ({"password": ""}, "Write the secret"),
        ({"version": "0.9"}, "Choose one of these."),
        ({"verbs": "passed"}, "Write an address with its beginning"),
        ({"activity": "two words"}, "where anything may stand"),
        ({"only_from": "another municipality&#39;s"}, "Choose one of these."),
    ],
)
def test_a_faulty_form_is_refused_with_a_sentence_at_the_field(
    signed_in: SignIn, form: dict[str, str], sentence: str
):
    sound = {
        "name": "The county",
        "url": "https://lrs.example/xapi/",
        "username": "key",
        "password": "secret",
        "version": "1.0.3",
    }
    frode = signed_in(FRODE)
    answer = frode.post("/forwarding/new", data=sound | form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "No other LRS is told yet" in frode.get("/forwarding").text


def test_only_administrators_come_in_and_the_secret_is_kept_sealed(
    forwarding: Forwarding, county: OtherLrs, signed_in: SignIn
):
    for person, status in ((FRODE, 200), (CAMILLA, 403), (ASTRID, 403)):
        assert signed_in(person).get("/forwarding").status_code == status
    assert b"secret" not in forwarding.standing.target.password
    page = signed_in(FRODE).get(f"/forwarding/{forwarding.target_id}").text
    assert 'value="secret"' not in page


def test_the_connection_can_be_tried(forwarding: Forwarding, county: OtherLrs, signed_in: SignIn):
    frode = signed_in(FRODE)
    act = f"/forwarding/{forwarding.target_id}/act"
    answer = frode.post(act, data={"action": "check"}, follow_redirects=True)
    assert "answers, and knows the key" in answer.text
    county.close()
    assert "cannot be told" in frode.post(act, data={"action": "check"}).text
