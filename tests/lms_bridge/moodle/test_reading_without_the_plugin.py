"""Without the plugin, Moodle's own functions give the same results: slower, the cheapest calls first."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lms_bridge.moodle import connecting, core_course, core_reading, core_results, many
from lms_bridge.moodle.core_course import identity_of
from lms_bridge.moodle.core_results import attempt_outcome
from tests.support.moodle import BROKEN, Activity, Fault, MoodleException, User

from .conftest import MODULE, Lms, employ

NOW = int(time.time())
LAST_YEAR = NOW - 365 * 86_400
STATUS = "core_completion_get_activities_completion_status"
TRACKS, COURSE = "mod_scorm_get_scorm_sco_tracks", "core_completion_get_course_completion_status"


@pytest.fixture
def bare(lms: Lms) -> Lms:
    """A Moodle without the plugin, in which a person put our package into a course; the administrator agreed."""
    moodle = lms.moodle
    moodle.plugin = False
    lms.change(plugin=0, begin=True)
    ours = moodle.add(7, "scorm", "Håndhygiene", item=f"m{MODULE.hex}-item")
    page = moodle.add(7, "page", "Velkommen")
    moodle.courses[7].criteria = True
    emma, gro = moodle.enrol(7, "emma", "Emma Eide", idnumber="1001"), moodle.enrol(7, "gro", "Gro Grong")
    moodle.enrol(7, "never", "Never There")
    moodle.enrol(8, "other", "Other Course")
    moodle.attempt(emma, ours.cmid, "passed", 0.9, at=LAST_YEAR)
    moodle.attempt(gro, ours.cmid, "failed", 0.4, at=LAST_YEAR)
    moodle.attempt(gro, ours.cmid, "incomplete", at=LAST_YEAR)
    moodle.complete(gro, page.cmid, score=0.5, at=LAST_YEAR)
    moodle.complete_course(emma, 7, at=LAST_YEAR)
    return lms


def user(lms: Lms, name: str) -> User:
    return next(u for u in lms.moodle.users.values() if u.username == name)


def ours(lms: Lms) -> Activity:
    return next(a for a in lms.moodle.activities.values() if a.modname == "scorm")


def calls(lms: Lms) -> Counter[str]:
    """What was called since the last time."""
    found = Counter(lms.moodle.called())
    lms.moodle.requests.clear()
    return found


@pytest.fixture(params=["many at once", "one by one"])
def either(bare: Lms, request: pytest.FixtureRequest) -> Lms:
    """A token whose service has the function for many questions in one call, and one whose service lacks it."""
    if request.param == "one by one":
        bare.moodle.missing.add(many.FUNCTION)
    return bare


def test_the_same_results_under_the_same_records_as_with_the_plugin(either: Lms):
    bare = either
    run = bare.sync()
    assert (run.state, run.warnings) == ("done", [])
    told = bare.told()
    first = [(row.activity, row.occurred, row.activity_name) for row in bare.records()]
    bare.moodle.plugin = True
    ours(bare).idnumber = f"lmsbridge:{MODULE}"
    for row in bare.moodle.outbox:
        row["identity"] = str(MODULE) if row["modname"] == "scorm" else ""
    bare.change(plugin=1)
    run = bare.sync()
    assert (run.state, run.rows, run.new) == ("done", 4, 0)
    assert bare.told() == told
    assert [(row.activity, row.occurred, row.activity_name) for row in bare.records()] == first
    assert {row.record: row.result for row in bare.evidence()} == {
        f"a:{ours(bare).cmid}:{user(bare, 'emma').id}:1": "attained",
        f"a:{ours(bare).cmid}:{user(bare, 'gro').id}:1": "attempted",
    }


def test_who_was_never_in_the_course_costs_nothing(bare: Lms):
    bare.sync()
    made = Counter(bare.moodle.called())
    assert (made[STATUS], made[TRACKS], made[COURSE]) == (2, 3, 3)
    asked = {args.get("userid") for name, args in bare.moodle.requests if name == STATUS}
    assert str(user(bare, "never").id) not in asked


def test_whose_profile_may_not_be_seen_keeps_nobody_else_from_being_read(
    bare: Lms, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(core_reading, "USERS", 2)
    bare.moodle.unseen = {user(bare, "emma").id}
    late = bare.moodle.enrol(7, "late", "Late Comer")
    bare.moodle.attempt(late, ours(bare).cmid, "passed", 0.9, at=LAST_YEAR)
    bare.sync()
    told = {row.record.split(":")[2] for row in bare.records()}
    assert told == {str(user(bare, "gro").id), str(late.id)}


def test_nothing_new_is_one_question_for_each_course(bare: Lms):
    bare.sync()
    calls(bare)
    run = bare.sync()
    assert (run.new, run.calls) == (0, 2)
    asked = {"core_course_get_courses_by_field": 1, "core_course_get_updates_since": 2}
    assert calls(bare) == {**asked, many.FUNCTION: 1}
    bare.moodle.missing.add(many.FUNCTION)
    bare.change(many=False)
    run = bare.sync()
    assert (run.new, run.calls) == (0, 3)
    assert calls(bare) == asked


def test_a_hundred_questions_are_one_call(bare: Lms):
    for n in range(150):
        learner = bare.moodle.enrol(7, f"u{n}", f"U {n}")
        bare.moodle.attempt(learner, ours(bare).cmid, "passed", 0.5, at=LAST_YEAR)
    run = bare.sync()
    made = calls(bare)
    assert (made[STATUS], made[TRACKS], run.new) == (152, 153, 154)
    assert made[many.FUNCTION] < 20
    assert run.calls < 40


def test_of_packages_only_no_completions_are_asked_for_but_one(bare: Lms):
    """That one tells what the role may not see."""
    page = next(a for a in bare.moodle.activities.values() if a.modname == "page")
    del bare.moodle.activities[page.cmid]
    bare.moodle.courses[7].criteria = False
    bare.sync()
    made = calls(bare)
    assert (made[STATUS], made[TRACKS], made[COURSE]) == (1, 3, 1)
    assert [row.record[0] for row in bare.records()] == ["a", "a"]


@contextmanager
def refusing(lms: Lms, code: str, which: Callable[[str, dict[str, Any]], bool]) -> Iterator[None]:
    """Moodle answers these questions (function, arguments) with an error."""
    answer = lms.moodle.answer

    def answer_or_refuse(function: str, arguments: dict[str, Any], token: str) -> Any:
        if which(function, arguments):
            raise MoodleException(code)
        return answer(function, arguments, token)

    lms.moodle.answer = answer_or_refuse
    try:
        yield
    finally:
        del lms.moodle.answer


def test_who_went_while_it_was_read_holds_nobody_up(either: Lms):
    """Moodle's answer among many, too, is then an error, after which it goes no further."""
    gone = user(either, "emma")

    def is_of_her(function: str, arguments: dict[str, Any]) -> bool:
        return int(arguments.get("userid", 0)) == gone.id and function != many.FUNCTION

    with refusing(either, "userdeleted", is_of_her):
        run = either.sync()
    assert run.state == "done"
    assert {row.record.split(":")[2] for row in either.records()} == {str(user(either, "gro").id)}


def test_a_database_that_is_away_for_a_moment_is_no_answer_about_a_learner(bare: Lms):
    told = '{"errorcode": "dmlreadexception", "message": "Error reading from database"}'
    body = json.dumps({"responses": [{"error": True, "exception": told}]}).encode()
    bare.moodle.fails(many.FUNCTION, Fault(body=body))
    run = bare.sync()
    assert (run.state, run.new) == ("failed", 0)
    assert bare.sync().new == 4


@pytest.mark.parametrize(
    "body", [b'{"responses":[]}', b'{"responses":[{"error":false,"data":"{"}]}', b"[]", b"{}"]
)
def test_an_answer_that_cannot_be_read_ends_the_run_with_a_sentence(bare: Lms, body: bytes):
    bare.moodle.fails(many.FUNCTION, Fault(body=body))
    run = bare.sync()
    assert run.state == "failed"
    assert run.problem["details"] == {"function": many.FUNCTION}


def test_after_a_change_only_those_who_were_there_are_read(bare: Lms):
    bare.sync()
    calls(bare)
    bare.moodle.attempt(user(bare, "emma"), ours(bare).cmid, "passed", 0.95, at=NOW + 5)
    assert bare.sync().new == 1
    made = calls(bare)
    assert (made[STATUS], made[TRACKS]) == (1, 2)
    assert bare.told()[1] == (f"a:{ours(bare).cmid}:{user(bare, 'emma').id}:2", "passed", 0.95)


def test_what_moodle_s_change_detector_does_not_tell_is_read_within_a_day(bare: Lms):
    """It tells others' SCORM tracks, and of a page nothing."""
    bare.sync()
    page = next(a for a in bare.moodle.activities.values() if a.modname == "page")
    bare.moodle.complete(user(bare, "emma"), page.cmid, at=NOW + 5)
    assert bare.sync().new == 0
    yesterday(bare)
    assert bare.sync().new == 1


def yesterday(lms: Lms, *, whole: bool = False) -> None:
    """All that was read was read a day ago; `whole`: and read whole a week ago."""
    with lms.work() as session:
        row = session.get(type(lms.row), lms.id)
        ages = {"looked": 90_000, "read": 90_000, "whole": 700_000 * whole}
        courses = {
            course: {name: value - ages.get(name, 0) for name, value in known.items()}
            for course, known in row.cursor["courses"].items()
        }
        row.cursor = {**row.cursor, "courses": courses}


def test_the_administrator_sees_what_it_costs_before_it_begins(bare: Lms):
    bare.change(begin=False)
    run = bare.sync()
    assert (run.state, run.new) == ("done", 0)
    (note,) = run.warnings
    assert note["details"]["calls"] == 26  # for each of two courses five, and for each of their users four
    assert note["details"]["minutes"] >= 1
    assert bare.row.estimate["calls"] == 26
    assert calls(bare)[STATUS] == 0
    bare.change(many=True)
    assert bare.sync().warnings[0]["details"]["calls"] == 12
    bare.change(begin=True)
    assert bare.sync().new == 4


def test_what_is_left_is_told_while_it_reads(bare: Lms, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(core_reading, "LEARNERS", 1)
    bare.moodle.missing.add(many.FUNCTION)
    seen: list[int] = []
    bare.sync(told=lambda run, row: seen.append((row.estimate or {}).get("calls", 0)))
    assert seen[-1] == 0
    assert max(seen) == 26
    assert seen[2:] == sorted(seen[2:], reverse=True)


@pytest.mark.parametrize("fault", [BROKEN, Fault(cut=10), Fault(status=429, headers={"Retry-After": "60"})])
def test_cut_off_in_the_middle_it_goes_on_with_the_next_learner(
    bare: Lms, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(core_reading, "LEARNERS", 1)
    bare.moodle.missing.add(many.FUNCTION)
    bare.moodle.arrives = lambda function: (
        function == TRACKS and len(bare.moodle.called(STATUS)) == 1 and bare.moodle.fails(TRACKS, fault)
    )
    assert bare.sync().state == "failed"
    assert len(bare.records()) == 2
    bare.moodle.arrives = lambda function: None
    bare.moodle.faults.clear()
    assert user(bare, "emma").id == bare.row.cursor["at"]["reading"]["user"]
    calls(bare)
    assert bare.sync().state == "done"
    asked = {args["userid"] for name, args in bare.moodle.requests if name == STATUS}
    assert asked == {str(user(bare, "gro").id)}
    assert len(bare.records()) == 4


def test_a_course_that_may_not_be_entered_is_told_and_the_rest_read(bare: Lms):
    closed = Fault(
        body=b'{"exception":"require_login_exception","errorcode":"requireloginerror","message":"x"}'
    )
    bare.moodle.fails("core_enrol_get_enrolled_users", closed)
    run = bare.sync()
    assert run.state == "done"
    assert run.warnings[0]["details"]["course"] == "Nyansatt i hjemmetjenesten"


def test_a_course_that_was_closed_meanwhile_is_told_and_the_others_go_on(either: Lms):
    """Among many questions, Moodle goes no further than that one; the others are asked again."""
    either.sync()

    def is_closed(function: str, arguments: dict[str, Any]) -> bool:
        return function == "core_course_get_updates_since" and str(arguments["courseid"]) == "7"

    with refusing(either, "requireloginerror", is_closed):
        run = either.sync()
    assert run.state == "done"
    assert [note["details"]["course"] for note in run.warnings] == ["Nyansatt i hjemmetjenesten"]
    assert either.row.cursor["courses"]["8"]["looked"]


def test_activities_are_left_out_silently_where_the_role_lacks_the_view_capability(bare: Lms):
    bare.moodle.add(7, "lti", "Ekstern")
    bare.moodle.held -= {"mod/lti:view", "mod/scorm:viewreport"}
    run = bare.sync()
    assert run.state == "done"
    assert [note["details"]["capability"] for note in run.warnings] == [
        "mod/lti:view",
        "mod/scorm:viewreport",
    ]
    assert [row.record[0] for row in bare.records()] == ["a", "c"]  # what may be seen is taken


def test_what_was_published_here_and_moodle_does_not_tell_of_is_noticed(bare: Lms):
    client = connecting.client_of(bare.app.outgoing, bare.app.vault, bare.row)
    found = core_course.contents(client, 7, "Nyansatt", [(999, "Borte")])
    assert found.warnings[0].details["capability"] == "mod/scorm:viewreport"


def test_a_user_who_sees_no_course_is_said_so(bare: Lms):
    bare.moodle.held -= {"moodle/course:view"}
    assert "moodle/course:view" in bare.sync().warnings[0]["message"]


def test_the_idnumber_is_left_out_silently_where_the_role_may_not_see_who_people_are(bare: Lms):
    bare.change(idnumber=True)
    bare.moodle.held -= {"moodle/site:viewuseridentity"}
    run = bare.sync()
    assert (run.state, run.new) == ("done", 4)
    told = [note for note in run.warnings if "moodle/site:viewuseridentity" in note["message"]]
    assert [note["details"] for note in told] == [
        {"course": "Nyansatt i hjemmetjenesten"},
        {"course": "Hygiene for alle"},
    ]
    assert {row.person_id for row in bare.evidence()} == {None}


def test_a_course_completion_that_moodle_backdates_is_found_within_a_week(bare: Lms):
    """Its cron completes courses late and with an earlier date; nobody was there since, and nothing tells of it."""
    bare.sync()
    gro = user(bare, "gro")
    bare.moodle.complete_course(gro, 7, at=LAST_YEAR + 60)
    yesterday(bare)
    assert bare.sync().new == 0
    yesterday(bare, whole=True)
    run = bare.sync()
    assert run.new == 1
    assert bare.told()[-1][:2] == (f"c:7:{gro.id}", "completed")


def test_the_idnumber_tells_who_it_is(bare: Lms):
    with bare.work() as session:
        emma = employ(session, "Emma Eide", "1001")
    bare.change(idnumber=True)
    bare.sync()
    assert {row.person_id for row in bare.evidence() if row.result == "attained"} == {emma}


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        (["passed"], "passed"),
        (["completed"], "completed"),
        (["failed"], "failed"),
        (["passed", "completed"], "passed"),
        (["passed", "failed"], "failed"),
        (["passed", "incomplete"], None),
        (["browsed"], None),
        ([], None),
    ],
)
def test_an_attempt_is_over_when_all_its_scoes_are(statuses: list[str], outcome: str | None):
    assert attempt_outcome(statuses) == outcome


@pytest.mark.parametrize(
    ("told", "score"),
    [
        ({"cmi.score.scaled": "0.75"}, 0.75),
        ({"cmi.score.scaled": "-0.5"}, 0.0),
        ({"cmi.core.score.raw": "15", "cmi.core.score.min": "10", "cmi.core.score.max": "20"}, 0.5),
        ({"score_raw": "80"}, 0.8),
        ({"cmi.core.score.raw": "many"}, None),
        ({"cmi.score.raw": "5", "cmi.score.min": "5", "cmi.score.max": "5"}, None),
        ({}, None),
    ],
)
def test_scores_of_either_scorm(told: dict[str, str], score: float | None):
    assert core_results._score(told) == score


def test_a_package_put_in_by_hand_is_known_by_its_item():
    assert identity_of(f"m{MODULE.hex}-item") == str(MODULE)
    assert [identity_of(other) for other in ("sco1", "m123-item", None, 7)] == [""] * 4
