"""Fjordvik has published hand hygiene, and learners take it: what their course tells the LRS."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lms_bridge import create_app
from lms_bridge.publishing.package import activity_id
from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import Sender, forgetful, lrs, sender  # noqa: F401  # fixtures
from tests.lms_bridge.publishing.conftest import HANDS, SILENCE, only_module, taken_in, tenant_of
from tests.people import FJORDVIK, STORSJO, Municipality
from tests.support.app import CAST, KINDS, Templates, settings_of

VERBS = "http://adlnet.gov/expapi/verbs/"
HYGIENE = activity_id("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[str]:
    file, data = tmp_path / "bridge.sqlite", tmp_path / "data"
    with templates.copy(request.param, file, *CAST, with_courses, data=data) as url:
        yield url


def with_courses(url: str, data: Path) -> None:
    app = create_app(settings_of(url, data))
    taken_in(app, tenant_of(app, FJORDVIK), HANDS, publish=True)
    taken_in(app, tenant_of(app, STORSJO), SILENCE, publish=True)
    app.database.engine.dispose()


@pytest.fixture
def module_id(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> uuid.UUID:
    return only_module(app, tenant_id(FJORDVIK))


class Course:
    """The course as the LRS hears of it: each of these is a learner's doing, in a version."""

    def __init__(self, told: Sender, module: str = HYGIENE) -> None:
        self.lrs, self.module, self.version = told, module, "1"

    def _tell(self, who: str, verb: str, question: str = "", **result: Any) -> str:
        answer = self.lrs.post(
            {
                "id": str(uuid.uuid4()),
                "actor": {"account": {"homePage": "https://lms.example", "name": who}},
                "verb": {"id": VERBS + verb},
                "object": {"id": f"{self.module}#{question}" if question else self.module},
                "result": result,
                "context": {
                    "revision": self.version,
                    "contextActivities": {"parent": [{"id": self.module}]} if question else {},
                },
            }
        )
        assert answer.status_code == 200, answer.text
        found: str = answer.json[0]
        return found

    def begin(self, who: str) -> str:
        return self._tell(who, "initialized")

    def answer(self, who: str, question: str, *options: str, right: bool) -> str:
        return self._tell(who, "answered", question, response="[,]".join(options), success=right)

    def finish(self, who: str, score: float | None = None, *, passed: bool = True) -> None:
        self._tell(who, "completed", completion=True)
        if score is not None:
            self._tell(who, "passed" if passed else "failed", success=passed, score={"scaled": score})

    def leave(self, who: str, duration: str) -> None:
        self._tell(who, "terminated", duration=duration)


@pytest.fixture
def course(lrs: Sender) -> Course:  # noqa: F811
    return Course(lrs)
