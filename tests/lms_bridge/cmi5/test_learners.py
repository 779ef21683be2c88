"""Who takes a course, how far they are, and what a coordinator decides."""

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge.accounts import Account
from lms_bridge.cmi5.launching import abandon_left
from lms_bridge.cmi5.models import LaunchSession, Node, Progress, Registration
from lms_bridge.cmi5.satisfaction import met, unmet_of
from lms_bridge.db import utcnow
from lms_bridge.jobs import Job
from tests.people import DAVID, EMMA, JOHAN, Person
from tests.support.cmi5 import Lms, Unit, au, block

AccountOf = Callable[[Person], Account]


def registrations(lms: Lms) -> list[Registration]:
    with lms.app.database.unit_of_work(write=False) as session:
        return list(session.scalars(select(Registration).order_by(Registration.registered)))


def assign(lms: Lms, course: str, account: Account):
    return lms.camilla.post(f"{course}/learners", data={"account": str(account.id)})


def finish(lms: Lms, course: str) -> Unit:
    unit = lms.launch(course)
    unit.say("completed")
    unit.say("terminated")
    return unit


def test_somebody_who_is_registered_finds_it_in_their_list_and_is_on_the_coordinator_s(
    lms: Lms, account_of: AccountOf
):
    course = lms.bring_in(au(moveOn="Completed"))
    assert assign(lms, course, account_of(EMMA)).status_code == 302
    assert "Safe lifting" in lms.emma.get("/courses").text
    page = lms.camilla.get(f"{course}/learners").text
    assert EMMA.name in page
    assert "0 of 1" in page
    finish(lms, course)
    assert "1 of 1" in lms.camilla.get(f"{course}/learners").text
    assert len(registrations(lms)) == 1


def test_nobody_is_registered_twice_at_a_time(lms: Lms, account_of: AccountOf):
    course = lms.bring_in(au(moveOn="Completed"))
    assign(lms, course, account_of(EMMA))
    answer = assign(lms, course, account_of(EMMA))
    assert answer.status_code == 409
    assert "is registered already" in answer.text
    finish(lms, course)
    assert assign(lms, course, account_of(EMMA)).status_code == 302
    assert len(registrations(lms)) == 2


def test_somebody_of_another_municipality_is_not_found(lms: Lms, account_of: AccountOf):
    course = lms.bring_in(au())
    assert assign(lms, course, account_of(JOHAN)).status_code == 404
    assert assign(lms, course, type("Nobody", (), {"id": "x"})()).status_code == 404


def test_a_finished_course_is_begun_again_as_a_registration_of_its_own(lms: Lms):
    course = lms.bring_in(au(moveOn="Completed"))
    assert lms.emma.post(f"{course}/again").status_code == 409
    first = finish(lms, course)
    assert lms.emma.post(f"{course}/again").status_code == 302
    assert finish(lms, course).registration != first.registration


def test_the_page_says_how_far_one_is(lms: Lms):
    course = lms.bring_in(au("one", moveOn="Passed", masteryScore="0.8"), au("two", moveOn="Completed"))
    assert "0 of 2 done" in lms.emma.get(course).text
    unit = lms.launch(course)
    unit.say("failed", score={"scaled": 0.4})
    unit.say("terminated")
    page = lms.emma.get(course).text
    assert "Not passed yet" in page
    assert "Try again: Unit one" in page
    assert "Best result: 40 %" in page
    unit = lms.launch(course)
    unit.say("passed", score={"scaled": 0.95})
    unit.say("terminated")
    page = lms.emma.get(course).text
    assert "1 of 2 done" in page
    assert "Look again: Unit one" in page
    assert "mode=Review" in page


def test_a_unit_is_waived_once_with_a_reason(lms: Lms, account_of: AccountOf):
    course = lms.bring_in(au("one", moveOn="Passed"), au("two", moveOn="Passed"))
    assign(lms, course, account_of(EMMA))
    (registration,) = registrations(lms)
    path = f"/cmi5/registrations/{registration.id}"
    with lms.app.database.unit_of_work(write=False) as session:
        one, two = session.scalars(select(Node.id).order_by(Node.position))
    assert lms.camilla.post(f"{path}/waive", data={"unit": one, "reason": ""}).status_code == 400
    assert (
        lms.camilla.post(f"{path}/waive", data={"unit": uuid.uuid4(), "reason": "Tested Out"}).status_code
        == 404
    )
    assert lms.camilla.post(f"{path}/waive", data={"unit": one, "reason": "Tested Out"}).status_code == 302
    assert lms.camilla.post(f"{path}/waive", data={"unit": one, "reason": "Tested Out"}).status_code == 409
    assert lms.verbs(str(registration.id)) == ["waived"]
    assert (
        lms.camilla.post(f"{path}/waive", data={"unit": two, "reason": "Administrative"}).status_code == 302
    )
    assert lms.verbs(str(registration.id)) == ["waived", "waived", "satisfied"]
    assert "Skipped" in lms.emma.get(course).text


def test_colleagues_decide_nothing(lms: Lms):
    course = lms.bring_in(au(moveOn="Passed"))
    unit = lms.launch(course)
    david = lms.sign_in(DAVID.email)
    session = unit.data["contextTemplate"]["extensions"].popitem()[1]
    assert david.post(f"/cmi5/sessions/{session}/abandon").status_code == 403
    assert david.post(f"/cmi5/registrations/{unit.registration}/waive").status_code == 403
    assert david.get(f"/cmi5/registrations/{unit.registration}").status_code == 403


# --- visits that are left -----------------------------------------------------------------------------------------


def test_a_visit_that_is_left_is_abandoned_when_its_token_has_expired(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Passed")))
    with lms.app.app_context(), lms.app.database.unit_of_work() as session:
        visit = session.scalars(select(LaunchSession)).one()
        job = session.scalars(select(Job).where(Job.name == "cmi5.abandon")).one()
        assert job.due == visit.expires
        tenant_id = visit.tenant_id
        visit.expires = utcnow()
    answer = unit.send(unit.statement("passed"))
    assert answer.status_code == 403
    assert "expired" in answer.json["detail"]
    for _ in range(2):  # a job may run twice
        with lms.app.app_context(), lms.app.database.unit_of_work(tenant_id) as session:
            abandon_left(session, **job.arguments)
    assert lms.verbs(unit.registration) == ["launched", "initialized", "abandoned"]


def test_a_visit_that_ended_is_left_alone(lms: Lms):
    unit = finish(lms, lms.bring_in(au(moveOn="Completed")))
    session_id = unit.data["contextTemplate"]["extensions"].popitem()[1]
    assert lms.camilla.post(f"/cmi5/sessions/{session_id}/abandon").status_code == 409


def test_a_launch_from_another_site_opens_nothing(lms: Lms):
    course = lms.bring_in(au(moveOn="Passed"))
    unit = lms.launch(course)
    address = f"{course}/units/{unit.activity_id.removeprefix('urn:uuid:')}"
    answer = lms.emma.get(address, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Location"] == course
    assert lms.verbs(unit.registration) == ["launched", "initialized"]


# --- moveOn -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("move_on", "needs"),
    [
        ("NotApplicable", [set()]),
        ("Passed", [{"passed"}]),
        ("Completed", [{"completed"}]),
        ("CompletedAndPassed", [{"completed", "passed"}]),
        ("CompletedOrPassed", [{"completed"}, {"passed"}]),
    ],
)
@pytest.mark.parametrize(
    "known", [set(), {"completed"}, {"passed"}, {"completed", "passed"}, {"failed"}, {"waived"}]
)
def test_moveon(move_on: str, needs: list[set[str]], known: set[str]):
    progress = Progress(**{name: utcnow() for name in known})
    assert met(move_on, progress) is ("waived" in known or any(need <= known for need in needs))


@given(st.recursive(st.booleans(), lambda part: st.lists(part, min_size=1, max_size=4), max_leaves=12))
def test_a_block_is_satisfied_exactly_when_every_unit_beneath_it_is(tree: object):
    nodes: list[Node] = []
    done: dict[uuid.UUID, Progress] = {}
    all_done: dict[uuid.UUID | None, bool] = {}

    def grow(part: object, parent: uuid.UUID | None) -> bool:
        node = Node(
            id=uuid.uuid4(),
            parent_id=parent,
            kind="block" if isinstance(part, list) else "au",
            move_on="Completed",
        )
        nodes.append(node)
        if isinstance(part, list):
            all_done[node.id] = all([grow(child, node.id) for child in part])  # noqa: C419 - every child is grown
            return all_done[node.id]
        if part:
            done[node.id] = Progress(completed=utcnow())
        return bool(part)

    all_done[None] = grow([tree], None)
    assert unmet_of(nodes, done) == {key for key, value in all_done.items() if not value}


def test_nested_blocks_are_satisfied_from_the_inside(lms: Lms):
    unit = finish(lms, lms.bring_in(block("outer", block("inner", au(moveOn="Completed")), au("free"))))
    told = [s for s in lms.statements(unit.registration) if s["verb"]["id"].endswith("/satisfied")]
    grouping = [s["context"]["contextActivities"]["grouping"][0]["id"].rpartition("/")[2] for s in told]
    assert grouping == ["inner", "outer", "course"]


def test_somebody_is_found_by_name_or_email_among_many(lms: Lms, account_of: AccountOf):
    course = lms.bring_in(au(moveOn="Completed"))
    page = lms.camilla.get(f"{course}/learners").text
    assert EMMA.email not in page
    for text in ("emma", EMMA.email[:8].upper()):
        page = lms.camilla.get(f"{course}/learners", query_string={"text": text}).text
        assert EMMA.email in page
        assert DAVID.email not in page
    for text in ("%", JOHAN.email, "nobody"):
        page = lms.camilla.get(f"{course}/learners", query_string={"text": text}).text
        assert "Nobody here has that name or e-mail." in page


def test_a_withdrawn_course_is_closed_to_everybody_and_what_was_done_stays(lms: Lms, account_of: AccountOf):
    course = lms.bring_in(au(moveOn="Completed"))
    unit = lms.launch(course)
    assert "One person is in the middle of it." in lms.camilla.get(f"{course}/withdraw").text
    lms.camilla.post(f"{course}/withdraw", data={"action": "withdraw"})
    unit.say("completed")
    unit.say("terminated")
    assert "Safe lifting" not in lms.emma.get("/courses").text
    assert "You finished this course" in lms.emma.get(course).text
    node = unit.activity_id.removeprefix("urn:uuid:")
    assert lms.emma.get(f"{course}/units/{node}").status_code == 409
    assert lms.emma.post(f"{course}/again").status_code == 409
    assert assign(lms, course, account_of(DAVID)).status_code == 409
    assert "1 of 1" in lms.camilla.get(f"{course}/learners").text
    assert lms.emma.post(f"{course}/withdraw").status_code == 403
    lms.camilla.post(f"{course}/withdraw", data={"action": "offer"})
    assert "Safe lifting" in lms.emma.get("/courses").text


def test_a_course_that_nobody_has_begun_goes_for_good(lms: Lms):
    course = lms.bring_in(block("b", au(moveOn="Completed")))
    lms.camilla.post(f"{course}/withdraw", data={"action": "withdraw"})
    assert lms.camilla.get(course).status_code == 404
    with lms.app.database.unit_of_work(write=False) as session:
        assert session.scalars(select(Node)).all() == []
