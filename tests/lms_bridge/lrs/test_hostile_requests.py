"""What strangers may send instead of a statement: each is refused with a sentence, and nothing is stored."""

import base64
import contextlib
import io
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lms_bridge.lrs import parsing, rules, values
from tests.support.service import Service

from .conftest import Sender, statement

TEXT = orjson.dumps(statement()).decode()
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing gets that far


@on_sqlite
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (TEXT[:-1].encode(), "not JSON"),
        (TEXT.replace("mailto", "\xe6").encode("latin-1"), "not JSON"),
        (TEXT.replace("mailto", "\\ud800").encode(), "not JSON"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "not JSON"),
        (TEXT.encode("utf-16"), "not JSON"),
        (TEXT.replace('"id"', '"result":{"score":{"raw":NaN}},"id"', 1).encode(), "not JSON"),
        (TEXT.replace('"id"', '"result":{"score":{"raw":Infinity}},"id"', 1).encode(), "not JSON"),
        (TEXT.replace('"id"', '"verb":{"id":"http://a.example"},"id"', 1).encode(), "twice"),
        (TEXT.replace('"id"', '"verb" \t:{"id":"http://a.example"},"id"', 1).encode(), "twice"),
        (TEXT.replace('"mbox"', '"mbox":"mailto:a@example.com","mb\\u006fx"').encode(), "twice"),
        (b"[" * 100_000 + b"]" * 100_000, "not JSON"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "levels deep"),
        (b'"statement"', "must be an object"),
        (b"null", "must be an object"),
        (b"[[]]", "$[0] must be an object"),
        (TEXT.replace('"id"', '"result":{"score":{"raw":1e999}},"id"', 1).encode(), ""),
    ],
)
def test_what_is_no_statement_is_refused_with_a_sentence(lrs: Sender, body: bytes, sentence: str):
    answer = lrs.request("POST", "statements", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert sentence in answer.json["detail"]
    assert lrs.ids() == []


@on_sqlite
def test_an_actor_with_two_identifiers_is_refused(lrs: Sender):
    actor = {"mbox": "mailto:emma@fjordvik.example", "openid": "https://id.example/emma"}
    answer = lrs.post(statement(actor=actor))
    assert answer.status_code == 400
    assert answer.json["detail"] == "$.actor must have only one identifier; it has mbox and openid"


def test_a_future_timestamp_is_kept_as_the_sender_gave_it(lrs: Sender):
    sent = statement(timestamp="2999-01-01T00:00:00.000Z")
    lrs.post(sent)
    assert lrs.get(statementId=sent["id"]).json["timestamp"] == sent["timestamp"]


@on_sqlite
def test_a_body_over_the_limit_is_refused_while_it_is_read(lrs: Sender):
    class Endless(io.RawIOBase):
        read_bytes = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.read_bytes += len(buffer)
            return len(buffer)

    body = Endless()
    answer = lrs.request(
        "POST",
        "statements",
        headers={"Content-Type": "application/json"},
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(10**9)},
    )
    assert answer.status_code == 413
    assert body.read_bytes < 20_000_000


@on_sqlite
def test_more_statements_than_a_batch_holds_are_refused(lrs: Sender):
    assert lrs.post(*[statement(id=None)] * 10_001).status_code == 413
    assert lrs.ids() == []


@pytest.mark.browser
def test_a_client_that_stops_in_the_middle_leaves_nothing(service: Service):
    import json
    import urllib.request

    made = json.loads(service.command("credentials", "create", "--tenant", "fjordvik", "--scopes", "all"))
    header = "Basic " + base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
    sent = statement()
    body = orjson.dumps(sent)
    host, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST /xapi/statements HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {header}\r\n"
            "X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[: len(body) // 2]
        )
    time.sleep(0.2)
    request = urllib.request.Request(
        f"{service.url}/xapi/statements",
        headers={"Authorization": header, "X-Experience-API-Version": "1.0.3"},
    )
    with urllib.request.urlopen(request) as answer:
        found = json.load(answer)["statements"]
    assert sent["id"] not in [one["id"] for one in found]


# --- whatever comes, no 500 and no surprise ---------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_json_says_is_what_is_read(value: Any):
    assert parsing.parse_json(orjson.dumps(value)) == orjson.loads(orjson.dumps(value))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes):
    with contextlib.suppress(parsing.NotJson):
        parsing.parse_json(body)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_statement_with_anything_anywhere_is_checked_without_an_accident(data: Any):
    made = statement(
        result={"score": {"raw": 1}, "duration": "PT1S", "extensions": {}},
        context={
            "contextActivities": {"parent": [{"id": "https://a.example"}]},
            "team": {"objectType": "Group"},
        },
        attachments=[{}],
    )
    place: Any = made
    while True:
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place))))
        )
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(json_values)
            break
        place = place[key]
    with contextlib.suppress(values.Wrong):
        rules.check_statement(made, xapi_2=data.draw(st.booleans()))


@given(st.text(max_size=40))
def test_durations_and_timestamps_are_parsed_or_refused(text: str):
    for check in (values.duration, values.timestamp, values.language_tag, values.iri, values.mailto):
        with contextlib.suppress(values.Wrong):
            check(text)


@given(st.from_regex(r"P([12]([.,]5)?[YMDW]){0,3}(T([12]([.,]5)?[HMS]){0,3})?", fullmatch=True))
@example("PT1.5H1S")
@example("PT1.5M1S")
@example("P1.5DT1S")
def test_a_duration_has_its_parts_in_order_and_a_decimal_in_the_last_only(text: str):
    before, time, after = text[1:].partition("T")
    amounts = re.findall(r"[0-9.,]+(?=[A-Z])", text)
    units = [re.sub(r"[^A-Z]", "", part) for part in (before, after)]
    in_order = all(re.fullmatch(order, part) for order, part in zip(("Y?M?D?", "H?M?S?"), units, strict=True))
    right = (
        (in_order or units == ["W", ""])
        and bool(amounts)
        and bool(after) == bool(time)
        and all(map(str.isdecimal, amounts[:-1]))
    )
    with contextlib.nullcontext() if right else pytest.raises(values.Wrong):
        values.duration(text)


@pytest.mark.parametrize("name", ["\x00", "x" * 3000, "\U0010ffff" * 600])
def test_a_name_that_no_database_can_have_as_a_key_is_refused(lrs: Sender, name: str):
    agent = {"account": {"homePage": "https://a.example", "name": name}}
    for query in (
        {"activityId": "urn:a:b", "agent": {"mbox": "mailto:a@example.com"}, "stateId": name},
        {"activityId": "urn:a:b", "agent": agent, "stateId": "x"},
    ):
        assert lrs.request("PUT", "activities/state", query=query, json={}).status_code == 400
    wrong = base64.b64encode(f"{name}:x".encode()).decode()
    assert lrs.request("GET", "statements", headers={"Authorization": f"Basic {wrong}"}).status_code == 401
    sent = statement(actor=agent, object={"id": "urn:a:b", "definition": {"name": {"nb": name}}})
    assert lrs.post(sent).status_code == 200
    assert lrs.ids(agent=agent) == [sent["id"]]


@pytest.mark.parametrize(
    "path", ["statements", "agents", "activities", "activities/state", "agents/profile", "about"]
)
def test_odd_parameters_never_break_a_resource(sender: Callable[..., Sender], path: str):
    lrs = sender()
    odd = [
        "",
        "null",
        "{}",
        "[]",
        "\x00",
        "é\ud7ff",
        "9" * 400,
        "-1",
        '{"mbox":null}',
        '{"mbox":"mailto:a@b\x00"}',
        "9" * 19,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ]
    for name in (
        "agent",
        "activityId",
        "stateId",
        "profileId",
        "since",
        "limit",
        "cursor",
        "verb",
        "statementId",
    ):
        for value in odd:
            for method in ("GET", "DELETE", "PUT"):
                answer = lrs.request(method, path, query={name: value}, json={} if method == "PUT" else None)
                assert answer.status_code < 500, (method, path, name, value)
