"""LTI 1.3 in a real Moodle: it registers itself, a teacher chooses a module, a learner's result is in the gradebook."""

import re
import uuid
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.authoring.models import Module
from lms_bridge.config import Settings
from lms_bridge.register.models import Evidence
from tests.browser.players import Learner
from tests.people import FRODE
from tests.support.real_moodle import Person, RealMoodle, eventually, moodle, needs_moodle, number_in
from tests.support.service import Service

from .short_module import a_short_module, answer

__all__ = ["moodle"]
pytestmark = [pytest.mark.browser, needs_moodle]


def invitation(page: Page, service: Service) -> str:
    service.sign_in(page, FRODE.email)
    page.goto(f"{service.url}/lti/platforms")
    page.locator("form[action$='/invite'] button").click()
    return page.locator(".lti-address").inner_text()


@pytest.fixture(scope="module")
def tool(moodle: RealMoodle, service: Service) -> int:
    """The tool, registered by itself, let in here and activated there; its id in Moodle."""
    bridge = moodle.browser.new_page()
    admin = moodle.signed_in(moodle.admin)
    address = invitation(bridge, service)
    before = set(tools(admin, moodle))
    # What "Add LTI Advantage" leads to; type=0 says that it is new, where another tool is on the same host.
    query = {"url": address, "type": 0, "sesskey": admin.evaluate("M.cfg.sesskey")}
    admin.goto(f"{moodle.url}/mod/lti/startltiadvregistration.php?{urlencode(query)}")
    [new] = set(tools(admin, moodle)) - before
    bridge.goto(f"{service.url}/lti/platforms")
    while bridge.locator("button[value=approve]").count():
        bridge.locator("button[value=approve]").first.click()
    bridge.locator("[name=trusted]").last.check()
    bridge.wait_for_load_state("networkidle")
    bridge.close()
    admin.locator(f".tool-card[data-type-id='{new}'] .activate").click()
    expect(admin.locator(f".tool-card[data-type-id='{new}'] .activate")).to_have_count(0)
    return int(new)


def tools(admin: Page, moodle: RealMoodle) -> list[str]:
    admin.goto(f"{moodle.url}/mod/lti/toolconfigure.php")
    admin.wait_for_load_state("networkidle")
    return [card.get_attribute("data-type-id") or "" for card in admin.locator(".tool-card").all()]


def choose(teacher: Page, moodle: RealMoodle, tool: int, title: str) -> int:
    """A teacher adds a module to the course by deep linking; the activity's id."""
    teacher.goto(
        f"{moodle.url}/course/modedit.php?add=lti&typeid={tool}&course={moodle.course}&section=1&return=1"
    )
    teacher.locator("#id_selectcontent").click()
    dialog = teacher.frame_locator(".modal iframe")
    dialog.get_by_label(title).check()
    dialog.locator("form button").click()
    expect(teacher.locator("#id_name")).to_have_value(title)
    teacher.locator("#id_submitbutton").click()
    # In a course with many grades Moodle shows that it is making them anew first.
    teacher.wait_for_url(re.compile(r"/(mod/lti/view|course/modregrade)\.php\?id="))
    return number_in(teacher.url, "id")


def test_a_module_that_a_teacher_chose_gives_a_grade(moodle: RealMoodle, service: Service, tool: int):
    title, module = a_short_module(service, moodle.browser)
    activity = choose(moodle.signed_in(moodle.teacher), moodle, tool, title)
    emma = moodle.learners[0]
    page = moodle.signed_in(emma)
    page.goto(f"{moodle.url}/mod/lti/view.php?id={activity}")
    frame = page.frame_locator("iframe#contentframe")
    frame.locator("[data-step=begin]").wait_for()
    learner = Learner(next(frame for frame in page.frames if frame.url.startswith(service.content_url)))
    learner.start()
    answer(learner, right=True)
    assert eventually(lambda: grade(moodle, emma, title)) == 100
    [passed] = [one for one in evidence(service, module) if one.result == "attained"]
    assert (passed.score, passed.person_id is not None) == (100, True)


def evidence(service: Service, module: str) -> list[Evidence]:
    """What the register has, straight from the launch: each statement that tells of the module."""
    app = create_app(Settings.from_environ(service.environment))
    with app.database.unit_of_work(write=False) as session:
        of_module = select(Evidence).join(Module, Module.identity == Evidence.module_id)
        found = session.scalars(of_module.where(Module.id == uuid.UUID(module))).all()
        session.expunge_all()
    return list(found)


def grade(moodle: RealMoodle, learner: Person, title: str) -> float | None:
    """What the gradebook has."""
    told = moodle.core(
        "gradereport_user_get_grade_items", courseid=moodle.course, userid=moodle.user_id(learner)
    )
    items = told["usergrades"][0]["gradeitems"]
    return next((item["graderaw"] for item in items if item["itemname"] == title), None)
