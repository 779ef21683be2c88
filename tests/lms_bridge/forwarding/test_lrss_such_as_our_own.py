"""Two municipalities of this service forward to each other, over HTTP: attachments go along, and nothing goes round."""

import base64
import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from werkzeug.serving import make_server

from lms_bridge.web.app import Bridge
from tests.lms_bridge.lrs.conftest import VOIDED, Sender, statement
from tests.people import FJORDVIK, STORSJO, Municipality

from .conftest import Forwarding


@pytest.fixture
def address(app: Bridge) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/xapi/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def both(
    forwarding: Forwarding,
    address: str,
    sender: Callable[..., Sender],
    tenant_id: Callable[[Municipality], uuid.UUID],
) -> tuple[Sender, Sender, Forwarding, Forwarding]:
    """Fjordvik and Storsjö, each of which tells the other everything, from 1.0.3 to 2.0 and back."""
    fjordvik, storsjo = sender(FJORDVIK), sender(STORSJO, version="2.0.0")
    back = Forwarding(forwarding.app, tenant_id(STORSJO))
    for one, other, version in ((forwarding, storsjo, "2.0.0"), (back, fjordvik, "1.0.3")):
        key, _, secret = base64.b64decode(other.headers["Authorization"].split()[1]).decode().partition(":")
        one.connect(address, username=key, password=secret, version=version)
    return fjordvik, storsjo, forwarding, back


def test_what_one_is_told_it_tells_back_once_at_most(both):
    fjordvik, storsjo, there, back = both
    ours, theirs = [statement() for _ in range(3)], [statement() for _ in range(2)]
    fjordvik.post(*ours)
    storsjo.post(*theirs)
    for _ in range(4):
        there.work()
        back.work()
    everything = {one["id"] for one in ours + theirs}
    assert set(fjordvik.ids()) == set(storsjo.ids()) == everything
    assert [there.standing.waiting, back.standing.waiting] == [0, 0]
    assert [there.standing.target.sent, back.standing.target.sent] == [5, 5]
    assert [there.standing.refused, back.standing.refused] == [0, 0]


def test_what_is_withdrawn_here_is_withdrawn_there(both):
    fjordvik, storsjo, there, _back = both
    one = statement()
    fjordvik.post(one)
    fjordvik.post(statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": one["id"]}))
    there.work()
    assert storsjo.request("GET", "statements", query={"statementId": one["id"]}).status_code == 404
    assert storsjo.request("GET", "statements", query={"voidedStatementId": one["id"]}).status_code == 200


def test_attachments_go_along(both):
    fjordvik, storsjo, there, _back = both
    content = b"a certificate \x00\r\n--x" * 100_000
    sha2 = hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": "https://x.example/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": sha2,
    }
    plain, signed = statement(), statement(attachments=[attachment])
    assert fjordvik.post(plain).status_code == 200
    body = (
        b"--B\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(signed).encode()
        + b"\r\n--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: binary\r\n"
        + f"X-Experience-API-Hash: {sha2}\r\n\r\n".encode()
        + content
        + b"\r\n--B--\r\n"
    )
    answer = fjordvik.request("POST", "statements", data=body, content_type="multipart/mixed; boundary=B")
    assert answer.status_code == 200, answer.text
    there.work()
    assert there.standing.target.problem is None
    assert set(storsjo.ids()) == {plain["id"], signed["id"]}
    query = {"statementId": signed["id"], "attachments": "true"}
    assert content in storsjo.request("GET", "statements", query=query).data
