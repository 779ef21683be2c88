"""Statements are stored once, as they came, with what the LRS adds; a batch is stored whole or not at all."""

import uuid

import pytest

from lms_bridge.db import after_commit
from lms_bridge.lrs.signals import statements_stored

from .conftest import COMPLETED, EMMA_AGENT, HYGIENE, PASSED, VOIDED, Sender, statement


@pytest.fixture
def told():
    """What the slices above were told, statement by statement, and was committed."""
    rows = []

    def receive(_sender, *, session, tenant_id, statements):
        assert session.info["tenant_id"] == tenant_id
        after_commit(session, lambda: rows.extend(statements))

    with statements_stored.connected_to(receive):
        yield rows


def test_a_single_statement_comes_back_with_what_the_lrs_adds(lrs: Sender):
    sent = statement()
    answer = lrs.post(sent)
    assert (answer.status_code, answer.json) == (200, [sent["id"]])
    kept = lrs.get(statementId=sent["id"]).json
    assert {name: kept[name] for name in sent} == sent
    assert kept["timestamp"] == kept["stored"]
    assert kept["version"] == "1.0.0"
    assert kept["authority"]["account"]["homePage"] == "http://bridge.localhost"


def test_put_takes_the_id_from_the_address(lrs: Sender):
    sent = statement(id=None)
    new = str(uuid.uuid4())
    assert lrs.request("PUT", "statements", json=sent, query={"statementId": new}).status_code == 204
    assert lrs.get(statementId=new).json["id"] == new


def test_put_under_another_id_than_the_statement_has_is_refused(lrs: Sender):
    answer = lrs.request("PUT", "statements", json=statement(), query={"statementId": str(uuid.uuid4())})
    assert answer.status_code == 400
    assert answer.json["detail"] == "$.id must be the same as the parameter statementId."


def test_the_same_statement_again_changes_nothing_and_is_told_once(lrs: Sender, told: list):
    sent = statement()
    assert lrs.post(sent).status_code == 200
    assert lrs.put(sent).status_code == 204
    assert lrs.post(sent, statement()).status_code == 200
    assert len(lrs.ids()) == 2
    assert [str(row.id) for row in told].count(sent["id"]) == 1


def test_another_statement_under_the_same_id_is_a_conflict_and_the_first_stays(lrs: Sender, told: list):
    sent, other = statement(), statement()
    lrs.post(sent)
    answer = lrs.post(other, {**sent, "verb": {"id": PASSED}})
    assert answer.status_code == 409
    assert lrs.ids() == [sent["id"]]
    assert lrs.get(statementId=sent["id"]).json["verb"]["id"] == COMPLETED
    assert lrs.get(statementId=other["id"]).status_code == 404


def test_two_statements_of_a_batch_with_one_id_are_refused(lrs: Sender):
    sent = statement()
    assert lrs.post(sent, sent).status_code == 400
    assert lrs.ids() == []


def test_a_batch_with_one_fault_is_refused_whole_and_the_fault_is_named(lrs: Sender, told: list):
    answer = lrs.post(statement(), statement(actor={"mbox": "emma@fjordvik.example"}))
    assert answer.status_code == 400
    assert answer.json["detail"].startswith("$[1].actor.mbox must be an e-mail address")
    assert lrs.ids() == told == []


def test_a_batch_of_a_thousand_is_stored_in_its_order(lrs: Sender):
    sent = [statement() for _ in range(1000)]
    assert lrs.post(*sent).status_code == 200
    assert lrs.ids(limit=500, ascending="true") == [one["id"] for one in sent[:500]]


def test_what_is_told_names_what_is_voided(lrs: Sender, told: list):
    sent = statement()
    lrs.post(sent)
    lrs.post(statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": sent["id"]}))
    assert [row.voids for row in told] == [None, uuid.UUID(sent["id"])]
    assert told[0].statement["object"]["id"] == HYGIENE


def test_a_receiver_that_fails_takes_the_statements_with_it(lrs: Sender):
    def fail(_sender, **_):
        raise ValueError("the register is in trouble")

    with statements_stored.connected_to(fail):
        assert lrs.post(statement()).status_code == 500
    assert lrs.ids() == []


def test_a_single_context_activity_comes_back_as_a_list(lrs: Sender):
    sent = statement(context={"contextActivities": {"parent": {"id": "https://example.com/course"}}})
    lrs.post(sent)
    kept = lrs.get(statementId=sent["id"]).json
    assert kept["context"]["contextActivities"]["parent"] == [{"id": "https://example.com/course"}]


def test_agents_of_any_kind_are_found_again(lrs: Sender):
    people = [
        EMMA_AGENT,
        {"account": {"homePage": "https://fjordvik.example", "name": "1042"}},
        {"openid": "https://id.example/gro"},
        {"mbox_sha1sum": "a" * 40},
    ]
    sent = [statement(actor=person) for person in people]
    lrs.post(*sent)
    for one, person in zip(sent, people, strict=True):
        assert lrs.ids(agent=person) == [one["id"]]


def test_two_processes_that_take_the_same_position_both_store(lrs: Sender, monkeypatch: pytest.MonkeyPatch):
    from lms_bridge.lrs import positions

    first = statement()
    lrs.post(first)
    taken = positions.take(2)
    again = iter([taken, taken])
    own = positions.take
    monkeypatch.setattr(positions, "take", lambda count: next(again, None) or own(count))
    batches = [[statement(), statement()] for _ in range(2)]
    for batch in batches:
        assert lrs.post(*batch).status_code == 200
    sent = [first["id"], *(one["id"] for batch in batches for one in batch)]
    assert sorted(lrs.ids()) == sorted(sent)
    assert sorted(lrs.ids(agent=EMMA_AGENT)) == sorted(sent)
