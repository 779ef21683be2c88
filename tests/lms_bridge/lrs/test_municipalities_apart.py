"""What one municipality sends, no other ever sees, on any resource, also under the same ids."""

from collections.abc import Callable

import pytest

from tests.people import STORSJO

from .conftest import EMMA_AGENT, HYGIENE, VOIDED, Sender, statement


@pytest.fixture
def both(sender: Callable[..., Sender]) -> tuple[Sender, Sender]:
    return sender(), sender(STORSJO)


def test_statements_are_not_found_by_id_filter_or_list(both: tuple[Sender, Sender]):
    ours, theirs = both
    sent = statement()
    ours.post(sent)
    assert theirs.get(statementId=sent["id"]).status_code == 404
    assert theirs.ids() == []
    for query in ({"agent": EMMA_AGENT}, {"activity": HYGIENE}, {"verb": sent["verb"]["id"]}):
        assert ours.ids(**query) == [sent["id"]]
        assert theirs.ids(**query) == []


def test_the_same_id_may_be_used_by_both(both: tuple[Sender, Sender]):
    ours, theirs = both
    sent = statement()
    ours.post(sent)
    assert theirs.post({**sent, "actor": {"mbox": "mailto:johan@storsjo.example"}}).status_code == 200
    assert ours.get(statementId=sent["id"]).json["actor"] == EMMA_AGENT


def test_nobody_voids_anothers_statement(both: tuple[Sender, Sender]):
    ours, theirs = both
    sent = statement()
    ours.post(sent)
    theirs.post(statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": sent["id"]}))
    assert ours.get(statementId=sent["id"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("activities/state", {"activityId": HYGIENE, "agent": EMMA_AGENT, "stateId": "where"}),
        ("agents/profile", {"agent": EMMA_AGENT, "profileId": "likes"}),
        ("activities/profile", {"activityId": HYGIENE, "profileId": "colour"}),
    ],
)
def test_documents_are_not_found_listed_changed_or_deleted(
    both: tuple[Sender, Sender], path: str, query: dict
):
    ours, theirs = both
    headers = {"If-None-Match": "*"}
    assert ours.request("PUT", path, query=query, json={"of": "ours"}, headers=headers).status_code == 204
    assert theirs.request("GET", path, query=query).status_code == 404
    listing = {name: value for name, value in query.items() if not name.endswith("eId")}
    assert theirs.request("GET", path, query=listing).json == []
    assert theirs.request("PUT", path, query=query, json={"of": "theirs"}, headers=headers).status_code == 204
    assert theirs.request("DELETE", path, query=query).status_code == 204
    assert ours.request("GET", path, query=query).json == {"of": "ours"}


def test_names_of_people_and_activities_stay_at_home(both: tuple[Sender, Sender]):
    ours, theirs = both
    ours.post(statement(actor={**EMMA_AGENT, "name": "Emma Eide"}))
    assert ours.request("GET", "agents", query={"agent": EMMA_AGENT}).json["name"] == ["Emma Eide"]
    assert "name" not in theirs.request("GET", "agents", query={"agent": EMMA_AGENT}).json
    assert "definition" in ours.request("GET", "activities", query={"activityId": HYGIENE}).json
    assert "definition" not in theirs.request("GET", "activities", query={"activityId": HYGIENE}).json
