"""What was passed by a statement that is voided is passed no more: what stands is counted anew."""

import uuid
from collections.abc import Callable

import pytest

from tests.lms_bridge.lrs.conftest import VOIDED, Sender, sender, statement  # noqa: F401 - a fixture
from tests.support.cmi5 import Lms, Unit, au, block

Send = Callable[..., Sender]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def void(sender: Send) -> Callable[[str], int]:  # noqa: F811
    """An administrator's key withdraws a statement."""
    keys = sender()

    def withdraw(statement_id: str) -> int:
        ref = {"objectType": "StatementRef", "id": statement_id}
        return keys.post(statement(verb={"id": VOIDED}, object=ref)).status_code

    return withdraw


def passed(lms: Lms, course: str) -> tuple[Unit, dict]:
    unit = lms.launch(course)
    said = unit.say("passed", score={"scaled": 0.9})
    unit.say("terminated")
    return unit, said


def test_the_unit_the_block_and_the_course_are_open_again(lms: Lms, void, sender: Send):  # noqa: F811
    course = lms.bring_in(block("b", au(moveOn="Passed")))
    unit, said = passed(lms, course)
    assert "You finished this course" in lms.emma.get(course).text
    assert void(said["id"]) == 200
    page = lms.emma.get(course).text
    assert "You finished this course" not in page
    assert "0 of 1 done" in page
    assert "Best result" not in page
    satisfied = [
        one["id"] for one in lms.statements(unit.registration) if one["verb"]["id"].endswith("/satisfied")
    ]
    reader = sender()
    answers = [
        reader.request("GET", "statements", query={"voidedStatementId": one}).status_code for one in satisfied
    ]
    assert answers == [200, 200], "what the LMS said of block and course is withdrawn by the LMS"
    assert lms.emma.get("/courses").text.count("Safe lifting") >= 1


def test_it_can_be_passed_again_and_is_satisfied_again(lms: Lms, void):
    course = lms.bring_in(au(moveOn="Passed"))
    unit, said = passed(lms, course)
    void(said["id"])
    again, _ = passed(lms, course)
    assert again.registration == unit.registration
    assert "You finished this course" in lms.emma.get(course).text


def test_what_another_statement_still_says_stays(lms: Lms, void):
    course = lms.bring_in(au(moveOn="CompletedOrPassed"))
    unit = lms.launch(course)
    unit.say("completed")
    said = unit.say("passed", score={"scaled": 0.9})
    unit.say("terminated")
    void(said["id"])
    page = lms.emma.get(course).text
    assert "You finished this course" in page
    assert "Best result" not in page


def test_a_waiver_that_is_voided_is_one_no_more(lms: Lms, void):
    course = lms.bring_in(au(moveOn="Passed"))
    unit = lms.launch(course)
    unit.say("terminated")
    node = unit.activity_id.removeprefix("urn:uuid:")
    lms.camilla.post(
        f"/cmi5/registrations/{unit.registration}/waive", data={"unit": node, "reason": "Tested Out"}
    )
    assert "You finished this course" in lms.emma.get(course).text
    (waived,) = (s for s in lms.statements(unit.registration) if s["verb"]["id"].endswith("/waived"))
    void(waived["id"])
    assert "You finished this course" not in lms.emma.get(course).text


@pytest.mark.parametrize("what", ["initialized", "terminated"])
def test_what_did_not_count_changes_nothing(lms: Lms, void, what: str):
    course = lms.bring_in(au(moveOn="Passed"))
    unit, _ = passed(lms, course)
    (said,) = (s for s in lms.statements(unit.registration) if s["verb"]["id"].endswith("/" + what))
    assert void(said["id"]) == 200
    assert "You finished this course" in lms.emma.get(course).text


def test_another_s_statement_under_the_registration_counts_neither_before_nor_after(
    lms: Lms,
    void,
    sender: Send,  # noqa: F811
):
    course = lms.bring_in(au(moveOn="Passed"))
    unit = lms.launch(course)
    forged = unit.statement("passed") | {"id": str(uuid.uuid4())}
    assert sender().post(forged).status_code == 200
    said = unit.say("passed", score={"scaled": 0.9})
    void(said["id"])
    assert "0 of 1 done" in lms.emma.get(course).text
