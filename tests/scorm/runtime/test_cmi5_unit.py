"""An assignable unit of cmi5, titled after the sections of the specification (1st edition)."""

import itertools
import json
import re
from urllib.parse import urlencode

import pytest

from tests.scorm.runtime.conftest import CONNECT
from tests.scorm.runtime.recording_lrs import RecordingLrs

pytestmark = pytest.mark.browser
PASS = "c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });"
FAIL = "c.finish({ completed: true, passed: false, score: { scaled: 0.4, raw: 4, max: 10 } });"
QUESTION = """c.answered({ id: "b1", type: "choice", prompt: "<p>Når?</p>",
    options: [{ id: "o1", text: "Før" }, { id: "o2", text: "Etter" }],
    correct: ["o1", "o2"], response: ["o1"], result: false, latency: 4.2 });"""
ACTOR = {
    "objectType": "Agent",
    "account": {"homePage": "https://lms.example", "name": "4711"},
    "name": "Emma",
}
ACTIVITY = "https://lms.example/activity/17"
REGISTRATION = "760e3480-ba55-4991-94b0-01820dbd23a2"
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
MASTERY = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/"
names = (f"cmi5-{number}" for number in itertools.count(1))


class Registration:
    """A learner's registration for one unit, launched as an LMS does, over several sessions."""

    def __init__(self, site, new_page, module) -> None:
        self.site, self.new_page, self.module = site, new_page, module
        self.name = next(names)
        self.lrs = site.lrs[self.name] = RecordingLrs("Basic c2VjcmV0")
        self.lrs.profiles["cmi5LearnerPreferences"] = {"languagePreference": "nn,nb", "audioPreference": "on"}
        self.data = {"launchMode": "Normal", "moveOn": "Passed", "masteryScore": 0.75}
        self.sessions = 0

    def launch(self, **changes):
        """Opens the unit from another origin than the LMS's; returns the page, connected."""
        self.sessions += 1
        self.lrs.fetches = 0
        grouping = {"objectType": "Activity", "id": self.module["activityId"]}
        template = {
            "extensions": {SESSION: f"session-{self.sessions}", "https://lms.example/tag": "x"},
            "contextActivities": {"grouping": [grouping]},
        }
        about = {
            "activityId": ACTIVITY,
            "agent": json.dumps(ACTOR, separators=(",", ":")),
            "registration": REGISTRATION,
        }
        launch_data = tuple(sorted((about | {"stateId": "LMS.LaunchData"}).items()))
        self.lrs.documents[launch_data] = {"contextTemplate": template, **self.data, **changes}
        page = self.new_page()
        page.goto(self.address())
        page.found = page.evaluate(CONNECT, self.module)
        return page

    def address(self) -> str:
        endpoint = f"{self.site.other_origin}/lrs/{self.name}"
        query = {
            "endpoint": f"{endpoint}/",
            "fetch": f"{endpoint}/fetch?k=1",
            "actor": json.dumps(ACTOR),
            "registration": REGISTRATION,
            "activityId": ACTIVITY,
        }
        return f"{self.site.url}/content/cmi5?{urlencode(query)}"


@pytest.fixture
def unit(site, new_page, module):
    return Registration(site, new_page, module)


def do(page, script):
    return page.evaluate(f"async () => {{ {script} }}")


def test_7_1_1_initialized_is_the_first_statement(unit):
    page = unit.launch()
    do(page, QUESTION)
    assert unit.lrs.wait_for("answered") == ["initialized", "answered"]


@pytest.mark.parametrize("leave", ["c.exit()", "location.href = 'about:blank'"])
def test_7_1_2_terminated_is_the_last_statement(unit, leave):
    page = unit.launch()
    do(page, QUESTION + PASS)
    do(page, leave)
    assert unit.lrs.wait_for("terminated") == ["initialized", "answered", "completed", "passed", "terminated"]


def test_7_1_2_a_closed_tab_is_terminated_too(unit):
    page = unit.launch()
    do(page, "c.save('p3', { p: 3 }); c.progress(0.5)")
    page.close(run_before_unload=True)
    unit.lrs.wait_for("terminated")
    assert unit.launch().found["location"] == "p3"


def test_7_1_3_answers_are_cmi5_allowed_and_the_rest_cmi5_defined(unit):
    page = unit.launch()
    do(page, QUESTION + PASS + "c.exit()")
    unit.lrs.wait_for("terminated")
    for statement in unit.lrs.statements.values():
        categories = {
            activity["id"].removeprefix(CATEGORY)
            for activity in statement["context"]["contextActivities"].get("category", [])
        }
        name = statement["verb"]["display"]["en"]
        if name == "answered":
            assert categories == set()
        else:
            judged = {"moveon"} if name in ("completed", "passed", "failed") else set()
            assert categories == {"cmi5"} | judged  # 9.6.2.1, 9.6.2.2


def test_8_2_the_token_is_fetched_once(unit):
    page = unit.launch()
    do(page, PASS + "c.exit()")
    unit.lrs.wait_for("terminated")
    assert unit.lrs.fetches == 1


def test_8_2_3_a_launch_address_that_was_used_is_told_of_and_the_visit_kept_in_the_browser(unit):
    page = unit.launch()
    page.reload()
    assert page.evaluate(CONNECT, unit.module)["connected"] is False
    assert page.evaluate("problems.map(([code]) => code)") == ["ended"]
    do(page, "c.save('p2', {}); c.exit()")
    assert "p2" in page.evaluate("JSON.stringify(localStorage)")


def test_9_statements_have_id_actor_object_utc_time_and_context(unit):
    page = unit.launch()
    do(page, QUESTION + PASS + "c.exit()")
    unit.lrs.wait_for("terminated")
    times = []
    for statement in unit.lrs.statements.values():
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", statement["id"]
        )
        assert statement["actor"] == ACTOR
        assert statement["context"]["registration"] == REGISTRATION
        assert statement["context"]["extensions"][SESSION] == "session-1"
        assert statement["context"]["extensions"]["https://lms.example/tag"] == "x"
        assert statement["context"]["contextActivities"]["grouping"][0]["id"] == unit.module["activityId"]
        assert (statement["context"]["revision"], statement["context"]["language"]) == ("3", "nb")
        assert statement["timestamp"].endswith("Z")
        times.append(statement["timestamp"])
        if statement["verb"]["display"]["en"] == "answered":
            assert statement["object"]["id"] == f"{unit.module['activityId']}#b1"
        else:
            assert statement["object"]["id"] == ACTIVITY  # 9.4
    assert times == sorted(times)


def test_9_3_failed_waits_for_the_session_to_end(unit):
    page = unit.launch()
    do(page, FAIL)
    assert unit.lrs.wait_for("completed") == ["initialized", "completed"]
    do(page, "location.href = 'about:blank'")
    assert unit.lrs.wait_for("terminated") == ["initialized", "completed", "failed", "terminated"]


def test_9_3_a_session_has_one_of_passed_and_failed(unit):
    page = unit.launch()
    do(page, FAIL + FAIL + PASS + PASS + "c.exit()")
    assert unit.lrs.wait_for("terminated") == ["initialized", "completed", "passed", "terminated"]


def test_9_3_completed_and_passed_once_a_registration_and_no_failed_after_passed(unit):
    page = unit.launch()
    do(page, PASS + "c.exit()")
    unit.lrs.wait_for("terminated")
    page = unit.launch()
    assert page.found["status"] == {"completed": True, "passed": True, "score": 0.9}
    do(page, FAIL + PASS + "c.exit()")
    assert unit.lrs.wait_for("initialized", "terminated").count("passed") == 1


def test_9_3_failed_in_one_session_and_passed_in_the_next(unit):
    do(unit.launch(), FAIL + "c.exit()")
    unit.lrs.wait_for("failed", "terminated")
    do(unit.launch(), PASS + "c.exit()")
    unit.lrs.wait_for("initialized", "passed", "terminated")


def test_9_5_results(unit):
    page = unit.launch()
    do(page, "c.progress(0.5);" + QUESTION + PASS + "c.exit()")
    unit.lrs.wait_for("terminated")
    results = {name: unit.lrs.of(name)[0].get("result", {}) for name in set(unit.lrs.verbs)}
    durations = {name: result.pop("duration", None) for name, result in results.items()}
    assert results == {
        "initialized": {},
        "answered": {"response": "o1", "success": False},
        "completed": {"completion": True},
        "passed": {"success": True, "score": {"scaled": 0.9, "raw": 9, "min": 0, "max": 10}},
        "terminated": {},
    }
    assert all(
        re.fullmatch(r"PT\d+H\d+M[\d.]+S", durations[name]) for name in durations if name != "initialized"
    )


def test_9_5_1_points_that_are_not_whole_are_left_out(unit):
    page = unit.launch()
    do(page, "c.finish({ completed: false, passed: true, score: { scaled: 5 / 6, raw: 2.5, max: 3 } })")
    unit.lrs.wait_for("passed")
    assert unit.lrs.of("passed")[0]["result"]["score"] == {"scaled": 0.8333}


def test_9_5_5_1_progress_until_it_is_completed(unit):
    page = unit.launch()
    do(page, "c.progress(0.333); c.exit()")
    unit.lrs.wait_for("terminated")
    extensions = unit.lrs.of("terminated")[0]["result"]["extensions"]
    assert extensions == {"https://w3id.org/xapi/cmi5/result/extensions/progress": 33}


def test_9_6_3_2_mastery_score_of_the_launch_is_the_packages_master(unit):
    page = unit.launch()
    assert page.found["masteryScore"] == 0.75
    do(page, PASS)
    unit.lrs.wait_for("passed")
    assert unit.lrs.of("passed")[0]["context"]["extensions"][MASTERY] == 0.75
    assert MASTERY not in unit.lrs.of("completed")[0]["context"]["extensions"]


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_10_2_2_browse_and_review_say_initialized_and_terminated_only(unit, mode):
    page = unit.launch(launchMode=mode)
    assert page.found["mode"] == mode.lower()
    do(page, "c.save('p2', {});" + QUESTION + PASS + "c.exit()")
    assert unit.lrs.wait_for("terminated") == ["initialized", "terminated"]
    assert unit.lrs.state() is None


def test_10_2_6_the_learner_who_exits_is_taken_to_the_return_url(unit):
    page = unit.launch(returnURL=f"{unit.site.url}/content/none")
    page.evaluate("void c.exit()")
    page.wait_for_url("**/content/none")
    assert unit.lrs.verbs[-1] == "terminated"


def test_11_learner_preferences(unit):
    assert unit.launch().found["learner"] == {"id": "4711", "name": "Emma", "language": "nn"}


def test_11_no_preferences_are_no_problem(unit):
    unit.lrs.profiles.clear()
    page = unit.launch()
    assert page.found["learner"]["language"] == ""
    assert page.evaluate("problems") == []


def test_state_is_resumed_in_the_next_session(unit):
    do(unit.launch(), "c.save('p3', { pages: ['p1'], note: 'Ærfugl' }); c.exit()")
    unit.lrs.wait_for("terminated")
    found = unit.launch().found
    assert (found["location"], found["state"]) == ("p3", {"pages": ["p1"], "note": "Ærfugl"})
