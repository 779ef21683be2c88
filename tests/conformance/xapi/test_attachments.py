"""Attachments travel as multipart/mixed, with their hashes; signatures sign what they came with
(1.0.3 Communication 1.5, Data 2.4.11, 2.6).
"""

import hashlib
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from lms_bridge.lrs.rules import SIGNATURE

from .conftest import ATTACHMENT, Lrs, statement

BOUNDARY = "-------314159265358979323846"
KEY = RSAKey.generate_key(2048)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def announced(data: bytes, **more: Any) -> dict[str, Any]:
    described = {name: value for name, value in ATTACHMENT.items() if name != "fileUrl"}
    return {**described, "length": len(data), "sha2": sha(data), **more}


def part(data: bytes, *, leave_out: str = "", **headers: str) -> bytes:
    all_headers = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha(data),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in all_headers.items() if name != leave_out]
    return "\r\n".join([*lines, "", ""]).encode() + data


def body(first: Any, *parts: bytes, boundary: str = BOUNDARY, first_type: str = "application/json") -> bytes:
    content = first if isinstance(first, bytes) else json.dumps(first).encode()
    all_parts = [f"Content-Type: {first_type}\r\n\r\n".encode() + content, *parts]
    return (
        b"".join(f"--{boundary}\r\n".encode() + one + b"\r\n" for one in all_parts)
        + f"--{boundary}--\r\n".encode()
    )


def send(lrs: Lrs, sent: bytes, content_type: str = f"multipart/mixed; boundary={BOUNDARY}") -> Any:
    return lrs.request("POST", "statements", headers={"Content-Type": content_type}, data=sent)


ONE, TWO = b"some text\r\n--with dashes\r\n", bytes(range(256)) * 700


def test_xapi_00127_00167_attachments_go_in_and_come_back(lrs: Lrs):
    answer = send(lrs, body(statement(attachments=[announced(ONE), announced(TWO)]), part(ONE), part(TWO)))
    assert answer.status_code == 200, answer.text
    found = lrs.get(statementId=answer.json[0], attachments="true")
    assert found.mimetype == "multipart/mixed"
    assert ONE in found.data
    assert TWO in found.data
    assert found.data.count(sha(TWO).encode()) == 2
    assert found.data.rstrip().endswith(b"--")


def test_xapi_00161_without_attachments_the_answer_is_json(lrs: Lrs):
    answer = send(lrs, body(statement(attachments=[announced(ONE)]), part(ONE)))
    for query in ({}, {"attachments": "false"}):
        assert lrs.get(statementId=answer.json[0], **query).mimetype == "application/json"


def test_the_same_file_in_two_statements_is_sent_once(lrs: Lrs):
    batch = [statement(attachments=[announced(ONE)]) for _ in range(2)]
    assert send(lrs, body(batch, part(ONE))).status_code == 200


def test_the_statements_of_a_multipart_request_need_no_attachment(lrs: Lrs):
    assert send(lrs, body(statement())).status_code == 200
    assert send(lrs, body(statement(attachments=[ATTACHMENT]))).status_code == 200


WITH_ONE = statement(attachments=[announced(ONE)])


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        pytest.param(
            json.dumps(WITH_ONE).encode(), "multipart/form-data; boundary=x", id="XAPI-00127 form-data"
        ),
        pytest.param(json.dumps(WITH_ONE).encode(), "text/plain", id="XAPI-00127 text"),
        pytest.param(
            json.dumps(WITH_ONE).encode(), "application/json", id="XAPI-00127 json without the data"
        ),
        pytest.param(body(WITH_ONE, part(ONE), part(TWO)), None, id="XAPI-00128 excess part"),
        pytest.param(body(WITH_ONE), None, id="XAPI-00129 missing part"),
        pytest.param(
            body(WITH_ONE, part(ONE))[len(BOUNDARY) + 4 :], None, id="XAPI-00130 no boundary before the first"
        ),
        pytest.param(body(WITH_ONE, part(ONE)), "multipart/mixed", id="XAPI-00131 no boundary in the header"),
        pytest.param(body(WITH_ONE, part(ONE), boundary="other"), None, id="XAPI-00130 another boundary"),
        pytest.param(body(WITH_ONE, part(ONE))[:-40], None, id="XAPI-00130 ends in the middle"),
        pytest.param(
            body(WITH_ONE, part(ONE, leave_out="Content-Transfer-Encoding")),
            None,
            id="XAPI-00132 no encoding",
        ),
        pytest.param(
            body(WITH_ONE, part(ONE, Content_Transfer_Encoding="base64")),
            None,
            id="XAPI-00132 another encoding",
        ),
        pytest.param(
            body(b'{"actor":', json.dumps(WITH_ONE).encode()), None, id="XAPI-00133 statement in two parts"
        ),
        pytest.param(
            body(WITH_ONE, part(ONE), first_type="text/plain"), None, id="XAPI-00134 first part not JSON"
        ),
        pytest.param(
            body(WITH_ONE, part(ONE, leave_out="X-Experience-API-Hash")), None, id="XAPI-00135 no hash"
        ),
        pytest.param(
            body(WITH_ONE, part(ONE, X_Experience_API_Hash=sha(TWO))),
            None,
            id="XAPI-00135 the hash of another",
        ),
        pytest.param(b"", None, id="XAPI-00130 empty"),
        pytest.param(body(WITH_ONE, b"no headers at all"), None, id="XAPI-00132 no headers"),
    ],
)
def test_a_faulty_multipart_request_is_rejected_with_400(lrs: Lrs, sent: bytes, content_type: str | None):
    answer = send(lrs, sent, *([content_type] if content_type else []))
    assert answer.status_code == 400, answer.text
    assert answer.json["detail"]


# --- signatures ---------------------------------------------------------------------------------------------------


def signed(base: dict[str, Any], token: bytes, **more: Any) -> bytes:
    described = announced(
        token, **{"usageType": SIGNATURE, "contentType": "application/octet-stream", **more}
    )
    return body({**base, "attachments": [described]}, part(token, Content_Type="application/octet-stream"))


def token(payload: Any, algorithm: str = "RS256", key: Any = KEY) -> bytes:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jws.serialize_compact({"alg": algorithm}, content, key, algorithms=[algorithm]).encode()


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_xapi_00115_00117_a_signed_statement_is_stored(lrs: Lrs, algorithm: str):
    base = statement(timestamp="2026-01-01T00:00:00Z")
    assert send(lrs, signed(base, token(base, algorithm))).status_code == 200


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda base: signed(base, token(base), contentType="text/plain"), id="XAPI-00115 content type"
        ),
        pytest.param(lambda base: signed(base, b"no.signature"), id="XAPI-00115 no JWS"),
        pytest.param(lambda base: signed(base, token(b"{'not': JSON}")), id="XAPI-00116 payload is no JSON"),
        pytest.param(
            lambda base: signed(base, token({**base, "verb": {"id": "http://example.com/other"}})),
            id="XAPI-00116 another statement",
        ),
        pytest.param(
            lambda base: signed(
                base, token(base, "HS256", OctKey.import_key("a shared secret of some length here"))
            ),
            id="XAPI-00117 HS256",
        ),
    ],
)
def test_a_statement_with_a_faulty_signature_is_rejected_with_400(lrs: Lrs, make: Any):
    assert send(lrs, make(statement())).status_code == 400


def test_a_signature_must_fit_its_certificate(lrs: Lrs):
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    def certificate(private: rsa.RSAPrivateKey) -> str:
        import base64

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
        made = (
            x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
            .not_valid_before(datetime.now(UTC))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .sign(private, hashes.SHA256())
        )
        return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()

    ours, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    base = statement()
    content = json.dumps(base).encode()
    for private, status in ((ours, 200), (other, 400)):
        header = {"alg": "RS256", "x5c": [certificate(private)]}
        sent = jws.serialize_compact(header, content, RSAKey.import_key(ours), algorithms=["RS256"]).encode()
        answer = send(lrs, signed(base, sent))
        assert answer.status_code == status, answer.text
