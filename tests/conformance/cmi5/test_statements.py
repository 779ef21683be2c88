"""What an AU says against the rules, as in CATAPULT's packages 005-1, 005-2, 006 and 007: each refused with 403."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from lms_bridge.cmi5 import vocabulary as v
from lms_bridge.cmi5.rules import Launch
from lms_bridge.errors import Forbidden
from tests.support.cmi5 import Lms, Unit, au

Statement = dict[str, Any]
SCORE = {"scaled": 0.95, "raw": 95, "min": 0, "max": 100}


class Drawn(Unit):
    """An AU that only draws statements up, for the rules alone."""

    def __init__(self) -> None:
        self.actor = {"objectType": "Agent", "account": {"homePage": "https://lms.example", "name": "emma"}}
        self.registration, self.session = str(uuid.uuid4()), str(uuid.uuid4())
        self.activity_id = f"urn:uuid:{uuid.uuid4()}"
        self.data = {
            "contextTemplate": {
                "contextActivities": {"grouping": [{"id": "https://supplier.example/au/one"}]},
                "extensions": {v.SESSION_ID: self.session},
            },
            "masteryScore": 0.9,
        }

    def launch(self, *said: str, **more: Any) -> Launch:
        known: dict[str, Any] = {
            "mode": "Normal",
            "mastery_score": 0.9,
            "preferences_read": True,
            "completed": False,
            "passed": False,
        }
        return Launch(
            actor=self.actor,
            registration=self.registration,
            activity_id=self.activity_id,
            publisher_id="https://supplier.example/au/one",
            session_id=self.session,
            said=list(said),
            **known | more,
        )


def category(statement: Statement) -> list[dict[str, str]]:
    held: list[dict[str, str]] = statement["context"]["contextActivities"].setdefault("category", [])
    return held


def put(statement: Statement, path: str, value: Any) -> None:
    *way, last = path.split("/")
    for step in way:
        statement = statement.setdefault(step, {})
    statement[last] = value


def drop(statement: Statement, path: str) -> None:
    *way, last = path.split("/")
    for step in way:
        statement = statement[step]
    del statement[last]


def putting(path: str, value: Any) -> Callable[[Statement], None]:
    return lambda statement: put(statement, path, value)


def dropping(path: str) -> Callable[[Statement], None]:
    return lambda statement: drop(statement, path)


def as_mbox(statement: Statement) -> None:
    statement["actor"] = {"mbox": "mailto:emma@fjordvik.example"}


def voiding(statement: Statement) -> None:
    statement["verb"] = {"id": v.VOIDED}
    statement["object"] = {"objectType": "StatementRef", "id": str(uuid.uuid4())}


def in_another_zone(statement: Statement) -> None:
    statement["timestamp"] = statement["timestamp"].replace("Z", "-06:00")


def without_extension(name: str) -> Callable[[Statement], None]:
    return lambda statement: statement["context"]["extensions"].pop(name) and None


def altered_mastery(statement: Statement) -> None:
    statement["context"]["extensions"][v.MASTERY_SCORE] = 0.8


def mastery_left_out(statement: Statement) -> None:
    statement["result"]["score"] = SCORE
    del statement["context"]["extensions"][v.MASTERY_SCORE]


OTHER = f"urn:uuid:{uuid.uuid4()}"
# (the requirement, the statement it starts from, what is wrong with it)
ALTERED: list[tuple[str, str, Callable[[Statement], None]]] = [
    ("9.1.0.0-1 (d) without an id", "experienced", dropping("id")),
    ("9.7.0.0-1 (d) without a timestamp", "experienced", dropping("timestamp")),
    ("9.7.0.0-2 (d) a timestamp not in UTC", "experienced", in_another_zone),
    ("6.3.0.0-1 an AU voids", "experienced", voiding),
    ("9.2.0.0-2 the actor is a Group", "passed", putting("actor/objectType", "Group")),
    ("9.2.0.0-3 the actor has no account", "passed", as_mbox),
    (
        "9.4.0.0-1 (d) 8.1.5.0-6 (d) another object",
        "passed",
        putting("object/id", "https://example.com/other"),
    ),
    ("9.6.0.0-1 (d) no context", "passed", dropping("context")),
    ("9.6.1.0-1 (d) 8.1.4.0-3 (d) no registration", "passed", dropping("context/registration")),
    ("9.6.1.0-1 (d) another registration", "passed", putting("context/registration", str(uuid.uuid4()))),
    ("9.5.3.0-2 (d) passed with completion", "passed", putting("result/completion", True)),
    ("9.5.2.0-3 (d) completed with success", "completed", putting("result/success", True)),
    ("9.5.3.0-1 (d1) completed without completion", "completed", dropping("result/completion")),
    ("9.5.3.0-1 (d1) completed with completion false", "completed", putting("result/completion", False)),
    ("9.5.1.0-2 (d) completed with a score", "completed", putting("result/score", SCORE)),
    ("9.5.4.1-1 (d) terminated without a result", "terminated", dropping("result")),
    ("9.5.4.1-1 (d) terminated without duration", "terminated", dropping("result/duration")),
    ("9.5.4.1-2 (d) completed without duration", "completed", dropping("result/duration")),
    ("9.5.4.1-3 (d) passed without duration", "passed", dropping("result/duration")),
    ("9.5.4.1-4 (d) failed without duration", "failed", dropping("result/duration")),
    ("9.5.2.0-1 (d1) passed without success", "passed", dropping("result/success")),
    ("9.5.2.0-1 (d1) passed with success false", "passed", putting("result/success", False)),
    ("9.5.2.0-2 (d) failed without success", "failed", dropping("result/success")),
    ("9.5.2.0-2 (d) failed with success true", "failed", putting("result/success", True)),
    ("9.3.4.0-2 (d2) passed below the mastery score", "passed", putting("result/score", {"scaled": 0.89})),
    ("9.3.5.0-2 (d) failed at the mastery score", "failed", putting("result/score", {"scaled": 0.9})),
    ("9.3.5.0-2 (d) failed above the mastery score", "failed", putting("result/score", {"scaled": 0.91})),
    ("9.5.1.0-3 (d1) a raw score without min", "passed", putting("result/score", {"raw": 95, "max": 100})),
    ("9.5.1.0-3 (d2) a raw score without max", "passed", putting("result/score", {"raw": 95, "min": 0})),
    ("9.6.2.2-1 (d1) completed without moveOn", "completed", lambda s: category(s).pop() and None),
    ("9.6.2.2-1 (d2) passed without moveOn", "passed", lambda s: category(s).pop() and None),
    ("9.6.2.2-1 (d3) failed without moveOn", "failed", lambda s: category(s).pop() and None),
    ("9.6.2.2-2 (d) allowed with moveOn", "experienced", lambda s: category(s).append({"id": v.MOVE_ON})),
    ("9.6.2.2-2 (d) terminated with moveOn", "terminated", lambda s: category(s).append({"id": v.MOVE_ON})),
    ("9.6.3.2-2 (d) another masteryScore", "passed", altered_mastery),
    ("9.6.3.2-2 (d) a score without its masteryScore", "passed", mastery_left_out),
    ("9.6.3.1-4 (d) no session id", "experienced", without_extension(v.SESSION_ID)),
    ("9.3.2.0-3 (d) initialized again", "initialized", lambda _: None),
    ("9.3 a verb that is not the AU's", "satisfied", lambda _: None),
    ("10.2.1 the template's grouping left out", "passed", dropping("context/contextActivities/grouping")),
    (
        "9.6.2.3 another module in the grouping",
        "passed",
        lambda s: s["context"]["contextActivities"]["grouping"].append({"id": OTHER}),
    ),
]


@pytest.mark.parametrize(("title", "name", "wrong"), ALTERED, ids=[title for title, *_ in ALTERED])
def test_005_1_is_refused(title: str, name: str, wrong: Callable[[Statement], None]):
    drawn = Drawn()
    sound = drawn.statement(name)
    if title.startswith(("9.3.2.0-3", "9.3 a verb")):
        launch = drawn.launch("initialized")
    else:
        launch = drawn.launch("initialized")
        launch.admit(sound)  # that one alone would do
        launch = drawn.launch("initialized")
    wrong(sound)
    with pytest.raises(Forbidden, match=re.escape(f"(cmi5 {section(title)}")):
        launch.admit(sound)
    assert launch.said == ["initialized"]


def section(title: str) -> str:
    """9.5.3.0-2 is a requirement of section 9.5.3; which of its paragraphs refuses is not told here."""
    return ".".join(title.split(" ")[0].split(".")[:2])


ORDER = [
    ("11.0.0.0-3 (d2) before the preferences were read", [], "initialized", {"preferences_read": False}),
    ("9.3.0.0-4 (d2) 7.1.1.0-1 (d2) before initialized", [], "experienced", {}),
    ("9.3.0.0-4 a result before initialized", [], "passed", {}),
    ("9.3.0.0-5 (d2) after terminated", ["initialized", "terminated"], "experienced", {}),
    ("9.3.0.0-2 (d) completed twice", ["initialized", "completed"], "completed", {}),
    ("9.3.0.0-2 (d) passed twice", ["initialized", "passed"], "passed", {}),
    ("9.3.0.0-2 (d) failed twice", ["initialized", "failed"], "failed", {}),
    ("9.3.0.0-3 (d) passed after failed", ["initialized", "failed"], "passed", {}),
    ("9.3.0.0-8 (d) failed after passed", ["initialized", "passed"], "failed", {}),
    ("9.3.0.0-6 (d2) completed in an earlier session", ["initialized"], "completed", {"completed": True}),
    ("9.3.0.0-7 (d2) passed in an earlier session", ["initialized"], "passed", {"passed": True}),
    ("9.3.0.0-8 (d) failed after an earlier session's passed", ["initialized"], "failed", {"passed": True}),
    *(
        (f"{section} {name} in {mode}", ["initialized"], name, {"mode": mode})
        for mode, section in (("Browse", "10.2.2.0-2 (d)"), ("Review", "10.2.2.0-3 (d)"))
        for name in ("completed", "failed", "passed")
    ),
]


@pytest.mark.parametrize(("said", "name", "known"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_out_of_order_is_refused(said: list[str], name: str, known: dict[str, Any]):
    drawn = Drawn()
    with pytest.raises(Forbidden):
        drawn.launch(*said, **known).admit(drawn.statement(name))


def test_a_whole_session_is_admitted():
    drawn = Drawn()
    launch = drawn.launch()
    names = ["initialized", "experienced", "failed", "answered", "completed", "terminated"]
    assert [launch.admit(drawn.statement(name)) for name in names] == [
        "initialized",
        None,
        "failed",
        None,
        "completed",
        "terminated",
    ]
    assert (launch.completed, launch.passed) == (True, False)


def test_9_3_0_0_9_a_verb_of_cmi5_without_its_category_is_allowed_and_counts_for_nothing():
    drawn = Drawn()
    launch = drawn.launch("initialized")
    statement = drawn.statement("passed")
    del statement["context"]["contextActivities"]["category"]
    assert launch.admit(statement) is None
    assert not launch.passed
    put(statement, "object/id", OTHER)  # but not of another module of the municipality
    with pytest.raises(Forbidden, match="another module"):
        launch.admit(statement)


def test_005_1_over_the_wire_each_is_403_with_its_reason_and_nothing_is_stored(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Passed", masteryScore="0.9")))
    before = lms.verbs(unit.registration)
    for title, name, wrong in ALTERED:
        statement = unit.statement(name)
        wrong(statement)
        answer = unit.send(statement)
        assert answer.status_code == 403, (title, answer.text)
        assert f"(cmi5 {section(title)}" in answer.json["detail"], title
    assert lms.verbs(unit.registration) == before
    unit.say("passed", score=SCORE)


def test_one_bad_statement_refuses_its_batch_and_leaves_the_session_as_it_was(lms: Lms):
    unit = lms.launch(lms.bring_in(au(moveOn="Passed")))
    assert unit.send(unit.statement("passed"), unit.statement("passed")).status_code == 403
    assert lms.verbs(unit.registration) == ["launched", "initialized"]
    assert unit.send(unit.statement("passed"), unit.statement("terminated")).status_code == 200
