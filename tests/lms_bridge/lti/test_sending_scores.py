"""Results go to the LMS's gradebook: once, in order, again when it was down, and visibly when it refuses."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from lms_bridge.lti import scores
from lms_bridge.lti.models import Score
from lms_bridge.outgoing import Answer, Outgoing
from lms_bridge.web.i18n import told
from tests.people import ASTRID, FRODE, HANNA, Person
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLIENT, SCORE_SCOPE

VERBS = "http://adlnet.gov/expapi/verbs/"
SignedIn = Callable[[Person], FlaskClient]


@pytest.fixture
def course(lms: Lms) -> dict[str, str]:
    """Emma has opened the module in the LMS."""
    return course_of(lms.launch())


def says(lms: Lms, course: dict[str, str], verb: str, scaled: float | None = None) -> None:
    """The player's statement, with the token of the launch."""
    statement = {
        "actor": json.loads(course["actor"]),
        "verb": {"id": VERBS + verb},
        "object": {"id": course["activity_id"]},
        "context": {"registration": course["registration"]},
    }
    if scaled is not None:
        statement["result"] = {"score": {"scaled": scaled}}
    headers = {"Authorization": course["auth"], "X-Experience-API-Version": "1.0.3"}
    answer = lms.browser.post("/xapi/statements", json=statement, headers=headers)
    assert answer.status_code == 200, answer.text


def row(lms: Lms) -> Score:
    with lms.app.database.unit_of_work(write=False) as session:
        return session.scalars(select(Score)).one()


def later(lms: Lms) -> None:
    """The time has come for what waits: rows and jobs are due."""
    with lms.app.database.unit_of_work() as session:
        for score in session.scalars(select(Score).where(Score.state == "waiting")):
            score.due = utcnow() - timedelta(seconds=1)
        for job in session.scalars(select(Job).where(Job.state == "waiting")):
            job.due = utcnow() - timedelta(seconds=1)
    lms.app.jobs.run_waiting()


def test_a_score_is_final_and_whole(lms: Lms, course: dict[str, str]):
    """Moodle counts FullyGraded with scoreGiven only, and erases the grade of a score without one."""
    says(lms, course, "passed", 0.85)
    lms.app.jobs.run_waiting()
    (score,) = lms.platform.scores
    at = datetime.strptime(score.pop("timestamp"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs(at - utcnow()) < timedelta(seconds=20)
    assert score == {
        "userId": "4711",
        "scoreGiven": 85.0,
        "scoreMaximum": 100,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    assert row(lms).state == "sent"


def test_scores_is_put_into_the_path_and_the_query_is_kept(lms: Lms, course: dict[str, str]):
    says(lms, course, "passed", 1)
    lms.app.jobs.run_waiting()
    assert ("POST", "/lineitems/5/lineitem/scores?type_id=2") in lms.platform.requests
    assert scores.scores_url("https://x.example/li/?a=1#f") == "https://x.example/li/scores?a=1"


@pytest.mark.parametrize(
    ("verb", "scaled", "pass_mark", "expected"),
    [
        ("passed", 0.85, 80, 0.85),
        ("failed", 0.4, 80, 0.4),
        ("passed", None, 80, 1.0),
        ("failed", None, 80, 0.0),
        ("completed", None, 80, None),
        ("completed", None, None, 1.0),
        ("completed", 0.2, None, 1.0),
        ("failed", -0.5, 80, 0.0),
    ],
)
def test_what_a_statement_is_worth(
    verb: str, scaled: float | None, pass_mark: int | None, expected: float | None
):
    result = {} if scaled is None else {"score": {"scaled": scaled}}
    assert scores.result_of({"verb": {"id": VERBS + verb}, "result": result}, pass_mark) == expected


def test_the_best_result_is_the_one_that_stays(lms: Lms, course: dict[str, str]):
    """In an LMS the last score wins: a lower one after it would take the pass away."""
    for verb, scaled in (("failed", 0.4), ("passed", 0.9), ("failed", 0.2)):
        says(lms, course, verb, scaled)
        later(lms)
    assert [score["scoreGiven"] for score in lms.platform.scores] == [40.0, 90.0]


def test_results_that_come_fast_go_out_as_one(lms: Lms, course: dict[str, str]):
    for scaled in (0.5, 0.6, 0.7):
        says(lms, course, "failed", scaled)
    lms.app.jobs.run_waiting()
    assert [score["scoreGiven"] for score in lms.platform.scores] == [70.0]


def test_nothing_is_sent_for_what_gives_no_result(lms: Lms, course: dict[str, str]):
    says(lms, course, "completed")
    says(lms, course, "experienced")
    lms.app.jobs.run_waiting()
    assert (lms.platform.scores, row(lms).state) == ([], "none")


def test_timestamps_are_at_least_a_second_apart(lms: Lms, course: dict[str, str]):
    for scaled in (0.3, 0.4, 0.5):
        says(lms, course, "failed", scaled)
        later(lms)
    stamps = [datetime.fromisoformat(score["timestamp"]) for score in lms.platform.scores]
    assert len(stamps) == 3
    assert all(b - a >= timedelta(seconds=1) for a, b in pairwise(stamps))


def test_409_is_tried_again_with_a_later_timestamp(lms: Lms, course: dict[str, str]):
    lms.platform.answers = [(409, {}), (409, {})]
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    first = row(lms)
    assert (first.state, "409" in told(first.problem)) == ("waiting", True)
    assert first.due - utcnow() < timedelta(seconds=3)
    later(lms)
    later(lms)
    assert (row(lms).state, row(lms).problem, len(lms.platform.scores)) == ("sent", None, 1)
    assert row(lms).stamp - first.stamp >= timedelta(seconds=2)


@pytest.mark.parametrize(("status", "by_date"), [(429, False), (503, True)], ids=["in seconds", "by a date"])
def test_retry_after_is_obeyed(lms: Lms, course: dict[str, str], status: int, by_date: bool):
    an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True) if by_date else "3600"
    lms.platform.answers = [(status, {"Retry-After": an_hour})]
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    assert timedelta(minutes=58) < row(lms).due - utcnow() <= timedelta(hours=1)
    lms.app.jobs.run_waiting()
    assert lms.platform.scores == []
    later(lms)
    assert row(lms).state == "sent"


def test_a_better_result_comes_no_sooner_than_the_lms_has_asked_for(lms: Lms, course: dict[str, str]):
    lms.platform.answers = [(429, {"Retry-After": "3600"})]
    says(lms, course, "failed", 0.4)
    lms.app.jobs.run_waiting()
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    assert (lms.platform.scores, row(lms).due - utcnow() > timedelta(minutes=58)) == ([], True)
    later(lms)
    assert [score["scoreGiven"] for score in lms.platform.scores] == [90.0]


@pytest.mark.parametrize("asked", ["", "soon", "-5", "99999999999999999999", "Mon, 99 Foo"])
def test_a_senseless_retry_after_does_no_harm(asked: str):
    waits = scores._wait(Score(attempts=1), Answer(503, {"retry-after": asked}, b""))
    assert timedelta(0) < waits <= timedelta(days=1)


def test_an_lms_that_is_down_gets_it_when_it_is_up(lms: Lms, course: dict[str, str]):
    lms.platform.answers = [(500, {})] * 4
    says(lms, course, "passed", 0.9)
    waits = []
    for _ in range(4):
        later(lms)
        waits.append(row(lms).due - utcnow())
    assert waits == sorted(waits)
    later(lms)
    assert row(lms).state == "sent"


def test_a_web_page_with_200_is_no_receipt(lms: Lms, course: dict[str, str], signed_in: SignedIn):
    """Of a proxy, a sign-in or a maintenance page: taken for one, the grade would be lost."""
    lms.platform.answers = [
        (200, {"Content-Type": "text/html"}, b"\n<!doctype html><title>Maintenance</title>")
    ]
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    assert (row(lms).state, row(lms).sent) == ("waiting", None)
    assert "a web page came" in signed_in(FRODE).get("/lti/platforms").text
    later(lms)
    assert (row(lms).state, len(lms.platform.scores)) == ("sent", 1)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_what_the_lms_refuses_is_stuck_shown_and_sent_again_by_hand(
    lms: Lms, course: dict[str, str], signed_in: SignedIn, status: int
):
    lms.platform.answers = [(status, {})]
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    assert row(lms).state == "stuck"
    frode = signed_in(FRODE)
    page = frode.get("/lti/platforms").text
    assert f"the LMS answered {status}" in page
    address = f"/lti/platforms/scores/{row(lms).id}"
    assert address in page
    assert signed_in(HANNA).post(address).status_code == 403
    assert frode.post(address).status_code == 303
    lms.app.jobs.run_waiting()
    assert (row(lms).state, len(lms.platform.scores)) == ("sent", 1)
    assert frode.post(address).status_code == 404


def test_an_lms_that_gives_no_token_is_told_of_with_where_our_keys_are(
    lms: Lms, course: dict[str, str], signed_in: SignedIn
):
    """A Moodle that may not fetch our keys (curlsecurityblockedhosts, …allowedport) knows no signature of ours."""
    lms.platform.no_token = 400
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    page = signed_in(FRODE).get("/lti/platforms").text
    assert "gives no access token (400)" in page
    assert "http://bridge.localhost/lti/jwks" in page
    lms.platform.no_token = 0
    later(lms)
    assert row(lms).state == "sent"


def test_a_gradebook_inside_our_own_network_is_not_spoken_to(lms: Lms, course: dict[str, str]):
    lms.app.outgoing, before = Outgoing(), list(lms.platform.requests)
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()
    assert (row(lms).state, told(row(lms).problem)) == ("stuck", "the address must begin with https:")
    assert lms.platform.requests == before


def test_one_token_serves_many_scores_until_it_ends(lms: Lms, course: dict[str, str]):
    for scaled in (0.3, 0.4):
        says(lms, course, "failed", scaled)
        later(lms)
    assert len(lms.platform.assertions) == 1
    lms.platform.expires_in = 0
    lms.platform.tokens.clear()
    for scaled in (0.5, 0.6):
        says(lms, course, "failed", scaled)
        later(lms)
    assert len(lms.platform.scores) == 4
    assert len(lms.platform.assertions) == 3


def test_the_assertion_is_ours_fresh_and_meant_for_the_token_address(lms: Lms, course: dict[str, str]):
    lms.platform.expires_in = 0
    for scaled in (0.3, 0.4):
        says(lms, course, "failed", scaled)
        later(lms)
    published = KeySet.import_key_set(lms.browser.get("/lti/jwks").json)
    claims = [jwt.decode(one, published, algorithms=["RS256"]).claims for one in lms.platform.assertions]
    assert len({claim["jti"] for claim in claims}) == len(claims) == 2
    for claim in claims:
        assert (claim["iss"], claim["sub"], claim["aud"]) == (CLIENT, CLIENT, f"{lms.platform.url}/token")
        assert 0 < claim["exp"] - time.time() <= 300
    assert set(lms.platform.tokens.values()) == {SCORE_SCOPE}


def test_the_same_statement_twice_is_one_score(lms: Lms, course: dict[str, str]):
    for _ in range(2):
        says(lms, course, "passed", 0.9)
        later(lms)
    assert len(lms.platform.scores) == 1


def test_a_better_result_while_one_is_on_its_way_is_not_lost(lms: Lms, course: dict[str, str]):
    says(lms, course, "failed", 0.4)
    score = row(lms)
    with lms.app.app_context():
        sending = scores._claim(lms.app.database, score.tenant_id, score.id, uuid.uuid4())
        says(lms, course, "passed", 0.9)
        lms.app.jobs.run_waiting()
        assert lms.platform.scores == []  # the row is another worker's for the moment
        with lms.app.database.unit_of_work(score.tenant_id) as session:
            kept = session.get(Score, score.id)
            scores._settle(session, lms.app.jobs, kept, sending, Answer(200, {}, b""), None, False)
    later(lms)
    assert [sent["scoreGiven"] for sent in lms.platform.scores] == [90.0]


def test_a_worker_that_died_leaves_the_score_to_the_next(lms: Lms, course: dict[str, str]):
    says(lms, course, "passed", 0.9)
    score = row(lms)
    first, second = uuid.uuid4(), uuid.uuid4()
    assert scores._claim(lms.app.database, score.tenant_id, score.id, first) is not None
    assert scores._claim(lms.app.database, score.tenant_id, score.id, second) is None
    assert scores._claim(lms.app.database, score.tenant_id, score.id, first) is not None, (
        "that process is no more"
    )
    with lms.app.database.unit_of_work() as session:
        session.get(Score, score.id).claimed_until = utcnow() - timedelta(seconds=1)
    later(lms)
    assert len(lms.platform.scores) == 1


def test_two_workers_send_a_score_once(lms: Lms, course: dict[str, str]):
    says(lms, course, "passed", 0.9)
    score = row(lms)
    services = lms.app.extensions["lti_services"]

    def work() -> None:
        scores.send(lms.app.database, services, lms.app.jobs, score.tenant_id, score.id, uuid.uuid4())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(lms.platform.scores) == 1


def test_authors_see_nothing_of_it(signed_in: SignedIn):
    assert signed_in(ASTRID).get("/lti/platforms").status_code == 403
