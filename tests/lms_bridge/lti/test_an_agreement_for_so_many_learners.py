"""A launch from an LMS begins a module only while its agreement has room; a refusal is a page inside the LMS."""

import json
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms_bridge.lti.models import ResourceLink
from lms_bridge.publishing.models import Enrolment, ModuleVersion
from tests.people import FJORDVIK, Municipality
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLAIM

TenantId = Callable[[Municipality], uuid.UUID]


@pytest.fixture
def room_for(lms: Lms, tenant_id: TenantId) -> Callable[[int | None], None]:
    """As if the version that is launched had been agreed on for so many."""

    def agree(most: int | None) -> None:
        with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
            session.scalars(select(ModuleVersion)).one().most_learners = most

    return agree


def test_the_learner_after_the_last_one_is_told_so_in_the_lms(
    lms: Lms, room_for: Callable, tenant_id: TenantId
):
    room_for(1)
    assert json.loads(course_of(lms.launch())["actor"])["account"]["name"] == "4711"
    elsewhere = {"sub": "4712", CLAIM + "resource_link": {"id": "another-course"}, "locale": "en"}
    answer = lms.launch(**elsewhere)
    assert answer.status_code == 403
    assert "This cannot be opened" in answer.text
    assert "has room for 1, and that many have begun already. Ask the coordinator" in answer.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert session.scalars(select(Enrolment.subject)).all() == ["4711"]
        assert len(session.scalars(select(ResourceLink)).all()) == 1, "nothing is left of what was refused"


def test_who_has_begun_goes_on_from_any_course_of_the_lms(lms: Lms, room_for: Callable):
    first = course_of(lms.launch())
    room_for(1)
    again = course_of(lms.launch(**{CLAIM + "resource_link": {"id": "another-course"}}))
    assert again["registration"] == first["registration"]


def test_without_a_number_the_whole_class_begins(lms: Lms, room_for: Callable):
    room_for(1)
    course_of(lms.launch())
    assert lms.launch(sub="4712").status_code == 403
    room_for(None)
    for number in range(4712, 4715):
        assert course_of(lms.launch(sub=str(number)))
