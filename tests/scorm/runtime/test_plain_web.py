"""No LMS: content opens from a web server or a folder, and is kept in the browser where that is allowed."""

import pytest

from scorm import runtime
from tests.scorm.runtime.conftest import CONNECT
from tests.scorm.runtime.site import PAGE

pytestmark = pytest.mark.browser
STANDARDS = pytest.mark.parametrize("standard", runtime.STANDARDS)


@STANDARDS
def test_a_visit_is_kept_in_the_browser(site, page, module, standard):
    page.goto(f"{site.url}/content/{standard}")
    assert page.evaluate(CONNECT, module) == {
        "standard": standard,
        "connected": False,
        "learner": {"id": "", "name": "", "language": ""},
        "mode": "normal",
        "masteryScore": 0.8,
        "location": "",
        "state": None,
        "status": {"completed": False, "passed": None, "score": None},
        "revision": "3",
        "updated": False,
    }
    page.evaluate("""c.answered({ id: "b1", type: "true-false", correct: ["true"], response: ["true"], result: true });
        c.save("p2", { p: 2 }); c.progress(0.5);
        c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });
        c.save("p3", { p: 3 })""")
    page.reload()
    found = page.evaluate(CONNECT, module)
    assert (found["location"], found["state"]) == ("p3", {"p": 3})
    assert found["status"] == {"completed": True, "passed": True, "score": 0.9}


@STANDARDS
def test_it_opens_from_a_folder(tmp_path, page, module, standard):
    (tmp_path / "lms.js").write_bytes(runtime.script(standard))
    (tmp_path / "index.html").write_text(f"{PAGE}<script src='lms.js'></script>")
    (tmp_path / "around.html").write_text(f"{PAGE}<iframe src='index.html'></iframe>")
    page.goto((tmp_path / "index.html").as_uri())
    assert page.evaluate(CONNECT, module)["connected"] is False
    page.evaluate("c.save('p2', { p: 2 }); c.exit()")
    page.goto((tmp_path / "around.html").as_uri())  # each file is an origin of its own: its parent throws
    assert page.frames[1].evaluate(CONNECT, module)["location"] == "p2"


def test_modules_do_not_read_each_others_visits(site, page, module):
    page.goto(f"{site.url}/content/none")
    page.evaluate(CONNECT, module)
    page.evaluate("c.save('p2', { p: 2 }); c.exit()")
    page.reload()
    assert page.evaluate(CONNECT, module | {"activityId": "urn:uuid:another"})["state"] is None


def test_a_browser_that_keeps_nothing_is_told_of_and_the_visit_goes_on(site, page, module):
    page.add_init_script("""for (const name of ["getItem", "setItem"])
        Storage.prototype[name] = () => { throw new DOMException("denied", "SecurityError"); };""")
    page.goto(f"{site.url}/content/none")
    assert page.evaluate(CONNECT, module)["connected"] is False
    page.evaluate("c.finish({ completed: true, passed: null, score: null })")
    assert page.evaluate("problems.map(([code]) => code)") == ["refused"]


@pytest.mark.parametrize("kept", ["{", "null", "7", '"text"', "[]", '{"status": null}'])
def test_what_another_program_left_in_the_browser_is_a_first_visit(site, page, module, kept):
    page.goto(f"{site.url}/content/none")
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [f"lms:{module['activityId']}", kept])
    found = page.evaluate(CONNECT, module)
    assert (found["location"], found["state"]) == ("", None)
    assert found["status"] == {"completed": False, "passed": None, "score": None}


def test_a_page_out_of_the_back_forward_cache_begins_anew(site, page, module):
    page.goto(f"{site.url}/content/none")
    page.evaluate(CONNECT, module)
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.evaluate("window.c") is None
