"""Who is refused again and again is told when to try again; who launches as they should is not in the way of it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms_bridge.db import utcnow
from lms_bridge.lti.routes import FAILURES
from lms_bridge.throttle import Attempts
from tests.support.lti_launches import Lms
from tests.support.lti_platform import CLAIM

ELSEWHERE = {"REMOTE_ADDR": "10.0.0.9"}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/lti/login", {"iss": "https://nobody.example", "login_hint": "1", "target_link_uri": "x"}),
        ("/lti/launch", {"state": "guessed", "id_token": "a.b.c"}),
        ("/lti/deep-link", {"request": "forged"}),
        ("/lti/register", {"invitation": "guessed", "openid_configuration": "https://lms.example/x"}),
    ],
)
def test_each_door_counts_and_says_when(lms: Lms, path: str, form: dict[str, str]):
    method = "GET" if path == "/lti/register" else "POST"

    def knock(**environ: str):
        how = {"query_string": form} if method == "GET" else {"data": form}
        return lms.browser.open(path, method=method, environ_overrides=environ, **how)

    statuses = {knock().status_code for _ in range(FAILURES.most)}
    assert statuses <= {400, 401}
    answer = knock()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= FAILURES.seconds + 1
    assert "5 minutes" in answer.text
    assert knock(**ELSEWHERE).status_code in (400, 401)
    assert lms.browser.get("/lti/jwks").status_code == 200, "an LMS fetches the keys all the same"


def test_after_a_while_one_is_heard_again(lms: Lms):
    for _ in range(FAILURES.most):
        lms.browser.post("/lti/launch", data={"state": "guessed", "id_token": "a.b.c"})
    assert lms.browser.post("/lti/login").status_code == 429
    with lms.app.database.unit_of_work() as session:
        session.execute(update(Attempts).values(expires=utcnow() - timedelta(seconds=1)))
    assert lms.launch().status_code == 303


def test_a_class_that_launches_as_it_should_is_never_counted(lms: Lms):
    for _ in range(3):
        assert lms.launch().status_code == 303
    waiting = lms.launch(**{CLAIM + "deployment_id": "new"})
    assert waiting.status_code == 403, "a place that waits for approval is nobody's guess"
    with lms.app.database.unit_of_work(write=False) as session:
        assert session.query(Attempts).count() == 0
