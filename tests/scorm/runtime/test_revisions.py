"""Content is updated between two visits: which revision the second one shows, keeps, and speaks of."""

import json

import pytest

pytestmark = pytest.mark.browser
OPEN = {"completed": False, "passed": None, "score": None}
FAILED = OPEN | {"passed": False, "score": 0.4}
DONE = OPEN | {"completed": True}
UPDATED = {"revision": "3", "earlier": ["2", "1"]}


@pytest.mark.parametrize(
    ("begun", "status", "shown", "updated"),
    [
        ("2", OPEN, "2", False),
        ("2", FAILED, "3", False),
        ("2", DONE, "3", False),
        ("3", OPEN, "3", False),
        ("0", OPEN, "3", True),
        ("0", DONE, "3", False),
        (None, OPEN, "3", False),  # from before the state told
        ("4", OPEN, "3", True),  # the LMS went back to an older package
    ],
)
def test_an_attempt_that_is_not_over_stays_on_its_revision(visit, begun, status, shown, updated):
    kept = {"revision": begun, "status": status, "state": {"p": 1}}
    text = json.dumps({key: value for key, value in kept.items() if value is not None})
    here = visit("scorm12", values={"cmi.suspend_data": text}, **UPDATED)
    assert (here.found["revision"], here.found["updated"]) == (shown, updated)
    assert here.found["state"] == {"p": 1}
    here.do("c.save('p1', { p: 2 }); c.exit()")
    assert json.loads(here.value("cmi.suspend_data"))["revision"] == shown


def test_what_the_lms_says_of_the_attempt_counts(visit):
    text = json.dumps({"revision": "2", "status": OPEN, "state": None})
    values = {"cmi.suspend_data": text, "cmi.core.lesson_status": "failed"}
    assert visit("scorm12", values=values, **UPDATED).found["revision"] == "3"


def test_the_revision_is_kept_however_little_room_there_is(visit):
    here = visit("scorm12", **UPDATED)
    here.do(
        "c.save('p1', Object.fromEntries([...Array(999)].map((_, n) => [crypto.randomUUID(), n]))); c.exit()"
    )
    again = visit(
        "scorm12", values={"cmi.suspend_data": here.value("cmi.suspend_data")}, revision="4", earlier=["3"]
    )
    assert again.found["revision"] == "3"
