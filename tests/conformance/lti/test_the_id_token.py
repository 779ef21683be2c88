"""What the certification does not ask and an attacker does: tokens that passed elsewhere and must not here."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLIENT, new_key


class FromNow(float):
    """Seconds from the moment of the launch."""


def timed(claims: dict[str, Any]) -> dict[str, Any]:
    now = time.time()
    return {name: now + value if isinstance(value, FromNow) else value for name, value in claims.items()}


@pytest.mark.parametrize(
    ("title", "claims"),
    [
        ("exp missing", {"exp": None}),
        ("iat missing", {"iat": None}),
        ("exp is true", {"exp": True}),
        ("exp is a string", {"exp": "9999999999"}),
        ("exp eleven seconds ago", {"exp": FromNow(-11)}),
        ("iat fifteen seconds ahead: beyond the leeway", {"iat": FromNow(15), "exp": FromNow(75)}),
        ("azp of another tool", {"azp": "another"}),
        ("azp empty", {"azp": ""}),
        ("aud of another tool", {"aud": "another"}),
        ("aud a list without us", {"aud": ["another", "third"]}),
        ("aud contains our id as a part", {"aud": f"{CLIENT}-2"}),
        ("aud missing", {"aud": None}),
        ("iss of another LMS", {"iss": "https://other.example"}),
        ("iss with a slash more", {"iss": "http://platform.localhost/"}),
        ("nonce of another login", {"nonce": "n-0S6_WzA2Mj"}),
        ("nonce missing", {"nonce": None}),
        ("sub empty", {"sub": ""}),
        ("sub a number", {"sub": 4711}),
        ("sub of 256 characters", {"sub": "x" * 256}),
    ],
)
def test_claims_that_are_refused(lms: Lms, title: str, claims: dict[str, Any]):
    assert lms.launch(**timed(claims)).status_code == 401, title


@pytest.mark.parametrize(
    ("title", "claims"),
    [
        ("aud a list with us in it", {"aud": [CLIENT]}),
        ("aud a list of two, without azp", {"aud": [CLIENT, "another"]}),
        ("aud a list of two, and azp us", {"aud": ["another", CLIENT], "azp": CLIENT}),
        ("iat five seconds ahead: within the leeway", {"iat": FromNow(5)}),
        ("times with fractions", {"iat": FromNow(0), "exp": FromNow(60.5)}),
    ],
)
def test_claims_that_are_accepted(lms: Lms, title: str, claims: dict[str, Any]):
    assert course_of(lms.launch(**timed(claims))), title


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_alg_none_is_refused(lms: Lms):
    state, nonce = lms.login()
    header = {"alg": "none", "typ": "JWT", "kid": lms.platform.key.kid}
    token = f"{encoded(header)}.{encoded(lms.claims(nonce))}."
    assert lms.post(state, token).status_code == 401


def test_hs256_with_the_public_key_as_secret_is_refused(lms: Lms):
    state, nonce = lms.login()
    public = lms.platform.key.as_pem(private=False)
    signed = f"{encoded({'alg': 'HS256', 'kid': lms.platform.key.kid})}.{encoded(lms.claims(nonce))}"
    mac = hmac.new(public, signed.encode(), "sha256").digest()
    token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert lms.post(state, token).status_code == 401


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_with_the_right_key_is_refused(lms: Lms, algorithm: str):
    state, nonce = lms.login()
    key = RSAKey.import_key(lms.platform.key.as_pem(private=True))
    header = {"alg": algorithm, "kid": lms.platform.key.kid}
    token = jws.serialize_compact(header, json.dumps(lms.claims(nonce)), key, algorithms=[algorithm])
    assert lms.post(state, token).status_code == 401


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64"])
def test_a_header_that_brings_its_own_key_or_demands_something_is_refused(lms: Lms, name: str):
    state, nonce = lms.login()
    attacker = new_key("attacker")
    values = {
        "jwk": attacker.as_dict(private=False),
        "jku": f"{lms.platform.url}/jwks",
        "x5u": f"{lms.platform.url}/certificate",
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
    }
    claims, header = (
        encoded(lms.claims(nonce)),
        {"alg": "RS256", "kid": lms.platform.key.kid, name: values[name]},
    )
    for key in (attacker, lms.platform.key):
        signed = f"{encoded(header)}.{claims}"
        plain = jws.serialize_compact({"alg": "RS256"}, "x", key, algorithms=["RS256"])
        signature = plain.rpartition(".")[2] if key is attacker else signature_of(signed, key)
        assert lms.post(state, f"{signed}.{signature}").status_code == 401
    assert all("certificate" not in path for _method, path in lms.platform.requests)


def signature_of(signed: str, key: RSAKey) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    raw = key.private_key.sign(signed.encode(), PKCS1v15(), SHA256())
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_signed_by_another_key_under_a_published_kid_is_refused(lms: Lms):
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce), new_key(lms.platform.key.kid))
    assert lms.post(state, token).status_code == 401


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_key_of_1024_bits_is_refused(lms: Lms):
    weak = RSAKey.generate_key(1024, {"kid": "weak", "use": "sig", "alg": "RS256"})
    lms.platform.published = [lms.platform.key, weak]
    state, nonce = lms.login()
    assert lms.post(state, lms.platform.sign(lms.claims(nonce), weak)).status_code == 401


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "..", "a.b.c.d", "a.b.c.d.e", "e30.e30.e30", "é.é.é", "a" * 200_000]
)
def test_what_is_no_token_is_refused(lms: Lms, token: str):
    state, _nonce = lms.login()
    assert lms.post(state, token).status_code in (400, 401)


def test_a_changed_claim_breaks_the_signature(lms: Lms):
    state, nonce = lms.login()
    header, _claims, signature = lms.platform.sign(lms.claims(nonce)).split(".")
    forged = encoded(lms.claims(nonce, sub="1"))
    assert lms.post(state, f"{header}.{forged}.{signature}").status_code == 401


def test_replay_of_a_whole_launch_is_refused(lms: Lms):
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce))
    assert course_of(lms.post(state, token))
    assert lms.post(state, token).status_code == 401


def test_a_token_under_the_state_of_another_login_is_refused(lms: Lms):
    _state, nonce = lms.login()
    other, _nonce = lms.login()
    assert lms.post(other, lms.platform.sign(lms.claims(nonce))).status_code == 401
