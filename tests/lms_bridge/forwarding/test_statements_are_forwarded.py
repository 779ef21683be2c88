"""What is stored here arrives at the other LRS, once, in order, and only what it is to have."""

import base64
import threading
from datetime import timedelta

import pytest

from lms_bridge.db import utcnow
from lms_bridge.forwarding import collect, delivery
from lms_bridge.lrs import positions
from lms_bridge.lrs.store import store_statements
from tests.lms_bridge.lrs.conftest import COMPLETED, HYGIENE, PASSED, Sender, statement
from tests.people import EMMA, FRODE, STORSJO
from tests.support.other_lrs import OtherLrs

from .conftest import Forwarding

COURSE = {"id": "https://lms.example/course/7"}


def test_what_is_stored_arrives_once_and_in_order(forwarding: Forwarding, county: OtherLrs, lrs: Sender):
    sent = [statement() for _ in range(250)]
    assert lrs.post(*sent[:230]).status_code == 200
    for one in sent[230:]:
        assert lrs.put(one).status_code == 204
    assert lrs.post(*sent[:10]).status_code == 200, "sent again, it is not new"
    forwarding.work()
    assert county.order == [one["id"] for one in sent]
    assert max(county.requests) <= 100
    assert forwarding.standing.waiting == 0
    assert forwarding.standing.target.sent == 250
    forwarding.work()
    assert len(county.order) == 250


def test_each_lrs_sets_its_own_stored_and_version_and_the_authority_goes_along(
    forwarding: Forwarding, county: OtherLrs, lrs: Sender
):
    one = statement(timestamp="2026-03-01T10:00:00.000Z")
    lrs.post(one)
    forwarding.work()
    arrived = county.kept[one["id"]]
    assert not {"stored", "version"} & arrived.keys()
    assert arrived["timestamp"] == one["timestamp"]
    assert arrived["authority"]["name"] == "A test"


@pytest.mark.parametrize(
    ("form", "arrives"),
    [
        ({"verbs": PASSED}, [False, True, False]),
        ({"verbs": f"{PASSED} {COMPLETED}"}, [True, True, True]),
        ({"activity": HYGIENE}, [True, False, False]),
        ({"activity": "https://lms.example/*"}, [False, True, True]),
        ({"activity": "https://lms.example/quiz/*"}, [False, True, False]),
    ],
)
def test_a_filter_lets_through_what_it_says(
    forwarding: Forwarding, other_lrs: OtherLrs, lrs: Sender, form: dict[str, str], arrives: list[bool]
):
    forwarding.connect(other_lrs.url, **form)
    sent = [
        statement(),
        statement(verb={"id": PASSED}, object={"id": "https://lms.example/quiz/1"}),
        statement(
            object={"id": "https://other.example/1"}, context={"contextActivities": {"parent": [COURSE]}}
        ),
    ]
    lrs.post(*sent)
    forwarding.work()
    assert [one["id"] in other_lrs.kept for one in sent] == arrives


def test_a_source_can_be_chosen_or_left_out(forwarding: Forwarding, other_lrs: OtherLrs, sender):
    ours, theirs = sender(), sender()
    keys = [one.headers["Authorization"] for one in (ours, theirs)]
    forwarding.connect(other_lrs.url, never_from=_key(keys[1]))
    mine, echo = statement(), statement()
    ours.post(mine)
    theirs.post(echo)
    forwarding.work()
    assert list(other_lrs.kept) == [mine["id"]]


def _key(authorization: str) -> str:
    return base64.b64decode(authorization.split()[1]).decode().partition(":")[0]


def test_another_municipality_s_statements_stay_where_they_are(
    forwarding: Forwarding, county: OtherLrs, sender, lrs: Sender
):
    sender(STORSJO).post(statement())
    mine = statement()
    lrs.post(mine)
    forwarding.work()
    assert list(county.kept) == [mine["id"]]


def test_what_was_not_stored_is_not_forwarded(forwarding: Forwarding, county: OtherLrs, lrs: Sender):
    one = statement()
    lrs.post(one)
    batch = [statement(), {**one, "verb": {"id": PASSED}}]
    assert lrs.post(*batch).status_code == 409
    forwarding.work()
    assert list(county.kept) == [one["id"]]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_transaction_that_commits_late_is_not_passed_over(forwarding: Forwarding, county: OtherLrs):
    def store(session) -> str:
        one = statement(object={"id": HYGIENE})
        authority = {"account": {"homePage": "https://x.example", "name": "x"}}
        store_statements(
            session, forwarding.tenant_id, [one], authority=authority, credential="x", version="1.0.3"
        )
        return one["id"]

    database = forwarding.app.database
    with forwarding.app.app_context():
        slow = database.new_session(forwarding.tenant_id)
        early = store(slow)
        with database.unit_of_work(forwarding.tenant_id) as session:
            late = store(session)
        forwarding.work()
        assert county.order == [late]
        slow.commit()
        slow.close()
        forwarding.work()
    assert county.order == [late, early]


@pytest.mark.parametrize("everything", [True, False])
def test_who_asks_for_it_gets_what_was_stored_before_too(
    forwarding: Forwarding, other_lrs: OtherLrs, lrs: Sender, everything: bool
):
    before = [statement() for _ in range(30)]
    lrs.post(*before)
    forwarding.connect(other_lrs.url, **({"everything": "yes"} if everything else {}))
    after = statement()
    lrs.post(after)
    forwarding.work()
    assert set(other_lrs.kept) == {after["id"], *(one["id"] for one in before if everything)}


def test_what_a_process_stored_before_it_heard_of_the_target_is_collected(
    forwarding: Forwarding, other_lrs: OtherLrs, lrs: Sender
):
    lrs.post(statement())
    forwarding.connect(other_lrs.url)
    made = utcnow() - timedelta(milliseconds=1)  # what is stored in the same millisecond came before
    forwarding.app.extensions["forwarding.outbox"]._known[forwarding.tenant_id] = (1e12, [])  # has not heard
    unheard = [statement() for _ in range(5)]
    lrs.post(*unheard)
    assert forwarding.standing.waiting == 0
    with forwarding.app.database.unit_of_work(forwarding.tenant_id) as session:
        first, last = positions.first_after(made), positions.last_until(made + timedelta(seconds=30))
        collect.collect(session, forwarding.app.jobs, forwarding.target_id, first, last)
    forwarding.work()
    assert other_lrs.order == [one["id"] for one in unheard]


def test_two_workers_send_nothing_twice(forwarding: Forwarding, county: OtherLrs, lrs: Sender):
    sent = [statement() for _ in range(300)]
    lrs.post(*sent)
    workers = [
        threading.Thread(
            target=delivery.deliver, args=(forwarding.app, forwarding.tenant_id, forwarding.target_id)
        )
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    forwarding.work()
    assert county.order == [one["id"] for one in sent]


def test_an_erased_statement_goes_nowhere(forwarding: Forwarding, county: OtherLrs, lrs: Sender, signed_in):
    other = statement(actor={"mbox": "mailto:gro@fjordvik.example"})
    lrs.post(statement(), other)
    signed_in(FRODE).post("/statements/erase", data={"person": EMMA.email, "sure": "yes"})
    forwarding.work()
    assert list(county.kept) == [other["id"]]
