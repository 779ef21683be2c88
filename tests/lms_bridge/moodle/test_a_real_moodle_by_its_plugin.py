"""The plugin in a real Moodle, called as the service calls it: an update while a learner is in the middle of it."""

import json
import subprocess
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.players import Learner
from tests.support.real_moodle import Person, RealMoodle, content_frame, eventually, moodle, needs_moodle
from tests.support.service import Service

from .short_module import a_short_module, answer

__all__ = ["moodle"]
pytestmark = [pytest.mark.browser, needs_moodle]


@pytest.fixture(scope="module")
def package(moodle: RealMoodle, service: Service, tmp_path_factory) -> tuple[str, Path]:
    """The module's identity and its package."""
    _title, module = a_short_module(service, moodle.browser)
    path = tmp_path_factory.mktemp("package") / "module.zip"
    service.command("package", module, "--as", "scorm12", "-o", str(path))
    return module, path


def upload(moodle: RealMoodle, path: Path) -> int:
    command = ["curl", "-sS", "-F", f"token={moodle.token}", "-F", "filearea=draft", "-F", "itemid=0"]
    command += ["-F", f"file_1=@{path}", f"{moodle.url}/webservice/upload.php"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert isinstance(told, list), told
    return int(told[0]["itemid"])


def publish(
    moodle: RealMoodle, package: tuple[str, Path], revision: int = 1, draft: int | None = None
) -> dict:
    identity, path = package
    return moodle.call(
        "local_lmsbridge_publish",
        courseid=moodle.course,
        section=1,
        identity=identity,
        name="Trygg forflytning",
        intro="<p>Hei</p>",
        draftitemid=draft or upload(moodle, path),
        revision=revision,
        completion="passed",
        visible=1,
    )


def opened(moodle: RealMoodle, person: Person, activity: dict) -> tuple[Page, Learner]:
    page = moodle.signed_in(person)
    page.goto(activity["url"])
    return page, Learner(eventually(lambda: content_frame(page)))


def rows_of(moodle: RealMoodle, activity: dict, person: Person) -> list[dict]:
    found = [row for row in moodle.results() if row["cmid"] == activity["cmid"]]
    return [row for row in found if row["username"] == person.username]


def test_two_at_the_same_time_make_one_activity(moodle: RealMoodle, package: tuple[str, Path]):
    told: list[dict] = []
    # One after the other: Moodle cannot make the folder of a new file for two at the same moment.
    drafts = [upload(moodle, package[1]) for _ in range(2)]
    both = [
        threading.Thread(target=lambda draft=draft: told.append(publish(moodle, package, draft=draft)))
        for draft in drafts
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert {one["cmid"] for one in told} == {told[0]["cmid"]}
    assert sorted(one["created"] for one in told) == [False, True]


def test_a_pass_in_the_browser_is_told_and_an_update_touches_nothing_of_it(
    moodle: RealMoodle, package: tuple[str, Path]
):
    emma, gro = moodle.learners[:2]
    activity = publish(moodle, package)
    page, learner = opened(moodle, emma, activity)
    learner.start()
    answer(learner, right=True)
    learner.next()
    page.goto(f"{moodle.url}/my/")
    [row] = eventually(lambda: rows_of(moodle, activity, emma))
    assert (row["state"], row["score"], row["attempt"], row["identity"]) == ("passed", 1.0, 1, package[0])

    page, learner = opened(moodle, gro, activity)
    learner.start()
    page.goto(f"{moodle.url}/my/")
    again = publish(moodle, package, revision=2)
    assert (again["cmid"], again["created"], again["attempts"]) == (activity["cmid"], False, 1)
    page, learner = opened(moodle, gro, activity)
    learner.page.locator("[data-step=begin]").click()
    answer(learner, right=False)
    page.goto(f"{moodle.url}/my/")
    [failed] = eventually(lambda: rows_of(moodle, activity, gro))
    assert (failed["state"], failed["revision"]) == ("failed", 1)
    assert rows_of(moodle, activity, emma) == [row]
