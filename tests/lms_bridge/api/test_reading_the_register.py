"""A rota asks who may do what tomorrow, a data warehouse copies people and units: leavers are kept, and it is noted."""

import uuid
from datetime import date, timedelta

from sqlalchemy import select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.register import privacy
from lms_bridge.register.models import Person, Position
from tests.support.demo import Demo

from .conftest import System

HANDS = "https://competences.example/hand-hygiene"


def test_who_has_left_is_kept_with_the_last_day(demo: Demo, warehouse: System):
    with demo.app.database.unit_of_work(demo.fjordvik) as session:
        emma = session.scalars(select(Person).where(Person.name == "Emma Eide")).one().id
        for position in session.scalars(select(Position).where(Position.person_id == emma)):
            position.ends_on = date(2026, 3, 31)
            number = position.employment_id
    kept = next(one for one in warehouse.all("/people") if one["id"] == str(emma))
    assert kept["positions"][-1]["ends_on"] == "2026-03-31"
    (found,) = warehouse.all("/people", employment_id=number)
    assert found == kept == warehouse.get(f"/people/{emma}").json


def test_pages_are_the_same_whatever_their_size(warehouse: System):
    for path in ("/people", "/units", "/competences", "/requirements", "/standings"):
        whole = warehouse.all(path, limit=1000)
        assert len(whole) > 2
        assert warehouse.all(path, limit=2) == whole


def test_a_unit_is_asked_with_its_parts(warehouse: System):
    units = {one["id"]: one for one in warehouse.all("/units")}
    top = next(one for one in units.values() if one["parent"] is None)
    part = next(one for one in units.values() if one["parent"] == top["id"])
    everywhere = warehouse.all("/standings")
    assert warehouse.all("/standings", unit=top["id"]) == everywhere
    below = warehouse.all("/standings", unit=part["id"])
    assert 0 < len(below) < len(everywhere)
    assert all(top["id"] != one["unit"] for one in below)


def test_who_may_do_something_on_a_day(warehouse: System):
    met = warehouse.all("/standings", competence=HANDS, state="met")
    assert met
    assert {(one["state"], one["competence"]) for one in met} == {("met", HANDS)}
    until = max(one["valid_until"] for one in met if one["valid_until"])
    after = date.fromisoformat(until) + timedelta(days=1)
    later = warehouse.get("/standings", competence=HANDS, on=after.isoformat()).json
    assert later["on"] == after.isoformat()
    assert {one["state"] for one in later["items"] if one["valid_until"] == until} == {"expired"}


def test_states_and_gaps_are_those_of_the_pages(warehouse: System):
    every = warehouse.all("/standings")
    parts = [
        one for state in {one["state"] for one in every} for one in warehouse.all("/standings", state=state)
    ]
    assert len(parts) == len(every)
    assert all(one in every for one in parts)
    overdue = [one for one in every if "overdue" in one["flags"]]
    assert all(one["due_on"] < date.today().isoformat() for one in overdue)  # noqa: DTZ011


def test_a_reading_is_in_the_trail_under_the_key_s_name(demo: Demo, warehouse: System):
    person = warehouse.all("/people")[0]["id"]
    warehouse.get(f"/people/{person}")
    warehouse.get("/standings", person=person)
    with demo.app.app_context(), demo.app.database.unit_of_work(demo.fjordvik) as session:
        entries = session.execute(
            select(AuditEntry.subject, AuditEntry.detail, AuditEntry.account_id).where(
                AuditEntry.action == "read"
            )
        ).all()
        looked = privacy.looks(session, uuid.UUID(person))
        others = privacy.looks(session, session.scalars(select(Person.id).order_by(Person.id.desc())).first())
    read = [(subject, detail["key"]) for subject, detail, account in entries if account is None]
    assert ("register:everybody", "Data warehouse") in read
    assert read.count((f"person:{person}", "Data warehouse")) == 2
    assert [who for _day, who, _action in looked] == ["Data warehouse"], "once a day"
    assert [who for _day, who, _action in others] == ["Data warehouse"], "who reads everybody reads each"


def test_nothing_that_was_not_found_is_noted(demo: Demo, warehouse: System):
    warehouse.get(f"/people/{uuid.uuid4()}")
    warehouse.get("/standings", person=str(uuid.uuid4()))
    with demo.app.database.unit_of_work(demo.fjordvik, write=False) as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all() == []
