"""Content taken in a real LMS runtime (npm scorm-again), both versions: visits, a closed tab, failing, passing."""

import itertools
import time
from collections.abc import Callable

import pytest

from tests.scorm.runtime.conftest import Visit

pytestmark = pytest.mark.browser
PASS = "c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });"
FAIL = "c.finish({ completed: true, passed: false, score: { scaled: 0.4, raw: 4, max: 10 } });"
ANSWERS = """
c.answered({ id: "b1hands00", type: "choice", prompt: "<p>Når vasker du <em>hendene</em>?</p>",
    options: [{ id: "o1aaa", text: "Før" }, { id: "o2bbb", text: "Etter" }, { id: "o3ccc", text: "Aldri" }],
    correct: ["o1aaa", "o2bbb"], response: ["o1aaa", "o3ccc"], result: false, latency: 12.345 });
c.answered({ id: "b2gloves0", type: "true-false", prompt: "<p>Hansker erstatter håndvask.</p>",
    correct: ["false"], response: ["false"], result: true, latency: 3 });
"""
numbers = itertools.count(1)


class Attempt:
    """One learner's attempt in scorm-again, over several visits."""

    def __init__(self, site, standard: str, new_page: Callable, module: dict, query: str) -> None:
        self.site, self.standard, self.new_page, self.module, self.query = (
            site,
            standard,
            new_page,
            module,
            query,
        )

    def visit(self) -> Visit:
        page = self.new_page()
        page.goto(f"{self.site.url}/again/{self.standard}?{self.query}")
        return Visit(page, page.frame("content"), self.module)

    def ends(self, visit: Visit) -> None:
        """The LMS takes the content away, and stores what it was told last (after the page has gone)."""
        commits = self.site.commits[self.query]
        visit.leave()
        deadline = time.monotonic() + 5
        while self.site.commits[self.query] == commits and time.monotonic() < deadline:
            time.sleep(0.02)

    @property
    def cmi(self) -> dict:
        """What the LMS has stored."""
        return self.site.attempts[self.query]["cmi"]

    @property
    def result(self) -> tuple:
        """(status, raw score) as the LMS shows them."""
        if self.standard == "scorm12":
            return self.cmi["core"]["lesson_status"], self.cmi["core"]["score"]["raw"]
        return self.cmi["completion_status"], self.cmi["success_status"], self.cmi["score"]["raw"]

    @property
    def location(self) -> str:
        return self.cmi["core"]["lesson_location"] if self.standard == "scorm12" else self.cmi["location"]


@pytest.fixture(params=["scorm12", "scorm2004"])
def attempt(request, site, new_page, module):
    return Attempt(site, request.param, new_page, module, f"attempt={next(numbers)}")


def test_a_first_visit_finds_nothing_and_is_incomplete(attempt):
    visit = attempt.visit()
    assert visit.found["connected"]
    assert (visit.found["location"], visit.found["state"]) == ("", None)
    assert visit.found["status"] == {"completed": False, "passed": None, "score": None}
    visit.do("c.save('p2', { pages: ['p1'] }); c.exit()")
    assert attempt.result[0] == "incomplete"
    assert visit.problems == []


def test_a_closed_tab_is_resumed_where_the_learner_was(attempt):
    visit = attempt.visit()
    visit.do("c.save('p3', { pages: ['p1', 'p2'], ticks: { c1: true }, name: 'Ærfugl 🦆' })")
    visit.page.wait_for_timeout(1300)  # the commit that nobody asks for
    visit.page.close()
    again = attempt.visit()
    assert again.found["location"] == "p3"
    assert again.found["state"] == {"pages": ["p1", "p2"], "ticks": {"c1": True}, "name": "Ærfugl 🦆"}


def test_the_lms_takes_the_content_away_and_the_last_click_is_kept(attempt):
    visit = attempt.visit()
    visit.do("c.save('p4', { pages: ['p3'] })")
    attempt.ends(visit)
    assert attempt.location == "p4"
    assert attempt.visit().found["state"] == {"pages": ["p3"]}


def test_failing_then_passing_in_a_later_visit(attempt):
    visit = attempt.visit()
    visit.do(FAIL)
    failed = ("failed", "40") if attempt.standard == "scorm12" else ("completed", "failed", "40")
    assert attempt.result == failed
    attempt.ends(visit)
    assert attempt.result == failed
    again = attempt.visit()
    assert again.found["status"] == {"completed": True, "passed": False, "score": 0.4}
    again.do(PASS)
    passed = ("passed", "90") if attempt.standard == "scorm12" else ("completed", "passed", "90")
    assert attempt.result == passed
    attempt.ends(again)
    assert attempt.result == passed


def test_who_has_passed_stays_passed(attempt):
    attempt.visit().do(PASS + "c.exit()")
    again = attempt.visit()
    assert again.found["status"] == {"completed": True, "passed": True, "score": 0.9}
    again.do(FAIL + "c.exit()")
    assert attempt.result[-1] == "90"
    assert "failed" not in attempt.result
    better = attempt.visit()
    better.do("c.finish({ completed: true, passed: true, score: { scaled: 1, raw: 10, max: 10 } }); c.exit()")
    assert attempt.result[-1] == "100"


def test_a_module_without_a_test_is_completed(attempt):
    attempt.visit().do("c.progress(1); c.finish({ completed: true, passed: null, score: null }); c.exit()")
    assert attempt.result[0] == "completed"
    if attempt.standard == "scorm2004":
        assert (attempt.cmi["success_status"], attempt.cmi["progress_measure"]) == ("unknown", "1")


def test_answers_have_the_standards_patterns(attempt):
    visit = attempt.visit()
    visit.do(ANSWERS + "c.exit()")
    several, one = (attempt.cmi["interactions"][key] for key in ("0", "1"))
    if attempt.standard == "scorm12":
        assert (several["id"], several["type"], several["student_response"]) == ("b1hands00", "choice", "a,c")
        assert several["correct_responses"]["0"]["pattern"] == "a,b"
        assert (several["result"], several["latency"]) == ("wrong", "00:00:12.35")  # as scorm-again writes it
        assert (one["student_response"], one["result"]) == ("f", "correct")
    else:
        assert (several["id"], several["learner_response"]) == ("b1hands00", "o1aaa[,]o3ccc")
        assert several["correct_responses"]["0"]["pattern"] == "o1aaa[,]o2bbb"
        assert several["description"] == "Når vasker du hendene?"
        assert (several["result"], several["latency"]) == ("incorrect", "PT0H0M12.35S")
        assert (one["type"], one["learner_response"], one["result"]) == ("true-false", "false", "correct")
    assert visit.problems == []


def test_answers_of_a_later_visit_come_after_the_earlier_ones(attempt):
    attempt.visit().do(ANSWERS + "c.exit()")
    attempt.visit().do(ANSWERS + "c.exit()")
    assert sorted(attempt.cmi["interactions"]) == ["0", "1", "2", "3"]


def test_a_reloaded_frame_goes_on(attempt):
    visit = attempt.visit()
    visit.do("c.save('p2', { pages: ['p1'] })")
    visit.frame.goto(visit.frame.url)
    again = Visit(visit.page, visit.frame, attempt.module)
    if attempt.standard == "scorm12":
        assert again.found["connected"]
    else:  # 2004 ends a session for good: the learner is told, and nothing of before is lost
        assert not again.found["connected"]
        assert [code for code, _ in again.problems] == ["ended"]
    assert attempt.location == "p2"


def test_the_lms_word_on_mastery_is_over_the_packages(attempt):
    element = {"student_data": {"mastery_score": "70"}} if attempt.standard == "scorm12" else {}
    element = element or {"scaled_passing_score": "0.7"}
    attempt.site.attempts[attempt.query] = {"cmi": element}
    assert attempt.visit().found["masteryScore"] == 0.7


def test_an_lms_that_does_not_store_is_told_of_and_the_visit_goes_on(site, new_page, module, page_problems):
    for standard in ("scorm12", "scorm2004"):
        attempt = Attempt(site, standard, new_page, module, f"fails&attempt={next(numbers)}")
        visit = attempt.visit()
        visit.do(PASS)
        assert [code for code, _ in visit.problems] == ["unreachable"]
        visit.do("c.save('p5', {})")
        assert visit.do("return c.location") == "p5"
    assert all("500" in problem for problem in page_problems)
    page_problems.clear()
