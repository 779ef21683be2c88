"""The OpenAPI document is sound, and says of every address below /api and /xapi what is there and nothing else."""

import re
from typing import Any

import pytest
import schemathesis

from lms_bridge.lrs.resources import served as resources
from tests.support.app import new_client
from tests.support.demo import Demo

SERVED_BESIDE = {"/health/live", "/health/ready", "/metrics"}


@pytest.fixture
def document(demo: Demo) -> dict[str, Any]:
    return new_client(demo.app).get("/api/openapi.json").json


def test_it_is_valid_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()


def test_every_operation_is_in_it_and_no_other(demo: Demo, document: dict[str, Any]):
    described = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    served = {("GET", path) for path in SERVED_BESIDE}
    for rule in demo.app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        if path.startswith("/xapi//") or path == "/api/" or not path.startswith(("/api/", "/xapi/")):
            continue  # an address with a slash too many; the page of this document
        methods = resources[path.removeprefix("/xapi")] if path.startswith("/xapi/") else rule.methods
        served |= {(method, path) for method in methods if method not in ("HEAD", "OPTIONS")}
    assert described == served


def test_each_operation_says_what_it_is_for_and_what_it_may_answer(document: dict[str, Any]):
    names = []
    for operations in document["paths"].values():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["summary"].endswith(".")
            if operation.get("security") != []:
                assert {"400", "401", "403", "429"} <= set(operation["responses"])
    assert len(set(names)) == len(names)


def test_it_costs_nothing_to_look_whether_it_changed(demo: Demo):
    client = new_client(demo.app)
    tag = client.get("/api/openapi.json").headers["ETag"]
    assert client.get("/api/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def test_people_read_the_same_as_a_page(demo: Demo, document: dict[str, Any]):
    page = new_client(demo.app).get("/api/").text
    assert [path for path in document["paths"] if path not in page] == []
