"""An LMS that throws, refuses, is slow or answers nothing: content goes on, and the learner is told."""

import pytest

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("standard", ["scorm12", "scorm2004"])
PASSED = "c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });"
QUESTION = """c.answered({ id: "b1", type: "choice", prompt: "?", options: [{ id: "o1", text: "Ja" }],
    correct: ["o1"], response: ["o1"], result: true, latency: 1 });"""


def codes(visit):
    return [code for code, _ in visit.problems]


@BOTH
@pytest.mark.parametrize("fault", ["empty", "null"])
def test_an_lms_that_answers_nothing_to_everything(visit, standard, fault):
    names = ["Initialize", "GetValue", "SetValue", "Commit", "GetLastError", "Finish", "Terminate"]
    here = visit(standard, faults=dict.fromkeys(names, fault))
    assert here.found["connected"]
    here.do(f"c.save('p2', {{ p: 2 }}); {QUESTION} {PASSED} c.exit()")
    assert here.order("Finish", "Terminate")
    assert here.problems == []


@BOTH
def test_an_lms_whose_every_answer_is_an_exception(visit, standard):
    names = ["GetValue", "SetValue", "Commit", "GetLastError", "Finish", "Terminate"]
    here = visit(standard, faults=dict.fromkeys(names, "throw"))
    here.do(f"c.save('p2', {{ p: 2 }}); {QUESTION} {PASSED} c.exit()")
    assert codes(here) == ["refused", "unreachable"]
    assert here.do("return [c.location, c.state.p, c.status.passed]") == ["p2", 2, True]
    assert here.order("Finish", "Terminate")


@BOTH
@pytest.mark.parametrize("fault", ["throw", "false"])
def test_a_session_that_does_not_begin_is_told_of_and_kept_in_the_browser(visit, standard, fault):
    here = visit(standard, faults={"Initialize": fault, "GetValue": "false"})
    assert here.found["connected"] is False
    assert codes(here) == ["ended"]
    here.do("c.save('p2', { p: 2 }); c.exit()")
    assert here.order("SetValue", "Commit", "Finish", "Terminate") == []
    assert "p2" in here.frame.evaluate("JSON.stringify(localStorage)")


@BOTH
def test_a_session_that_is_already_open_goes_on(visit, standard):
    """Moodle answers "false" where a reloaded frame did not end its session."""
    here = visit(standard, faults={"Initialize": "false"})
    assert here.found["connected"]
    here.do(PASSED)
    assert here.problems == []


@BOTH
def test_what_is_refused_is_told_once_with_the_element_and_the_lms_error(visit, standard):
    here = visit(standard, faults={"SetValue": ["cmi.suspend_data"]})
    here.do("c.save('p2', { p: 2 })")
    here.hide()
    here.do("c.save('p3', { p: 3 })")
    here.hide()
    assert here.problems == [["refused", "cmi.suspend_data: 201"]]


@BOTH
def test_interactions_are_optional(visit, standard):
    here = visit(standard, faults={"SetValue": ["cmi.interactions.0.id"]})
    here.do(QUESTION + PASSED)
    assert here.problems == []
    assert not [call for call in here.calls if "interactions.0.type" in str(call)]


@BOTH
def test_a_commit_that_failed_is_tried_again_with_what_was_in_it(visit, standard):
    here = visit(standard, faults={"Commit": "false"})
    here.do("c.save('p2', { p: 2 })")
    here.hide()
    assert codes(here) == ["unreachable"]
    before = len(here.calls)
    here.hide()
    assert ["SetValue", "cmi.suspend_data", here.value("cmi.suspend_data")] in here.calls[before:]


@BOTH
def test_a_slow_lms_is_asked_less_often(visit, standard):
    here = visit(standard, faults={"Commit": "slow"})
    here.do(PASSED)
    before = len(here.order("Commit"))
    here.do("""
        for (let i = 0; i < 30; i++) {
            c.save("p" + i, { i });
            await new Promise((resolve) => setTimeout(resolve, 40));
        }""")
    assert len(here.order("Commit")) - before <= 1
    here.do("c.exit()")
    assert '"i":29' in here.value("cmi.suspend_data")


@pytest.mark.parametrize(
    "text", ["", "undefined", "{", "~", "~AAAA", "null", "[1]", "3", "page4|score=3", "~~~"]
)
def test_suspend_data_that_is_not_ours_is_a_first_visit(visit, text):
    here = visit("scorm12", values={"cmi.suspend_data": text})
    assert here.found["state"] is None
    assert here.found["status"] == {"completed": False, "passed": None, "score": None}


@BOTH
@pytest.mark.parametrize("mode", ["browse", "review"])
def test_browse_and_review_store_nothing(visit, standard, mode):
    element = "cmi.core.lesson_mode" if standard == "scorm12" else "cmi.mode"
    here = visit(standard, values={element: mode})
    assert here.found["mode"] == mode
    here.do(f"c.save('p2', {{ p: 2 }}); {QUESTION} {PASSED}")
    here.hide()
    here.leave()
    assert here.order("Commit") == []
    assert [call for call in here.calls if call[0] == "SetValue"] == []
    assert len(here.order("Finish", "Terminate")) == 1


@BOTH
def test_a_session_without_credit_keeps_the_place_but_no_result(visit, standard):
    element = "cmi.core.credit" if standard == "scorm12" else "cmi.credit"
    here = visit(standard, values={element: "no-credit"})
    here.do(f"c.save('p2', {{ p: 2 }}); {QUESTION} {PASSED}")
    assert "p2" in str(here.calls)
    for word in ("score", "interactions", "lesson_status", "success_status", "completion_status"):
        assert not [call for call in here.calls if call[0] == "SetValue" and word in call[1]], word


@pytest.mark.parametrize(
    ("standard", "values", "status"),
    [
        ("scorm12", {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "85"}, [True, True, 0.85]),
        ("scorm12", {"cmi.core.lesson_status": "failed", "cmi.core.score.raw": "20"}, [False, False, 0.2]),
        ("scorm12", {"cmi.core.lesson_status": "completed"}, [True, None, None]),
        ("scorm12", {"cmi.core.lesson_status": "not attempted"}, [False, None, None]),
        ("scorm2004", {"cmi.completion_status": "completed", "cmi.success_status": "passed",
                       "cmi.score.scaled": "0.85"}, [True, True, 0.85]),
        ("scorm2004", {"cmi.completion_status": "incomplete", "cmi.success_status": "failed"}, [False, False, None]),
        ("scorm2004", {"cmi.completion_status": "unknown", "cmi.success_status": "unknown"}, [False, None, None]),
    ],
)  # fmt: skip
def test_what_the_lms_knows_of_earlier_visits(visit, standard, values, status):
    found = visit(standard, values=values).found["status"]
    assert [found["completed"], found["passed"], found["score"]] == status


@BOTH
def test_the_learner_as_people_write_names(visit, standard):
    names = ("cmi.core.student_id", "cmi.core.student_name", "cmi.student_preference.language")
    if standard == "scorm2004":
        names = ("cmi.learner_id", "cmi.learner_name", "cmi.learner_preference.language")
    here = visit(standard, values=dict(zip(names, ["4711", "Eide, Emma", "nn"], strict=True)))
    assert here.found["learner"] == {"id": "4711", "name": "Emma Eide", "language": "nn"}


def test_a_problem_from_before_the_content_listens_is_not_lost(visit):
    here = visit("scorm12", faults={"SetValue": ["cmi.core.exit"]})
    assert here.problems == [["refused", "cmi.core.exit: 201"]]


@BOTH
def test_an_answer_to_many_options_has_a_letter_each(visit, standard):
    here = visit(standard)
    here.do("""
        const options = Array.from({ length: 30 }, (_, i) => ({ id: "o" + i, text: "" }));
        c.answered({ id: "b-1 ø", type: "choice", prompt: "x".repeat(400), options, correct: ["o0", "o29"],
            response: ["o25", "o26"], result: false, latency: 0 });""")
    if standard == "scorm12":
        assert here.value("cmi.interactions.0.id") == "b_1__"
        assert here.value("cmi.interactions.0.correct_responses.0.pattern") == "a,3"
        assert here.value("cmi.interactions.0.student_response") == "z,0"
    else:
        assert here.value("cmi.interactions.0.learner_response") == "o25[,]o26"
        assert len(here.value("cmi.interactions.0.description")) == 250


@BOTH
@pytest.mark.parametrize(("told", "expected"), [("", 4), ("4", 4), ("0", 0), ("7", 7)])
def test_the_lms_says_how_many_answers_it_has_and_else_we_remember(visit, standard, told, expected):
    kept = '{"status":{"completed":false},"interactions":4,"state":null}'
    here = visit(standard, values={"cmi.suspend_data": kept, "cmi.interactions._count": told})
    here.do(QUESTION)
    assert here.value(f"cmi.interactions.{expected}.id") == "b1"


@BOTH
def test_a_commit_that_fails_and_then_works_is_told_as_solved(visit, standard):
    here = visit(standard, faults={"Commit": "false"})
    here.hide()
    assert codes(here) == ["unreachable"]
    here.page.evaluate("faults.Commit = undefined")
    here.hide()
    assert here.frame.evaluate("solved") == ["unreachable"]


@BOTH
def test_what_was_kept_is_not_rewritten_before_there_is_something_new(visit, standard):
    here = visit(standard, values={"cmi.suspend_data": "another tool's"})
    here.hide()
    here.leave()
    assert here.set("cmi.suspend_data") == []
