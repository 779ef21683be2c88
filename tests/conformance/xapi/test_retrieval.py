"""Statements are stored once, voided, found by every filter and given back in every form
(1.0.3 Data 2.3, 2.4.7 to 2.4.10, 2.5; Communication 2.1).
"""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import ACTIVITY, AGENT, GROUP, SUB, VERB, VOIDED, Lrs, new_iri, statement


def person() -> dict[str, Any]:
    return {"objectType": "Agent", "mbox": f"mailto:{uuid.uuid4()}@example.com"}


def ref(statement_id: str) -> dict[str, Any]:
    return {"objectType": "StatementRef", "id": statement_id}


def voiding(statement_id: str) -> dict[str, Any]:
    return statement(verb={"id": VOIDED}, object=ref(statement_id))


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- life cycle ---------------------------------------------------------------------------------------------------


def test_xapi_00018_00155_00157_00163_a_voided_statement_is_only_found_as_voided(lrs: Lrs):
    found = lrs.stored(statement(actor=(who := person())))
    lrs.stored(voiding(found))
    assert lrs.get(statementId=found).status_code == 404
    assert lrs.get(voidedStatementId=found).json["id"] == found
    assert lrs.found(agent=who) != [found]


def test_xapi_00016_00019_a_voiding_statement_cannot_be_voided(lrs: Lrs):
    found = lrs.stored(statement())
    first = lrs.stored(voiding(found))
    lrs.stored(voiding(first))
    assert lrs.get(statementId=first).status_code == 200
    assert lrs.get(voidedStatementId=found).status_code == 200


def test_xapi_00021_a_voiding_statement_is_taken_though_its_target_is_unknown(lrs: Lrs):
    target = str(uuid.uuid4())
    lrs.stored(voiding(target))
    lrs.stored(statement(id=target))
    assert lrs.get(statementId=target).status_code == 404
    assert lrs.get(voidedStatementId=target).status_code == 200


def test_xapi_00162_what_refers_to_a_voided_statement_is_still_found_by_its_properties(lrs: Lrs):
    verb = new_iri()
    found = lrs.stored(statement(verb={"id": verb}))
    referring = lrs.stored(statement(object=ref(found)))
    void = lrs.stored(voiding(found))
    assert lrs.found(verb=verb) == [void, referring]


def test_xapi_00112_references_are_followed_whichever_came_first(lrs: Lrs):
    verb, early, target, late = new_iri(), *(str(uuid.uuid4()) for _ in range(3))
    lrs.stored(statement(id=early, object=ref(target)))
    further = lrs.stored(statement(object=ref(early)))
    lrs.stored(statement(id=target, verb={"id": verb}))
    lrs.stored(statement(id=late, object=ref(target)))
    assert set(lrs.found(verb=verb)) == {early, further, target, late}


def test_xapi_00142_a_statement_never_changes(lrs: Lrs):
    found = lrs.stored(statement())
    before = lrs.get(statementId=found).json
    other = statement(id=found, verb={"id": new_iri()})
    assert lrs.post(other).status_code == 409
    assert lrs.request("PUT", "statements", {"statementId": found}, json=other).status_code == 409
    assert lrs.get(statementId=found).json == before


def test_xapi_00097_00099_00013_the_lrs_sets_stored_authority_and_timestamp(lrs: Lrs):
    kept = lrs.get(statementId=lrs.stored(statement(authority=AGENT, stored="2001-01-01T00:00:00Z"))).json
    assert abs((datetime.now(UTC) - parsed(kept["stored"])).total_seconds()) < 60
    assert kept["timestamp"] == kept["stored"]
    assert kept["authority"]["account"]["homePage"] == "http://bridge.localhost"


def test_xapi_00332_00330_the_version_is_kept_and_set_where_there_is_none(lrs: Lrs):
    for version in ("1.0", "1.0.1", "2.0.0"):
        assert lrs.get(statementId=lrs.stored(statement(version=version))).json["version"] == version
    expected = "2.0.0" if lrs.version == "2.0.0" else "1.0.0"
    assert lrs.get(statementId=lrs.stored(statement())).json["version"] == expected


def test_xapi_00096_context_activities_come_back_as_lists(lrs: Lrs):
    for body in (
        statement(context={"contextActivities": {"category": ACTIVITY}}),
        statement(object={**SUB, "context": {"contextActivities": {"category": ACTIVITY}}}),
    ):
        kept = lrs.get(statementId=lrs.stored(body)).json
        kept = kept if "context" in kept else kept["object"]
        assert kept["context"]["contextActivities"]["category"] == [ACTIVITY]


def test_xapi_00326_00182_a_batch_with_a_fault_leaves_nothing(lrs: Lrs):
    sound, verb = str(uuid.uuid4()), new_iri()
    faulty = statement(verb={"id": "should fail"})
    assert lrs.post([statement(id=sound, verb={"id": verb}), faulty]).status_code == 400
    assert lrs.get(statementId=sound).status_code == 404
    assert lrs.found(verb=verb) == []


def test_xapi_00139_00143_00144_00145_00146_00147_put_and_post(lrs: Lrs):
    new = str(uuid.uuid4())
    assert lrs.request("PUT", "statements", {"statementId": new}, json=statement()).status_code == 204
    assert lrs.request("PUT", "statements", json=statement(id=new)).status_code == 400
    ids = [str(uuid.uuid4()) for _ in range(3)]
    answer = lrs.post([statement(id=one) for one in ids])
    assert (answer.status_code, answer.json) == (200, ids)


def test_a_batch_that_names_an_id_twice_is_refused(lrs: Lrs):
    twice = statement(id=str(uuid.uuid4()))
    assert lrs.post([twice, twice]).status_code == 400


# --- filters ------------------------------------------------------------------------------------------------------


def test_xapi_00149_00154_00110_00113_a_list_may_be_empty(lrs: Lrs):
    answer = lrs.get(verb=new_iri())
    assert (answer.status_code, answer.json) == (200, {"statements": [], "more": ""})


def test_xapi_00156_00158_00159_one_statement_by_id(lrs: Lrs):
    found = lrs.stored(statement())
    assert lrs.get(statementId=found).json["id"] == found
    assert lrs.get(statementId=found.upper()).json["id"] == found
    assert lrs.get(statementId=str(uuid.uuid4())).status_code == 404


def test_xapi_00181_agent(lrs: Lrs):
    who = person()
    acted = lrs.stored(statement(actor={**who, "name": "By another name"}))
    object_ = lrs.stored(statement(object=who))
    member = lrs.stored(statement(actor={"objectType": "Group", "member": [who]}))
    lrs.stored(statement(context={"instructor": who}))
    lrs.stored(statement(actor=person()))
    assert lrs.found(agent=who) == [member, object_, acted]
    team = {**GROUP, "mbox": f"mailto:{uuid.uuid4()}@example.com"}
    as_team = lrs.stored(statement(actor=team))
    assert lrs.found(agent=team) == [as_team]


def test_xapi_00176_related_agents(lrs: Lrs):
    who = person()
    places: list[dict[str, Any]] = [
        {"context": {"instructor": who}},
        {"context": {"team": {"objectType": "Group", "member": [who]}}},
        {"object": {**SUB, "actor": who}},
        {"object": {**SUB, "object": who}},
        {"object": {**SUB, "context": {"instructor": who}}},
        {"actor": who},
    ]
    ids = [lrs.stored(statement(**place)) for place in places]
    assert lrs.found(agent=who) == ids[-1:]
    assert lrs.found(agent=who, related_agents="true") == ids[::-1]


def test_xapi_00176_the_authority_is_a_related_agent(lrs: Lrs):
    kept = lrs.get(statementId=(found := lrs.stored(statement()))).json
    assert found in lrs.found(agent=kept["authority"], related_agents="true")
    assert found not in lrs.found(agent=kept["authority"])


def test_xapi_00179_00177_activity_and_related_activities(lrs: Lrs):
    activity = {"id": new_iri()}
    places: list[dict[str, Any]] = [
        {"context": {"contextActivities": {name: [activity]}}}
        for name in ("parent", "grouping", "category", "other")
    ]
    places += [
        {"object": {**SUB, "object": activity}},
        {"object": {**SUB, "context": {"contextActivities": {"other": activity}}}},
        {"object": activity},
    ]
    ids = [lrs.stored(statement(**place)) for place in places]
    lrs.stored(statement())
    assert lrs.found(activity=activity["id"]) == ids[-1:]
    assert lrs.found(activity=activity["id"], related_activities="true") == ids[::-1]


def test_xapi_00178_00180_00164_registration_verb_and_all_at_once(lrs: Lrs):
    registration, verb, who, activity = str(uuid.uuid4()), new_iri(), person(), new_iri()
    full = {
        "actor": who,
        "verb": {"id": verb},
        "object": {"id": activity},
        "context": {"registration": registration},
    }
    found = lrs.stored(statement(**full))
    others = [lrs.stored(statement(**{n: v for n, v in full.items() if n != name})) for name in full]
    assert lrs.found(registration=registration, agent=who, verb=verb, activity=activity) == [found]
    assert lrs.found(registration=registration, agent=who) == [others[2], others[1], found]
    assert lrs.found(registration=registration.upper(), verb=verb) == [others[2], others[0], found]


def test_xapi_00174_00175_since_and_until_compare_the_time_of_storing(lrs: Lrs):
    verb = new_iri()
    ids = [lrs.stored(statement(verb={"id": verb}, timestamp="2001-01-01T00:00:00Z")) for _ in range(3)]
    stored = [lrs.get(statementId=one).json["stored"] for one in ids]
    after = [one for one, moment in zip(ids, stored, strict=True) if moment > stored[0]]
    assert lrs.found(verb=verb, since=stored[0], ascending="true") == after
    assert ids[0] in lrs.found(verb=verb, until=stored[0])
    assert lrs.found(verb=verb, until="2001-01-02T00:00:00Z") == []
    assert set(lrs.found(verb=verb, since="2001-01-02T00:00:00Z", until=stored[2])) == set(ids)


def test_xapi_00166_00173_00108_00109_00111_00114_pages_in_either_order(lrs: Lrs):
    verb = new_iri()
    ids = lrs.post([statement(verb={"id": verb}) for _ in range(5)]).json
    for ascending, expected in (("true", ids), ("false", ids[::-1])):
        answer = lrs.get(verb=verb, limit=2, ascending=ascending).json
        pages = [[one["id"] for one in answer["statements"]]]
        while answer["more"]:
            assert answer["more"].startswith("/xapi/statements?")
            answer = lrs.client.get(
                answer["more"], base_url="http://bridge.localhost", headers=lrs.headers
            ).json
            pages.append([one["id"] for one in answer["statements"]])
            assert set(answer) == {"statements", "more"}
        assert [len(page) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in page] == expected


def test_a_page_does_not_shift_when_statements_arrive_between(lrs: Lrs):
    verb = new_iri()
    ids = lrs.post([statement(verb={"id": verb}) for _ in range(4)]).json
    answer = lrs.get(verb=verb, limit=2).json
    lrs.stored(statement(verb={"id": verb}))
    answer = lrs.client.get(answer["more"], base_url="http://bridge.localhost", headers=lrs.headers).json
    assert [one["id"] for one in answer["statements"]] == ids[1::-1]


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("other", "value"),
    [
        ("agent", AGENT),
        ("verb", VERB["id"]),
        ("activity", ACTIVITY["id"]),
        ("registration", str(uuid.UUID(int=1))),
        ("related_activities", "true"),
        ("related_agents", "true"),
        ("since", "2012-06-01T19:09:13.245Z"),
        ("until", "2012-06-01T19:09:13.245Z"),
        ("limit", "1"),
        ("ascending", "true"),
    ],
)
def test_xapi_00150_00151_an_id_stands_alone(lrs: Lrs, name: str, other: str, value: Any):
    assert lrs.get(**{name: str(uuid.uuid4()), other: value}).status_code == 400


def test_xapi_00150_00151_an_id_goes_with_format_and_attachments_only(lrs: Lrs):
    found = lrs.stored(statement())
    assert lrs.get(statementId=found, format="ids").status_code == 200
    assert lrs.get(statementId=found, attachments="true").mimetype == "multipart/mixed"
    assert lrs.get(statementId=found, voidedStatementId=found).status_code == 400


def test_xapi_00153_00160_00165_every_answer_tells_up_to_when_it_is_consistent(lrs: Lrs):
    for query in ({}, {"statementId": str(uuid.uuid4())}, {"limit": "no"}):
        answer = lrs.get(**query)
        assert parsed(answer.headers["X-Experience-API-Consistent-Through"]) <= datetime.now(UTC)
    assert lrs.get().headers["Content-Type"] == "application/json"


def test_last_modified_is_the_time_of_storing(lrs: Lrs):
    answer = lrs.get(statementId=lrs.stored(statement()))
    assert int(answer.last_modified.timestamp()) == int(parsed(answer.json["stored"]).timestamp())


# --- forms --------------------------------------------------------------------------------------------------------


def full() -> dict[str, Any]:
    definition = {"name": {"en-US": "A walk", "nb": "En tur"}, "description": {"nb": "Ut", "en-US": "Out"}}
    return statement(
        actor={**GROUP, "name": "Kitchen"},
        object={**SUB, "verb": VERB, "object": {**ACTIVITY, "id": new_iri(), "definition": definition}},
    )


def test_xapi_00168_00170_exact_is_as_it_came(lrs: Lrs):
    sent = full()
    found = lrs.stored(sent)
    for query in ({}, {"format": "exact"}):
        kept = lrs.get(statementId=found, **query).json
        assert {name: kept[name] for name in sent} == sent


def test_xapi_00171_ids_has_nothing_else(lrs: Lrs):
    sent = full()
    kept = lrs.get(statementId=lrs.stored(sent), format="ids").json
    assert kept["actor"] == {"objectType": "Group", "mbox": GROUP["mbox"]}
    assert kept["verb"] == {"id": VERB["id"]}
    assert kept["object"]["object"] == {"id": sent["object"]["object"]["id"]}
    anonymous = statement(actor={"objectType": "Group", "member": [AGENT]})
    kept = lrs.get(statementId=lrs.stored(anonymous), format="ids").json
    assert kept["actor"]["member"] == [{"objectType": "Agent", "mbox": AGENT["mbox"]}]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("nb", "nb"),
        ("en", "en-US"),
        ("nn", "nb"),
        ("fr, en-US;q=0.5, nb;q=0.9", "nb"),
        ("nb-NO", "nb"),
        ("fr", "en-US"),
    ],
)
def test_xapi_00169_00172_canonical_chooses_a_language(lrs: Lrs, header: str, expected: str):
    found = lrs.stored(full())
    kept = lrs.request(
        "GET", "statements", {"statementId": found, "format": "canonical"}, {"Accept-Language": header}
    ).json
    assert list(kept["object"]["object"]["definition"]["name"]) == [expected]


def test_xapi_00169_canonical_gives_the_definition_that_the_lrs_knows(lrs: Lrs):
    activity = new_iri()
    lrs.stored(statement(object={"id": activity, "definition": {"name": {"en": "Known"}}}))
    bare = lrs.stored(statement(object={"id": activity}))
    kept = lrs.get(statementId=bare, format="canonical").json
    assert kept["object"]["definition"]["name"] == {"en": "Known"}
