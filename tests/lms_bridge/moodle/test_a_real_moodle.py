"""A real Moodle, end to end: it is connected, a module is published to it, learners take it in a browser, and what they
got is in the register, by push, by the plugin and by Moodle's own functions; an update touches nobody's dates."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.config import Settings
from lms_bridge.register.models import Evidence
from tests.browser.players import Learner
from tests.people import ASTRID, FRODE
from tests.support.real_moodle import (
    Person,
    RealMoodle,
    content_frame,
    eventually,
    moodle,
    needs_moodle,
    number_in,
)
from tests.support.service import Service

from .short_module import a_short_module, answer, change, new_page

__all__ = ["moodle"]
pytestmark = [pytest.mark.browser, needs_moodle]
REGISTER_SECONDS = 10


@dataclass
class Connected:
    """The service with the Moodle connected to it, and a module published to its course."""

    moodle: RealMoodle
    service: Service
    frode: Page
    address: str
    astrid: Page
    module: str
    activity: str = ""

    @property
    def cmid(self) -> int:
        return number_in(self.activity, "id")

    def evidence(self, person: Person, attempt: int = 1) -> Evidence | None:
        """What the register has of an attempt."""
        app = create_app(Settings.from_environ(self.service.environment))
        record = f"a:{self.cmid}:{self.moodle.user_id(person)}:{attempt}"
        with app.database.unit_of_work(write=False) as session:
            found = session.scalars(select(Evidence).where(Evidence.record == record)).all()
            session.expunge_all()
        told = [(one.revision, one.result, one.occurred, one.score, one.module_version) for one in found]
        assert len(found) <= 1, f"a result counts once: {told}"
        return found[0] if found else None

    def take(self, person: Person, *, right: bool) -> None:
        """A learner signs in to Moodle, opens the activity and answers."""
        page = self.moodle.signed_in(person)
        page.goto(self.activity)
        learner = Learner(eventually(lambda: content_frame(page)))
        learner.start()
        answer(learner, right=right)
        learner.next()
        page.goto(f"{self.moodle.url}/my/")

    def fetch(self) -> str:
        """Frode presses "fetch now", and sees it go on until it is over; what the page says of the run."""
        self.frode.goto(self.address)
        self.frode.locator("#results button[value=now]").click()
        self.frode.locator("#fetched:not([hx-get])").wait_for(timeout=60_000)
        return self.frode.locator("#results").inner_text()

    def place(self, course: str) -> None:
        self.astrid.goto(f"{self.service.url}/modules/{self.module}/moodle?q={course}")
        self.astrid.locator(".moodle-courses summary").first.click()
        self.astrid.locator(".moodle-courses select[name=section]").select_option("1")
        self.astrid.locator(".moodle-courses form button").click()
        self.is_there(1)
        link = self.astrid.locator("#places a[target=_blank]").get_attribute("href")
        assert link
        self.activity = link

    def is_there(self, version: int) -> None:
        expect(self.astrid.locator("#places")).to_contain_text(
            re.compile(f"ersjon {version}"), timeout=30_000
        )
        expect(self.astrid.locator("#places .ds-tag").first).to_have_text("I Moodle", timeout=30_000)


@pytest.fixture(scope="module")
def connected(moodle: RealMoodle, service: Service) -> Iterator[Connected]:
    frode = new_page(moodle.browser)
    service.sign_in(frode, FRODE.email)
    frode.goto(f"{service.url}/moodle/new")
    frode.locator("[name=address]").fill(moodle.url)
    frode.locator("main form button").click()
    frode.wait_for_url(re.compile("/moodle/[0-9a-f-]{36}"))
    address = frode.url.split("#")[0]
    keep_token(frode, moodle.token)
    for step in ("address", "plugin", "token", "functions", "capabilities"):
        expect(frode.locator(f"#{step} .ds-tag")).to_have_text("Prøvd, virker")
    frode.locator("#push button").click()
    expect(frode.locator("#push .ds-tag")).to_have_text("Prøvd, virker")
    frode.locator("#idnumber").check()
    frode.wait_for_load_state()
    frode.locator("#results button[value=start]").click()
    frode.locator("#results button[value=now]").wait_for()
    _title, module = a_short_module(service, moodle.browser)
    astrid = new_page(moodle.browser)
    service.sign_in(astrid, ASTRID.email)
    found = Connected(moodle, service, frode, address, astrid, module)
    found.place("Legemiddel")
    yield found
    frode.goto(address)
    frode.on("dialog", lambda dialog: dialog.accept())
    frode.locator(".moodle-end button").click()
    frode.wait_for_url("**/moodle")


def keep_token(frode: Page, token: str) -> None:
    if frode.locator("#token summary").count():
        frode.locator("#token summary").click()
    frode.locator("[name=token]").fill(token)
    frode.locator("#token form button").click()
    frode.wait_for_load_state()


def test_a_pass_is_in_the_register_by_push_within_seconds(connected: Connected):
    emma = connected.moodle.learners[0]
    connected.take(emma, right=True)
    connected.moodle.cron()
    began = time.monotonic()
    found = eventually(lambda: connected.evidence(emma), REGISTER_SECONDS)
    assert (found.result, found.score, found.module_version) == ("attained", 100, 1)
    assert found.person_id, "she is known by her employment number"
    print(f"by push: {time.monotonic() - began:.1f} s after cron")


def test_a_failed_attempt_is_fetched_by_the_plugin(connected: Connected):
    gro = connected.moodle.learners[1]
    connected.take(gro, right=False)
    said = connected.fetch()
    assert "1 av dem nye" in said, said
    assert connected.evidence(gro).result == "attempted"
    again = connected.fetch()
    assert "0 resultater" in again, again
    print(f"by the plugin: {run_of(said)}\nnothing new: {run_of(again)}")


def run_of(said: str) -> str:
    return next(line for line in said.splitlines() if "kjøring" in line)


def test_an_update_keeps_dates_and_who_has_begun_finishes_on_that_version(connected: Connected):
    moodle, (emma, gro) = connected.moodle, connected.moodle.learners[:2]
    before = [row for row in moodle.results() if row["cmid"] == connected.cmid]
    page = moodle.signed_in(gro)
    page.goto(connected.activity)
    Learner(eventually(lambda: content_frame(page))).start()
    page.goto(f"{moodle.url}/my/")
    change(connected.service, moodle.browser, connected.module)
    connected.astrid.goto(f"{connected.service.url}/modules/{connected.module}/moodle")
    connected.astrid.locator("#places button[value=update]").click()
    connected.is_there(2)
    assert [row for row in moodle.results() if row["cmid"] == connected.cmid] == before
    connected.take(gro, right=True)
    connected.fetch()
    found = connected.evidence(gro, attempt=2)
    assert (found.result, found.module_version) == ("attained", 1)
    assert connected.evidence(emma).module_version == 1


def test_without_the_plugin_the_same_is_read_by_moodles_own_functions(connected: Connected):
    moodle, henrik = connected.moodle, connected.moodle.learners[2]
    connected.take(henrik, right=True)
    kept = [connected.evidence(person) for person in moodle.learners[:2]]
    connected.frode.goto(connected.address)
    keep_token(connected.frode, moodle.core_token)
    connected.frode.locator("#results button[value=begin]").click()
    connected.frode.locator("#fetched:not([hx-get])").wait_for(timeout=60_000)
    said = connected.frode.locator("#results").inner_text()
    found = eventually(lambda: connected.evidence(henrik), 60)
    assert (found.result, found.score) == ("attained", 100)
    print("by core functions:", run_of(said))
    again = [connected.evidence(person) for person in moodle.learners[:2]]
    assert [(one.id, one.revision) for one in again] == [(one.id, one.revision) for one in kept]
    keep_token(connected.frode, moodle.token)


def test_it_is_hidden_again_and_the_results_stay(connected: Connected):
    astrid = connected.astrid
    astrid.goto(f"{connected.service.url}/modules/{connected.module}/moodle")
    astrid.locator("#places button[value=hide]").click()
    expect(astrid.locator("#places .ds-tag").first).to_have_text("Skjult i Moodle", timeout=30_000)
    listed = connected.moodle.call("local_lmsbridge_list_activities")["activities"]
    assert [one["visible"] for one in listed if one["cmid"] == connected.cmid] == [False]
    assert connected.evidence(connected.moodle.learners[0]).result == "attained"
