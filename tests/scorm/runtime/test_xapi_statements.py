"""xAPI by launch parameters: what is said, and that it arrives once, however the LRS and the network are."""

import itertools
import json
import threading
import time
from urllib.parse import urlencode

import pytest

from tests.scorm.runtime.conftest import CONNECT
from tests.scorm.runtime.recording_lrs import RecordingLrs

pytestmark = pytest.mark.browser
PASS = "c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });"
FAIL = "c.finish({ completed: true, passed: false, score: { scaled: 0.4, raw: 4, max: 10 } });"
ACTOR = {"objectType": "Agent", "name": "Emma", "mbox": "mailto:emma@fjordvik.example"}
REGISTRATION = "760e3480-ba55-4991-94b0-01820dbd23a2"
names = (f"xapi-{number}" for number in itertools.count(1))


@pytest.fixture
def lrs(site):
    name = next(names)
    site.lrs[name] = RecordingLrs("Basic a2V5OnNlY3JldA==")
    site.lrs[name].endpoint = f"{site.other_origin}/lrs/{name}"
    return site.lrs[name]


@pytest.fixture
def launch(site, lrs, new_page, module):
    def open_launch(**changes):
        query = {
            "endpoint": lrs.endpoint,
            "auth": lrs.authorization,
            "actor": json.dumps(ACTOR),
            "registration": REGISTRATION,
            "activity_id": module["activityId"],
        } | changes
        page = new_page()
        page.goto(f"{site.url}/content/xapi?{urlencode({k: v for k, v in query.items() if v is not None})}")
        page.found = page.evaluate(CONNECT, module)
        return page

    return open_launch


def do(page, script):
    return page.evaluate(f"async () => {{ {script} }}")


def test_a_visit_in_statements(launch, lrs, module):
    page = launch()
    do(page, "c.progress(1);" + FAIL + PASS + "c.exit()")
    assert lrs.wait_for("terminated") == ["initialized", "completed", "failed", "passed", "terminated"]
    passed = lrs.of("passed")[0]
    assert passed["actor"] == ACTOR
    assert passed["object"] == {
        "objectType": "Activity",
        "id": module["activityId"],
        "definition": {"type": "http://adlnet.gov/expapi/activities/module", "name": {"nb": "Håndhygiene"}},
    }
    assert passed["context"] == {"registration": REGISTRATION, "revision": "3", "language": "nb"}
    assert passed["result"]["score"] == {"scaled": 0.9, "raw": 9, "min": 0, "max": 10}
    assert passed["result"]["success"] is True
    assert passed["result"]["duration"].startswith("PT0H0M")
    assert lrs.of("failed")[0]["result"]["success"] is False
    assert lrs.of("completed")[0]["result"]["completion"] is True


def test_an_answer_is_an_interaction_of_its_own(launch, lrs, module):
    page = launch()
    do(page, """
        c.answered({ id: "b1", type: "choice", prompt: "<p>Når vasker du <b>hendene</b>?</p>",
            options: [{ id: "o1", text: "Før" }, { id: "o2", text: "Etter" }],
            correct: ["o1", "o2"], response: ["o1", "o2"], result: true, latency: 4.2 });
        c.answered({ id: "b2", type: "true-false", prompt: "Hansker er nok", correct: ["false"],
            response: ["true"], result: false, latency: 1 });""")  # fmt: skip
    lrs.wait_for("answered", "answered")
    several, one = lrs.of("answered")
    assert several["object"] == {
        "objectType": "Activity",
        "id": f"{module['activityId']}#b1",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "description": {"nb": "Når vasker du hendene?"},
            "interactionType": "choice",
            "correctResponsesPattern": ["o1[,]o2"],
            "choices": [
                {"id": "o1", "description": {"nb": "Før"}},
                {"id": "o2", "description": {"nb": "Etter"}},
            ],
        },
    }
    assert several["result"] == {"response": "o1[,]o2", "success": True, "duration": "PT0H0M4.2S"}
    assert [parent["id"] for parent in several["context"]["contextActivities"]["parent"]] == [
        module["activityId"]
    ]
    assert one["object"]["definition"]["interactionType"] == "true-false"
    assert one["object"]["definition"]["correctResponsesPattern"] == ["false"]
    assert one["result"]["response"] == "true"


def test_steps_put_in_order_are_a_sequencing_interaction(launch, lrs):
    do(launch(), """
        c.answered({ id: "b1", type: "sequencing", prompt: "Hva først?",
            options: [{ id: "o1", text: "Vann" }, { id: "o2", text: "Såpe" }],
            correct: ["o1", "o2"], response: ["o2", "o1"], result: false, latency: 4 });""")  # fmt: skip
    lrs.wait_for("answered")
    (order,) = lrs.of("answered")
    definition = order["object"]["definition"]
    assert definition["interactionType"] == "sequencing"
    assert definition["correctResponsesPattern"] == ["o1[,]o2"]
    assert [choice["id"] for choice in definition["choices"]] == ["o1", "o2"]
    assert (order["result"]["response"], order["result"]["success"]) == ("o2[,]o1", False)


def test_a_closed_tab_is_resumed_and_terminated(launch, lrs):
    page = launch()
    do(page, "c.save('p3', { pages: ['p1'] });" + FAIL + "c.save('p4', { pages: ['p1', 'p2'] })")
    page.goto("about:blank")
    lrs.wait_for("failed", "terminated")
    lrs.wait_for_state("p4")
    found = launch().found
    assert (found["location"], found["state"]) == ("p4", {"pages": ["p1", "p2"]})
    assert found["status"] == {"completed": True, "passed": False, "score": 0.4}


def test_a_state_that_is_overtaken_does_not_arrive_after_the_newer_one(launch, lrs):
    page, older = launch(), threading.Event()
    lrs.on_their_way = [older]
    do(page, "c.save('p3', { pages: ['p1'] });" + FAIL)
    lrs.wait_for("failed")
    do(page, "c.save('p4', { pages: ['p1', 'p2'] })")
    page.goto("about:blank")
    lrs.wait_for_state("p4")
    older.set()
    time.sleep(0.3)
    assert not lrs.on_their_way
    assert launch().found["location"] == "p4"


def test_a_pass_is_said_once_a_visit_and_again_at_a_renewal(launch, lrs):
    visit = ["initialized", "completed", "passed", "terminated"]
    do(launch(), PASS + PASS + FAIL + "c.exit()")
    assert lrs.wait_for("terminated") == visit
    do(launch(), FAIL + PASS + "c.exit()")
    assert lrs.wait_for(*visit, *visit) == [*visit, *visit]


def test_what_the_launch_says_of_context(launch, lrs):
    launch(grouping="https://lms.example/course/7", activity_platform="Fjordvik Moodle")
    lrs.wait_for("initialized")
    context = lrs.of("initialized")[0]["context"]
    grouping = [{"objectType": "Activity", "id": "https://lms.example/course/7"}]
    assert context["contextActivities"]["grouping"] == grouping
    assert context["platform"] == "Fjordvik Moodle"


def test_an_actor_of_lists_as_older_launches_write_it(launch, lrs):
    old = {
        "name": ["Emma"],
        "account": [{"accountServiceHomePage": "https://lms.example", "accountName": "4711"}],
        "objectType": ["Person"],
    }
    page = launch(actor=json.dumps(old))
    lrs.wait_for("initialized")
    assert lrs.of("initialized")[0]["actor"] == {
        "objectType": "Agent",
        "name": "Emma",
        "account": {"homePage": "https://lms.example", "name": "4711"},
    }
    assert page.found["learner"] == {"id": "4711", "name": "Emma", "language": ""}


@pytest.mark.parametrize("missing", [{"endpoint": None}, {"actor": None}, {"actor": "Emma"}])
def test_without_launch_parameters_it_is_plain_web(launch, lrs, missing):
    page = launch(**missing)
    assert page.found["connected"] is False
    assert page.evaluate("problems") == []
    do(page, "c.save('p2', { p: 2 });" + PASS + "c.exit()")
    assert "p2" in page.evaluate("JSON.stringify(localStorage)")
    assert lrs.posts == []


def test_an_lrs_that_is_down_gets_everything_when_it_is_back_in_order_and_once(launch, lrs, page_problems):
    page = launch()
    lrs.wait_for("initialized")
    lrs.failures = [503]
    do(page, FAIL + PASS)
    page.wait_for_function("problems.some(([code]) => code === 'unreachable')")
    assert lrs.wait_for("passed") == ["initialized", "completed", "failed", "passed"]
    page.wait_for_function("solved[0] === 'unreachable'")
    page_problems.clear()


def test_a_statement_whose_answer_was_lost_is_sent_again_with_the_same_id(launch, lrs, page_problems):
    page = launch()
    lrs.wait_for("initialized")
    lrs.lost_answers = 1
    do(page, PASS)
    lrs.wait_for("completed", "passed")
    page.goto("about:blank")
    assert lrs.wait_for("terminated") == ["initialized", "completed", "passed", "terminated"]
    assert sum(map(len, lrs.posts)) > 4
    page_problems.clear()


@pytest.mark.parametrize("status", [400, 403], ids=["malformed", "against the LMS's rules"])
def test_one_statement_that_is_refused_does_not_hold_up_the_others(launch, lrs, page_problems, status):
    page = launch()
    lrs.wait_for("initialized")
    lrs.bad_verbs, lrs.refusal = {"completed"}, status
    do(page, PASS)
    page.wait_for_function("problems.length > 0")
    assert lrs.wait_for("passed") == ["initialized", "passed"]
    assert page.evaluate("problems") == [["refused", f"completed: {status}"]]
    page_problems.clear()


def test_an_lrs_that_does_not_let_us_in_is_told_of(launch, lrs, page_problems):
    page = launch(auth="Basic d3Jvbmc=")
    assert page.found["connected"] is False
    assert page.evaluate("problems.map(([code]) => code)") == ["unreachable"]
    page_problems.clear()


def test_a_long_state_is_kept_whole(launch, lrs):
    state = {f"k{i}": f"æ{i}" for i in range(9000)}
    page = launch()
    page.evaluate("(state) => { c.save('p1', state); return c.exit(); }", state)
    assert launch().found["state"] == state


def test_a_failed_pass_is_still_told_when_the_page_goes(launch, lrs, page_problems):
    page = launch()
    lrs.wait_for("initialized")
    lrs.failures = [503]
    do(page, PASS)
    page.wait_for_function("problems.length > 0")
    page.goto("about:blank")
    lrs.wait_for("completed", "passed", "terminated")
    page_problems.clear()


def test_an_exit_waits_for_what_is_on_its_way_and_comes_last(launch, lrs):
    page = launch()
    do(page, FAIL + PASS + "await c.exit()")
    assert lrs.verbs == ["initialized", "completed", "failed", "passed", "terminated"]


def test_a_page_that_goes_during_its_exit_loses_nothing(launch, lrs, page_problems):
    page = launch()
    lrs.wait_for("initialized")
    lrs.failures = [503]
    do(page, PASS + "void c.exit()")
    page.wait_for_function("problems.length > 0")
    page.goto("about:blank")
    lrs.wait_for("completed", "passed", "terminated")
    page_problems.clear()


def test_statements_carry_the_revision_that_the_attempt_began_on(launch, lrs, module):
    do(launch(), "c.save('p1', { p: 1 }); c.exit()")
    lrs.wait_for_state("p1")
    module.update(revision="4", earlier=["3"])
    page = launch()
    assert page.found["revision"] == "3"
    do(page, PASS + "c.save('p2', { p: 2 }); c.exit()")
    lrs.wait_for("passed", "terminated")
    assert {statement["context"]["revision"] for statement in lrs.statements.values()} == {"3"}
    lrs.wait_for_state("p2")
    assert launch().found["revision"] == "4"
