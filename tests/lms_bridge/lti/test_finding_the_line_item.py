"""A launch that names no line item: the LMS is asked for the activity's, or one is made, and the result arrives.

AGS 2.0, sections 3.1 and 3.2.
"""

from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.lti.models import ResourceLink, Score
from lms_bridge.web.i18n import told
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import AGS, LINEITEM_SCOPE, SCORE_SCOPE

from .test_sending_scores import later, row, says

# What is said to an LMS is one code on every database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MAKE, READ = LINEITEM_SCOPE, f"{LINEITEM_SCOPE}.readonly"


def open_course(lms: Lms, *scopes: str, **changed: Any) -> dict[str, str]:
    """Emma opens the module by a launch that offers the list of line items only."""
    endpoint = {"scope": [SCORE_SCOPE, *scopes], "lineitems": f"{lms.platform.url}/lineitems?type_id=2"}
    return course_of(lms.launch(**{AGS: endpoint | changed}))


def column(lms: Lms, number: int, **more: Any) -> dict[str, Any]:
    address = f"{lms.platform.url}/lineitems/{number}/lineitem?type_id=2"
    return {"id": address, "label": "x", "scoreMaximum": 100, **more}


def link_of(lms: Lms) -> ResourceLink:
    with lms.app.database.unit_of_work(write=False) as session:
        return session.scalars(select(ResourceLink)).one()


def finish(lms: Lms, course: dict[str, str]) -> None:
    says(lms, course, "passed", 0.9)
    lms.app.jobs.run_waiting()


@pytest.mark.parametrize("overlooks", [False, True], ids=["filters", "gives all"])
def test_the_one_of_the_activity_is_taken(lms: Lms, overlooks: bool):
    lms.platform.overlooks_filters = overlooks
    lms.platform.lineitems = [
        column(lms, 1, resourceLinkId="another"),
        column(lms, 2, resourceLinkId="another", resourceId=str(lms.module_id)),
        column(lms, 3, resourceLinkId="link-1"),
    ]
    finish(lms, open_course(lms, READ))
    assert ("POST", "/lineitems/3/lineitem/scores?type_id=2") in lms.platform.requests
    assert (row(lms).state, len(lms.platform.scores)) == ("sent", 1)
    assert link_of(lms).lineitem.endswith("/lineitems/3/lineitem?type_id=2")


def test_its_own_query_is_kept_and_the_activity_added(lms: Lms):
    lms.platform.lineitems = [column(lms, 3, resourceLinkId="link-1")]
    finish(lms, open_course(lms, READ))
    assert ("GET", "/lineitems?type_id=2&resource_link_id=link-1") in lms.platform.requests


def test_without_one_of_the_activity_the_one_of_the_deep_link_s_module_is_taken(lms: Lms):
    lms.platform.lineitems = [column(lms, 4, resourceId=str(lms.module_id))]
    finish(lms, open_course(lms, READ))
    assert ("POST", "/lineitems/4/lineitem/scores?type_id=2") in lms.platform.requests


@pytest.mark.parametrize("malformed", [False, True], ids=["as RFC 8288 says", "as Moodle writes it"])
def test_it_may_be_on_a_later_page(lms: Lms, malformed: bool):
    lms.platform.page_size, lms.platform.malformed_link = 2, malformed
    lms.platform.overlooks_filters = True
    lms.platform.lineitems = [column(lms, n, resourceLinkId="another") for n in range(4)]
    lms.platform.lineitems.append(column(lms, 5, resourceLinkId="link-1"))
    finish(lms, open_course(lms, READ))
    assert row(lms).state == "sent"


def test_where_there_is_none_and_the_lms_lets_us_one_is_made_for_the_whole_class(lms: Lms):
    course = open_course(lms, MAKE)
    finish(lms, course)
    (made,) = lms.platform.lineitems
    wanted = {
        "label": "Hygiene",
        "resourceLinkId": "link-1",
        "resourceId": str(lms.module_id),
        "tag": "module",
    }
    assert wanted.items() <= made.items()
    endpoint = {"scope": [SCORE_SCOPE, MAKE], "lineitems": f"{lms.platform.url}/lineitems?type_id=2"}
    other = course_of(lms.launch(sub="4712", **{AGS: endpoint}))
    finish(lms, other)
    assert (len(lms.platform.lineitems), len(lms.platform.scores)) == (1, 2)
    asked = [
        path for method, path in lms.platform.requests if method == "GET" and path.startswith("/lineitems")
    ]
    assert len(asked) == 2, "the activity, then the module, once: found is noted"


def test_where_there_is_none_and_none_may_be_made_it_is_stuck_and_said(lms: Lms):
    finish(lms, open_course(lms, READ))
    assert (row(lms).state, told(row(lms).problem)) == ("stuck", "the LMS has no line item for this activity")
    assert lms.platform.lineitems == []


@pytest.mark.parametrize(
    ("status", "state"), [(503, "waiting"), (429, "waiting"), (403, "stuck"), (404, "stuck")]
)
def test_an_lms_that_does_not_tell_is_asked_again_or_shown(lms: Lms, status: int, state: str):
    lms.platform.lineitems = [column(lms, 3, resourceLinkId="link-1")]
    course = open_course(lms, READ)
    lms.platform.answers = [(status, {})]
    finish(lms, course)
    assert (row(lms).state, str(status) in told(row(lms).problem)) == (state, True)
    if state == "waiting":
        later(lms)
        assert (row(lms).state, len(lms.platform.scores)) == ("sent", 1)


def test_an_address_elsewhere_does_not_get_our_token(lms: Lms):
    away = {"id": "http://elsewhere.localhost/1", "resourceLinkId": "link-1"}
    lms.platform.lineitems = [away]
    finish(lms, open_course(lms, READ))
    assert (row(lms).state, lms.platform.scores) == ("stuck", [])
    assert "another address" in told(row(lms).problem)


def test_a_later_launch_that_names_one_decides(lms: Lms):
    lms.platform.lineitems = [column(lms, 3, resourceLinkId="link-1")]
    finish(lms, open_course(lms, READ))
    course_of(lms.launch())
    assert link_of(lms).lineitem.endswith("/lineitems/5/lineitem?type_id=2")


def test_what_was_found_stays_over_launches_while_the_gradebook_is_the_same(lms: Lms):
    lms.platform.lineitems = [column(lms, 3, resourceLinkId="link-1")]
    finish(lms, open_course(lms, READ))
    open_course(lms, READ)
    assert "/lineitems/3/" in link_of(lms).lineitem
    open_course(lms, READ, lineitems=f"{lms.platform.url}/lineitems?type_id=9")
    assert link_of(lms).lineitem == ""


@pytest.mark.parametrize("scopes", [[READ, MAKE], []], ids=["no scores", "no scopes"])
def test_where_no_score_may_be_sent_nothing_is_owed(lms: Lms, scopes: list[str]):
    endpoint = {"scope": scopes, "lineitems": f"{lms.platform.url}/lineitems"}
    course = course_of(lms.launch(**{AGS: endpoint}))
    finish(lms, course)
    with lms.app.database.unit_of_work(write=False) as session:
        assert session.scalars(select(Score)).all() == []
