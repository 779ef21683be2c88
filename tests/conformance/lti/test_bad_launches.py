"""The certification's bad payloads: each is refused, and opens nothing."""

import time
from typing import Any

import pytest

from tests.support.lti_launches import Lms
from tests.support.lti_platform import CLAIM

PAST = int(time.time()) - 7200
LTI_CLAIMS = {
    CLAIM + name: None
    for name in ("message_type", "version", "deployment_id", "target_link_uri", "roles", "resource_link")
}
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "Wrong LTI Version": {CLAIM + "version": "11.3"},
    "No LTI Version": {CLAIM + "version": None},
    "Invalid LTI message": LTI_CLAIMS,
    "Missing LTI Claims": {CLAIM + "deployment_id": None, CLAIM + "resource_link": None, "sub": None},
    "Timestamps Incorrect": {"iat": PAST, "exp": PAST + 60},
    "message_type Claim Missing": {CLAIM + "message_type": None},
    "role Claim Missing": {CLAIM + "roles": None},
    "deployment_id Claim Missing": {CLAIM + "deployment_id": None},
    "resource_link_id Claim Missing": {CLAIM + "resource_link": {"title": "without an id"}},
    "user Claim Missing": {"sub": None},
}


@pytest.mark.parametrize("title", BAD_CLAIMS)
def test_bad_payload(lms: Lms, title: str):
    answer = lms.launch(**BAD_CLAIMS[title])
    assert answer.status_code == 401
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("title", "kid"),
    [("No KID Sent in JWT header", None), ("Incorrect KID in JWT header", "imstester_66067")],
)
def test_bad_header(lms: Lms, title: str, kid: str | None):
    state, nonce = lms.login()
    answer = lms.post(state, lms.platform.sign(lms.claims(nonce), kid=kid))
    assert answer.status_code == 401, title
