"""Fetching results from a Moodle without the plugin: course by course, the cheapest calls first.

A round asks every course whether something changed (a hundred in one call, where Moodle takes that), and reads those
that did: of its users, those who were in the course since it was last read. All is read again once a week, for what
leaves no trace. Before the very first round the calls are counted, and the administrator says whether to begin.

The cursor: `courses` (when each was looked at, read and read whole, and its users), and `at`, the round in work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..connectors.interface import Budget, LmsResult, Note, Page
from ..errors import N_
from . import core_course
from .client import Client, MoodleError
from .core_course import Contents
from .core_results import questions_of_one, results_of
from .many import AT_ONCE, ask
from .rows import Reader

DAY = 86_400
READ_EVERY, WHOLE_EVERY = DAY, 7 * DAY
SLACK = 600
"""Seconds by which the clocks may differ, and by which Moodle is late with noting who was there."""
USERS = 200
LEARNERS = 50
"""How many learners are read together, and between two commits."""
LOOKS = 100
"""How many courses are asked for changes together."""
USUAL_CALL = 0.1
USUAL_QUESTIONS = 4
"""For each learner of a course that is not known yet: their activities, the course, a package or two."""
_CLOSED = frozenset(
    {"requireloginerror", "nopermissions", "invalidrecord", "coursehidden", "errorcoursecontextnotvalid"}
)


class Reading:
    """One run over a Moodle; `published` is what this service put there: course → [(cmid, name)].

    `many`: whether it takes many questions in one call, if known.
    """

    def __init__(
        self,
        client: Client,
        reader: Reader,
        cursor: Mapping[str, Any],
        published: Mapping[int, list[tuple[int, str]]],
        *,
        begin: bool,
        many: bool | None = None,
    ) -> None:
        self.client, self.reader, self.published, self.begin = client, reader, published, begin
        self.cursor = {"courses": {}, **cursor}
        self.courses: dict[str, dict[str, Any]] = dict(self.cursor["courses"])
        self.at: dict[str, Any] = dict(self.cursor.get("at") or {})
        self._told = 0
        self._looks: dict[str, tuple[int, Any]] = {}
        self._many = many
        if many is False:
            client.many = False

    def pages(self, budget: Budget) -> Iterator[Page]:
        if not self.at.get("names"):
            yield from self._list_courses()
        yield from self._count_users()
        if not self.begin:
            yield self._page(done=True, warnings=[self._question()])
            return
        for course in list(self.at["left"]):
            yield from self._course(course)
        self.at = {}
        yield self._page(done=True)

    def _list_courses(self) -> Iterator[Page]:
        answer = self.client.call("core_course_get_courses_by_field")
        listed = [one for one in answer.get("courses", ()) if one["id"] != 1]
        names = {str(one["id"]): str(one.get("fullname", ""))[:200] for one in listed}
        self.courses = {course: kept for course, kept in self.courses.items() if course in names}
        self.at = {"names": names, "left": sorted(names, key=int)}
        warnings = (
            []
            if names
            else [Note(N_("The token’s user sees no course. Does its role have moodle/course:view?"))]
        )
        yield self._page(warnings=warnings)

    def _count_users(self) -> Iterator[Page]:
        """How many there are in each course that is new: what reading it will cost."""
        for course in self.at["names"]:
            if course in self.courses:
                continue
            try:
                users = len(core_course.enrolled(self.client, int(course), 0, 0, "id"))
            except MoodleError as error:
                yield self._skipped(course, error)
                continue
            self.courses[course] = {"users": users}
            yield self._page()

    def _course(self, course: str) -> Iterator[Page]:
        if "reading" not in self.at:
            try:
                begun = self._begin(course, int(time.time()))
            except MoodleError as error:
                yield self._skipped(course, error)
                return
            if not begun:
                self._told += 1
                if self._told >= LOOKS:
                    yield self._page()
                return
            yield self._page(warnings=self._contents.warnings)
        yield from self._learners(course)

    def _begin(self, course: str, now: int) -> bool:
        """Whether the course is to be read, and with what in mind: that stands in `at` from then on."""
        known, whole = self.courses.get(course, {}), self._whole(course, now)
        looked, changed = now, list[int]()
        if not whole:
            looked, answer = self._look(course, now)
            if isinstance(answer, MoodleError):
                raise answer
            changed = core_course.changed(answer)
            if not changed and now - known["read"] < READ_EVERY:
                self._done_with(course, {**known, "looked": looked})
                return False
        placed = self.published.get(int(course), [])
        found = core_course.contents(self.client, int(course), self.at["names"][course], placed)
        self._contents = found
        self.at["reading"] = {
            "began": now,
            "looked": looked,
            "whole": whole,
            "since": 0 if whole else min(known["read"], known["looked"]) - SLACK,
            "scorms": [one.cmid for one in found.scorms if whole or one.cmid in changed],
            "user": 0,
            "passed": 0,
            "contents": found.plain(),
        }
        return True

    def _whole(self, course: str, now: int) -> bool:
        whole: int = self.courses.get(course, {}).get("whole", 0)
        return now - whole >= WHOLE_EVERY

    def _look(self, course: str, now: int) -> tuple[int, Any]:
        """When the course was asked what changed, and the answer: it is asked together with those that come next."""
        if course not in self._looks:
            left = self.at["left"]
            next_ = [one for one in left[left.index(course) :] if not self._whole(one, now)][:LOOKS]
            asked = [core_course.changes(int(one), self.courses[one]["looked"] - SLACK) for one in next_]
            answers = ask(self.client, asked)
            self._looks |= {one: (now, answer) for one, answer in zip(next_, answers, strict=True)}
        return self._looks[course]

    def _learners(self, course: str) -> Iterator[Page]:
        """Those who were in the course since, by their ids: a killed process goes on after the last one it told."""
        reading = self.at["reading"]
        found, start, passed = Contents.of(reading["contents"]), 0, 0
        group: list[dict[str, Any]] = []
        numbered = False
        expected = self.courses.get(course, {}).get("users", 0)
        while users := core_course.enrolled(self.client, int(course), start, USERS):
            start += USERS
            for user in users:
                passed += 1
                numbered |= bool(user.get("idnumber"))
                if user["id"] <= reading["user"] or not _was_there(user, reading["since"]):
                    continue
                group.append(user)
                if len(group) == LEARNERS:
                    results = results_of(self.client, self.reader, found, group, set(reading["scorms"]))
                    reading = {**reading, "user": user["id"], "passed": passed, "contents": found.plain()}
                    self.at["reading"] = reading
                    yield self._page(results, found.warnings)
                    group, found.warnings = [], []
            if (
                len(users) < USERS and passed >= expected
            ):  # Moodle leaves people out of a page in the middle too
                break
        results = results_of(self.client, self.reader, found, group, set(reading["scorms"])) if group else []
        if self.reader.idnumber_is_employment_id and passed and not numbered:
            found.warnings.append(_unnumbered(found.name))
        self._finish(course, reading, passed)
        yield self._page(results, found.warnings)

    def _finish(self, course: str, reading: Mapping[str, Any], users: int) -> None:
        known = self.courses.get(course, {})
        times = {"users": users, "looked": reading["looked"], "read": reading["began"]}
        times["whole"] = reading["began"] if reading["whole"] else known.get("whole", 0)
        self._done_with(course, {**known, **times})

    def _done_with(self, course: str, known: dict[str, Any]) -> None:
        self.courses[course] = known
        self.at = {
            "names": self.at["names"],
            "left": [one for one in self.at["left"] if one != course],
        }

    def _skipped(self, course: str, error: MoodleError) -> Page:
        """A course that the user may not enter is told, and left; any other trouble is the whole run's."""
        if error.code not in _CLOSED:
            raise error
        name = self.at["names"][course]
        self._done_with(course, self.courses.get(course, {"users": 0}))
        self.at["names"] = {key: value for key, value in self.at["names"].items() if key != course}
        note = Note(N_("The course %(course)s could not be read: %(why)s"), {"course": name, "why": error})
        return self._page(warnings=[note])

    def _page(
        self,
        results: list[LmsResult] | None = None,
        warnings: list[Note] | None = None,
        *,
        done: bool = False,
    ) -> Page:
        self._told, calls, self.client.calls = 0, self.client.calls, 0
        pace = self.client.seconds / max(1, calls)
        self.client.seconds = 0.0
        if calls:
            self.cursor["pace"] = round(0.7 * self.cursor.get("pace", pace) + 0.3 * pace, 4)
        self.cursor = {**self.cursor, "courses": dict(self.courses), "at": dict(self.at)}
        return Page(
            cursor=self.cursor,
            done=done,
            results=list(results or ()),
            warnings=list(warnings or ()),
            estimate=None if done and self.begin else self.estimate(),
            calls=calls,
        )

    def estimate(self) -> dict[str, int]:
        """What is left of this round at most: calls, and the seconds that they took until now."""
        together = AT_ONCE if (self._many if self.client.many is None else self.client.many) else 1
        calls = looks = 0
        for course in self.at.get("left", ()):
            known = self.courses.get(course, {})
            users, each = known.get("users", 0), USUAL_QUESTIONS
            if (reading := self.at.get("reading")) and course == self.at["left"][0]:
                each = questions_of_one(Contents.of(reading["contents"]), set(reading["scorms"]))
                users = max(0, users - reading["passed"])
            elif "whole" in known:
                looks += 1
                continue
            else:
                calls += 4
            calls += users // USERS + 1 + -(-users * each // together)
        calls += -(-looks // together)
        return {"calls": calls, "seconds": round(calls * self.cursor.get("pace", USUAL_CALL))}

    def _question(self) -> Note:
        left = self.estimate()
        minutes = max(1, round(left["seconds"] / 60))
        sentence = N_(
            "Reading everything without the plugin takes about %(calls)s calls, %(minutes)s minutes of Moodle’s time. "
            "Begin it on the connection’s page."
        )
        return Note(sentence, {"calls": left["calls"], "minutes": minutes})


def _unnumbered(course: str) -> Note:
    """Moodle leaves the ID number out without a word, as it does with activities."""
    sentence = N_(
        "Moodle tells no ID number of anybody in %(course)s, so results there wait for somebody to say whose they are. "
        "Give the role moodle/site:viewuseridentity, and tick the ID number under “Show user identity” in Moodle’s "
        "user policies."
    )
    return Note(sentence, {"course": course})


def _was_there(user: Mapping[str, Any], since: int) -> bool:
    """Whether somebody was in the course since; whose visits Moodle does not tell, may have been."""
    seen = user.get("lastcourseaccess")
    return not isinstance(seen, int) or (seen > 0 and seen >= since)
