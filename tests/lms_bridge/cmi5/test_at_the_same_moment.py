"""Several requests at once, as browsers and impatient people send them: the rules hold, and nothing is there twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from lms_bridge.cmi5.models import LaunchSession, Registration
from tests.people import EMMA
from tests.support.cmi5 import Lms, Unit, au, block, unit_addresses

TIMES = 6


def at_once(work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(TIMES) as threads:
        return list(threads.map(work, range(TIMES)))


def twin(lms: Lms, unit: Unit) -> Unit:
    """The same AU with a connection of its own."""
    other = Unit(lms.app, unit.address)
    other.token, other.data = unit.token, unit.data
    return other


def test_passed_is_said_once(lms: Lms):
    unit = lms.launch(lms.bring_in(block("b", au(moveOn="Passed"))))
    twins = [twin(lms, unit) for _ in range(TIMES)]
    statuses = at_once(lambda n: twins[n].send(unit.statement("passed")).status_code)
    assert sorted(statuses) == [200] + [403] * (TIMES - 1)
    assert lms.verbs(unit.registration) == ["launched", "initialized", "passed", "satisfied", "satisfied"]


def test_one_statement_that_is_sent_by_all_is_stored_once_and_refused_to_none(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Completed")))
    twins, sent = [twin(lms, unit) for _ in range(TIMES)], unit.statement("completed")
    assert at_once(lambda n: twins[n].send(sent).status_code) == [200] * TIMES
    assert lms.verbs(unit.registration).count("completed") == 1


def test_the_token_is_given_once(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Passed")), start=False)
    path = urlsplit(unit.query["fetch"]).path
    answers = at_once(lambda _: lms.app.test_client().post(path, headers={"Host": "bridge.localhost"}).json)
    assert sum("auth-token" in answer for answer in answers) == 1


def test_of_many_launches_one_stays_open(lms: Lms):
    course = lms.bring_in(au(moveOn="Passed"))
    (address,) = unit_addresses(lms.emma.get(course).text)
    first = lms.launch(course)
    browsers = [lms.sign_in(EMMA.email) for _ in range(TIMES)]
    assert at_once(lambda n: browsers[n].get(address).status_code) == [302] * TIMES
    with lms.app.database.unit_of_work(write=False) as session:
        ended = func.count(LaunchSession.abandoned)
        assert session.execute(select(func.count(), ended).select_from(LaunchSession)).one() == (
            TIMES + 1,
            TIMES,
        )
    assert lms.verbs(first.registration).count("abandoned") == TIMES


def test_a_double_click_registers_once(lms: Lms):
    course = lms.bring_in(au(moveOn="Passed"))
    (address,) = unit_addresses(lms.emma.get(course).text)
    browsers = [lms.sign_in(EMMA.email) for _ in range(TIMES)]
    assert at_once(lambda n: browsers[n].get(address).status_code) == [302] * TIMES
    with lms.app.database.unit_of_work(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 1
