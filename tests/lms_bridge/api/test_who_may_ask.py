"""A key opens what its scopes name, of its own municipality, at a pace that leaves the service to others too."""

import re
import uuid
from datetime import timedelta

import pytest

from lms_bridge.api import openapi, protocol
from lms_bridge.db import utcnow
from lms_bridge.lrs.credentials import SCOPES, issue_launch_token
from tests.people import STORSJO
from tests.support.demo import Demo

from .conftest import system_of

assert openapi  # names the endpoints


def paths() -> list[tuple[str, str, str]]:
    """(method, path with invented ids, scope) of every endpoint."""
    found = []
    for one in protocol.endpoints:
        path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", one.path)
        path = re.sub(r"<uuid:\w+>", str(uuid.uuid4()), re.sub(r"<int:\w+>", "1", path))
        found.append((one.method, f"/api/v1{path}", one.scope))
    return found


def test_without_a_key_nothing_is_said(demo: Demo):
    client = demo.signed_in("camilla@fjordvik.example")  # a person's cookie does not count
    wrong = []
    for method, path, _scope in paths():
        answer = client.open(path, method=method)
        if answer.status_code != 401 or "Basic" not in answer.headers["WWW-Authenticate"]:
            wrong.append(f"{method} {path} {answer.status_code}")
        assert answer.json["status"] == 401, "problem details"
    assert not wrong


@pytest.mark.parametrize("scope", ["modules/read", "register/read", "register/write"])
def test_each_scope_opens_its_own_endpoints_only(demo: Demo, scope: str):
    system = system_of(demo.app, scope)
    for method, path, needed in paths():
        answer = system.client.open(path, method=method, headers=system.headers)
        assert (answer.status_code == 403) == (needed != scope), (method, path)
        if needed != scope:
            assert needed in answer.json["detail"]


def test_everything_of_the_learning_records_is_nothing_of_the_register(demo: Demo):
    lms = system_of(demo.app, "all")
    assert {lms.get(path).status_code for path in ("/people", "/evidence", "/modules")} == {403}


def test_a_learner_s_launch_opens_nothing(demo: Demo):
    with demo.app.app_context(), demo.app.database.unit_of_work(demo.fjordvik) as session:
        token = issue_launch_token(
            session,
            actor={"account": {"homePage": "https://lms.example", "name": "1"}},
            activity_id="urn:uuid:0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01",
            registration=uuid.uuid4(),
            expires=utcnow() + timedelta(hours=1),
        )
    client = demo.app.test_client()
    for method, path, _scope in paths():
        headers = {"Host": "bridge.localhost", "Authorization": f"Bearer {token}"}
        assert client.open(path, method=method, headers=headers).status_code == 403


def test_the_other_municipality_s_rows_are_not_found_and_not_listed(demo: Demo):
    scopes = [scope for scope in SCOPES if "/" in scope]
    ours, theirs = (
        system_of(demo.app, *scopes),
        system_of(demo.app, *scopes, municipality=STORSJO),
    )
    for path in ("/people", "/units", "/modules"):
        own, foreign = (system.all(path) for system in (ours, theirs))
        assert own
        assert foreign
        assert not {one["id"] for one in own} & {one["id"] for one in foreign}
    person, unit = theirs.all("/people")[0]["id"], theirs.all("/units")[0]["id"]
    module = theirs.all("/modules")[0]["id"]
    assert ours.get(f"/people/{person}").status_code == 404
    assert ours.get(f"/modules/{module}").status_code == 404
    assert ours.get(f"/modules/{module}/versions/1/packages/scorm12").status_code == 404
    assert ours.get("/standings", unit=unit).status_code == 404
    assert ours.get("/standings", person=person).json["items"] == []
    assert ours.get("/evidence", person=person).json["items"] == []
    assert {one["person"] for one in ours.all("/standings")} <= {one["id"] for one in ours.all("/people")}


def test_who_asks_too_fast_is_told_when_to_go_on(demo: Demo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol.pace, "size", 3)
    monkeypatch.setattr(protocol.pace, "rate", 0.1)
    eager, other = system_of(demo.app, "modules/read"), system_of(demo.app, "modules/read")
    answers = [eager.get("/modules") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
    assert other.get("/modules").status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WyJ4Il0"}, "cursor"),
        ({"colour": "red"}, "colour"),
        ({"employment_id": "1\0"}, "NUL"),
    ],
)
def test_a_wrong_parameter_is_named(warehouse, query: dict[str, str], said: str):
    answer = warehouse.get("/people", **query)
    assert answer.status_code == 400
    assert said in answer.json["detail"]


def test_a_parameter_that_is_given_twice_is_refused(warehouse):
    answer = warehouse.get("/people?limit=1&limit=2")
    assert answer.status_code == 400
    assert "twice" in answer.json["detail"]
