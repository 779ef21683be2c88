"""Sentences about Moodle 4.5 that no other file here is named after: tokens of a minute, a gradebook that forgets,
course copies that tell of the course only, and personal data only for who asked for it.
"""

import time
import uuid

import pytest

from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import AGS, CLAIM, LINEITEM_SCOPE, SCORE_SCOPE, TOOL

from .test_connecting_an_lms import follows, frode, invited
from .test_sending_scores import course, later, says

__all__ = ["course", "frode"]
# What is said to an LMS is one code on every database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("age", "status"), [(0, 303), (65, 303), (71, 401), (3600, 401)])
def test_an_id_token_lives_sixty_seconds_and_our_ten_of_leeway(lms: Lms, age: int, status: int):
    now = int(time.time())
    answer = lms.launch(iat=now - age, exp=now - age + 60)
    assert answer.status_code == status


def test_neither_notready_nor_a_post_without_scoregiven_is_ever_sent(lms: Lms, course: dict[str, str]):
    """Moodle erases the grade, and the completion with it, of a post without scoreGiven or after NotReady."""
    for verb, scaled in (
        ("initialized", None),
        ("experienced", None),
        ("failed", 0.4),
        ("completed", None),
        ("initialized", None),
        ("passed", 0.9),
        ("failed", 0.1),
        ("terminated", None),
    ):
        says(lms, course, verb, scaled)
        later(lms)
    assert [score["scoreGiven"] for score in lms.platform.scores] == [40.0, 90.0]
    assert {score["gradingProgress"] for score in lms.platform.scores} == {"FullyGraded"}
    assert all("scoreMaximum" in score for score in lms.platform.scores)


def test_a_copied_course_tells_of_the_course_before_it_and_not_of_the_activity(lms: Lms):
    """Only Context.id.history is there, no ResourceLink.id.history: `custom` names the module."""
    before = course_of(lms.launch())
    custom = {"module": str(lms.module_id), "context_id_history": "course-1"}
    copied = course_of(
        lms.launch(
            **{
                CLAIM + "custom": custom,
                CLAIM + "context": {"id": "course-2", "title": "Nyansatt, kopi"},
                CLAIM + "resource_link": {"id": str(uuid.uuid4()), "title": "Hygiene"},
            }
        )
    )
    assert copied["activity_id"] == before["activity_id"]


def test_name_and_email_come_only_to_who_asked_for_them_when_registering(lms: Lms, frode):
    follows(lms, invited(frode))
    (sent,) = lms.platform.registrations
    assert {"sub", "name", "email"} <= set(sent[TOOL]["claims"])
    assert {SCORE_SCOPE, LINEITEM_SCOPE} <= set(sent["scope"].split())


def test_an_access_token_is_kept_for_each_scope(lms: Lms):
    endpoint = {"scope": [SCORE_SCOPE, LINEITEM_SCOPE], "lineitems": f"{lms.platform.url}/lineitems"}
    for learner in ("1", "2", "3"):
        opened = course_of(lms.launch(sub=learner, **{AGS: endpoint}))
        says(lms, opened, "passed", 0.9)
        lms.app.jobs.run_waiting()
    assert len(lms.platform.scores) == 3
    assert sorted(lms.platform.tokens.values()) == [LINEITEM_SCOPE, SCORE_SCOPE]
