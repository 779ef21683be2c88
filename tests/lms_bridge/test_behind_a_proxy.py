"""The service as it is run for real: two https addresses, a proxy that speaks TLS, one port behind it."""

import http.client
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from lms_bridge.lrs.credentials import WRONG_FROM
from lms_bridge.seed import PASSWORD
from tests.benchmarks.lrs import basic
from tests.support.s3 import free_port
from tests.support.service import serving

SERVICE, CONTENT = "bridge.kommune.example", "innhold.kommune.example"
Ask = Callable[..., http.client.HTTPResponse]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    names = {"url": f"https://{SERVICE.title()}:443/", "content_url": f"https://{CONTENT}"}
    command = ("-m", "lms_bridge", "serve", "--demo", "--no-worker", "--port", str(port))
    folder = tmp_path_factory.mktemp("proxied")
    with serving(folder, *command, port=port, LMS_BRIDGE_PROXIES="1", **names):
        assert f"It listens on 127.0.0.1:{port} for the proxy" in (folder / "log").read_text()
        yield port


@pytest.fixture
def ask(port: int) -> Ask:
    """Asks as the proxy does for somebody at an address."""

    def ask(
        path: str,
        host: str = SERVICE,
        sender: str = "192.0.2.7",
        form: dict[str, str] | None = None,
        **more: str,
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Host": host, "X-Forwarded-For": sender, "X-Forwarded-Proto": "https"}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{host}"}
        body = urlencode(form) if form is not None else None
        connection.request("POST" if body else "GET", path, body, headers | more)
        return connection.getresponse()

    return ask


def test_the_service_and_its_content_are_told_apart_by_their_names(ask: Ask):
    assert ask("/sign-in").status == 200
    assert ask("/sign-in", CONTENT).status == 404
    assert ask("/static/icon.svg").status == 200


def test_browsers_are_held_to_https(ask: Ask):
    assert ask("/sign-in").headers["Strict-Transport-Security"]


def test_one_signs_in_by_a_cookie_that_goes_by_https_alone(ask: Ask):
    answer = ask("/sign-in", form={"email": "astrid@fjordvik.example", "password": PASSWORD})
    assert (answer.status, answer.headers["Location"]) == (302, "/")
    cookie = answer.headers["Set-Cookie"]
    # browsers let nobody else at the same domain set a cookie of this name, such as a course on the content origin
    assert cookie.startswith("__Host-lms_bridge=")
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" in cookie
    assert "Astrid" in ask("/", Cookie=cookie.partition(";")[0]).read().decode()


def test_a_module_is_shown_from_the_other_name(ask: Ask):
    answer = ask("/sign-in", form={"email": "emma@fjordvik.example", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    course = re.search(r'href="(/courses/[^"]+)"', ask("/courses", Cookie=cookie).read().decode())
    assert course
    page = ask(course[1], Cookie=cookie).read().decode()
    framed = re.search(rf'src="https://{CONTENT}(/v/[^"]+)"', page)
    assert framed, page
    assert ask(framed[1], CONTENT).status == 200
    assert ask(framed[1]).status == 404


def test_too_many_wrong_keys_shut_out_who_sent_them_and_not_the_proxy(ask: Ask):
    def wrong_key(sender: str, number: int = 0) -> int:
        headers = {"Authorization": basic(f"nobody {number}", "wrong"), "X-Experience-API-Version": "1.0.3"}
        return ask("/xapi/statements", sender=sender, **headers).status

    tried = [wrong_key("198.51.100.9", number) for number in range(WRONG_FROM.most)]
    assert set(tried) == {401}
    assert wrong_key("198.51.100.9") == 429
    assert wrong_key("192.0.2.7") == 401
