"""Requirements change by signed versions that work forward; what they will do is seen before they are signed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from lms_bridge.errors import Conflict, Invalid, NotFound
from lms_bridge.register import derivation, figures, policies
from lms_bridge.register.models import Policy, Requirement, Standing
from lms_bridge.register.policies import Demand
from lms_bridge.register.service import today
from lms_bridge.register.status import State

from .conftest import FIRE, HANDS, SECRECY


def cell(session, fjordvik, person, competence):
    cells = figures.of_person(session, fjordvik.people[person], today(session))
    return next((c for c in cells if c.competence_id == fjordvik.competences[competence]), None)


@pytest.fixture
def fire(session, fjordvik):
    """The requirement of yearly fire safety."""
    return session.scalars(
        select(Requirement).where(Requirement.competence_id == fjordvik.competences[FIRE])
    ).one()


def changed(row, **more):
    return Demand(title=row.title, competence_id=row.competence_id, due_days=row.due_days, **more)


def test_a_change_works_forward(session, fjordvik, fire):
    before = cell(session, fjordvik, "astrid", FIRE)
    policies.save_requirement(
        session, fire.key, changed(fire, validity_months=3), effective_from=today(session)
    )
    after = cell(session, fjordvik, "astrid", FIRE)
    assert (after.state, after.valid_until) == (State.MET, before.valid_until)
    assert after.policy_version > before.policy_version
    assert (
        session.scalar(select(func.count()).select_from(Requirement).where(Requirement.key == fire.key)) == 2
    )


def test_signed_as_retroactive_it_judges_what_was_before(session, fjordvik, fire):
    policies.save_requirement(
        session, fire.key, changed(fire, validity_months=3), effective_from=today(session), retroactive=True
    )
    assert cell(session, fjordvik, "astrid", FIRE).state is State.EXPIRED


def test_a_version_that_begins_later_is_not_felt_today(session, fjordvik, fire):
    later = today(session) + timedelta(days=40)
    before = cell(session, fjordvik, "astrid", FIRE)
    policies.save_requirement(
        session, fire.key, changed(fire, validity_months=1), effective_from=later, retroactive=True
    )
    now = cell(session, fjordvik, "astrid", FIRE)
    assert (now.state, now.valid_until) == (before.state, before.valid_until)
    cells = figures.of_person(session, fjordvik.people["astrid"], later)
    assert next(c for c in cells if c.competence_id == fire.competence_id).state is State.EXPIRED


def test_the_effect_is_seen_and_nothing_is_kept(session, fjordvik, fire):
    register, versions = list(derivation.export(session)), session.scalar(select(func.max(Policy.version)))
    before, after = policies.effect_of(
        session, fire.key, changed(fire, validity_months=1), today(session), True
    )
    assert before["met"] > 0
    assert after["met"] == 0
    assert sum(before.values()) == sum(after.values())
    assert list(derivation.export(session)) == register
    assert session.scalar(select(func.max(Policy.version))) == versions


def test_only_those_with_the_role_in_the_unit_are_asked(session, fjordvik):
    demand = Demand(
        title="Nattevakt",
        competence_id=policies.competence_by_uri(session, "urn:c:night", {"nb": "Natt"}, None).id,
        roles=["helsefagarbeider"],
        unit_id=fjordvik.units["210"],
    )
    policies.save_requirement(session, None, demand, effective_from=today(session))
    asked = session.scalars(select(Standing.person_id).where(Standing.competence_id == demand.competence_id))
    assert set(asked) == {fjordvik.people["emma"], fjordvik.people["gro"]}


def test_ended_it_is_asked_no_more_and_comes_back_by_nothing(session, fjordvik, fire):
    policies.end_requirement(session, fire.key, today(session) - timedelta(days=1), None)
    assert cell(session, fjordvik, "astrid", FIRE) is None
    register = list(derivation.export(session))
    derivation.rebuild(session)
    assert list(derivation.export(session)) == register


def test_deriving_one_competence_leaves_the_others(session, fjordvik):
    register = list(derivation.export(session))
    derivation.rebuild(session, fjordvik.competences[HANDS])
    assert list(derivation.export(session)) == register


def test_a_competences_validity_is_the_requirements_where_it_says_none(session, fjordvik):
    policies.save_competence(
        session,
        fjordvik.competences[SECRECY],
        uri=SECRECY,
        titles={"nb": "Taushetsplikt"},
        validity_months=1,
    )
    assert cell(session, fjordvik, "astrid", SECRECY).state is State.EXPIRED


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"due_days": -1}, "due_days"),
        ({"validity_months": 0}, "validity_months"),
        ({"validity_months": 18, "renewal": "calendar"}, "validity_months"),
        ({"renewal": "whenever"}, "renewal"),
        ({"window_days": 10_000}, "window_days"),
        ({"calendar_month": 13}, "calendar_month"),
        ({"admissible": ["self"]}, "admissible"),
        ({"roles": ["nobody"]}, "roles"),
    ],
)
def test_what_makes_no_sense_is_told_by_its_field(session, fjordvik, wrong, field):
    values = {"title": "Krav", "competence_id": fjordvik.competences[FIRE]} | wrong
    with pytest.raises(Invalid) as refused:
        policies.save_requirement(session, None, Demand(**values), effective_from=date(2026, 1, 1))
    assert set(refused.value.fields) == {field}


def test_nobody_exempts_themselves(session, fjordvik):
    who = fjordvik.people["david"]
    with pytest.raises(Conflict, match="cannot exempt yourself"):
        policies.exempt(
            session,
            person_id=who,
            competence_id=fjordvik.competences[FIRE],
            reason="vil ikke",
            starts_on=today(session),
            until=None,
            account_id=who,
            decider=who,
        )


def test_another_municipalitys_unit_is_not_one_of_ours(session, fjordvik):
    from uuid import uuid4

    demand = Demand(title="X", competence_id=fjordvik.competences[FIRE], unit_id=uuid4())
    with pytest.raises(Invalid):
        policies.save_requirement(session, None, demand, effective_from=today(session))
    with pytest.raises(NotFound):
        policies.get_requirement(session, uuid4())
