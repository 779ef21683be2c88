"""The demo's people hang together, and together they show every state of the register."""

from datetime import date, timedelta

import pytest

import content
from lms_bridge import demo
from lms_bridge.accounts import ROLES
from lms_bridge.register.dates import Validity
from lms_bridge.register.status import (
    SATISFYING,
    Duty,
    Evidence,
    Exemption,
    Flag,
    Method,
    Requirement,
    Result,
    State,
    standings,
    state,
)
from tests.people import EVERYBODY

MUNICIPALITIES = demo.municipalities()
HYGIENE = content.load(demo.MODULES[0])
COMPETENCES = {competence["uri"] for competence in demo.competences()}
A_LONG_TIME = 3650


@pytest.fixture(params=MUNICIPALITIES, ids=lambda municipality: municipality["slug"])
def municipality(request):
    return request.param


def test_the_cast_of_the_tests_is_in_the_demo_under_the_same_names():
    names = {person["email"]: person["name"] for m in MUNICIPALITIES for person in m["people"]}
    assert {person.email: names.get(person.email) for person in EVERYBODY} == {
        p.email: p.name for p in EVERYBODY
    }
    assert len(names) == 12


def test_organisation_numbers_have_the_right_check_digit():
    fjordvik, storsjo = (m["organisation_number"] for m in MUNICIPALITIES)
    weights = (3, 2, 7, 6, 5, 4, 3, 2, 1)
    assert sum(int(digit) * weight for digit, weight in zip(fjordvik, weights, strict=True)) % 11 == 0
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(storsjo.replace("-", ""))]
    assert sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def test_units_are_one_tree(municipality):
    seen = set()
    for unit in municipality["units"]:
        assert unit["parent"] in seen or (unit["parent"] is None and not seen)
        assert unit["code"] not in seen
        seen.add(unit["code"])


def test_everyone_has_a_place_and_everything_told_is_about_someone(municipality):
    units = {unit["code"] for unit in municipality["units"]}
    job_roles = {role["code"] for role in municipality["job_roles"]}
    people = {person["key"] for person in municipality["people"]}
    positions = [position for person in municipality["people"] for position in person["positions"]]
    for person in municipality["people"]:
        assert person["positions"]
        assert set(person["roles"]) <= ROLES.keys()
        assert person["email"] == f"{person['key']}@{municipality['slug']}.example"
    for position in positions:
        assert {position["unit"], *position["leads"]} <= units
        assert set(position["job_roles"]) <= job_roles
    assert len({position["employment_id"] for position in positions}) == len(positions)
    asked = {requirement["key"] for requirement in municipality["requirements"]}
    assert {e["person"] for e in municipality["evidence"]} <= people
    assert {e["competence"] for e in municipality["evidence"]} <= COMPETENCES
    assert {r["competence"] for r in municipality["requirements"]} <= COMPETENCES
    for exemption in municipality["exemptions"]:
        assert exemption["person"] != exemption["decided_by"]
        assert {exemption["person"], exemption["decided_by"]} <= people
        assert exemption["requirement"] in asked


def test_evidence_ids_are_unique():
    ids = [evidence["id"] for m in MUNICIPALITIES for evidence in m["evidence"]]
    assert len(ids) == len(set(ids))


def test_leaders_lead_someone():
    for m in MUNICIPALITIES:
        for person in m["people"]:
            leads = [unit for position in person["positions"] for unit in position["leads"]]
            assert bool(leads) == ("leader" in person["roles"])


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2028, 2, 29), date(2027, 3, 31)])
def test_every_state_of_the_register_is_seen_whenever_it_is_seeded(today):
    seen = {key: found for m in MUNICIPALITIES for key, found in _states(m, today).items()}
    assert {found for found, _ in seen.values()} >= set(State) - {State.NOT_REQUIRED}
    assert any(Flag.OVERDUE in flags for _, flags in seen.values())
    assert seen["emma", "hand-hygiene"][0] == State.EXPIRED
    assert seen["david", "hand-hygiene"][0] == State.EXPIRING
    assert seen["david", "medicines"][0] == State.EXEMPT
    assert seen["henrik", "hand-hygiene"][0] == State.IN_PROGRESS
    assert seen["henrik", "medicines"] == (State.MISSING, frozenset())
    assert seen["frode", "fire-safety"] == (State.MISSING, frozenset({Flag.OVERDUE}))
    assert seen["astrid", "confidentiality"][0] == State.MET


def _states(municipality, today):
    """(person, requirement) → state and flags, as the register's own rules see the demo on a day."""
    found = {}
    for person in municipality["people"]:
        position = person["positions"][0]
        for asked in municipality["requirements"]:
            roles = asked["concerns"].get("job_roles", position["job_roles"])
            if set(roles) & set(position["job_roles"]):
                duty = Duty(today - timedelta(position["started_days_ago"]))
                known = [*municipality["evidence"], *map(_as_evidence, municipality["courses"])]
                evidence = [_evidence(e, today) for e in known if e["person"] == person["key"]]
                exemptions = [
                    Exemption(today - timedelta(x["from_days_ago"]), today + timedelta(x["until_in_days"]))
                    for x in municipality["exemptions"]
                    if (x["person"], x["requirement"]) == (person["key"], asked["key"])
                ]
                rows = standings(duty, [_requirement(asked, today)], evidence, exemptions)
                (now,) = [r for r in rows if r.required_from <= today <= (r.required_to or date.max)]
                found[person["key"], asked["key"]] = state(now, today)
    return found


def _as_evidence(taken):
    """What a course that somebody took gives, as `evidence` would tell it."""
    scored = [question.id not in taken["wrong"] for question in HYGIENE.questions(scored=True)]
    passed = 100 * sum(scored) / len(scored) >= HYGIENE.pass_mark
    (competence,) = HYGIENE.competences
    return {
        **taken,
        "id": f"{taken['person']}-{taken['days_ago']}",
        "source": "xapi",
        "competence": competence.uri,
        "method": "lms",
        "result": "attained" if passed else "attempted",
    }


def test_what_somebody_answered_wrong_is_in_the_module():
    questions = {question.id: question for question in HYGIENE.questions()}
    for taken in (taken for m in MUNICIPALITIES for taken in m["courses"]):
        assert taken["module"] == HYGIENE.id
        for question, answered in taken["wrong"].items():
            choices = questions[question].choices()
            assert set(answered) <= {option.id for option in choices}
            assert answered != [option.id for option in choices if option.correct]


def _requirement(asked, today):
    return Requirement(
        key=asked["key"],
        policy_version=1,
        competence=asked["competence"],
        effective_from=today - timedelta(A_LONG_TIME),
        due_days=asked["due_days_from_start"],
        validity=Validity(asked["validity_months"], window_days=asked["renewal_window_days"]),
        admissible=frozenset(Method(m) for m in asked["admissible"]) if asked["admissible"] else SATISFYING,
    )


def _evidence(told, today):
    return Evidence(
        id=told["id"],
        source=told["source"],
        record=told["id"],
        revision=1,
        competence=told["competence"],
        day=today - timedelta(told["days_ago"]),
        method=Method(told["method"]),
        result=Result(told["result"]),
    )
