"""A process that is killed at any commit between a learner's statement and the gradebook loses no result, and none
takes another's place: an LMS may be told the same score again, with a later time.

Each commit is died before, when what leaves the house has left; with TEST_EXAMPLES set, after it too.
"""

import json
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from lms_bridge.lti.models import Score
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import AGS, CLAIM, LINEITEM_SCOPE, SCORE_SCOPE

from .test_sending_scores import VERBS

KILLED = 9


def statement_of(course: dict[str, str], statement_id: str) -> dict[str, object]:
    return {
        "id": statement_id,
        "actor": json.loads(course["actor"]),
        "verb": {"id": VERBS + "passed"},
        "object": {"id": course["activity_id"]},
        "context": {"registration": course["registration"]},
        "result": {"score": {"scaled": 0.9}},
    }


def tell(lms: Lms, course: dict[str, str], statement_id: str) -> None:
    """The player's statement; sent again under its id, it is the same."""
    headers = {"Authorization": course["auth"], "X-Experience-API-Version": "1.0.3"}
    answer = lms.browser.post("/xapi/statements", json=statement_of(course, statement_id), headers=headers)
    assert answer.status_code == 200, answer.text


def killed_at(lms: Lms, course: dict[str, str], statement_id: str, number: int, moment: str) -> bool:
    """In a process of its own: the statement, then the jobs; killed before or after its n-th commit, if it has one."""
    lms.app.database.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            commits = count(1)

            def die(_session: Session) -> None:
                if next(commits) == number:
                    os._exit(KILLED)

            event.listen(Session, moment, die)
            tell(lms, course, statement_id)
            lms.app.jobs.run_waiting()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == KILLED


def recover(lms: Lms) -> None:
    """What a while later is: claims of the dead have run out, and the next process sweeps up."""
    past = utcnow() - timedelta(minutes=1)
    for _ in range(2):
        with lms.app.database.unit_of_work() as session:
            session.execute(update(Score).values(claimed_until=None))
            session.execute(update(Score).where(Score.state == "waiting").values(due=past))
            lost = Job.state.in_(("waiting", "running"))
            session.execute(update(Job).where(lost).values(due=past, state="waiting"))
        lms.app.jobs.run_waiting()


def moments() -> Iterator[tuple[str, int]]:
    for number in count(1):
        yield "before_commit", number
        if "TEST_EXAMPLES" in os.environ:
            yield "after_commit", number


def test_every_commit_is_a_good_moment_to_die(lms: Lms):
    """The line item is not named either: it is looked up, made and noted on the way."""
    if lms.app.database.engine.dialect.name != "sqlite":
        pytest.skip("the commits are the same")
    endpoint = {"scope": [SCORE_SCOPE, LINEITEM_SCOPE], "lineitems": f"{lms.platform.url}/lineitems"}
    twice = 0
    for tried, (moment, number) in enumerate(moments()):  # noqa: B007
        subject = f"learner-{moment}-{number}"
        link = {CLAIM + "resource_link": {"id": subject}}
        course = course_of(lms.launch(sub=subject, **{AGS: endpoint}, **link))
        statement_id = str(uuid.uuid4())
        was_killed = killed_at(lms, course, statement_id, number, moment)
        tell(lms, course, statement_id)  # a player whose request broke off sends again
        recover(lms)
        told = [score for score in lms.platform.scores if score["userId"] == subject]
        assert told, (moment, number)
        assert {score["scoreGiven"] for score in told} == {90.0}
        stamps = [score["timestamp"] for score in told]
        assert stamps == sorted(set(stamps)), "each later than the one before"
        assert len(told) <= 2
        twice += len(told) == 2
        columns = [one for one in lms.platform.lineitems if one["resourceLinkId"] == subject]
        assert len(columns) <= 1, "a column that was made is found again, not made twice"
        with lms.app.database.unit_of_work(write=False) as session:
            row = session.scalars(select(Score).where(Score.subject == subject)).one()
            assert (row.state, row.sent, row.problem) == ("sent", 0.9, None)
        if not was_killed:
            break
    assert tried >= 5, "statement, job, claim, line item, answer, job done"
    assert twice <= 2, "only between the LMS's answer and the commit that notes it"
