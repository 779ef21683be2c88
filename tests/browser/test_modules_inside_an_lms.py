"""A module inside an LMS: in a frame of another site, in a browser that blocks third-party cookies."""

import base64
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.people import FRODE
from tests.support.lti_platform import CLAIM, DEEP, LtiPlatform
from tests.support.service import Service

pytestmark = pytest.mark.browser
HANDS = "Håndhygiene"


def refuse_third_party_cookies(page: Page) -> None:
    """As Safari does, and Chrome for many; partitioned cookies are kept."""
    control = page.context.new_cdp_session(page)
    control.send("Network.enable")
    control.send(
        "Network.setCookieControls",
        {
            "enableThirdPartyCookieRestriction": True,
            "disableThirdPartyCookieMetadata": True,
            "disableThirdPartyCookieHeuristics": True,
        },
    )


@pytest.fixture
def strict_page(page: Page) -> Page:
    refuse_third_party_cookies(page)
    return page


@pytest.fixture(scope="module")
def connected(service: Service, browser: Browser, running_platform: LtiPlatform) -> str:
    """Frode connects the LMS by the page; the id of the demo's first module."""
    context = browser.new_context()
    page = context.new_page()
    service.sign_in(page, FRODE.email)
    page.goto(f"{service.url}/lti/platforms/new")
    for name, value in running_platform.registration().items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("main form button").click()
    page.wait_for_url("**/lti/platforms")
    context.close()
    return next(line for line in service.command("package", "--list").splitlines() if HANDS in line).split()[
        0
    ]


def course(platform: LtiPlatform, service: Service) -> str:
    return f"{platform.site}/?{urlencode({'tool': service.url})}"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def keep_no_cookie(context: BrowserContext) -> None:
    """A browser that keeps no cookie of a frame, partitioned or not: the login's answer arrives without them."""

    def strip(route: Route) -> None:
        sent = urllib.request.Request(route.request.url, route.request.post_data_buffer, method="POST")
        try:
            urllib.request.build_opener(NoRedirects).open(sent)
        except urllib.error.HTTPError as answer:
            route.fulfill(status=answer.code, headers={"Location": answer.headers["Location"]})

    context.route("**/lti/login", strip)


def begin(page: Page, platform: LtiPlatform, service: Service, module_id: str) -> None:
    platform.claims = {
        CLAIM + "custom": {"module": module_id},
        CLAIM + "target_link_uri": f"{service.url}/lti/launch",
    }
    page.goto(course(platform, service))


def test_a_module_opens_in_a_frame_though_third_party_cookies_are_blocked(
    strict_page: Page, service: Service, platform: LtiPlatform, connected: str
):
    page = strict_page
    begin(page, platform, service, connected)
    player = page.frame_locator("iframe[name=tool]")
    expect(player.locator("h1")).to_be_visible()
    assert page.frame(name="tool").url.startswith(service.content_url)
    player.get_by_role("button", name=re.compile("Start|Neste")).first.click()
    kept = [cookie["name"] for cookie in page.context.cookies()]
    assert [name.endswith("-p") for name in kept] == [True]  # the partitioned one; the plain one was refused


def test_where_no_cookie_is_kept_a_window_of_its_own_opens(
    strict_page: Page,
    service: Service,
    platform: LtiPlatform,
    connected: str,
    axe: Callable[[Page], None],
):
    page = strict_page
    keep_no_cookie(strict_page.context)
    begin(page, platform, service, connected)
    button = page.frame_locator("iframe[name=tool]").get_by_role("button")
    expect(button).to_be_visible()
    axe(page)
    page.context.unroute("**/lti/login")
    with page.context.expect_page() as opened:
        button.click()
    opened.value.wait_for_url(f"{service.content_url}/**")


def test_where_the_lms_offers_its_storage_no_cookie_is_needed(
    strict_page: Page, service: Service, platform: LtiPlatform, connected: str
):
    platform.storage = True
    keep_no_cookie(strict_page.context)
    page = strict_page
    begin(page, platform, service, connected)
    expect(page.frame_locator("iframe[name=tool]").locator("h1")).to_be_visible()
    page.frame(name="tool").wait_for_url(f"{service.content_url}/**")


def test_a_teacher_chooses_modules_and_the_lms_gets_them(
    strict_page: Page,
    service: Service,
    platform: LtiPlatform,
    connected: str,
    axe: Callable[[Page], None],
    page_problems: list[str],
):
    page = strict_page
    settings = {
        "accept_types": ["ltiResourceLink"],
        "deep_link_return_url": f"{platform.site}/return?course=1",
    }
    platform.claims = {
        CLAIM + "message_type": "LtiDeepLinkingRequest",
        DEEP + "deep_linking_settings": settings | {"accept_multiple": True, "data": "of the LMS"},
    }
    page.goto(f"{platform.site}/?{urlencode({'tool': service.url})}")
    tool = page.frame_locator("iframe[name=tool]")
    tool.get_by_role("button").click()
    expect(tool.get_by_role("alert")).to_be_visible()
    assert ["400" in problem for problem in page_problems] == [True]
    page_problems.clear()
    axe(page)
    boxes = tool.get_by_role("checkbox").all()  # the demo's two modules, and what other tests have published
    for box in boxes:
        box.check()
    tool.get_by_role("button").click()
    expect(tool.get_by_role("heading", name="The course has what you chose")).to_be_visible()
    (address, token) = platform.posts[-1]
    assert address == "/return?course=1"
    assert len(claims_of(token)[DEEP + "content_items"]) == len(boxes) >= 2


def test_a_registration_ends_by_telling_the_lms_s_window_so(
    page: Page, service: Service, platform: LtiPlatform, connected: str
):
    service.sign_in(page, FRODE.email)
    page.goto(f"{service.url}/lti/platforms")
    page.locator("form[action$='/invite'] button").click()
    invitation = page.locator(".lti-address").inner_text()
    configuration = {"openid_configuration": f"{platform.url}/.well-known/openid-configuration"}
    page.goto(f"{platform.site}/return")
    heard = page.evaluate(
        """address => new Promise((resolve) => {
            window.addEventListener("message", ({ data, origin }) => resolve([data.subject, origin]));
            const frame = document.createElement("iframe");
            frame.src = address;
            document.body.append(frame);
        })""",
        f"{invitation}&{urlencode(configuration)}",
    )
    assert heard == ["org.imsglobal.lti.close", service.url]


def claims_of(token: str) -> dict[str, object]:
    encoded = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


def test_a_result_reaches_the_gradebook_within_seconds(
    strict_page: Page, service: Service, platform: LtiPlatform, connected: str
):
    """What the player reports from inside the frame, the worker sends on."""
    begin(strict_page, platform, service, connected)
    expect(strict_page.frame_locator("iframe[name=tool]").locator("h1")).to_be_visible()
    strict_page.frame(name="tool").evaluate(
        """async () => {
            const given = new URLSearchParams(location.search);
            const statement = {
                actor: JSON.parse(given.get("actor")),
                verb: { id: "http://adlnet.gov/expapi/verbs/passed" },
                object: { id: given.get("activity_id") },
                result: { score: { scaled: 0.9 } },
                context: { registration: given.get("registration") },
            };
            const headers = { Authorization: given.get("auth"), "X-Experience-API-Version": "1.0.3",
                              "Content-Type": "application/json" };
            const answer = await fetch(given.get("endpoint") + "statements",
                                       { method: "POST", headers, body: JSON.stringify(statement) });
            if (!answer.ok) throw new Error(await answer.text());
        }"""
    )
    ends = time.monotonic() + 15
    while not platform.scores and time.monotonic() < ends:
        time.sleep(0.1)
    assert [(score["userId"], score["scoreGiven"]) for score in platform.scores] == [("4711", 90.0)]
