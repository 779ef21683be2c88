"""The LMS's API is found wherever the LMS put it: a parent, the opener, late, behind a frame of another origin."""

import pytest

from tests.scorm.runtime.conftest import CONNECT
from tests.scorm.runtime.site import PAGE

pytestmark = pytest.mark.browser
INSTALL = "<script src='/recorder.js'></script><script>install('scorm12')</script>"


def frame_with(site, name: str, inner: str, *, script: str = "") -> str:
    """A page at /name that shows `inner` in a frame; returns its path."""
    site.files[f"/{name}"] = f"{PAGE}{script}<iframe src='{inner}'></iframe>"
    return f"/{name}"


def innermost(page):
    frame = page.main_frame
    while frame.child_frames:
        frame = frame.child_frames[0]
    return frame


def test_an_api_in_any_parent(site, page, module):
    inner = "/content/scorm12"
    for depth in range(6):
        inner = frame_with(site, f"deep{depth}", inner)
    page.goto(site.url + frame_with(site, "deep", inner, script=INSTALL))
    assert innermost(page).evaluate(CONNECT, module)["connected"]


def test_an_api_behind_a_parent_of_another_origin(site, page, module):
    middle = frame_with(site, "middle", f"{site.url}/content/scorm12")
    page.goto(site.url + frame_with(site, "outer", site.other_origin + middle, script=INSTALL))
    assert innermost(page).evaluate(CONNECT, module)["connected"]


def test_an_api_in_the_opener_and_above_it(site, page, module):
    opener = frame_with(site, "opener", "/content/none")
    page.goto(site.url + frame_with(site, "lms", opener, script=INSTALL))
    with page.expect_popup() as popup:
        innermost(page).evaluate("window.open('/content/scorm12'), null")
    popup.value.wait_for_load_state()
    assert popup.value.evaluate(CONNECT, module)["connected"]


def test_an_api_in_the_opener_of_a_frameset(site, page, module):
    page.goto(site.url + frame_with(site, "starter", "/content/none", script=INSTALL))
    frame_with(site, "player", "/content/scorm12")
    with page.expect_popup() as popup:
        page.evaluate("window.open('/player'), null")
    popup.value.wait_for_load_state()
    assert innermost(popup.value).evaluate(CONNECT, module)["connected"]


def test_an_api_that_the_lms_lays_out_late(site, page, module):
    script = "<script src='/recorder.js'></script>"
    page.goto(site.url + frame_with(site, "late", "/content/scorm12", script=script))
    page.evaluate("setTimeout(() => install('scorm12'), 500), null")
    assert innermost(page).evaluate(CONNECT, module)["connected"]


def test_something_else_by_that_name_is_passed_by(site, page, module):
    decoy = frame_with(site, "decoy", "/content/scorm12", script="<p id='API'>API documentation</p>")
    page.goto(site.url + frame_with(site, "around", decoy, script=INSTALL))
    assert innermost(page).evaluate(CONNECT, module)["connected"]


def test_a_chain_of_openers_without_end_ends(site, page, module):
    page.goto(f"{site.url}/content/scorm12")
    found = page.evaluate(
        """(module) => {
            const endless = () => new Proxy({}, { get: (_, name) => (name === "parent" ? endless() : undefined) });
            Object.defineProperty(window, "opener", { value: endless() });
            return lms.connect(module).then((c) => c.connected);
        }""",
        module,
    )
    assert found is False


def test_a_page_of_its_own_is_not_made_to_wait(site, page, module):
    page.goto(f"{site.url}/content/scorm2004")
    page.evaluate("""() => {
        const later = window.setTimeout;
        window.waits = [];
        window.setTimeout = (then, ms) => later(then, window.waits.push(ms) && ms);
    }""")
    assert page.evaluate(CONNECT, module)["connected"] is False
    assert page.evaluate("window.waits.filter((ms) => ms < 1000)") == []  # that is until what is kept is sent


def test_the_connection_is_made_once(site, page, module):
    page.goto(site.url + frame_with(site, "once", "/content/scorm12", script=INSTALL))
    frame = innermost(page)
    assert frame.evaluate(
        "(m) => Promise.all([lms.connect(m), lms.connect(m)]).then(([a, b]) => a === b)", module
    )
    assert page.evaluate("calls.filter(([name]) => name === 'Initialize').length") == 1
