"""The runtime cases of CATAPULT's LMS test suite: what the LMS itself says and gives, by requirement.

Each package's visit happens once; every requirement then looks at what the LRS has of it.
"""

import base64
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from lms_bridge import create_app
from lms_bridge.cmi5 import vocabulary as v
from lms_bridge.cmi5.models import LaunchSession
from lms_bridge.config import Settings
from tests.support.app import SECRET
from tests.support.cmi5 import EXAMPLE, Lms, Unit, au, block

Statement = dict[str, Any]
ESSENTIAL = {"moveOn": "CompletedAndPassed", "masteryScore": "0.9", "launchMethod": "AnyWindow"}
MORE = "<launchParameters>sample string</launchParameters><entitlementKey>sample value</entitlementKey>"


@dataclass(frozen=True)
class Visit:
    """What is known after a package was taken."""

    unit: Unit
    statements: list[Statement]

    @property
    def verbs(self) -> list[str]:
        return [statement["verb"]["id"].rpartition("/")[2] for statement in self.statements]

    def of(self, verb: str) -> list[Statement]:
        return [s for s, name in zip(self.statements, self.verbs, strict=True) if name == verb]


@pytest.fixture(scope="module")
def lms(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    folder = tmp_path_factory.mktemp("cmi5")
    shutil.copy(sqlite_template, folder / "bridge.sqlite")
    app = create_app(
        Settings(
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'bridge.sqlite'}",
            secret_key=SECRET,
            base_url="http://bridge.localhost",
            content_url="http://content.localhost",
            log_level="error",
        )
    )
    app.testing = True
    yield Lms(app)
    app.database.engine.dispose()


@pytest.fixture(scope="module")
def visit(lms: Lms) -> Callable[[Callable[[Lms], Unit]], Visit]:
    @cache
    def take(scenario: Callable[[Lms], Unit]) -> Visit:
        unit = scenario(lms)
        return Visit(unit, lms.statements(unit.registration))

    return take


# --- the packages -------------------------------------------------------------------------------------------------


def essentials(lms: Lms) -> Unit:
    unit = lms.launch(lms.bring_in(block("b", au(inside=MORE, **ESSENTIAL))))
    unit.say("passed")
    unit.say("completed")
    unit.say("terminated")
    return unit


def allowed(lms: Lms) -> Unit:
    unit = lms.launch(lms.bring_in(au(moveOn="Completed")))
    unit.say("experienced")
    unit.say("terminated")
    return unit


def moved_on(move_on: str, *said: str) -> Callable[[Lms], Unit]:
    def take(lms: Lms) -> Unit:
        unit = lms.launch(lms.bring_in(block("b", au(moveOn=move_on))))
        for verb in (*said, "terminated"):
            unit.say(verb)
        return unit

    return take


def abandoned(lms: Lms) -> Unit:
    unit = lms.launch(lms.bring_in(au(moveOn="Completed")))
    answer = lms.camilla.post(f"/cmi5/sessions/{session_id(unit)}/abandon")
    assert answer.status_code == 302
    return unit


def waived(lms: Lms) -> Unit:
    course = lms.bring_in(au(moveOn="Completed"))
    unit = lms.launch(course)
    unit.say("terminated")
    data = {"unit": unit.activity_id.removeprefix("urn:uuid:"), "reason": "Administrative"}
    assert lms.camilla.post(f"/cmi5/registrations/{unit.registration}/waive", data=data).status_code == 302
    return unit


COMPLETED, OR_COMPLETED = moved_on("Completed", "completed"), moved_on("CompletedOrPassed", "completed")
PASSED, OR_PASSED = moved_on("Passed", "passed"), moved_on("CompletedOrPassed", "passed")
NOT_APPLICABLE = moved_on("NotApplicable")


def session_id(unit: Unit) -> str:
    return str(unit.data["contextTemplate"]["extensions"][v.SESSION_ID])


def extension(statement: Statement, name: str) -> Any:
    return statement["context"]["extensions"][v.EXTENSION + name]


def ids(statement: Statement, kind: str) -> set[str]:
    return {activity["id"] for activity in statement["context"]["contextActivities"][kind]}


def types(found: list[Statement]) -> list[str]:
    return [statement["object"]["definition"]["type"] for statement in found]


def launch_address(told: Visit) -> bool:
    given, known = urlsplit(told.unit.address), urlsplit(extension(told.of("launched")[0], "launchurl"))
    return given[:3] == known[:3] and known.query == "paramA=1&paramB=2"


def satisfies(scenario: Callable[[Lms], Unit], at: int, title: str) -> list[tuple[str, Any, Any]]:
    return [
        (f"{title} the block and the course are satisfied", scenario,
         lambda t: t.verbs[at : at + 2] == ["satisfied", "satisfied"]),
        (f"9.6.2.3-2 their publisher's ids ({title})", scenario,
         lambda t: [ids(s, "grouping") for s in t.of("satisfied")] == [{EXAMPLE + "block/b"}, {EXAMPLE + "course"}]),
    ]  # fmt: skip


REQUIREMENTS: list[tuple[str, Callable[[Lms], Unit], Callable[[Visit], bool]]] = [
    ("001 9.3.1.0-2 launched once", essentials, lambda t: len(t.of("launched")) == 1),
    ("001 9.3.1.0-1 launched first", essentials, lambda t: t.verbs[0] == "launched"),
    ("001 9.6.2.1-1 the cmi5 category", essentials,
     lambda t: all(v.CMI5 in ids(s, "category") for s in t.statements)),
    ("001 9.6.3.1-3 the session id", essentials,
     lambda t: extension(t.of("launched")[0], "sessionid") == session_id(t.unit)),
    ("001 9.6.3.2-1 the mastery score", essentials, lambda t: extension(t.of("launched")[0], "masteryscore") == 0.9),
    ("001 9.6.3.3-1 the launch mode", essentials, lambda t: extension(t.of("launched")[0], "launchmode") == "Normal"),
    ("001 9.6.3.4-1 the launch URL", essentials, launch_address),
    ("001 9.6.3.6-1 moveOn", essentials,
     lambda t: extension(t.of("launched")[0], "moveon") == "CompletedAndPassed"),
    ("001 9.6.3.7-1 the launch parameters", essentials,
     lambda t: extension(t.of("launched")[0], "launchparameters") == "sample string"),
    ("001 9.3.9.0-1 9.3.9.0-5 satisfied, when both are there", essentials,
     lambda t: t.verbs[2:6] == ["passed", "completed", "satisfied", "satisfied"]),
    ("001 9.3.9.0-2 9.3.9.0-6 of the block, then of the course", essentials,
     lambda t: types(t.of("satisfied")) == [v.BLOCK, v.COURSE]),
    ("001 9.3.9.0-4 9.3.9.0-8 under ids that are not the publisher's", essentials,
     lambda t: all(s["object"]["id"].startswith("urn:uuid:") for s in t.of("satisfied"))),
    ("001 9.3.9.0-9 under the session's id", essentials,
     lambda t: {extension(s, "sessionid") for s in t.of("satisfied")} == {session_id(t.unit)}),
    ("001 9.6.2.3-2 satisfied names the publisher's ids", essentials,
     lambda t: [ids(s, "grouping") for s in t.of("satisfied")] == [{EXAMPLE + "block/b"}, {EXAMPLE + "course"}]),
    ("002 9.3.0.0-9 an allowed statement is stored", allowed, lambda t: t.verbs[2] == "experienced"),
    *satisfies(COMPLETED, 3, "004-1 9.3.3.0-3 Completed:"),
    *satisfies(OR_COMPLETED, 3, "004-2 9.3.3.0-3 CompletedOrPassed:"),
    *satisfies(PASSED, 3, "004-3 9.3.4.0-4 Passed:"),
    *satisfies(OR_PASSED, 3, "004-4 9.3.4.0-4 CompletedOrPassed, passed:"),
    *satisfies(NOT_APPLICABLE, 0, "004-5 9.6.1.1-3 NotApplicable, before the launch:"),
    ("004-5 9.3.9.0 a session id of its own", NOT_APPLICABLE,
     lambda t: extension(t.of("satisfied")[0], "sessionid") != session_id(t.unit)),
    ("008 the abandoned statement", abandoned, lambda t: t.verbs == ["launched", "initialized", "abandoned"]),
    ("008 9.6.3.1-3 its session id", abandoned,
     lambda t: extension(t.statements[2], "sessionid") == session_id(t.unit)),
    ("008 9.6.2.1-1 its category", abandoned, lambda t: ids(t.statements[2], "category") == {v.CMI5}),
    ("008 9.5.4.2-1 its duration", abandoned, lambda t: t.statements[2]["result"]["duration"].startswith("PT")),
    ("008 its actor", abandoned, lambda t: t.statements[2]["actor"] == t.unit.actor),
    ("008 its object", abandoned, lambda t: t.statements[2]["object"]["id"] == t.unit.activity_id),
    ("008 9.3.6.0-2 (d2) no statement after it", abandoned,
     lambda t: t.unit.send(t.unit.statement("experienced")).status_code == 403),
    ("008 8.1.2.0-2 (d) nor any other request", abandoned,
     lambda t: t.unit.state(name="mine").status_code == 403),
    ("009 9.3.7.0-1 waived", waived, lambda t: t.verbs[3:] == ["waived", "satisfied"]),
    ("009 9.3.7.0-2 (d) 9.5.5.2-1 its reason", waived,
     lambda t: t.statements[3]["result"]["extensions"] == {v.REASON: "Administrative"}),
    ("009 9.3.7.0-3 a session id of its own, satisfied's too", waived,
     lambda t: session_id(t.unit) not in {extension(s, "sessionid") for s in t.statements[3:]}
     and len({extension(s, "sessionid") for s in t.statements[3:]}) == 1),
    ("009 9.5.2.0-1 (d2) success", waived, lambda t: t.statements[3]["result"]["success"] is True),
    ("009 9.5.3.0-1 (d2) completion", waived, lambda t: t.statements[3]["result"]["completion"] is True),
    ("009 9.6.2.1-1 9.6.2.2-1 (d4) its categories", waived,
     lambda t: ids(t.statements[3], "category") == {v.CMI5, v.MOVE_ON}),
    ("009 its actor", waived, lambda t: t.statements[3]["actor"] == t.statements[4]["actor"] == t.unit.actor),
    ("009 its object", waived, lambda t: t.statements[3]["object"]["id"] == t.unit.activity_id),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scenario", "holds"), [row[1:] for row in REQUIREMENTS], ids=[row[0] for row in REQUIREMENTS]
)
def test_requirement(
    visit: Callable[[Callable[[Lms], Unit]], Visit],
    scenario: Callable[[Lms], Unit],
    holds: Callable[[Visit], bool],
):
    told = visit(scenario)
    assert holds(told), json.dumps(told.statements, indent=1)


# --- the launch, request by request -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(lms: Lms) -> str:
    """Of two units; the first as in 001."""
    return lms.bring_in(au(inside=MORE, **ESSENTIAL), au("two", launchMethod="OwnWindow"))


def test_8_1_the_launch_address(lms: Lms, course: str):
    unit = lms.launch(course, start=False)
    assert unit.address.startswith("http://content.localhost/")
    assert unit.query["endpoint"] == "http://bridge.localhost/xapi/"
    assert unit.actor["account"]["homePage"] == "http://bridge.localhost"
    assert (unit.query["paramA"], unit.query["paramB"]) == ("1", "2")  # 13.1.4.0-3
    assert uuid.UUID(unit.registration)
    assert unit.activity_id != EXAMPLE + "au/one"  # 8.1.5.0-3
    assert lms.launch(course, start=False).activity_id == unit.activity_id  # 8.1.5.0-4


def test_8_2_the_token_is_given_once_by_post(lms: Lms, course: str):
    unit = lms.launch(course, start=False)
    path = urlsplit(unit.query["fetch"]).path
    assert unit.client.get(path).status_code == 405
    answer = unit.fetch()
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert base64.b64decode(answer.json["auth-token"])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = unit.client.post(path)
    assert (again.status_code, again.json["error-code"]) == (200, "1")  # 8.2.3.0-1 (d)
    assert "auth-token" not in again.json
    forged = unit.client.post("/cmi5/fetch/forged")
    assert (forged.status_code, forged.json["error-code"]) == (200, "2")


def test_10_2_the_launch_data(lms: Lms, course: str):
    unit = lms.launch(course)
    data = dict(unit.data)
    template = data.pop("contextTemplate")
    assert list(template["extensions"]) == [v.SESSION_ID]
    assert template["contextActivities"]["grouping"] == [{"objectType": "Activity", "id": EXAMPLE + "au/one"}]
    assert data == {
        "launchMode": "Normal",
        "launchParameters": "sample string",
        "masteryScore": 0.9,
        "moveOn": "CompletedAndPassed",
        "returnURL": f"http://bridge.localhost{course}",
        "entitlementKey": {"courseStructure": "sample value"},
    }


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_10_2_1_0_5_d_the_launch_data_is_not_the_au_s_to_change(lms: Lms, course: str, method: str):
    unit = lms.launch(course)
    assert unit.state(method, json={"test": True}).status_code == 403
    assert unit.state().json == unit.data


def test_10_1_nor_may_an_au_delete_all_its_state_at_once(lms: Lms, course: str):
    unit = lms.launch(course)
    query = {"agent": unit.actor, "activityId": unit.activity_id, "registration": unit.registration}
    assert unit.request("DELETE", "activities/state", query).status_code == 403


PREFERENCES = {"languagePreference": "nn,nb,sv", "audioPreference": "off"}


@pytest.mark.parametrize(
    ("case", "more"),
    [
        ("11.0.0.0-5 (d) no content type", {"data": json.dumps(PREFERENCES), "content_type": "text/plain"}),
        ("11.0.0.0-5 (d) no JSON", {"data": "just some text", "content_type": "application/json"}),
        ("11.0.0.0-5 (d) no object", {"json": ["nb"]}),
        ("11.0.0.0-5 (d) no language", {"json": {"audioPreference": "on"}}),
        ("11.0.0.0-5 (d) no audio", {"json": {"languagePreference": "nb"}}),
        ("11.1.0.0-1 (d) no list", {"json": {**PREFERENCES, "languagePreference": "not comma separated"}}),
        ("11.1.0.0-1 (d) empty", {"json": {**PREFERENCES, "languagePreference": ""}}),
        (
            "11.0.0.0-1 (d) another agent",
            {"json": PREFERENCES, "agent": {"mbox": "mailto:david@fjordvik.example"}},
        ),
    ],
)
def test_11_preferences_that_are_refused(lms: Lms, course: str, case: str, more: dict[str, Any]):
    unit = lms.launch(course)
    before = unit.preferences().json
    assert unit.preferences("PUT", **more).status_code == 403
    assert unit.preferences().json == before


def test_11_preferences_that_the_learner_changes_in_an_au_are_there_in_the_next(lms: Lms, course: str):
    unit = lms.launch(course)
    etag = unit.preferences().headers["ETag"]
    assert unit.preferences("PUT", json=PREFERENCES, headers={"If-Match": etag}).status_code == 204
    assert lms.launch(course, 1).preferences().json == PREFERENCES


def test_8_2_1_a_token_serves_its_own_state_only(lms: Lms, course: str):
    unit, query = lms.launch(course), {"stateId": "mine"}
    own = {"agent": unit.actor, "activityId": unit.activity_id, "registration": unit.registration}
    for other in (
        {"activityId": "https://example.com/other"},
        {"registration": str(uuid.uuid4())},
        {"agent": {"mbox": "mailto:david@fjordvik.example"}},
    ):
        assert unit.request("PUT", "activities/state", query | own | other, json={}).status_code == 403
    assert unit.request("PUT", "activities/state", query | own, json={}).status_code == 204


def test_9_3_6_a_new_launch_of_the_registration_abandons_what_was_open(lms: Lms, course: str):
    first = lms.launch(course)
    second = lms.launch(course, 1)
    assert second.registration == first.registration
    assert first.send(first.statement("experienced")).status_code == 403
    assert lms.verbs(first.registration)[-3:] == ["abandoned", "launched", "initialized"]


def test_9_3_8_after_terminated_nothing_but_a_document_that_was_on_its_way(lms: Lms, course: str):
    unit = lms.launch(course)
    stored = unit.say("experienced")
    unit.say("terminated")
    assert unit.send(unit.statement("experienced")).status_code == 403
    assert unit.send(stored).status_code == 403  # 9.3.0.0-5 (d2)
    assert unit.state().status_code == 403
    assert unit.state("PUT", "mine", json={"page": 3}).status_code == 204
    with lms.app.database.unit_of_work() as session:
        visit = session.scalars(
            select(LaunchSession).where(LaunchSession.id == uuid.UUID(session_id(unit)))
        ).one()
        visit.terminated = visit.launched.replace(year=2020)
    assert unit.state("PUT", "mine", json={"page": 4}).status_code == 403


def test_10_2_2_browsing_judges_nothing_and_ends_like_any_visit(lms: Lms, course: str):
    unit = lms.launch(course, mode="Browse")
    assert unit.data["launchMode"] == "Browse"
    assert unit.send(unit.statement("completed")).status_code == 403
    unit.say("terminated")
    assert lms.emma.get(course).text.count("Best result") == 0


def test_007_a_later_session_repeats_nothing(lms: Lms):
    course = lms.bring_in(au(moveOn="CompletedAndPassed"))
    first = lms.launch(course)
    for verb in ("completed", "passed", "terminated"):
        first.say(verb)
    second = lms.launch(course)
    assert second.registration == first.registration
    for verb in ("completed", "passed", "failed"):
        assert second.send(second.statement(verb)).status_code == 403
    second.say("terminated")
    assert lms.verbs(first.registration).count("satisfied") == 1  # the course's; there is no block


def test_a_statement_that_is_sent_again_is_stored_once_and_refused_by_no_rule(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Completed")))
    sent = unit.say("completed")
    assert unit.send(sent).status_code == 200
    assert unit.send(sent, unit.statement("terminated")).status_code == 200
    assert lms.verbs(unit.registration) == ["launched", "initialized", "completed", "satisfied", "terminated"]
