"""A real Moodle for the tests, where one is told of: docs/moodle.md says what to set."""

import json
import os
import re
import shlex
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Frame, Page

NEEDED = (
    "MOODLE_URL",
    "MOODLE_TOKEN",
    "MOODLE_CORE_TOKEN",
    "MOODLE_COURSE",
    "MOODLE_ADMIN",
    "MOODLE_TEACHER",
)
NEEDED += ("MOODLE_LEARNERS", "MOODLE_CRON")
MISSING = [name for name in NEEDED if not os.environ.get(name)]
needs_moodle = pytest.mark.skipif(
    bool(MISSING), reason=f"no real Moodle: {', '.join(MISSING)} not set (docs/moodle.md)"
)


@dataclass(frozen=True)
class Person:
    username: str
    password: str


@dataclass
class RealMoodle:
    """Its addresses, tokens and people, and a count of the calls."""

    url: str
    token: str
    core_token: str
    course: int
    admin: Person
    teacher: Person
    learners: list[Person]
    cron_command: list[str]
    browser: Browser
    contexts: list[Any] = field(default_factory=list)
    calls: int = 0

    def call(self, function: str, token: str = "", **arguments: Any) -> Any:
        """Calls a web service; an exception is an AssertionError with its message."""
        sent = {"wstoken": token or self.token, "wsfunction": function, "moodlewsrestformat": "json"}
        address = f"{self.url}/webservice/rest/server.php"
        self.calls += 1
        with urllib.request.urlopen(address, urlencode(sent | arguments).encode(), timeout=60) as answer:
            told = json.load(answer)
        assert not (isinstance(told, dict) and "exception" in told), told
        return told

    def core(self, function: str, **arguments: Any) -> Any:
        return self.call(function, self.core_token, **arguments)

    def results(self) -> list[dict[str, Any]]:
        """All that the plugin has told and would tell."""
        rows: list[dict[str, Any]] = []
        cursor, more = "", True
        while more:
            answer = self.call("local_lmsbridge_get_results", cursor=cursor)
            rows += answer["rows"]
            cursor, more = answer["cursor"], answer["more"]
        return rows

    def cron(self) -> None:
        """One round of the tasks that are queued, as Moodle's cron does within a minute."""
        subprocess.run(self.cron_command, check=True, capture_output=True, timeout=300)

    def signed_in(self, person: Person) -> Page:
        """A page of a person who is signed in, in a browser of their own."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO")
        self.contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(f"{self.url}/login/index.php")
        page.wait_for_load_state("networkidle")  # its script puts another password field in place
        page.locator("#username").fill(person.username)
        page.locator("#password").fill(person.password)
        page.locator("#loginbtn").click()
        page.wait_for_url(lambda address: "/login/" not in address)
        return page

    def user_id(self, person: Person) -> int:
        after, more = 0, True
        while more:
            answer = self.call("local_lmsbridge_get_roster", after=after)
            for user in answer["users"]:
                if user["username"] == person.username:
                    return int(user["id"])
            after, more = answer["last"], answer["more"]
        raise AssertionError(f"{person.username} is not in this Moodle")


@pytest.fixture(scope="module")
def moodle(browser: Browser) -> Iterator[RealMoodle]:
    people = [Person(*pair.split(":", 1)) for pair in os.environ["MOODLE_LEARNERS"].split(",")]
    found = RealMoodle(
        url=os.environ["MOODLE_URL"].rstrip("/"),
        token=os.environ["MOODLE_TOKEN"],
        core_token=os.environ["MOODLE_CORE_TOKEN"],
        course=int(os.environ["MOODLE_COURSE"]),
        admin=Person(*os.environ["MOODLE_ADMIN"].split(":", 1)),
        teacher=Person(*os.environ["MOODLE_TEACHER"].split(":", 1)),
        learners=people,
        cron_command=shlex.split(os.environ["MOODLE_CRON"]),
        browser=browser,
    )
    yield found
    for context in found.contexts:
        context.close()


def eventually(what: Callable[[], Any], seconds: float = 30) -> Any:
    """Waits until something is so, and returns it."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.25)
    return found


def number_in(address: str, name: str) -> int:
    """A number in an address, as `id` in …?id=12."""
    found = re.search(rf"[?&]{name}=(\d+)", address)
    assert found, address
    return int(found[1])


def content_frame(page: Page) -> Frame | None:
    """Where Moodle shows the content of a SCORM package, past the page that it shows before."""
    if page.locator("#scormviewform input[type=submit]").count():
        page.locator("#scormviewform input[type=submit]").click()
    return next((frame for frame in page.frames if "/mod_scorm/content/" in frame.url), None)
