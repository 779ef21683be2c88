"""Learners' statements about one module, counted: who began, finished and passed, and how each question was answered.

What a test's analysis calls facility (how many get a question right) and distractors (which wrong answers attract) are
counted by the first answer of each learner, since a question may be answered again until it is right.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from content.blocks.ordering import Ordering
from content.blocks.question import Question
from content.drawing import Drawing
from content.module import Module

from ..lrs.identity import identity
from ..lrs.values import duration_seconds

LEAST = 5
"""Fewer learners might be recognized, so nothing is told of them."""
HARD = 60
"""Per cent right at first, below which a question asks to be looked at."""
_VERBS = "http://adlnet.gov/expapi/verbs/"
_BETWEEN = "[,]"  # the answers of a choice: xAPI Data 2.4.4.1

Statement = Mapping[str, Any]


@dataclass
class Doings:
    """One learner's, in one version."""

    finished: bool = False
    passed: bool | None = None  # None: no test was judged
    score: float | None = None  # the first test's, 0 to 1
    seconds: float = 0
    answers: dict[str, tuple[list[str], bool]] = field(default_factory=dict)  # the first to each question
    right: set[str] = field(default_factory=set)  # questions, by whichever answer

    def earlier(self, verb: str, about: str, result: Statement) -> None:
        """Takes in what they did before all that is known yet."""
        if verb == "answered":
            question = about.rpartition("#")[2]
            is_right = result.get("success") is True
            self.answers[question] = (result.get("response", "").split(_BETWEEN), is_right)
            if is_right:
                self.right.add(question)
        elif verb == "terminated":
            self.seconds += duration_seconds(result.get("duration", "")) or 0
        elif verb == "completed":
            self.finished = True
        elif verb in ("passed", "failed"):
            self.passed = verb == "passed" or bool(self.passed)
            self.score = result.get("score", {}).get("scaled", self.score)


def by_version(newest_first: Iterable[Statement]) -> dict[str, list[Doings]]:
    """{number of the version: what each of its learners did}."""
    found: dict[str, dict[str, Doings]] = defaultdict(lambda: defaultdict(Doings))
    for statement in newest_first:
        version = statement.get("context", {}).get("revision")
        learner = identity(statement["actor"])
        if version and learner:  # only what is about an Activity has a version: xAPI Data 2.4.6
            verb = statement["verb"]["id"].removeprefix(_VERBS)
            found[version][learner].earlier(verb, statement["object"]["id"], statement.get("result", {}))
    return {version: list(learners.values()) for version, learners in found.items()}


@dataclass(frozen=True)
class Chosen:
    """An option, and how many per cent of those who answered chose it at first, or put it in its place."""

    id: str
    text: str
    correct: bool
    share: int


@dataclass(frozen=True)
class Answers:
    """How a question was answered. Of fewer than `LEAST` learners nothing is told: `options` is empty."""

    question: Question
    number: int
    page: str
    learners: int
    right_at_first: int = 0  # per cent
    right_in_the_end: int = 0
    options: tuple[Chosen, ...] = ()

    @property
    def in_order(self) -> bool:
        return isinstance(self.question, Ordering)

    @property
    def hard(self) -> bool:
        return bool(self.options) and self.right_at_first < HARD


@dataclass(frozen=True)
class Outcome:
    """How a version went, of at least `LEAST` learners. Numbers of learners; None where fewer were judged."""

    begun: int
    finished: int
    passed: int | None
    first_score: int | None  # per cent, the median
    minutes: int | None  # of those who finished, the median
    questions: tuple[Answers, ...]

    @property
    def hardest(self) -> list[Answers]:
        """Up to three questions that most get wrong at first, the worst first."""
        return sorted((one for one in self.questions if one.hard), key=lambda one: one.right_at_first)[:3]


def outcome(module: Module, learners: list[Doings]) -> Outcome | None:
    """None while they are too few."""
    if len(learners) < LEAST:
        return None
    scores = [one.score for one in learners if one.score is not None]
    times = [one.seconds for one in learners if one.finished and one.seconds]
    judged = [one.passed for one in learners if one.passed is not None]
    pages = ((page.title, block) for page, block in module.blocks() if isinstance(block, Question))
    return Outcome(
        begun=len(learners),
        finished=sum(one.finished for one in learners),
        passed=sum(judged) if len(judged) >= LEAST else None,
        first_score=round(100 * median(scores)) if len(scores) >= LEAST else None,
        minutes=max(1, round(median(times) / 60)) if len(times) >= LEAST else None,
        questions=tuple(
            _answers(module, question, number, page, learners)
            for number, (page, question) in enumerate(pages, start=1)
        ),
    )


def _answers(module: Module, question: Question, number: int, page: str, learners: list[Doings]) -> Answers:
    first = [one.answers[question.id] for one in learners if question.id in one.answers]
    if len(first) < LEAST:
        return Answers(question, number, page, len(first))
    chosen = Counter(option for options, _ in first for option in _counted(question, options))
    return Answers(
        question,
        number,
        page,
        len(first),
        right_at_first=_share(sum(right for _, right in first), first),
        right_in_the_end=_share(sum(question.id in one.right for one in learners), first),
        options=tuple(
            Chosen(option.id, option.text, option.correct, _share(chosen[option.id], first))
            for option in question.choices(Drawing(module=module))
        ),
    )


def _counted(question: Question, answer: list[str]) -> set[str]:
    """The options that were chosen; of steps to be put in order, those that stand in their place."""
    if not isinstance(question, Ordering):
        return set(answer)
    return {step.id for step, given in zip(question.options, answer, strict=False) if step.id == given}


def _share(some: int, all_of_them: list[Any]) -> int:
    return round(100 * some / len(all_of_them))
