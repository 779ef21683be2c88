"""A person is erased from the learning records: all that names them goes, whole, and nothing of anybody else."""

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms_bridge.db import Database
from lms_bridge.lrs import erasing
from lms_bridge.lrs.models import Document, IndexEntry, Statement
from tests.people import CAMILLA, EMMA, FJORDVIK, FRODE, STORSJO

from .conftest import EMMA_AGENT, HYGIENE, VOIDED, Sender, statement

GRO = {"account": {"homePage": "https://fjordvik.example", "name": "1042"}}
EMMA_IS = f"mbox:mailto:{EMMA.email}"


@pytest.fixture
def both(sender: Callable[..., Sender]) -> tuple[Sender, Sender, list[str], str]:
    """Fjordvik and Storsjö with statements of Emma, and one of Gro that refers to one of Emma's."""
    ours, theirs = sender(), sender(STORSJO)
    emmas = [
        statement(),
        statement(actor=GRO, context={"instructor": EMMA_AGENT}),
        statement(actor={"objectType": "Group", "member": [GRO, EMMA_AGENT]}),
        statement(actor=GRO, object={"objectType": "Agent", **EMMA_AGENT}),
    ]
    ours.post(*emmas)
    gros = statement(
        actor=GRO, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": emmas[0]["id"]}
    )
    ours.post(gros, statement(actor=GRO))
    theirs.post(statement())
    for one in (ours, theirs):
        place = {"activityId": HYGIENE, "agent": EMMA_AGENT, "stateId": "where"}
        one.request("PUT", "activities/state", query=place, json={"page": 2})
    return ours, theirs, [one["id"] for one in emmas], gros["id"]


def test_all_that_names_the_person_is_gone_and_nothing_else(both, database: Database, tenant_id):
    ours, theirs, emmas, gros = both
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        gone = erasing.erase_person(session, tenant_id(FJORDVIK), EMMA_IS)
        assert not erasing.traces_of(session, tenant_id(FJORDVIK), EMMA_IS)
    assert (gone.documents, gone.statements) == (1, len(emmas))
    assert len(ours.ids()) == 2
    assert gros in ours.ids()
    assert ours.ids(agent=EMMA_AGENT, related_agents="true") == []
    for one in emmas:
        assert ours.get(statementId=one).status_code == ours.get(voidedStatementId=one).status_code == 404
    assert len(theirs.ids(agent=EMMA_AGENT)) == 1
    with database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 1


def test_the_index_keeps_nothing_of_what_is_gone(both, database: Database, tenant_id):
    with database.unit_of_work(tenant_id(FJORDVIK)) as session:
        erasing.erase_person(session, tenant_id(FJORDVIK), EMMA_IS)
    with database.unit_of_work() as session:
        kept = select(Statement.position)
        agent_rows = session.scalars(
            select(IndexEntry.key).where(
                IndexEntry.position.not_in(kept),
                IndexEntry.key.in_(erasing._keys(tenant_id(FJORDVIK), EMMA_IS)),
            )
        ).all()
        assert agent_rows == []


def test_an_administrator_erases_after_a_question(both, signed_in: Callable[..., FlaskClient]):
    ours, _theirs, _emmas, _gros = both
    frode = signed_in(FRODE)
    assert "/statements/erase?person=" in frode.get(f"/statements?person={EMMA.email}").text
    asked = frode.get(f"/statements/erase?person={EMMA.email}").text
    assert "deleted whole" in asked
    assert frode.post("/statements/erase", data={"person": EMMA.email}).status_code == 302
    assert len(ours.ids()) > 2
    done = frode.post("/statements/erase", data={"person": EMMA.email, "sure": "yes"}, follow_redirects=True)
    assert "Erased:" in done.text
    assert len(ours.ids()) == 2
    assert "hold nothing about" in frode.get(f"/statements/erase?person={uuid.uuid4()}@x.example").text


def test_an_administrator_is_asked_whom(signed_in: Callable[..., FlaskClient]):
    frode = signed_in(FRODE)
    assert '"/statements/erase"' in frode.get("/statements").text
    asked = frode.get("/statements/erase")
    assert 'name="person"' in asked.text
    assert "hold nothing" not in asked.text


def test_nobody_else_may(both, signed_in: Callable[..., FlaskClient]):
    camilla = signed_in(CAMILLA)
    assert camilla.get(f"/statements/erase?person={EMMA.email}").status_code == 403
    assert camilla.post("/statements/erase", data={"person": EMMA.email, "sure": "yes"}).status_code == 403
