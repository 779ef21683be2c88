"""What an LMS must refuse of an AU: the rules of cmi5 on statements and learner preferences, without a database.

Section numbers are those of the cmi5 specification, 1st edition (Quartz). A refusal is `Forbidden` with a sentence
that ends with the section, as the specification's own tests expect (403).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Forbidden
from ..lrs.identity import identity
from ..lrs.parsing import NotJson, parse_json
from ..lrs.values import Wrong, language_tag
from . import vocabulary as v

Statement = Mapping[str, Any]
OUTCOMES = ("completed", "passed", "failed")
FROM_AN_AU = ("initialized", *OUTCOMES, "terminated")
TIMED = (*OUTCOMES, "terminated")
_UTC = re.compile(r"(Z|[+-]00(:?00)?)$", re.IGNORECASE).search
_MODULE = re.compile(r"urn:uuid:[0-9a-f-]{36}", re.IGNORECASE).fullmatch


def refuse(sentence: str, section: str) -> Forbidden:
    """The error to raise."""
    return Forbidden(f"{sentence} (cmi5 {section})")


@dataclass
class Launch:
    """What a session was launched with, and what was said since: in it, and of its AU in its registration."""

    actor: Mapping[str, Any]
    registration: str
    activity_id: str
    publisher_id: str
    session_id: str
    mode: str  # Normal, Browse or Review
    mastery_score: float | None
    preferences_read: bool
    said: list[str]
    completed: bool
    passed: bool

    def admit(self, statement: Statement) -> str | None:
        """Takes the next statement: returns its verb's name if it is cmi5 defined, None if it is cmi5 allowed
        (7.1.3). Raises `Forbidden`.
        """
        self._check_all(statement)
        name = v.NAMES.get(statement["verb"]["id"])
        if v.CMI5 not in _ids(statement, "category"):
            self._check_allowed(statement, name)
            return None
        if name not in FROM_AN_AU:
            raise refuse("This verb is not one that an AU uses in cmi5 defined statements.", "9.3")
        self._check_defined(statement, name)
        self._check_order(name)
        self.said.append(name)
        self.completed |= name == "completed"
        self.passed |= name == "passed"
        return name

    # --- every statement --------------------------------------------------------------------------------------

    def _check_all(self, statement: Statement) -> None:
        if "id" not in statement:
            raise refuse("The AU gives each statement its id.", "9.1")
        if not _UTC(statement.get("timestamp", "")):
            raise refuse("The AU gives each statement a timestamp, in UTC.", "9.7")
        if statement["verb"]["id"] == v.VOIDED:
            raise refuse("An AU may not void statements.", "6.3")
        actor = statement["actor"]
        if actor.get("objectType", "Agent") != "Agent" or identity(dict(actor)) != identity(dict(self.actor)):
            raise refuse("The actor must be the Agent that the launch address gave.", "9.2")
        self._check_context(statement.get("context", {}))
        if "terminated" in self.said:
            raise refuse("The session is over: terminated was its last statement.", "9.3.8")

    def _check_context(self, context: Mapping[str, Any]) -> None:
        if context.get("registration", "").lower() != self.registration:
            raise refuse("context.registration must be the one that the launch address gave.", "9.6.1")
        if context.get("extensions", {}).get(v.SESSION_ID) != self.session_id:
            raise refuse("context.extensions must have the session id of LMS.LaunchData.", "9.6.3.1")
        grouping = _ids({"context": context}, "grouping")
        if self.publisher_id not in grouping:
            raise refuse("context.contextActivities must hold those of the contextTemplate.", "10.2.1")
        own = (self.publisher_id.lower(), self.activity_id)
        if any(_MODULE(activity) and activity.lower() not in own for activity in grouping):
            raise refuse("A launch cannot count for another module.", "9.6.2.3")

    def _check_allowed(self, statement: Statement, name: str | None) -> None:
        if "initialized" not in self.said:
            raise refuse("The first statement of a session is initialized.", "9.3")
        if v.MOVE_ON in _ids(statement, "category"):
            raise refuse("The moveOn category is for cmi5 defined statements with an outcome.", "9.6.2.2")
        target = str(statement["object"].get("id", ""))
        if name in OUTCOMES and _MODULE(target) and target.lower() != self.activity_id:
            raise refuse("A launch tells no outcome of another module.", "9.4")

    # --- cmi5 defined -----------------------------------------------------------------------------------------

    def _check_defined(self, statement: Statement, name: str) -> None:
        target = statement["object"]
        if target.get("objectType", "Activity") != "Activity" or target["id"] != self.activity_id:
            raise refuse("The object must be the activity that the launch address gave.", "9.4")
        result = statement.get("result", {})
        _check_result(result, name)
        judged = "success" in result or "completion" in result
        if judged != (v.MOVE_ON in _ids(statement, "category")):
            raise refuse(
                "The moveOn category stands on statements with success or completion, and on no other.",
                "9.6.2.2",
            )
        if name in ("passed", "failed"):
            self._check_mastery(statement, name)
        if name in OUTCOMES and self.mode != "Normal":
            raise refuse(f"Nothing is judged in the launch mode {self.mode}.", "10.2.2")

    def _check_mastery(self, statement: Statement, name: str) -> None:
        """9.3.4, 9.3.5, 9.6.3.2."""
        score = statement["result"].get("score", {})
        told = statement["context"].get("extensions", {}).get(v.MASTERY_SCORE)
        if self.mastery_score is None:
            return
        if told is None and score:
            raise refuse("A score is told with the masteryScore that it was judged by.", "9.6.3.2")
        if told is not None and told != self.mastery_score:
            raise refuse(f"The masteryScore is {self.mastery_score:g}, as LMS.LaunchData says.", "9.6.3.2")
        scaled = score.get("scaled")
        if scaled is None:
            return
        if name == "passed" and scaled < self.mastery_score:
            raise refuse(f"Passed needs a scaled score of at least {self.mastery_score:g}.", "9.3.4")
        if name == "failed" and scaled >= self.mastery_score:
            raise refuse(f"Failed needs a scaled score below {self.mastery_score:g}.", "9.3.5")

    def _check_order(self, name: str) -> None:
        """9.3, the verb ordering rules of a session, then of a registration."""
        if name == "initialized" and not self.preferences_read:
            raise refuse("The AU reads the learner's preferences before it is initialized.", "11.0")
        if name != "initialized" and "initialized" not in self.said:
            raise refuse("The first statement of a session is initialized.", "9.3")
        if name in self.said:
            raise refuse(f"The session has said {name} already.", "9.3")
        if {name, *self.said} >= {"passed", "failed"}:
            raise refuse("A session says passed or failed, not both.", "9.3")
        if (name == "completed" and self.completed) or (name == "passed" and self.passed):
            raise refuse(f"This unit is {name} already in this registration.", "9.3")
        if name == "failed" and self.passed:
            raise refuse("Failed cannot follow passed in a registration.", "9.3")


def _check_result(result: Mapping[str, Any], name: str) -> None:
    """9.5."""
    _demand(result, "success", {"passed": True, "failed": False}.get(name), "9.5.2")
    _demand(result, "completion", True if name == "completed" else None, "9.5.3")
    if name in TIMED and "duration" not in result:
        raise refuse(f"{name.capitalize()} needs result.duration.", "9.5.4.1")
    score = result.get("score")
    if score is None:
        return
    if name not in ("passed", "failed"):
        raise refuse("A score stands in passed and failed only.", "9.5.1")
    if "raw" in score and not {"min", "max"} <= score.keys():
        raise refuse("A raw score needs min and max.", "9.5.1")
    if score.get("scaled", 0) < 0:
        raise refuse("A scaled score is between 0 and 1.", "9.5.1")


def _demand(result: Mapping[str, Any], field: str, wanted: bool | None, section: str) -> None:
    if result.get(field) is not wanted:
        right = "is left out" if wanted is None else f"is {str(wanted).lower()}"
        raise refuse(f"result.{field} {right} in this statement.", section)


def _ids(statement: Statement, kind: str) -> list[str]:
    """The ids of a statement's context activities of a kind; one alone may stand without a list."""
    held = statement.get("context", {}).get("contextActivities", {}).get(kind, [])
    return [activity["id"] for activity in ([held] if isinstance(held, dict) else held)]


def check_preferences(content: bytes, content_type: str) -> None:
    """11.0 to 11.2: what an AU may write as the learner's preferences. Raises `Forbidden`."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise refuse("Learner preferences are sent as application/json.", "11.0")
    try:
        value = parse_json(content)
    except NotJson as error:
        raise refuse(f"Learner preferences are a JSON object: {error}", "11.0") from None
    if not isinstance(value, dict):
        raise refuse("Learner preferences are a JSON object.", "11.0")
    languages, audio = value.get("languagePreference"), value.get("audioPreference")
    if not isinstance(languages, str) or audio not in ("on", "off"):
        raise refuse(
            "Learner preferences have a languagePreference, and an audioPreference of on or off.", "11.0"
        )
    try:
        for tag in languages.split(","):
            language_tag(tag.strip())
    except Wrong:
        raise refuse("languagePreference is a comma-separated list of language tags.", "11.1") from None
