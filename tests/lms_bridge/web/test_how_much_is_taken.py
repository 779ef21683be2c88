"""A form is read as a whole: nobody fills the memory or the disk with one, least of all somebody unknown."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from lms_bridge.web.app import LONGEST_FORM
from tests.people import CAMILLA, Person

SignedIn = Callable[[Person], FlaskClient]
BOUNDARY = b'--x\r\nContent-Disposition: form-data; name="email"; filename="a.zip"\r\n\r\n'
FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


@pytest.mark.parametrize("kind", [FORM, FILES], ids=["a form", "a form with a file"])
@pytest.mark.parametrize("told", [True, False], ids=["of told length", "of untold length"])
@pytest.mark.parametrize("address", ["/sign-in", "/lti/login", "/lti/launch", "/sso/callback"])
def test_nobody_unknown_sends_more_than_a_form(client: FlaskClient, address: str, kind: str, told: bool):
    start, end = (BOUNDARY, b"\r\n--x--\r\n") if kind == FILES else (b"email=", b"")
    body = BytesIO(start + b"a" * 10 * LONGEST_FORM + end)
    environ: dict[str, object] = {"CONTENT_TYPE": kind, "wsgi.input": body}
    environ |= {"CONTENT_LENGTH": str(11 * LONGEST_FORM)} if told else {"wsgi.input_terminated": True}
    assert client.post(address, environ_overrides=environ).status_code in (400, 405, 413)
    assert body.tell() <= LONGEST_FORM + 65_536, "it was read"


def test_a_form_may_be_long(client: FlaskClient):
    assert client.post("/sign-in", data={"email": "a" * 1_000_000, "password": "b"}).status_code == 400


def test_a_list_may_be_longer_than_a_form(signed_in: SignedIn):
    people = b"Number;First name;Last name\n" + b"".join(b"%d;Emma;Hansen\n" % i for i in range(200_000))
    assert len(people) > LONGEST_FORM
    answer = signed_in(CAMILLA).post("/register/lists/new/people", data={"file": (BytesIO(people), "p.csv")})
    assert answer.status_code == 302


def test_a_list_that_is_far_too_long_is_refused_before_it_is_read(signed_in: SignedIn):
    body = {"file": (BytesIO(b"a" * 25_000_000), "p.csv")}
    assert signed_in(CAMILLA).post("/register/lists/new/people", data=body).status_code == 413
