"""An agreement may be for so many learners: who comes after them does not begin, and who has begun goes on."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from copy import deepcopy
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms_bridge.authoring.models import Draft
from lms_bridge.db import utcnow
from lms_bridge.errors import Forbidden
from lms_bridge.lrs.credentials import create_credential
from lms_bridge.publishing import delivery, limits
from lms_bridge.publishing.models import Enrolment, Learner, ModuleVersion
from lms_bridge.publishing.package import activity_id
from lms_bridge.register.models import Evidence
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, CAMILLA, DAVID, EMMA, FJORDVIK, FRODE, STORSJO, Municipality, Person

from .conftest import SILENCE, published, taken_in

SignedIn = Callable[[Person], FlaskClient]
TenantId = Callable[[Municipality], uuid.UUID]
MOODLE = "https://moodle.fjordvik.example"
WARNING = 'class="ds-alert" data-color="warning"'
KARI, LARS, MONA = (Learner(MOODLE, number) for number in ("4711", "4712", "4713"))


class Licensed:
    """Fjordvik's module, with pictures that it has by agreement for so many learners, and its learners."""

    def __init__(self, app: Bridge, tenant: uuid.UUID, module_id: uuid.UUID) -> None:
        self.app, self.tenant, self.module_id = app, tenant, module_id

    def publish(self, *most: int | None) -> ModuleVersion:
        """The next version: its first pictures are by agreement, each for so many."""
        with self.session() as session:
            draft = session.scalars(select(Draft).where(Draft.module_id == self.module_id)).one()
            document = deepcopy(draft.document)
            for asset in document["assets"].values():
                asset["rights"].update(licence="CC0-1.0", grant=None)
            for asset, number in zip(document["assets"].values(), most, strict=False):
                grant = {"members": [FJORDVIK.name], "max_learners": number}
                asset["rights"].update(licence="GROUP", holder="Bildebyrået AS", grant=grant)
            draft.document, draft.revision = document, draft.revision + 1
        return published(self.app, self.tenant, self.module_id)

    def session(self):
        return self.app.database.unit_of_work(self.tenant)

    def begins(self, learner: Learner) -> Enrolment:
        with self.session() as session:
            return delivery.enrol(session, learner, self.module_id)

    def finishes(self, learner: Learner) -> None:
        with self.session() as session:
            for attempt in delivery.attempts(session, learner, self.module_id):
                attempt.finished = utcnow()

    def counted(self) -> int:
        with self.session() as session:
            version = session.scalars(select(ModuleVersion).where(ModuleVersion.module_id == self.module_id))
            return limits.counted(session, version.first().identity, 1).begun


@pytest.fixture
def licensed(app: Bridge, module_id: uuid.UUID, tenant_id: TenantId) -> Licensed:
    return Licensed(app, tenant_id(FJORDVIK), module_id)


@pytest.mark.parametrize(("most", "limit"), [((), None), ((None,), None), ((30, 20), 20), ((None, 5), 5)])
def test_a_version_has_the_number_of_its_narrowest_agreement(
    licensed: Licensed, most: tuple, limit: int | None
):
    assert licensed.publish(*most).most_learners == limit


def test_without_a_number_anybody_begins(licensed: Licensed):
    licensed.publish(None)
    for learner in (KARI, LARS, MONA):
        licensed.begins(learner)
    assert licensed.counted() == 3


def test_the_last_place_is_taken_and_the_next_learner_does_not_begin(licensed: Licensed):
    licensed.publish(2)
    licensed.begins(KARI)
    licensed.begins(LARS)
    with pytest.raises(Forbidden, match="has room for 2"):
        licensed.begins(MONA)
    assert licensed.counted() == 2


def test_who_has_begun_goes_on_and_takes_it_again_when_it_is_full(licensed: Licensed):
    licensed.publish(1)
    first = licensed.begins(KARI)
    assert licensed.begins(KARI).registration == first.registration
    licensed.finishes(KARI)
    again = licensed.begins(KARI)
    assert (again.attempt, again.registration != first.registration) == (2, True)
    with pytest.raises(Forbidden):
        licensed.begins(LARS)


def test_a_learner_counts_once_in_all_versions_and_attempts(licensed: Licensed):
    licensed.publish(2)
    licensed.begins(KARI)
    licensed.finishes(KARI)
    licensed.begins(KARI)
    licensed.finishes(KARI)
    newer = licensed.publish(2)
    assert licensed.begins(KARI).version_id == newer.id
    assert licensed.counted() == 1
    licensed.begins(LARS)
    with pytest.raises(Forbidden):
        licensed.begins(MONA)


def test_the_same_number_in_another_lms_is_another_learner(licensed: Licensed):
    licensed.publish(1)
    licensed.begins(KARI)
    with pytest.raises(Forbidden):
        licensed.begins(Learner("https://canvas.fjordvik.example", KARI.subject))


def test_learners_of_another_module_take_no_place(app: Bridge, licensed: Licensed):
    licensed.publish(1)
    other = taken_in(app, licensed.tenant, SILENCE, publish=True)
    with licensed.session() as session:
        for learner in (LARS, MONA):
            delivery.enrol(session, learner, other)
    licensed.begins(KARI)
    assert licensed.counted() == 1


def test_learners_of_another_municipality_that_uses_the_same_module_take_no_place(
    app: Bridge, licensed: Licensed, tenant_id: TenantId
):
    version = licensed.publish(1)
    with app.database.unit_of_work(tenant_id(STORSJO)) as session:
        theirs = session.scalars(select(ModuleVersion)).one()
        theirs.identity, theirs.most_learners = version.identity, 1
        delivery.enrol(session, LARS, theirs.module_id)
    licensed.begins(KARI)
    assert licensed.counted() == 1
    with app.database.unit_of_work(tenant_id(STORSJO)) as session, pytest.raises(Forbidden):
        delivery.enrol(session, MONA, theirs.module_id)


def test_a_newer_version_s_number_holds_also_below_what_has_begun(licensed: Licensed):
    licensed.publish(3)
    licensed.begins(KARI)
    licensed.begins(LARS)
    licensed.publish(1)
    licensed.begins(KARI)
    licensed.finishes(LARS)
    licensed.begins(LARS)
    with pytest.raises(Forbidden, match="has room for 1"):
        licensed.begins(MONA)


def test_a_newer_version_without_a_number_lets_everybody_begin(licensed: Licensed):
    licensed.publish(1)
    licensed.begins(KARI)
    licensed.publish()
    assert licensed.begins(LARS)
    assert licensed.begins(MONA)


def test_an_agreement_that_is_over_is_named_before_one_that_is_full(licensed: Licensed):
    version = licensed.publish(1)
    licensed.begins(KARI)
    with licensed.session() as session:
        session.get_one(ModuleVersion, version.id).ends = date(2026, 1, 31)
    with pytest.raises(Forbidden, match="ended on 2026-01-31"):
        licensed.begins(LARS)


def test_of_two_who_begin_in_the_same_moment_one_gets_the_last_place(licensed: Licensed):
    licensed.publish(1)
    with ThreadPoolExecutor(1) as at_once:
        with licensed.session() as session:
            delivery.enrol(session, KARI, licensed.module_id)
            second = at_once.submit(licensed.begins, LARS)
            with pytest.raises(StillWaiting):
                second.result(timeout=0.5)
        with pytest.raises(Forbidden):
            second.result(timeout=30)
    assert licensed.counted() == 1


def test_a_learner_who_opens_it_in_two_windows_in_the_same_moment_has_one_attempt(licensed: Licensed):
    licensed.publish(1)
    with ThreadPoolExecutor(1) as at_once:
        with licensed.session() as session:
            first = delivery.enrol(session, KARI, licensed.module_id)
            second = at_once.submit(licensed.begins, KARI)
            with pytest.raises(StillWaiting):
                second.result(timeout=0.5)
        assert second.result(timeout=30).registration == first.registration


def test_who_comes_too_late_is_told_why_and_whom_to_ask(licensed: Licensed, signed_in: SignedIn):
    version = licensed.publish(1)
    course = f"/courses/{licensed.module_id}"
    emma, david = signed_in(EMMA), signed_in(DAVID)
    assert emma.get(course).status_code == 200
    answer = david.get(course)
    assert answer.status_code == 403
    assert f"The agreement on “{version.title}” has room for 1" in answer.text
    assert "Ask the coordinator" in answer.text
    assert emma.get(course).status_code == 200


def test_looking_at_it_takes_no_place(licensed: Licensed, signed_in: SignedIn):
    licensed.publish(1)
    assert signed_in(ASTRID).get(f"/modules/{licensed.module_id}/preview").status_code == 200
    assert licensed.counted() == 0
    assert signed_in(EMMA).get(f"/courses/{licensed.module_id}").status_code == 200


def test_what_was_completed_is_never_refused(licensed: Licensed, client: FlaskClient):
    """Kari began here, Mona took a package in an LMS; then the agreement was made smaller."""
    licensed.publish(2)
    kari = licensed.begins(KARI)
    licensed.begins(LARS)
    version = licensed.publish(1)
    with licensed.session() as session:
        made = create_credential(session, name="LMS", scopes=["all"])
    for learner, more in ((KARI, {"context": {"registration": str(kari.registration)}}), (MONA, {})):
        statement = {
            "actor": {"account": {"homePage": learner.issuer, "name": learner.subject}},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": activity_id(version.identity)},
        }
        headers = {"X-Experience-API-Version": "1.0.3"}
        answer = client.post(
            "/xapi/statements",
            json=statement | more,
            headers=headers,
            auth=(made.credential.key, made.secret),
        )
        assert answer.status_code == 200, answer.text
    with licensed.session() as session:
        assert session.get_one(Enrolment, kari.id).passed
        assert len(session.scalars(select(Evidence)).all()) == 2
    assert licensed.counted() == 2


def page_of(licensed: Licensed, browser: FlaskClient) -> str:
    return " ".join(browser.get(f"/modules/{licensed.module_id}/publish").text.split())


def test_the_page_says_how_many_have_begun_and_warns_from_ninety_per_cent_on(
    licensed: Licensed, signed_in: SignedIn
):
    astrid = signed_in(ASTRID)
    licensed.publish(10)
    learners = [Learner(MOODLE, str(number)) for number in range(10)]
    for learner in learners[:8]:
        licensed.begins(learner)
    page = page_of(licensed, astrid)
    assert "8 of 10 learners have begun. Its agreement has room for 10." in page
    assert "Learners who take it as a package in an LMS are not counted." in page
    assert WARNING not in page
    licensed.begins(learners[8])
    page = page_of(licensed, astrid)
    assert "9 of 10 learners have begun." in page
    assert WARNING in page
    assert "Soon its agreement has no room for new ones." in page
    licensed.begins(learners[9])
    page = page_of(licensed, astrid)
    assert WARNING in page
    assert "10 of 10 learners have begun. Nobody new can begin; who has begun goes on." in page
    assert "Everybody who signs in here can take it." not in page


def test_the_page_says_it_of_the_newest_version_only(licensed: Licensed, signed_in: SignedIn):
    camilla = signed_in(CAMILLA)
    licensed.publish(3)
    licensed.begins(KARI)
    licensed.publish(2)
    page = page_of(licensed, camilla)
    assert ("1 of 2 learners" in page, "of 3 learners" in page) == (True, False)
    licensed.publish()
    page = page_of(licensed, camilla)
    assert ("learners have begun" in page, "are not counted" in page) == (False, False)


def test_the_page_of_an_agreement_that_is_over_tells_that_and_no_number(
    licensed: Licensed, signed_in: SignedIn
):
    version = licensed.publish(2)
    with licensed.session() as session:
        session.get_one(ModuleVersion, version.id).ends = date(2026, 1, 31)
    page = page_of(licensed, signed_in(ASTRID))
    assert ("Its agreement ended on" in page, "learners have begun" in page) == (True, False)


def test_the_page_of_what_was_never_published_says_nothing_of_it(licensed: Licensed, signed_in: SignedIn):
    assert "learners have begun" not in page_of(licensed, signed_in(ASTRID))
    assert signed_in(FRODE).get(f"/modules/{licensed.module_id}/publish").status_code == 403
