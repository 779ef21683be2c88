"""HEAD, headers, versions, authentication, the alternate request syntax, CORS; Agents, Activities and About
(1.0.3 Communication 1, 2.4, 2.5, 2.8, 3, 4).
"""

import base64
import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from .conftest import AGENT, Lrs, new_iri, statement

STATE = {"activityId": new_iri(), "agent": AGENT, "stateId": "where"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("statements", {}),
        ("activities/state", {"activityId": new_iri(), "agent": AGENT}),
        ("activities/profile", {"activityId": new_iri()}),
        ("agents/profile", {"agent": AGENT}),
        ("agents", {"agent": AGENT}),
        ("activities", {"activityId": new_iri()}),
        ("about", {}),
    ],
)
def test_xapi_00125_00126_00139_00140_head_is_get_without_a_body(lrs: Lrs, path: str, query: dict):
    get, head = (lrs.request(method, path, query) for method in ("GET", "HEAD"))
    assert get.status_code == head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert lrs.request("GET", "/" + path, query).status_code == 200  # clients that join with a slash too many


@pytest.mark.parametrize("path", ["statements", "activities/state", "agents", "about"])
@pytest.mark.parametrize("query", [{"foo": "bar"}, {"Agent": "x"}, {"StatementId": "x"}, {"Limit": "1"}])
def test_xapi_00324_00325_unknown_parameters_and_other_case_are_refused(lrs: Lrs, path: str, query: dict):
    assert lrs.request("GET", path, query).status_code == 400


def test_a_parameter_twice_is_refused(lrs: Lrs):
    answer = lrs.client.get(
        "/xapi/statements?limit=1&limit=2", base_url="http://bridge.localhost", headers=lrs.headers
    )
    assert answer.status_code == 400


def test_xapi_00333_answers_carry_the_version(lrs: Lrs):
    for answer in (lrs.get(), lrs.get(limit="x"), lrs.request("GET", "about"), lrs.post({})):
        assert answer.headers["X-Experience-API-Version"] == lrs.version


@pytest.mark.parametrize("version", ["", "0.9", "0.95", "1.1", "1", "2.1.0", "3.0.0", "x", "1.0.x"])
def test_xapi_00331_00321_another_version_is_refused(lrs: Lrs, version: str):
    for method in ("GET", "POST"):
        answer = lrs.request(method, "statements", headers={"X-Experience-API-Version": version})
        assert answer.status_code == 400
    assert lrs.request("GET", "about", headers={"X-Experience-API-Version": version}).status_code == 200


def test_xapi_00321_00331_no_version_is_version_0_9(lrs: Lrs):
    answer = lrs.request("GET", "statements", headers={"X-Experience-API-Version": None})
    assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, "0.9")


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.9", "2.0", "2.0.1"])
def test_other_patch_versions_are_understood(lrs: Lrs, version: str):
    answer = lrs.request("GET", "statements", headers={"X-Experience-API-Version": version})
    assert answer.headers["X-Experience-API-Version"] == ("1.0.3" if version[0] == "1" else "2.0.0")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header", [None, basic("foo:bar"), basic("foo"), "Basic !", "Bearer x", "Digest y", "Basic"]
)
def test_xapi_00334_00335_wrong_credentials_are_401(lrs: Lrs, header: str | None):
    for method, path in (("GET", "statements"), ("POST", "statements"), ("GET", "agents")):
        answer = lrs.request(method, path, headers={"Authorization": header})
        assert answer.status_code == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]


def test_xapi_00327_credentials_without_the_scope_are_403(lrs: Lrs):
    from sqlalchemy import select

    from lms_bridge.accounts import Tenant
    from lms_bridge.lrs.credentials import create_credential

    database = lrs.client.application.database
    with database.unit_of_work() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "fjordvik")).one()
    with database.unit_of_work(tenant_id) as session:
        made = create_credential(session, name="State only", scopes=["state"])
    header = {"Authorization": basic(f"{made.credential.key}:{made.secret}")}
    assert lrs.post(statement(), headers=header).status_code == 403
    assert lrs.request("GET", "statements", headers=header).status_code == 403
    assert lrs.request("GET", "agents/profile", {"agent": AGENT}, header).status_code == 403
    state = {"activityId": new_iri(), "agent": AGENT}
    assert lrs.request("GET", "activities/state", state, header).status_code == 200


def test_xapi_00328_a_body_over_the_limit_is_413(lrs: Lrs, monkeypatch: pytest.MonkeyPatch):
    from lms_bridge.lrs import protocol

    monkeypatch.setattr(protocol.Call.read_body, "__defaults__", (1000,))
    assert lrs.post(statement(result={"response": "x" * 1000})).status_code == 413


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded"]
)
def test_xapi_00127_statements_are_json(lrs: Lrs, content_type: str):
    sent = json.dumps(statement())
    assert (
        lrs.request("POST", "statements", headers={"Content-Type": content_type}, data=sent).status_code
        == 400
    )
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert lrs.request("POST", "statements", headers=charset, data=sent).status_code == 200


# --- the alternate request syntax ---------------------------------------------------------------------------------


def alternate(
    lrs: Lrs,
    method: str,
    form: dict[str, Any],
    *,
    query: dict | None = None,
    as_: str = "POST",
    **headers: Any,
) -> Any:
    body = urlencode({n: json.dumps(v) if isinstance(v, dict) else v for n, v in form.items()})
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    parameters = {"method": method, **(query or {})}
    return lrs.request(as_, "statements", parameters, sent, data=body)


def test_xapi_00336_00148_the_alternate_request_syntax(lrs: Lrs):
    new = str(uuid.uuid4())
    put = alternate(lrs, "PUT", {"statementId": new, "content": statement()})
    if lrs.version == "2.0.0":  # which does not have it
        assert put.status_code == 400
        assert "alternate" in put.json["detail"]
        return
    assert put.status_code == 204
    assert alternate(lrs, "GET", {"statementId": new}).json["id"] == new
    assert "statements" in alternate(lrs, "GET", {"limit": 1}).json
    own = {
        **lrs.headers,
        "statementId": str(uuid.uuid4()),
        "content": statement(),
        "Content-Type": "application/json",
    }
    none = dict.fromkeys(lrs.headers)
    assert alternate(lrs, "PUT", own, **none).status_code == 204


@pytest.mark.parametrize(
    "call",
    [
        {"method": "PUT", "form": {"statementId": str(uuid.uuid4())}},
        {"method": "PUT", "form": {"content": statement()}},
        {"method": "PUT", "form": {"content": statement()}, "query": {"statementId": str(uuid.uuid4())}},
        {"method": "POST", "form": {"content": statement()}, "as_": "PUT"},
        {"method": "BREW", "form": {}},
        {"method": "PUT", "form": {"X-Experience-API-Version": "0.8", "content": statement()}},
        {"method": "PUT", "form": {"content": statement()}, "Content-Type": "application/json"},
    ],
    ids=["no content", "no id", "more in the query", "not a POST", "no such method", "version", "no form"],
)
def test_xapi_00336_a_faulty_alternate_request_is_refused(lrs: Lrs, call: dict):
    assert alternate(lrs, **call).status_code == 400


# --- CORS ---------------------------------------------------------------------------------------------------------


def test_a_package_on_another_origin_may_call(lrs: Lrs):
    origin = {"Origin": "https://lms.example", "Access-Control-Request-Method": "PUT"}
    ask = lrs.request("OPTIONS", "activities/state", headers={**origin, **dict.fromkeys(lrs.headers)})
    assert ask.status_code == 204
    assert ask.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("Authorization", "X-Experience-API-Version", "Content-Type", "If-Match", "If-None-Match"):
        assert name in ask.headers["Access-Control-Allow-Headers"]
    assert "PUT" in ask.headers["Access-Control-Allow-Methods"]
    for answer in (lrs.get(), lrs.get(limit="x"), lrs.request("GET", "activities/state", STATE)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


# --- Agents, Activities, About ------------------------------------------------------------------------------------


def test_xapi_00236_to_00248_agents_gives_a_person(lrs: Lrs):
    who = {"account": {"homePage": "http://example.com", "name": str(uuid.uuid4())}}
    for name in ("Emma", "Emma Eide"):
        lrs.stored(statement(actor={**who, "name": name}))
    answer = lrs.request("GET", "agents", {"agent": who})
    assert answer.status_code == 200
    assert answer.json["objectType"] == "Person"
    assert sorted(answer.json["name"]) == ["Emma", "Emma Eide"]
    assert answer.json["account"] == [who["account"]]
    others = {"mbox": "mailto:x@example.com", "openid": "http://id.example/x", "mbox_sha1sum": "b" * 40}
    for identifier, value in others.items():
        assert lrs.request("GET", "agents", {"agent": {identifier: value}}).json[identifier] == [value]


@pytest.mark.parametrize(
    "query", [{}, {"agent": "no JSON"}, {"agent": {"name": "x"}}, {"agent": {"mbox": "x"}}]
)
def test_xapi_00243_00249_agents_needs_an_agent(lrs: Lrs, query: dict):
    assert lrs.request("GET", "agents", query).status_code == 400


def test_xapi_00251_to_00254_activities_gives_all_that_was_said(lrs: Lrs):
    activity = new_iri()
    for text in ({"en": "Hands"}, {"nb": "Hender"}):
        lrs.stored(statement(object={"id": activity, "definition": {"name": text}}))
    answer = lrs.request("GET", "activities", {"activityId": activity})
    assert answer.json == {
        "objectType": "Activity",
        "id": activity,
        "definition": {"name": {"en": "Hands", "nb": "Hender"}},
    }
    unknown = new_iri()
    assert lrs.request("GET", "activities", {"activityId": unknown}).json == {
        "objectType": "Activity",
        "id": unknown,
    }


@pytest.mark.parametrize("query", [{}, {"activityId": "no iri"}])
def test_xapi_00250_activities_needs_an_activity(lrs: Lrs, query: dict):
    assert lrs.request("GET", "activities", query).status_code == 400


def test_xapi_00315_to_00320_about_is_open_to_all(lrs: Lrs):
    answer = lrs.request("GET", "about", headers=dict.fromkeys(lrs.headers))
    assert answer.status_code == 200
    assert {"1.0.3", "2.0.0"} <= set(answer.json["version"])
    assert all(isinstance(version, str) for version in answer.json["version"])


@pytest.mark.parametrize(("method", "path"), [("DELETE", "statements"), ("POST", "agents"), ("PUT", "about")])
def test_a_method_that_a_resource_does_not_have_is_405(lrs: Lrs, method: str, path: str):
    answer = lrs.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
