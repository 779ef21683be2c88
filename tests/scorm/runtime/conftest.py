"""Fixtures of the runtime's tests: the server of pages, and a visit to content inside an LMS."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, Page

from tests.scorm.runtime.site import Site

MODULE = {
    "activityId": "urn:uuid:6f3b9a56-5d0c-4f4e-9d2b-2f6f7b1c9f10",
    "title": "Håndhygiene",
    "language": "nb",
    "revision": "3",
    "masteryScore": 0.8,
}
CONNECT = """async (module) => {
    window.problems = [];
    window.c = await lms.connect(module);
    c.onproblem = (code, detail) => problems.push([code, detail]);
    window.solved = [];
    c.onsolved = (code) => solved.push(code);
    const { standard, connected, learner, mode, masteryScore, location, state, status, revision, updated } = c;
    return { standard, connected, learner, mode, masteryScore, location, state, status, revision, updated };
}"""


class Visit:
    """Content in a frame (or a page) and what an LMS around it saw."""

    def __init__(self, page: Page, frame: Frame, module: dict[str, Any]) -> None:
        self.page, self.frame = page, frame
        self.found = frame.evaluate(CONNECT, module)

    def do(self, script: str) -> Any:
        """Runs JavaScript with the connection as `c`."""
        return self.frame.evaluate(f"async () => {{ {script} }}")

    @property
    def problems(self) -> list[list[str]]:
        return self.frame.evaluate("problems")

    @property
    def calls(self) -> list[list[str]]:
        """The recorder's calls since the visit began."""
        return self.page.evaluate("calls")

    def value(self, element: str) -> str | None:
        return self.page.evaluate("(element) => values[element] ?? null", element)

    def set(self, element: str) -> list[str]:
        """Everything that was set as `element`, in order."""
        return [call[2] for call in self.calls if call[:2] == ["SetValue", element]]

    def order(self, *names: str) -> list[str]:
        """Which of these functions or elements were called or set, in order."""
        seen = [call[1] if call[0] == "SetValue" else call[0] for call in self.calls]
        return [name for name in seen if name in names]

    def hide(self) -> None:
        """What happens when the learner looks at another tab."""
        self.frame.evaluate("""() => {
            Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
            delete document.visibilityState;
        }""")

    def leave(self) -> None:
        """The LMS takes the content out of its frame: the content sees pagehide."""
        self.page.evaluate("document.querySelector('iframe').remove()")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()


@pytest.fixture
def module() -> dict[str, Any]:
    return dict(MODULE)


@pytest.fixture
def visit(site: Site, new_page: Callable[..., Page], module: dict[str, Any]) -> Callable[..., Visit]:
    """Opens content in a recording LMS: visit("scorm12", values={…}, faults={…})."""

    def open_visit(standard: str, *, values: Any = None, faults: Any = None, **changes: Any) -> Visit:
        page = new_page()
        query = urlencode({"values": json.dumps(values or {}), "faults": json.dumps(faults or {})})
        page.goto(f"{site.url}/record/{standard}?{query}")
        return Visit(page, page.frame("content"), module | changes)

    return open_visit
