"""Who guesses is stopped whichever process they meet, by a table that forgets; who succeeds writes nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms_bridge import create_app
from lms_bridge.accounts.service import PER_ACCOUNT, PER_ADDRESS
from lms_bridge.config import Settings
from lms_bridge.db import Database, utcnow
from lms_bridge.errors import TooMany
from lms_bridge.throttle import Attempts, Limit, Throttle
from tests.people import ASTRID, EMMA, PASSWORD
from tests.support.app import new_client

KNOCKS = Limit("knock at the door", 3, 60)


@pytest.fixture
def processes(settings: Settings) -> Callable[[int], list[Throttle]]:
    """Throttles as several processes have them: each with an engine of its own."""
    return lambda count: [Throttle(Database(settings.database), "key") for _ in range(count)]


def refused(throttle: Throttle, who: str, database: Database) -> bool:
    try:
        with database.unit_of_work(write=False) as session:
            throttle.refuse(session, (KNOCKS, who))
    except TooMany as error:
        return 50 < error.retry_after <= 61
    return False


def test_what_one_process_counts_another_refuses(processes, database: Database):
    one, other = processes(2)
    for _ in range(KNOCKS.most):
        assert not refused(other, "10.0.0.1", database)
        one.count((KNOCKS, "10.0.0.1"))
    assert refused(one, "10.0.0.1", database)
    assert refused(other, "10.0.0.1", database)
    assert not refused(other, "10.0.0.2", database)


def test_what_expired_counts_no_more_and_is_forgotten(processes, database: Database):
    (throttle,) = processes(1)
    for who in ("10.0.0.1", "10.0.0.2"):
        for _ in range(KNOCKS.most):
            throttle.count((KNOCKS, who))
    with database.unit_of_work() as session:
        session.execute(update(Attempts).values(expires=utcnow() - timedelta(seconds=1)))
    assert not refused(throttle, "10.0.0.1", database)
    throttle.count((KNOCKS, "10.0.0.1"))
    with database.unit_of_work(write=False) as session:
        assert [row.times for row in session.scalars(select(Attempts))] == [1]


def test_what_is_limited_also_when_it_succeeds_is_exact_when_many_come_at_once(processes):
    def knock(throttle: Throttle) -> bool:
        try:
            throttle.take(KNOCKS, "10.0.0.1")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(knock, processes(4) * 5)) == KNOCKS.most


def test_nothing_that_is_kept_names_the_address_or_the_email(processes, database: Database):
    (throttle,) = processes(1)
    throttle.count((KNOCKS, ASTRID.email))
    with database.unit_of_work(write=False) as session:
        assert all(len(key) == 64 and "astrid" not in key for key in session.scalars(select(Attempts.key)))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_hundreds_of_wrong_passwords_end_in_429_whichever_process_they_hit(settings: Settings):
    browsers = [new_client(create_app(settings)) for _ in range(2)]
    answers = [
        browsers[n % 2].post("/sign-in", data={"email": ASTRID.email, "password": f"guess {n}"}).status_code
        for n in range(300)
    ]
    assert answers.count(400) == PER_ACCOUNT.most
    assert answers.count(429) == 300 - PER_ACCOUNT.most
    assert set(answers[PER_ACCOUNT.most :]) == {429}
    emma = browsers[0].post("/sign-in", data={"email": EMMA.email, "password": PASSWORD})
    assert emma.status_code == 302, "the others of the house are let in"


def test_one_address_may_not_try_every_account(settings: Settings):
    browser = new_client(create_app(settings))
    answers = [
        browser.post("/sign-in", data={"email": f"somebody-{n}@fjordvik.example", "password": "x"})
        for n in range(PER_ADDRESS.most + 1)
    ]
    assert [answer.status_code for answer in answers] == [400] * PER_ADDRESS.most + [429]
    assert answers[-1].headers["Retry-After"]
