"""A module is put into courses of a Moodle: one activity each, brought up to date without touching anybody's dates."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from lms_bridge.db import utcnow
from lms_bridge.jobs import MOST_ATTEMPTS, Job
from lms_bridge.moodle.models import Placement
from lms_bridge.publishing import packages
from tests.lms_bridge.publishing.conftest import HANDS, published, taken_in
from tests.people import ASTRID, BIRGER, EMMA, FRODE, INGRID, Person
from tests.support.moodle import BROKEN, HTML, Fault

from .conftest import Lms

SignedIn = Callable[[Person], FlaskClient]
UPLOAD, PUBLISH = "upload.php", "local_lmsbridge_publish"


@pytest.fixture
def module(lms: Lms) -> UUID:
    """A module of Fjordvik's, published once."""
    module_id = taken_in(lms.app, lms.tenant_id, HANDS)
    published(lms.app, lms.tenant_id, module_id)
    return module_id


@pytest.fixture
def astrid(signed_in: SignedIn) -> FlaskClient:
    return signed_in(ASTRID)


def put(browser: FlaskClient, lms: Lms, module: UUID, course: int = 7, **changed: Any) -> Any:
    """Presses the button at a course."""
    form = {
        "connection": str(lms.id),
        "course": str(course),
        "course_name": lms.moodle.courses[course].fullname,
        "section": "1",
        "completion": "passed",
        "visible": "on",
    }
    return browser.post(f"/modules/{module}/moodle", data=form | changed)


def act(browser: FlaskClient, placement: Placement, action: str) -> Any:
    return browser.post(f"/moodle/placements/{placement.id}", data={"action": action})


def state(lms: Lms) -> tuple[str, int | None]:
    (row,) = lms.placements()
    return row.state, row.version


def test_the_courses_are_those_where_the_author_may_add_activities_in_moodle_too(
    astrid: FlaskClient, lms: Lms, module: UUID
):
    page = astrid.get(f"/modules/{module}/moodle").text
    assert "Nyansatt i hjemmetjenesten" in page
    assert "Hygiene for alle" not in page  # Astrid does not teach there
    assert lms.moodle.requests[-1][1]["author"] == ASTRID.email
    page = astrid.get(f"/modules/{module}/moodle?q=nothing").text
    assert "no such course" in page


def test_the_newest_version_becomes_an_activity(astrid: FlaskClient, lms: Lms, module: UUID):
    assert put(astrid, lms, module).status_code == 303
    assert state(lms) == ("waiting", None)
    assert "On its way" in astrid.get(f"/modules/{module}/moodle").text
    lms.run_jobs()
    (activity,) = lms.moodle.activities.values()
    assert (activity.course, activity.section, activity.revision, activity.visible) == (7, 1, 1, True)
    assert (activity.completion, activity.identity != "") == ("passed", True)
    assert state(lms) == ("there", 1)
    page = astrid.get(f"/modules/{module}/moodle").text
    assert f'href="{lms.moodle.url}/mod/scorm/view.php?id={activity.cmid}"' in page


def test_what_is_sent_is_the_scorm_package(astrid: FlaskClient, lms: Lms, module: UUID):
    put(astrid, lms, module)
    lms.run_jobs()
    (package,) = lms.moodle.drafts.values()
    names = zipfile.ZipFile(io.BytesIO(package)).namelist()
    assert "imsmanifest.xml" in names


def test_a_course_that_is_not_the_author_s_is_refused(astrid: FlaskClient, lms: Lms, module: UUID):
    assert put(astrid, lms, module, 8).status_code == 403
    assert put(astrid, lms, module, 7, course_name="Hygiene").status_code == 403
    assert lms.placements() == []


def test_a_new_version_brings_every_place_up_to_date(astrid: FlaskClient, lms: Lms, module: UUID):
    lms.moodle.courses[8].teachers.add(ASTRID.email)
    put(astrid, lms, module)
    put(astrid, lms, module, 8)
    lms.run_jobs()
    before = set(lms.moodle.activities)
    published(lms.app, lms.tenant_id, module)
    assert "Version 2 is newer" in astrid.get(f"/modules/{module}/moodle").text
    assert astrid.post(f"/modules/{module}/moodle/update").status_code == 303
    lms.run_jobs()
    assert set(lms.moodle.activities) == before  # the same activities
    assert {a.revision for a in lms.moodle.activities.values()} == {2}
    assert [(row.state, row.version) for row in lms.placements()] == [("there", 2)] * 2


def test_republishing_touches_nobody_s_dates_and_tells_whose_attempt_goes_on(
    astrid: FlaskClient, lms: Lms, module: UUID
):
    put(astrid, lms, module)
    lms.run_jobs()
    (activity,) = lms.moodle.activities.values()
    lms.moodle.attempt(lms.moodle.enrol(7, "emma", "Emma"), activity.cmid, "passed", 1.0)
    lms.moodle.attempt(lms.moodle.enrol(7, "gro", "Gro"), activity.cmid, "incomplete")
    before = (dict(lms.moodle.completions), {k: list(v) for k, v in lms.moodle.attempts.items()})
    published(lms.app, lms.tenant_id, module)
    astrid.post(f"/modules/{module}/moodle/update")
    lms.run_jobs()
    assert (lms.moodle.completions, lms.moodle.attempts) == before
    assert "completionunlocked" not in lms.moodle.requests[-1][1]
    assert "1 attempt goes on with the version it began" in astrid.get(f"/modules/{module}/moodle").text


def test_put_into_the_same_course_again_it_is_the_same_activity(astrid: FlaskClient, lms: Lms, module: UUID):
    for _ in range(2):
        put(astrid, lms, module)
        lms.run_jobs()
    assert len(lms.moodle.activities) == len(lms.placements()) == 1


@pytest.mark.parametrize("where", [UPLOAD, PUBLISH])
@pytest.mark.parametrize("fault", [BROKEN, HTML, Fault(cut=3), Fault(after=True, cut=3)])
def test_a_trouble_that_passes_is_tried_again(
    astrid: FlaskClient, lms: Lms, module: UUID, where: str, fault: Fault
):
    """Also where Moodle did it, and only its answer was lost: there is still one activity."""
    lms.moodle.fails(where, fault)
    put(astrid, lms, module)
    lms.run_jobs()
    assert state(lms) == ("waiting", None)
    assert lms.placements()[0].problem["message"]
    assert "It is tried again " in astrid.get(f"/modules/{module}/moodle").text
    lms.later()
    assert state(lms) == ("there", 1)
    assert len(lms.moodle.activities) == 1


def test_what_moodle_means_is_told_and_waits_for_a_person(astrid: FlaskClient, lms: Lms, module: UUID):
    lms.moodle.held -= {"mod/scorm:addinstance"}
    assert put(astrid, lms, module).status_code == 409  # it is told before anything is sent
    lms.moodle.held.add("mod/scorm:addinstance")
    put(astrid, lms, module)
    lms.moodle.held -= {"mod/scorm:addinstance"}
    lms.run_jobs()
    assert state(lms) == ("failed", None)
    page = astrid.get(f"/modules/{module}/moodle").text
    assert "lacks a permission in Moodle: mod/scorm:addinstance" in page
    lms.moodle.held.add("mod/scorm:addinstance")
    act(astrid, lms.placements()[0], "again")
    lms.run_jobs()
    assert state(lms) == ("there", 1)


def test_a_moodle_that_stays_down_is_given_up_after_a_while(astrid: FlaskClient, lms: Lms, module: UUID):
    lms.moodle.fails(UPLOAD, *[BROKEN] * 6)
    put(astrid, lms, module)
    lms.run_jobs()
    for _ in range(5):
        lms.later()
    assert state(lms) == ("failed", None)


def test_what_fails_here_time_after_time_is_told_and_waits_for_a_person(
    astrid: FlaskClient, lms: Lms, module: UUID, monkeypatch: pytest.MonkeyPatch
):
    put(astrid, lms, module)
    with monkeypatch.context() as broken:
        broken.delattr(packages, "of_version")
        for _ in range(MOST_ATTEMPTS):
            lms.later()
    assert state(lms) == ("failed", None)
    assert "Something failed here, not in Moodle." in astrid.get(f"/modules/{module}/moodle").text
    act(astrid, lms.placements()[0], "again")
    lms.run_jobs()
    assert state(lms) == ("there", 1)


def test_one_that_was_interrupted_and_one_that_nobody_begins_are_told(
    astrid: FlaskClient, lms: Lms, module: UUID
):
    put(astrid, lms, module)
    page, past = f"/modules/{module}/moodle", utcnow() - timedelta(minutes=5)
    assert "longer than usual" not in astrid.get(page).text
    with lms.work() as session:
        session.execute(update(Job).values(due=past))
    assert "It waits longer than usual." in astrid.get(page).text
    with lms.work() as session:
        session.execute(update(Placement).values(state="sending"))
        session.execute(update(Job).values(state="running", attempts=1, due=past))
    assert "It was interrupted, and goes on by itself." in astrid.get(page).text
    lms.next_worker()
    assert state(lms) == ("there", 1)


def test_a_newer_version_while_the_older_is_being_sent_is_what_stays(
    astrid: FlaskClient, lms: Lms, module: UUID
):
    put(astrid, lms, module)

    def meanwhile(function: str) -> None:
        if function == PUBLISH:
            lms.moodle.arrives = lambda function: None
            published(lms.app, lms.tenant_id, module)
            act(astrid, lms.placements()[0], "again")

    lms.moodle.arrives = meanwhile
    lms.run_jobs()
    lms.later()
    assert state(lms) == ("there", 2)
    assert [a.revision for a in lms.moodle.activities.values()] == [2]


def test_hidden_deleted_and_gone(astrid: FlaskClient, lms: Lms, module: UUID):
    put(astrid, lms, module)
    lms.run_jobs()
    (activity,) = lms.moodle.activities.values()
    act(astrid, lms.placements()[0], "hide")
    lms.run_jobs()
    assert (activity.visible, state(lms)) == (False, ("hidden", 1))
    lms.moodle.attempt(lms.moodle.enrol(7, "emma", "Emma"), activity.cmid, "incomplete")
    act(astrid, lms.placements()[0], "delete")
    lms.run_jobs()
    assert state(lms)[0] == "failed"
    assert "Somebody has begun this activity" in astrid.get(f"/modules/{module}/moodle").text
    lms.moodle.attempts.clear()
    act(astrid, lms.placements()[0], "delete")
    lms.run_jobs()
    assert state(lms)[0] == "gone"
    assert lms.moodle.activities == {}
    act(astrid, lms.placements()[0], "forget")
    assert lms.placements() == []


def test_an_activity_that_was_deleted_in_moodle_shows_as_gone(
    astrid: FlaskClient, signed_in: SignedIn, lms: Lms, module: UUID
):
    put(astrid, lms, module)
    lms.run_jobs()
    (activity,) = lms.moodle.activities.values()
    lms.moodle.attempt(lms.moodle.enrol(7, "emma", "Emma"), activity.cmid, "passed", 1.0)
    frode = signed_in(FRODE)
    frode.post(f"/moodle/{lms.id}/look")
    lms.run_jobs()
    assert "1 of 1 have completed it" in frode.get(f"/moodle/{lms.id}").text
    lms.moodle.activities.clear()
    frode.post(f"/moodle/{lms.id}/look")
    lms.run_jobs()
    assert "Deleted in Moodle" in frode.get(f"/moodle/{lms.id}").text
    act(astrid, lms.placements()[0], "again")
    lms.run_jobs()
    assert len(lms.moodle.activities) == 1
    assert state(lms) == ("there", 1)


def test_who_may_publish(signed_in: SignedIn, lms: Lms, module: UUID):
    assert put(signed_in(EMMA), lms, module).status_code == 403
    assert put(signed_in(INGRID), lms, module).status_code == 404
    lms.moodle.courses[7].teachers.add(BIRGER.email)
    assert put(signed_in(BIRGER), lms, module).status_code == 303


def test_without_the_plugin_the_page_says_what_to_do(astrid: FlaskClient, lms: Lms, module: UUID):
    lms.change(plugin=0)
    assert "add it in Moodle yourself" in astrid.get(f"/modules/{module}/moodle").text


def test_a_moodle_that_does_not_answer_is_said_so_on_the_page(astrid: FlaskClient, lms: Lms, module: UUID):
    lms.moodle.fails("local_lmsbridge_list_courses", BROKEN)
    assert "Moodle answered 500" in astrid.get(f"/modules/{module}/moodle").text
    lms.moodle.fails("local_lmsbridge_list_courses", HTML)
    assert put(astrid, lms, module).status_code == 400
