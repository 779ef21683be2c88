"""What a launch opens: the module that the deep link named, for (issuer, subject), in the right municipality."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge import key_sets
from lms_bridge.key_sets import KeySets
from lms_bridge.lti import id_token
from lms_bridge.lti.models import Deployment, Platform, ResourceLink, Score
from lms_bridge.lti.registration import decide_deployment, trust_idnumber
from lms_bridge.outgoing import Outgoing
from lms_bridge.publishing import service as publishing
from lms_bridge.publishing.models import Enrolment, ModuleVersion
from lms_bridge.register.erasing import erase_person
from lms_bridge.register.identities import link_to_person
from lms_bridge.register.jobs import secret_key
from lms_bridge.register.models import IdentityLink, Person, Position, Unit
from lms_bridge.throttle import Attempts
from tests.people import FJORDVIK, STORSJO, Municipality
from tests.support.app import new_client
from tests.support.lti_launches import LAUNCH, Lms, course_of
from tests.support.lti_platform import AGS, CLAIM, INSTRUCTOR, new_key

TenantId = Callable[[Municipality], uuid.UUID]


def test_the_player_gets_a_token_for_this_learner_and_this_module_only(lms: Lms):
    course = course_of(lms.launch())
    assert json.loads(course["actor"])["account"] == {"homePage": lms.platform.issuer, "name": "4711"}
    assert course["endpoint"] == "http://bridge.localhost/xapi/"
    assert course["auth"].startswith("Bearer ")
    assert "Emma" not in str(course)


def test_an_attempt_that_was_begun_goes_on_in_its_version(lms: Lms, tenant_id: TenantId):
    first = course_of(lms.launch())
    with lms.app.app_context(), lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        publishing.publish(session, lms.app.jobs, lms.module_id)
    assert course_of(lms.launch())["registration"] == first["registration"]
    course_of(lms.launch(sub="4712"))
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        rows = session.execute(
            select(Enrolment.subject, ModuleVersion.number).join(
                ModuleVersion, ModuleVersion.id == Enrolment.version_id
            )
        )
        assert dict(rows.tuples().all()) == {"4711": 1, "4712": 2}


def test_a_copied_course_with_new_resource_links_opens_the_same_module(lms: Lms):
    first = course_of(lms.launch())
    copied = course_of(lms.launch(**{CLAIM + "resource_link": {"id": "link-of-the-copy"}}))
    assert copied["registration"] == first["registration"]


@pytest.mark.parametrize(
    ("custom", "target", "status"),
    [
        (None, LAUNCH, 404),
        ({}, LAUNCH, 404),
        ({"module": "not an id"}, LAUNCH, 404),
        ({"module": str(uuid.uuid4())}, LAUNCH, 404),
        (None, f"{LAUNCH}?module=6b1d0f3e-0000-4000-8000-000000000000", 404),
    ],
)
def test_without_a_module_there_is_a_sentence(
    lms: Lms, custom: dict[str, str] | None, target: str, status: int
):
    answer = lms.launch(**{CLAIM + "custom": custom, CLAIM + "target_link_uri": target})
    assert answer.status_code == status
    assert "odul" in answer.text


def test_an_address_that_was_typed_in_the_lms_names_the_module_too(lms: Lms):
    target = f"{LAUNCH}?module={lms.module_id}"
    assert course_of(lms.launch(**{CLAIM + "custom": None, CLAIM + "target_link_uri": target}))


def test_another_municipality_s_module_is_not_found(lms: Lms, tenant_id: TenantId):
    with lms.app.database.unit_of_work() as session:
        version = session.scalars(select(ModuleVersion)).one()
        version.tenant_id = tenant_id(STORSJO)
    assert lms.launch().status_code == 404


def test_an_unknown_deployment_waits_for_approval_and_is_then_fjordvik_s(lms: Lms, tenant_id: TenantId):
    answer = lms.launch(**{CLAIM + "deployment_id": "new"})
    assert (answer.status_code, "LTI" in answer.text) == (403, True)
    assert lms.launch(**{CLAIM + "deployment_id": "new"}).status_code == 403
    with lms.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        assert session.scalars(select(Deployment)).all() == []
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        row = session.scalars(select(Deployment).where(Deployment.deployment_id == "new")).one()
        decide_deployment(session, row.id, approve=True)
    assert course_of(lms.launch(**{CLAIM + "deployment_id": "new"}))
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        decide_deployment(session, row.id, approve=False)
    assert lms.launch(**{CLAIM + "deployment_id": "new"}).status_code == 403


def test_no_lms_can_fill_the_list_of_deployments(lms: Lms, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lms_bridge.lti.launches.MOST_WAITING", 3)
    for number in range(5):
        assert lms.launch(**{CLAIM + "deployment_id": f"d{number}"}).status_code == 403
    with lms.app.database.unit_of_work() as session:
        assert len(session.scalars(select(Deployment)).all()) == 3


def test_a_learner_s_line_item_is_noted_and_a_teacher_s_is_not(lms: Lms):
    course_of(lms.launch())
    course_of(lms.launch(sub="17", **{CLAIM + "roles": [INSTRUCTOR]}))
    course_of(lms.launch(sub="18", **{CLAIM + "roles": ["http://evil.example/Instructor#Instructor"]}))
    with lms.app.database.unit_of_work() as session:
        assert set(session.scalars(select(Score.subject))) == {"4711", "18"}


@pytest.mark.parametrize(
    "service", [None, {}, {"scope": [], "lineitem": "https://x.example"}, {"scope": "score"}]
)
def test_an_lms_without_a_gradebook_for_us_is_owed_nothing(lms: Lms, service: object):
    course_of(lms.launch(**{AGS: service}))
    with lms.app.database.unit_of_work() as session:
        assert session.scalars(select(ResourceLink.lineitem)).one() == ""
        assert session.scalars(select(Score)).all() == []


def test_a_new_key_is_fetched_for_its_first_launch_and_an_unknown_one_once_a_minute(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
):
    def fetched() -> int:
        return sum(path == "/jwks" for _method, path in lms.platform.requests)

    course_of(lms.launch())
    course_of(lms.launch())
    assert fetched() == 1
    rotated = new_key("key-2")
    lms.platform.published = [lms.platform.key, rotated]
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce), rotated)
    assert lms.post(state, token).status_code == 401
    assert fetched() == 1
    later(monkeypatch, key_sets.REFETCH_SECONDS)
    assert course_of(lms.post(state, token))
    for _ in range(3):
        assert lms.launch(nonce="wrong").status_code == 401
    assert fetched() == 2


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic() + seconds
    monkeypatch.setattr(key_sets.time, "monotonic", lambda: now)


def test_a_key_that_the_lms_has_withdrawn_is_not_kept_for_ever(lms: Lms, monkeypatch: pytest.MonkeyPatch):
    course_of(lms.launch())
    lms.platform.published = [new_key("key-2")]
    assert course_of(lms.launch()), "within half a day it is as it was"
    later(monkeypatch, key_sets.KEEP_SECONDS)
    assert lms.launch().status_code == 401


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(503, b"", "503"), (200, b"<html>Under maintenance</html>", "not JSON"), (200, b"[]", "not a key set")],
    ids=["503", "HTML", "not a key set"],
)
def test_where_the_keys_cannot_be_fetched_it_is_said_for_a_minute_and_nobody_is_counted_as_guessing(
    lms: Lms, status: int, body: bytes, said: str, monkeypatch: pytest.MonkeyPatch
):
    lms.platform.instead_of_keys = (status, body)
    for _ in range(2):  # the second finds it remembered
        answer = lms.launch()
        assert (answer.status_code, said in answer.text) == (503, True)
    assert sum(path == "/jwks" for _method, path in lms.platform.requests) == 1
    with lms.app.database.unit_of_work(write=False) as session:
        assert session.query(Attempts).count() == 0
    lms.platform.instead_of_keys = None
    later(monkeypatch, key_sets.REFETCH_SECONDS)
    assert course_of(lms.launch())


def test_keys_inside_our_own_network_are_not_fetched(lms: Lms):
    lms.app.key_sets = KeySets(Outgoing())
    answer = lms.launch()
    assert (answer.status_code, "must begin with https" in answer.text) == (503, True)
    assert lms.platform.requests == []


def test_keys_that_were_fetched_before_serve_while_they_cannot_be_fetched(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
):
    course_of(lms.launch())
    lms.platform.instead_of_keys = (503, b"")
    later(monkeypatch, key_sets.KEEP_SECONDS)
    assert course_of(lms.launch())


def test_a_launch_that_is_posted_twice_in_the_same_moment_opens_once(
    lms: Lms, monkeypatch: pytest.MonkeyPatch
):
    """Single use is one statement, delete … returning: both have found the login when the first uses it up."""
    state, nonce = lms.login()
    token = lms.platform.sign(lms.claims(nonce))
    both, verified = threading.Barrier(2), id_token.verified

    def together(*given: Any) -> dict[str, Any]:
        claims = verified(*given)
        both.wait(20)
        return claims

    monkeypatch.setattr(id_token, "verified", together)
    cookies = [(cookie.key, cookie.value) for cookie in lms.browser._cookies.values()]
    answers: list[int] = []

    def post() -> None:
        browser = new_client(lms.app)
        for name, value in cookies:
            browser.set_cookie(name, value, path="/lti")
        answers.append(lms.post(state, token, browser).status_code)

    posts = [threading.Thread(target=post) for _ in range(2)]
    for one in posts:
        one.start()
    for one in posts:
        one.join()
    assert sorted(answers) == [303, 401]


def test_the_module_is_the_one_of_the_signed_launch_and_not_of_the_unsigned_login(lms: Lms):
    """Anybody can change target_link_uri in the login; the token's is the LMS's word."""
    state, nonce = lms.login(target_link_uri=f"{LAUNCH}?module={uuid.uuid4()}")
    signed = {CLAIM + "custom": None, CLAIM + "target_link_uri": f"{LAUNCH}?module={lms.module_id}"}
    assert course_of(lms.post(state, lms.platform.sign(lms.claims(nonce, **signed))))
    elsewhere = {CLAIM + "target_link_uri": "https://evil.example/"}
    assert course_of(lms.launch(**elsewhere)), "nobody is led there"
    state, nonce = lms.login(target_link_uri=f"{LAUNCH}?module={lms.module_id}")
    unsigned = {CLAIM + "custom": None, CLAIM + "target_link_uri": LAUNCH}
    assert lms.post(state, lms.platform.sign(lms.claims(nonce, **unsigned))).status_code == 404


def test_the_register_knows_who_came_and_knows_the_person_by_the_idnumber_only_where_told_to(
    lms: Lms, tenant_id: TenantId
):
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        unit = Unit(source="hr", code="1", name="Sykehjem", starts_on=date(2020, 1, 1))
        emma = Person(name="Emma Eide")
        session.add_all([unit, emma])
        session.flush()
        day = {"starts_on": date(2020, 1, 1), "due_from": date(2020, 1, 1)}
        session.add(Position(person_id=emma.id, unit_id=unit.id, source="hr", employment_id="1001", **day))
        platform_id = session.scalars(select(Platform.id)).one()
    course_of(lms.launch())
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        link = session.scalars(select(IdentityLink)).one()
        assert (link.issuer, link.kind, link.value) == (lms.platform.issuer, "actor", "4711")
        assert (link.person_id, link.name, link.email) == (None, "Emma Eide", "emma@fjordvik.example")
        trust_idnumber(session, platform_id, True)
    course_of(lms.launch())
    course_of(lms.launch(sub="9", **{CLAIM + "lis": {"person_sourcedid": "9999"}}))
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        found = {row.value: row.person_id for row in session.scalars(select(IdentityLink))}
        assert found == {"4711": emma.id, "9": None}


def test_who_was_erased_from_the_register_does_not_come_back_by_a_launch(lms: Lms, tenant_id: TenantId):
    course_of(lms.launch())
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        emma = Person(name="Emma Eide", email="emma@fjordvik.example")
        session.add(emma)
        session.flush()
        link_to_person(session, session.scalars(select(IdentityLink.id)).one(), emma.id, None)
        with lms.app.app_context():
            erase_person(session, emma.id, secret_key(session), lms.app.settings.base_url)
    course_of(lms.launch())
    course_of(lms.launch(sub="9", name="Gro Gran", email=None))
    with lms.app.database.unit_of_work(tenant_id(FJORDVIK)) as session:
        assert list(session.scalars(select(IdentityLink.value))) == ["9"]
