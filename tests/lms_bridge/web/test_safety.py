"""What browsers are told, how errors look, and that the two origins stay apart."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from lms_bridge.web.app import Bridge
from tests.people import ASTRID, EMMA, Person

SignedIn = Callable[[Person], FlaskClient]


def test_no_page_runs_what_is_not_ours(signed_in: SignedIn):
    answer = signed_in(ASTRID).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_pages_have_neither_inline_scripts_nor_styles(signed_in: SignedIn):
    page = signed_in(ASTRID).get("/").text
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert " on" + "click=" not in page


@pytest.mark.parametrize("path", ["/", "/sign-in", "/accounts", "/health/live", "/metrics", "/xapi/about"])
def test_the_content_origin_serves_nothing_of_the_service(client: FlaskClient, path: str):
    assert client.get(path, headers={"Host": "content.localhost"}).status_code == 404


def test_the_service_serves_no_content(client: FlaskClient):
    assert client.get("/v/anything/index.html").status_code == 404


def test_an_error_is_a_page_for_people(signed_in: SignedIn):
    answer = signed_in(EMMA).get("/nothing-here")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is nothing at this address." in answer.text


def test_an_error_is_problem_details_for_programs(client: FlaskClient):
    answer = client.get("/nothing-here", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"}
    assert answer.json["status"] == 404


def test_a_bug_tells_a_number_and_nothing_of_itself(app: Bridge, client: FlaskClient):
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise RuntimeError("secret detail")

    app.view_functions["health.live"] = broken
    answer = client.get("/health/live")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert len(answer.json["request"]) == 12


def test_a_log_line_says_nothing_of_who_or_what(
    app: Bridge, signed_in: SignedIn, capfd: pytest.CaptureFixture[str]
):
    from lms_bridge.web.logs import configure

    emma = signed_in(EMMA)
    configure("info")
    emma.get("/?token=secret%0d%0aforged")
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    assert '"endpoint": "accounts.home"' in line
    for private in ("secret", "forged", EMMA.email, EMMA.name):
        assert private not in line


def test_the_language_follows_the_browser_until_one_is_chosen(client: FlaskClient):
    assert "Logga in" in client.get("/sign-in", headers={"Accept-Language": "sv-SE,sv;q=0.9"}).text
    assert "Logg inn" in client.get("/sign-in", headers={"Accept-Language": "no"}).text
    client.post("/language", data={"language": "nn", "next": "/sign-in"})
    page = client.get("/sign-in", headers={"Accept-Language": "sv"}).text
    assert '<html lang="nn"' in page


def test_health_tells_what_does_not_answer(app: Bridge, client: FlaskClient):
    assert client.get("/health/ready").status_code == 200
    app.database.engine.dispose()
    app.storage.check = lambda: (_ for _ in ()).throw(RuntimeError())  # type: ignore[method-assign]
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_metrics_count_requests(client: FlaskClient):
    client.get("/sign-in")
    assert 'lms_bridge_requests_total{endpoint="accounts.sign_in"' in client.get("/metrics").text
