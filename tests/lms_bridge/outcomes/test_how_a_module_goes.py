"""An author sees how a module goes: who began, finished, passed, and which questions are answered wrong. No names."""

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import html

from lms_bridge.outcomes import service
from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import EMMA_AGENT, Sender
from tests.lms_bridge.publishing.conftest import published
from tests.people import ASTRID, CAMILLA, EMMA, FJORDVIK, FRODE, INGRID, STORSJO, Municipality, Person

from .conftest import VERBS, Course

HANDS_WHEN = "b9305c2cc"  # one answer of three is right
RIGHT, WRONG, OTHER_WRONG = "ob0bfdb4b", "o16a49594", "oadd7683f"
GLOVES = "bc48fe7f9"  # true or false
MOMENTS = "bcd0fe1ed"  # four of five are right
WASHING = "b3f0a91d7"  # five steps in order
STEPS = ("o4a7e10c2", "o91d35be8", "o6c02f8a4", "oe85b17d3", "o2f96c4b0")
FIVE = ("Anna", "Bo", "Cai", "Dina", "Eli")


class Shown:
    """The page, read as an author does."""

    def __init__(self, text: str) -> None:
        self.tree = html.fromstring(text)
        self.text = " ".join(self.tree.find(".//main").text_content().split())

    @property
    def figures(self) -> dict[str, str]:
        return {
            one.findtext("dt"): one.findtext("dd")
            for one in self.tree.findall(".//dl[@class='outcome-figures']/div")
        }

    def options(self, question: str) -> dict[str, str]:
        """{answer: share} of a question, by a part of its text."""
        (section,) = [
            one
            for one in self.tree.findall(".//section[@class='panel']")
            if question in one.find("h3").text_content()
        ]
        return {
            " ".join(row.find("th").text_content().split()): row.find("td").text_content().strip()
            for row in section.findall(".//tbody/tr")
        }

    @property
    def hardest(self) -> list[str]:
        return [
            " ".join(one.text_content().split())
            for one in self.tree.findall(".//section[@class='ds-alert']//li")
        ]


@pytest.fixture
def author(signed_in: Callable[[Person], FlaskClient]) -> FlaskClient:
    return signed_in(ASTRID)


@pytest.fixture
def look(author: FlaskClient, module_id: uuid.UUID) -> Callable[..., Shown]:
    def look(who: FlaskClient = author, **query: int) -> Shown:
        answer = who.get(f"/modules/{module_id}/outcomes", query_string=query)
        assert answer.status_code == 200
        return Shown(answer.text)

    return look


def test_the_module_s_page_leads_there(author: FlaskClient, module_id: uuid.UUID):
    assert f"/modules/{module_id}/outcomes" in author.get(f"/modules/{module_id}/publish").text


def test_learners_are_counted_once_each(course: Course, look: Callable[..., Shown]):
    for number, who in enumerate(FIVE):
        course.begin(who)
        course.begin(who)
        course.leave(who, f"PT{number}M")
        course.leave(who, "PT2M")
    for who in FIVE[:4]:
        course.finish(who)
    assert look().figures == {"Have begun": "5", "Have finished": "4"}
    course.finish("Eli")
    assert look().figures == {"Have begun": "5", "Have finished": "5", "Usual time": "4 minutes"}


def test_of_fewer_than_five_learners_nothing_is_told(course: Course, look: Callable[..., Shown]):
    assert "Nobody has begun it yet" in look().text
    for who in FIVE[:4]:
        course.begin(who)
        course.answer(who, HANDS_WHEN, WRONG, right=False)
    shown = look()
    assert (shown.figures, shown.hardest) == ({}, [])
    assert "at least 5" in shown.text
    assert "Some have begun" in shown.text
    assert "4" not in shown.text.replace("5", "")


def test_the_first_result_counts_and_a_pass_at_whichever_try(course: Course, look: Callable[..., Shown]):
    for who, score in zip(FIVE, (0.2, 0.5, 0.6, 0.9, 1), strict=True):
        course.finish(who, score, passed=score > 0.7)
    course.finish("Anna", 1)
    course.finish("Anna", 0.1, passed=False)
    course.finish("Cai", 1)
    assert look().figures == {
        "Have begun": "5",
        "Have finished": "5",
        "Have passed": "4",
        "Usual first result": "60 %",
    }


def test_a_question_shows_what_was_answered_first(course: Course, look: Callable[..., Shown]):
    for who, option in zip(FIVE, (RIGHT, WRONG, WRONG, WRONG, OTHER_WRONG), strict=True):
        course.answer(who, HANDS_WHEN, option, right=option == RIGHT)
    for who in FIVE[:3]:
        course.answer(who, HANDS_WHEN, RIGHT, right=True)
    course.answer("Anna", HANDS_WHEN, WRONG, right=False)
    shown = look()
    assert sorted(shown.options("Question 2").values()) == ["20 %", "20 %", "60 %"]
    assert [share for answer, share in shown.options("Question 2").items() if answer.endswith("Right")] == [
        "20 %"
    ]
    assert "5 learners have answered. 20 % were right at first, 60 % in the end." in shown.text


def test_several_answers_are_each_counted(course: Course, look: Callable[..., Shown]):
    for who in FIVE[:4]:
        course.answer(who, MOMENTS, "o1615c0cf", "o3eec2f80", right=False)
    course.answer("Eli", MOMENTS, "o1615c0cf", "oe3efb8d9", "o-gone", right=False)
    assert list(look().options("Question 4").values()) == ["100 %", "80 %", "0 %", "0 %", "20 %"]


def test_of_steps_in_order_it_shows_which_are_put_in_their_place(course: Course, look: Callable[..., Shown]):
    wet, soap, rinse, dry, close = STEPS
    for who in FIVE[:3]:
        course.answer(who, WASHING, *STEPS, right=True)
    course.answer("Dina", WASHING, wet, soap, rinse, close, dry, right=False)
    course.answer("Eli", WASHING, soap, wet, right=False)  # of a version with fewer steps
    shown = look()
    assert list(shown.options("Question 9").items()) == [
        ("Fukter hendene", "80 %"),
        ("Tar såpe og gjør alle seks stegene", "80 %"),
        ("Skyller bort såpen", "80 %"),
        ("Klapper hendene tørre med engangspapir", "60 %"),
        ("Stenger krana med papiret", "60 %"),
    ]
    assert "How many put each step in its place at first" in shown.text


def test_true_and_false_are_words_of_the_module_s_language(course: Course, look: Callable[..., Shown]):
    for who in FIVE:
        course.answer(who, GLOVES, "true" if who == "Bo" else "false", right=who != "Bo")
    assert look().options("Question 8") == {"Sant": "20 %", "Usant Right": "80 %"}


def test_what_most_get_wrong_stands_first_the_worst_on_top(course: Course, look: Callable[..., Shown]):
    for number, who in enumerate(FIVE):
        course.answer(who, HANDS_WHEN, RIGHT, right=number < 2)
        course.answer(who, MOMENTS, "o1615c0cf", right=number < 1)
        course.answer(who, GLOVES, "false", right=number < 3)
    assert [one[:10] for one in look().hardest] == ["Question 4", "Question 2"]


def test_a_question_that_fewer_than_five_answered_tells_nothing(course: Course, look: Callable[..., Shown]):
    for who in FIVE:
        course.begin(who)
    for who in FIVE[:4]:
        course.answer(who, HANDS_WHEN, WRONG, right=False)
    shown = look()
    assert shown.options("Question 2") == {}
    assert "Fewer than 5 have answered it." in shown.text
    assert shown.hardest == []


def test_each_version_has_its_own_figures(
    app: Bridge,
    course: Course,
    look: Callable[..., Shown],
    module_id: uuid.UUID,
    tenant_id: Callable[[Municipality], uuid.UUID],
):
    for who in FIVE:
        course.begin(who)
    published(app, tenant_id(FJORDVIK), module_id)
    course.version = "2"
    course.finish("Anna")
    assert look().figures["Have begun"] == "5"  # of the newest that enough have begun
    assert look(version=2).figures == {}
    for who in FIVE:
        course.begin(who)
    assert look().figures == {"Have begun": "5", "Have finished": "1"}
    assert look(version=1).figures == {"Have begun": "5", "Have finished": "0"}


def test_a_version_that_is_not_there_is_said_so(author: FlaskClient, module_id: uuid.UUID):
    for number in (7, 0, -1, 10**20):
        assert author.get(f"/modules/{module_id}/outcomes?version={number}").status_code == 404
    assert author.get(f"/modules/{module_id}/outcomes?version=two").status_code == 200


def test_what_was_voided_does_not_count(course: Course, lrs: Sender, look: Callable[..., Shown]):
    for who in FIVE:
        began = course.begin(who)
    course.lrs.post(
        {
            "actor": {"mbox": "mailto:frode@fjordvik.example"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": began},
        }
    )
    assert look().figures == {}


def test_other_modules_and_other_municipalities_do_not_count(
    course: Course, sender: Callable[..., Sender], look: Callable[..., Shown]
):
    other, elsewhere = Course(course.lrs, "urn:uuid:" + str(uuid.uuid4())), Course(sender(STORSJO))
    for who in FIVE[:4]:
        course.begin(who)
    for who in FIVE:
        other.begin(who)
        elsewhere.begin(who)
    assert look().figures == {}


def test_strange_statements_do_no_harm(course: Course, lrs: Sender, look: Callable[..., Shown]):
    """Whoever has a key may say whatever the standard lets."""
    for who in FIVE:
        course.begin(who)
        course.answer(who, "gone", "x", right=True)
    about = {"id": course.module}
    actor = {"account": {"homePage": "https://lms.example", "name": "Anna"}}
    strange = [
        {"object": {"objectType": "Agent", **EMMA_AGENT}, "context": {}},
        {"verb": {"id": "https://x.example/y"}},
        {"verb": {"id": VERBS + "answered"}},
        {"verb": {"id": VERBS + "passed"}, "result": {"score": {"raw": 3}}},
        {"verb": {"id": VERBS + "terminated"}, "result": {"duration": "P1Y"}},
        {"verb": {"id": VERBS + "passed"}, "actor": {"objectType": "Group", "member": [actor]}},
    ]
    for one in strange:
        told = {
            "actor": actor,
            "verb": {"id": VERBS + "passed"},
            "object": about,
            "context": {"revision": "1"},
        }
        told |= one
        told["context"] |= {"contextActivities": {"grouping": [about]}}
        assert lrs.post(told).status_code == 200
    assert look().figures == {"Have begun": "5", "Have finished": "0"}  # one was judged, and one is too few


def test_of_very_many_the_newest_are_read(
    course: Course, look: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "MOST", 12)
    monkeypatch.setattr(service, "_AT_ONCE", 5)
    for number in range(10):
        course.begin(f"early {number}")
    for who in FIVE:
        course.begin(who)
    shown = look()
    assert shown.figures["Have begun"] == "12"
    assert "Counted is what came since" in shown.text
    monkeypatch.setattr(service, "MOST", 20)
    assert look().figures["Have begun"] == "15"
    assert "Counted is what came since" not in look().text


@pytest.mark.parametrize(
    ("who", "status"), [(CAMILLA, 200), (EMMA, 403), (FRODE, 403), (INGRID, 404)], ids=lambda one: str(one)
)
def test_who_may_look(
    who: Person, status: int, signed_in: Callable[[Person], FlaskClient], module_id: uuid.UUID
):
    assert signed_in(who).get(f"/modules/{module_id}/outcomes").status_code == status
