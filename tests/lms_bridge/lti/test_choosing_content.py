"""Deep linking: a teacher chooses modules, the LMS gets a signed answer with an activity of each."""

import html
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge.lti.models import Platform
from lms_bridge.lti.registration import decide_platform
from lms_bridge.publishing.models import ModuleVersion
from tests.people import FJORDVIK, STORSJO, Municipality
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLAIM, CLIENT, DEEP, DEPLOYMENT, INSTRUCTOR

# What is said to an LMS is one code on every database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RETURN = "http://platform.localhost/return?course=1&x=\"'><script>"


def asks(lms: Lms, **settings: Any) -> TestResponse:
    """The LMS asks for content."""
    given = {
        "deep_link_return_url": RETURN,
        "accept_types": ["ltiResourceLink", "link"],
        "data": "a<b>\"'",
    } | settings
    return lms.launch(
        **{
            CLAIM + "message_type": "LtiDeepLinkingRequest",
            CLAIM + "roles": [INSTRUCTOR],
            CLAIM + "resource_link": None,
            CLAIM + "custom": None,
            DEEP + "deep_linking_settings": {k: v for k, v in given.items() if v is not None},
        }
    )


def chooses(lms: Lms, page: TestResponse, *modules: object) -> TestResponse:
    """The teacher's form, posted without any cookie."""
    field = re.search(r'name="request" value="([^"]+)"', page.text)
    assert field, page.text
    data = {"request": html.unescape(field[1]), "module": [str(module) for module in modules]}
    return lms.app.test_client().post("/lti/deep-link", data=data, headers={"Host": "bridge.localhost"})


def claims_of(lms: Lms, answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    token = re.search(r'name="JWT" value="([^"]+)"', answer.text)[1]
    keys = KeySet.import_key_set(lms.browser.get("/lti/jwks").json)
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def test_the_answer_is_signed_by_us_for_the_lms_and_echoes_its_data(lms: Lms):
    claims = claims_of(lms, chooses(lms, asks(lms), lms.module_id))
    assert (claims["iss"], claims["aud"]) == (CLIENT, lms.platform.issuer)
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == DEPLOYMENT
    assert claims[DEEP + "data"] == "a<b>\"'"
    assert len(claims["nonce"]) >= 32
    assert claims["exp"] > claims["iat"]


def test_an_activity_carries_the_module_and_its_line_item(lms: Lms):
    (item,) = claims_of(lms, chooses(lms, asks(lms), lms.module_id))[DEEP + "content_items"]
    with lms.app.database.unit_of_work(write=False) as session:
        version = session.scalars(select(ModuleVersion)).one()
    assert version.summary
    assert item == {
        "type": "ltiResourceLink",
        "title": version.title,
        "text": version.summary,
        "url": "http://bridge.localhost/lti/launch",
        "custom": {"module": str(lms.module_id)},
        "lineItem": {
            "label": version.title,
            "scoreMaximum": 100,
            "resourceId": str(lms.module_id),
            "tag": "module",
        },
    }
    assert course_of(lms.launch(**{CLAIM + "custom": item["custom"]}))


def test_an_lms_that_takes_no_line_items_gets_none(lms: Lms):
    (item,) = claims_of(lms, chooses(lms, asks(lms, accept_lineitem=False), lms.module_id))[
        DEEP + "content_items"
    ]
    assert "lineItem" not in item


def test_without_data_none_is_echoed(lms: Lms):
    assert DEEP + "data" not in claims_of(lms, chooses(lms, asks(lms, data=None), lms.module_id))


def test_the_form_back_is_escaped_and_may_lead_to_the_lms_only(lms: Lms):
    answer = chooses(lms, asks(lms), lms.module_id)
    assert "<script>" not in answer.text
    action = re.search(r'action="([^"]+)"', answer.text)[1]
    assert html.unescape(action) == RETURN
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' http://platform.localhost;" in policy
    assert "unsafe" not in policy


def test_where_one_is_asked_for_one_can_be_chosen(lms: Lms):
    page = asks(lms, accept_multiple=False)
    assert 'type="radio"' in page.text
    with lms.app.database.unit_of_work() as session:
        version = session.scalars(select(ModuleVersion)).one()
    assert chooses(lms, page, version.module_id, version.module_id).status_code == 200


def test_an_empty_choice_and_a_foreign_module_give_the_page_again(
    lms: Lms, tenant_id: Callable[[Municipality], uuid.UUID]
):
    page = asks(lms)
    for chosen in ([], [uuid.uuid4()], ["x"]):
        again = chooses(lms, page, *chosen)
        assert (again.status_code, 'role="alert"' in again.text) == (400, True)
    with lms.app.database.unit_of_work() as session:
        session.scalars(select(ModuleVersion)).one().tenant_id = tenant_id(STORSJO)
    assert chooses(lms, page, lms.module_id).status_code == 400
    assert "odul" in asks(lms).text


UNANSWERABLE: dict[str, dict[str, Any]] = {
    "it takes other things": {"accept_types": ["link", "html"]},
    "it says not what it takes": {"accept_types": None},
    "it says so in one word": {"accept_types": "ltiResourceLink"},
    "it names no address": {"deep_link_return_url": None},
    "a script for an address": {"deep_link_return_url": "javascript:alert(1)"},
    "an address with a user": {"deep_link_return_url": "https://user@lms.example/"},
    "an address without scheme": {"deep_link_return_url": "//lms.example"},
    "data that is no text": {"data": {"not": "text"}},
    "data of 50,000 characters": {"data": "x" * 50_000},
}


def test_a_request_that_cannot_be_answered_is_refused(lms: Lms):
    for title, wanted in UNANSWERABLE.items():
        assert asks(lms, **wanted).status_code in (400, 401), title


@pytest.mark.parametrize("field", ["", "x", "eyJhIjoxfQ.x.y"])
def test_a_forged_request_field_is_refused(lms: Lms, field: str):
    answer = lms.browser.post("/lti/deep-link", data={"request": field, "module": str(lms.module_id)})
    assert answer.status_code == 401


def test_an_lms_that_was_shut_out_meanwhile_gets_nothing(
    lms: Lms, tenant_id: Callable[[Municipality], uuid.UUID]
):
    page = asks(lms)
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        decide_platform(session, session.scalars(select(Platform.id)).one(), approve=False)
    assert chooses(lms, page, lms.module_id).status_code == 401


def test_the_page_speaks_the_language_of_the_lms(lms: Lms):
    for locale, sentence in (("nn_NO", "Vel modular"), ("sv-SE", "Välj moduler"), ("no", "Velg moduler")):
        answer = lms.launch(
            **{
                CLAIM + "message_type": "LtiDeepLinkingRequest",
                CLAIM + "launch_presentation": {"locale": locale},
                DEEP + "deep_linking_settings": {
                    "deep_link_return_url": RETURN,
                    "accept_types": ["ltiResourceLink"],
                },
            }
        )
        assert sentence in answer.text


def test_submission_review_shows_a_teacher_the_learner_s_attempts_and_a_learner_only_their_own(lms: Lms):
    course_of(lms.launch())
    review = {
        CLAIM + "message_type": "LtiSubmissionReviewRequest",
        CLAIM + "launch_presentation": {"locale": "en"},
        CLAIM + "for_user": {"user_id": "4711"},
    }
    seen = lms.launch(sub="17", **review, **{CLAIM + "roles": [INSTRUCTOR]})
    assert (seen.status_code, "<tbody>" in seen.text) == (200, True)
    assert lms.launch(sub="17", **review).status_code == 403
    assert "<tbody>" in lms.launch(**review, **{CLAIM + "custom": None}).text
    nobody = lms.launch(
        sub="17", **(review | {CLAIM + "for_user": {"user_id": "9"}}), **{CLAIM + "roles": [INSTRUCTOR]}
    )
    assert "has not begun" in nobody.text
