"""State, Agent Profile and Activity Profile: documents by name, merged, guarded by ETags
(1.0.3 Communication 2.2, 2.3, 2.6, 2.7, 3.1).
"""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import Lrs, new_iri


@dataclass(frozen=True)
class Kind:
    path: str
    name: str
    owners: tuple[str, ...]

    def place(self) -> dict[str, Any]:
        """Parameters of a document that nobody has."""
        own = {"activityId": new_iri(), "agent": {"mbox": f"mailto:{uuid.uuid4()}@example.com"}}
        return {**{owner: own[owner] for owner in self.owners}, self.name: str(uuid.uuid4())}

    def guard(self, lrs: Lrs) -> dict[str, str]:
        return {"If-None-Match": "*"}


STATE = Kind("activities/state", "stateId", ("activityId", "agent"))
AGENT = Kind("agents/profile", "profileId", ("agent",))
ACTIVITY = Kind("activities/profile", "profileId", ("activityId",))
KINDS = [
    pytest.param(STATE, id="state XAPI-00187-00235"),
    pytest.param(AGENT, id="agent profile XAPI-00255-00284"),
    pytest.param(ACTIVITY, id="activity profile XAPI-00285-00314"),
]
every_kind = pytest.mark.parametrize("kind", KINDS)
DOCUMENT = {"likes": "tea", "seen": [1, 2]}


def put(lrs: Lrs, kind: Kind, place: dict, document: Any = DOCUMENT, **headers: Any) -> Any:
    return lrs.request("PUT", kind.path, place, headers=headers or kind.guard(lrs), json=document)


def without(place: dict, *names: str) -> dict:
    return {name: value for name, value in place.items() if name not in names}


@every_kind
def test_00187_to_00192_00216_00217_00230_a_document_is_kept_given_and_deleted(lrs: Lrs, kind: Kind):
    place = kind.place()
    assert put(lrs, kind, place).status_code == 204
    answer = lrs.request("GET", kind.path, place)
    assert (answer.status_code, answer.json) == (200, DOCUMENT)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.last_modified is not None
    assert lrs.request("DELETE", kind.path, place).status_code == 204
    assert lrs.request("GET", kind.path, place).status_code == 404


@every_kind
def test_a_document_may_be_anything_and_comes_back_to_the_byte(lrs: Lrs, kind: Kind):
    place, picture = kind.place(), bytes(range(256))
    headers = {**kind.guard(lrs), "Content-Type": "image/png"}
    assert lrs.request("PUT", kind.path, place, headers, data=picture).status_code == 204
    answer = lrs.request("GET", kind.path, place)
    assert (answer.data, answer.headers["Content-Type"]) == (picture, "image/png")


@every_kind
def test_00189_00231_00233_post_makes_a_document_where_there_is_none(lrs: Lrs, kind: Kind):
    place = kind.place()
    assert lrs.request("POST", kind.path, place, json=DOCUMENT).status_code == 204
    assert lrs.request("GET", kind.path, place).json == DOCUMENT


@every_kind
def test_00183_00184_00234_00279_00308_post_merges_at_the_first_level(lrs: Lrs, kind: Kind):
    place = kind.place()
    lrs.request("POST", kind.path, place, json={"a": {"x": 1, "y": 2}, "b": 1})
    assert lrs.request("POST", kind.path, place, json={"a": {"x": 3}, "c": 2}).status_code == 204
    assert lrs.request("GET", kind.path, place).json == {"a": {"x": 3}, "b": 1, "c": 2}


@every_kind
@pytest.mark.parametrize("old", ["text/plain", "application/json"])
def test_00232_00278_00309_only_json_is_merged(lrs: Lrs, kind: Kind, old: str):
    place = kind.place()
    lrs.request("PUT", kind.path, place, {**kind.guard(lrs), "Content-Type": old}, data=b'{"a": 1}')
    new = "application/json" if old == "text/plain" else "text/plain"
    answer = lrs.request("POST", kind.path, place, {"Content-Type": new}, data=b'{"b": 1}')
    assert answer.status_code == 400
    assert lrs.request("GET", kind.path, place).data == b'{"a": 1}'


@every_kind
@pytest.mark.parametrize("content", [b"[1]", b"5", b'{"a":', b'{"a": NaN}', b"", b'{"a":1,"a":2}'])
def test_00229_00235_00281_00284_00313_00314_what_is_posted_is_a_json_object(
    lrs: Lrs, kind: Kind, content: bytes
):
    headers = {"Content-Type": "application/json"}
    assert lrs.request("POST", kind.path, kind.place(), headers, data=content).status_code == 400
    place = kind.place()
    lrs.request("POST", kind.path, place, json=DOCUMENT)
    assert lrs.request("POST", kind.path, place, headers, data=content).status_code == 400
    assert lrs.request("GET", kind.path, place).json == DOCUMENT


@every_kind
def test_00193_00270_00289_00221_00268_00275_00294_00303_names_since(lrs: Lrs, kind: Kind):
    place = kind.place()
    names = sorted(str(uuid.uuid4()) for _ in range(2))
    lrs.request("POST", kind.path, {**place, kind.name: names[0]}, json=DOCUMENT)
    time.sleep(0.002)
    moment = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(t := time.time()))}.{int(t % 1 * 1e6):06}Z"
    lrs.request("POST", kind.path, {**place, kind.name: names[1]}, json=DOCUMENT)
    owner = without(place, kind.name)
    assert lrs.request("GET", kind.path, owner).json == names
    assert lrs.request("GET", kind.path, {**owner, "since": moment}).json == names[1:]
    assert lrs.request("GET", kind.path, {**owner, "since": "2100-01-01T00:00:00Z"}).json == []


@every_kind
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_00196_to_00215_00243_to_00267_00295_to_00302_parameters(lrs: Lrs, kind: Kind, method: str):
    place = kind.place()

    def status(query: dict) -> int:
        headers = {"If-None-Match": "*"} if method == "PUT" else {}
        body = {} if method in ("GET", "DELETE") else {"json": DOCUMENT}
        return lrs.request(method, kind.path, query, headers, **body).status_code

    for owner in kind.owners:
        assert status(without(place, owner)) == 400
    for wrong in ("not JSON", "{}", '{"mbox": 5}', "[]"):
        if "agent" in kind.owners:
            assert status({**place, "agent": wrong}) == 400
    if "activityId" in kind.owners:
        assert status({**place, "activityId": "no iri"}) == 400
    if method in ("PUT", "POST") or (method == "DELETE" and kind is not STATE):
        assert status(without(place, kind.name)) == 400
    if kind is STATE:
        assert status({**place, "registration": "no uuid"}) == 400
    if method == "GET":
        assert status({**without(place, kind.name), "since": "yesterday"}) == 400
    assert status({**place, "unknown": "1"}) == 400
    assert status({**without(place, kind.name), kind.name.upper(): "1"}) == 400


def test_00194_00218_to_00220_00227_states_of_registrations_are_apart(lrs: Lrs):
    place, registration = STATE.place(), str(uuid.uuid4())
    lrs.request("POST", STATE.path, place, json={"of": "none"})
    lrs.request("POST", STATE.path, {**place, "registration": registration}, json={"of": "one"})
    assert lrs.request("GET", STATE.path, place).json == {"of": "none"}
    assert lrs.request("GET", STATE.path, {**place, "registration": registration}).json == {"of": "one"}
    assert lrs.request("GET", STATE.path, {**place, "registration": str(uuid.uuid4())}).status_code == 404
    everything = without(place, "stateId")
    assert lrs.request("GET", STATE.path, everything).json == [place["stateId"]]
    assert lrs.request("DELETE", STATE.path, {**everything, "registration": registration}).status_code == 204
    assert lrs.request("GET", STATE.path, place).json == {"of": "none"}
    assert lrs.request("DELETE", STATE.path, everything).status_code == 204
    assert lrs.request("GET", STATE.path, everything).json == []


# --- concurrency --------------------------------------------------------------------------------------------------


@every_kind
def test_xapi_00322_an_etag_is_quoted_and_guards_against_overwriting(lrs: Lrs, kind: Kind):
    place = kind.place()
    assert put(lrs, kind, place).status_code == 204
    etag = lrs.request("GET", kind.path, place).headers["ETag"]
    assert etag[0] == etag[-1] == '"'
    assert len(etag) == 42
    wrong = {"If-Match": '"1111111111111111111111111111111111111111"'}
    assert lrs.request("PUT", kind.path, place, wrong, json={"a": 1}).status_code == 412
    assert lrs.request("PUT", kind.path, place, {"If-None-Match": "*"}, json={"a": 1}).status_code == 412
    assert lrs.request("POST", kind.path, place, wrong, json={"a": 1}).status_code == 412
    assert lrs.request("DELETE", kind.path, place, wrong).status_code == 412
    assert lrs.request("GET", kind.path, place).json == DOCUMENT
    assert lrs.request("PUT", kind.path, place, {"If-Match": etag}, json={"a": 2}).status_code == 204
    assert lrs.request("GET", kind.path, place).headers["ETag"] != etag
    assert lrs.request("DELETE", kind.path, place, {"If-Match": "*"}).status_code == 204
    assert lrs.request("PUT", kind.path, place, {"If-Match": "*"}, json={"a": 2}).status_code == 412


@every_kind
def test_xapi_00323_put_without_a_condition(lrs: Lrs, kind: Kind):
    place = kind.place()
    blind = json.dumps({"blind": True})
    headers = {"Content-Type": "application/json"}
    guarded = kind is not STATE
    first = lrs.request("PUT", kind.path, place, headers, data=blind)
    assert first.status_code == (400 if guarded and lrs.version == "1.0.3" else 204)
    lrs.request("POST", kind.path, place, json=DOCUMENT)
    second = lrs.request("PUT", kind.path, place, headers, data=blind)
    if guarded or lrs.version == "2.0.0":
        assert second.status_code == 409
        assert "If-Match" in second.json["detail"]
        assert lrs.request("GET", kind.path, place).json["likes"] == "tea"
    else:
        assert second.status_code == 204
