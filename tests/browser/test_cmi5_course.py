"""A module of our own, packaged as cmi5, brought in as a course of somebody else's and taken on this service: failed,
the tab closed, gone on with, passed. The LRS has it in the order of the specification, the register once."""

import json
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.accounts import Account
from lms_bridge.cmi5.models import Course, Registration
from lms_bridge.config import Settings
from lms_bridge.lrs.models import Statement
from lms_bridge.register.models import Evidence
from tests.browser.players import Learner
from tests.support.service import Service

pytestmark = pytest.mark.browser
MODULE = Path(str(files("lms_bridge") / "demo" / "modules" / "fire-safety"))
DOCUMENT = json.loads((MODULE / "module.json").read_text(encoding="utf-8"))
TITLE = DOCUMENT["title"]


@pytest.fixture(scope="module")
def package(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cmi5") / "brann.zip"
    service.command("package", str(MODULE), "--as", "cmi5", "-o", str(path))
    return path


class Records:
    """What the service has stored, read from its database."""

    def __init__(self, service: Service) -> None:
        self.app = create_app(Settings.from_environ(service.environment))

    def statements(self, email: str) -> list[dict[str, Any]]:
        """Those of the person's registration, in the order of storing."""
        with self.app.database.unit_of_work(write=False) as session:
            registration = session.scalars(
                select(Registration)
                .join(Account, Account.id == Registration.account_id)
                .where(Account.email == email)
            ).one()
            rows = session.scalars(select(Statement.payload).order_by(Statement.position))
            found = [json.loads(row) for row in rows]
        return [s for s in found if s.get("context", {}).get("registration") == str(registration.id)]

    def wait_for(self, page: Page, email: str, last: str, times: int = 1) -> list[dict[str, Any]]:
        """Until the last statement has arrived; those that the LRS and the LMS made but no answers."""
        ends = time.monotonic() + 20
        while True:
            found = self.statements(email)
            if [verb(s) for s in found].count(last) >= times or time.monotonic() > ends:
                break
            page.wait_for_timeout(50)
        return [s for s in found if verb(s) != "answered"]

    def evidence(self, statement_ids: set[str]) -> list[Evidence]:
        with self.app.database.unit_of_work(write=False) as session:
            return list(session.scalars(select(Evidence).where(Evidence.record.in_(statement_ids))))


def verb(statement: dict[str, Any]) -> str:
    return statement["verb"]["id"].rpartition("/")[2]


def answer_all(learner: Learner, *, right: bool) -> None:
    for page in DOCUMENT["pages"]:
        for block in page["blocks"]:
            if block.get("scored"):
                learner.go(page["id"])
                learner.answer(block["id"], *choices(block, right=right))


def choices(block: dict[str, Any], *, right: bool) -> list[str]:
    if block["type"] == "true_false":
        return [str(block["correct"] is right).lower()]
    correct = [option["id"] for option in block["options"] if option["correct"]]
    return correct if right else [next(o["id"] for o in block["options"] if not o["correct"])]


def test_a_coordinator_brings_the_course_in(
    service: Service, package: Path, new_page: Callable[..., Page], axe: Callable[[Page], None]
):
    page = new_page()
    service.sign_in(page, "camilla@fjordvik.example")
    page.goto(f"{service.url}/cmi5/courses")
    axe(page)
    page.locator("input[type=file]").set_input_files(package)
    page.get_by_role("button", name="Se gjennom den").click()
    expect(page.locator("main")).to_contain_text("Ingenting er galt med det")
    axe(page)
    page.get_by_role("button", name="Hent det inn").click()
    expect(page.locator(".flash")).to_contain_text(TITLE)
    axe(page)


def test_it_is_taken_and_its_results_count_once(
    service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None], page_problems: list[str]
):
    records, email = Records(service), "henrik@fjordvik.example"
    page = new_page()
    service.sign_in(page, email)
    learner = opened(service, page, "Start")
    answer_all(learner, right=False)
    learner.go("result-page")
    page.goto("about:blank")  # the tab is closed after failing
    found = records.wait_for(page, email, "terminated")
    assert [verb(s) for s in found] == ["launched", "initialized", "failed", "terminated"]

    learner = opened(service, page, "Prøv igjen")
    assert learner.heading  # it goes on where it was
    learner.go("result-page")
    page.get_by_role("button", name="Ta prøva på nytt").click()
    answer_all(learner, right=True)
    learner.go("result-page")
    records.wait_for(page, email, "satisfied")
    page.goto("about:blank")
    found = records.wait_for(page, email, "terminated", times=2)
    assert [verb(s) for s in found[4:]] == ["launched", "initialized", "passed", "satisfied", "terminated"]
    assert (
        len(
            {
                s["context"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/sessionid"]
                for s in found[4:]
            }
        )
        == 1
    )

    passed = found[6]
    assert [str(e.result) for e in records.evidence({passed["id"]})] == ["attained"]
    assert {str(e.module_id) for e in records.evidence({s["id"] for s in found})} == {DOCUMENT["id"]}

    page.goto(course_address(service))
    expect(page.locator("main")).to_contain_text("Du fullførte dette kurset")
    axe(page)
    page.get_by_role("link", name="Se på nytt").click()
    Learner(page)
    page.goto("about:blank")
    found = records.wait_for(page, email, "terminated", times=3)
    assert [verb(s) for s in found[9:]] == ["launched", "initialized", "terminated"]
    assert len(records.evidence({s["id"] for s in found})) == 2  # failed and passed: each once


def opened(service: Service, page: Page, action: str) -> Learner:
    """From the list of courses by the course's page into the unit."""
    page.goto(f"{service.url}/courses")
    page.locator("a.course__go[href*='/cmi5/']", has_text="Åpne").last.click()
    page.get_by_role("link", name=f"{action}: {TITLE}").click()
    learner = Learner(page)
    assert page.url.startswith(service.content_url)
    if action == "Start":
        learner.start()
    return learner


def course_address(service: Service) -> str:
    app = create_app(Settings.from_environ(service.environment))
    with app.database.unit_of_work(write=False) as session:
        course_id = session.scalars(select(Course.id).where(Course.title == TITLE)).one()
    return f"{service.url}/cmi5/courses/{course_id}"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_coordinators_pages_are_for_everybody(
    service: Service, new_page: Callable[..., Page], axe: Callable[[Page], None], width: int
):
    page = new_page(viewport={"width": width, "height": 900})
    service.sign_in(page, "camilla@fjordvik.example")
    page.goto(course_address(service) + "/learners")
    axe(page)
    page.get_by_role("link", name="Henrik").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
