"""Content that speaks xAPI, and the service's own LRS: from another origin, over closed tabs and a lost network."""

import base64
import json
import time
import urllib.request
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.scorm.runtime.conftest import CONNECT, MODULE
from tests.scorm.runtime.site import Site

pytestmark = pytest.mark.browser
ACTOR = {"objectType": "Agent", "name": "Emma Eide", "mbox": "mailto:emma@fjordvik.example"}
QUESTION = """c.answered({ id: "b1", type: "choice", prompt: "<p>Når?</p>",
    options: [{ id: "o1", text: "Før" }, { id: "o2", text: "Etter" }],
    correct: ["o1", "o2"], response: ["o1"], result: false, latency: 4.2 });"""
PASS = "c.finish({ completed: true, passed: true, score: { scaled: 0.9, raw: 9, max: 10 } });"
FAIL = "c.finish({ completed: true, passed: false, score: { scaled: 0.4, raw: 4, max: 10 } });"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()


@pytest.fixture(scope="module")
def key(service):
    command = ["credentials", "create", "--tenant", "fjordvik", "--scopes", "all", "--name", "Packages"]
    return json.loads(service.command(*command))


class Registration:
    """Emma's way through one module, over several visits."""

    def __init__(self, site, key, new_page) -> None:
        self.site, self.key, self.new_page = site, key, new_page
        self.id = str(uuid.uuid4())
        pair = f"{key['key']}:{key['secret']}".encode()
        self.authorization = f"Basic {base64.b64encode(pair).decode()}"

    def visit(self):
        query = {
            "endpoint": self.key["endpoint"],
            "auth": self.authorization,
            "actor": json.dumps(ACTOR),
            "registration": self.id,
            "activity_id": MODULE["activityId"],
        }
        page = self.new_page()
        page.goto(f"{self.site.url}/content/xapi?{urlencode(query)}")
        page.found = page.evaluate(CONNECT, MODULE)
        assert page.evaluate("problems") == []
        return page

    def statements(self) -> list[dict]:
        """What the LRS has of it, in the order it was stored."""
        query = urlencode({"registration": self.id, "ascending": "true"})
        headers = {"Authorization": self.authorization, "X-Experience-API-Version": "1.0.3"}
        request = urllib.request.Request(f"{self.key['endpoint']}statements?{query}", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)["statements"]

    def wait_for(self, page, verbs: list[str]) -> None:
        ends = time.monotonic() + 20
        while True:
            found = [statement["verb"]["display"]["en"] for statement in self.statements()]
            if len(found) >= len(verbs) or time.monotonic() > ends:
                break
            page.wait_for_timeout(50)
        assert sorted(found) == sorted(verbs)
        assert found[-1] == verbs[-1]


@pytest.fixture
def registration(site, key, new_page):
    return Registration(site, key, new_page)


def do(page, script):
    return page.evaluate(f"async () => {{ {script} }}")


def test_a_visit_that_fails_and_a_later_one_that_passes(registration):
    page = registration.visit()
    do(page, "c.save('p3', { pages: ['p1', 'p2'] });" + QUESTION + FAIL)
    page.goto("about:blank")
    first = ["initialized", "answered", "completed", "failed", "terminated"]
    registration.wait_for(page, first)
    page = registration.visit()
    assert (page.found["location"], page.found["state"]) == ("p3", {"pages": ["p1", "p2"]})
    assert page.found["status"] == {"completed": True, "passed": False, "score": 0.4}
    do(page, PASS + "await c.exit()")
    registration.wait_for(page, [*first, "initialized", "completed", "passed", "terminated"])
    passed = next(s for s in registration.statements() if s["verb"]["display"]["en"] == "passed")
    assert passed["result"]["score"]["scaled"] == 0.9
    assert passed["context"]["revision"] == "3"


def test_a_network_that_is_lost_and_comes_back_loses_nothing_and_says_nothing_twice(
    registration, page_problems
):
    page = registration.visit()
    registration.wait_for(page, ["initialized"])
    page.context.set_offline(True)
    do(page, QUESTION + PASS)
    page.wait_for_function("problems.some(([code]) => code === 'unreachable')")
    page.context.set_offline(False)
    page.wait_for_function("solved.includes('unreachable')")
    do(page, "await c.exit()")
    registration.wait_for(page, ["initialized", "answered", "completed", "passed", "terminated"])
    page_problems.clear()  # Chromium's own words about requests that did not leave
